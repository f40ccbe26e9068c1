"""Processes on this host: the supervisor starts them as places and memory come free."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mixtui.config import RunConfig
from mixtui.launch.devices import choose_device, gpus_for, threads_for
from mixtui.launch.launcher import Watch
from mixtui.launch.start import signal_worker
from mixtui.store.paths import RunPaths
from mixtui.store.run import Run
from mixtui.store.tickets import Tickets


@dataclass(frozen=True)
class LocalLauncher:
    """See `launcher.Launcher`. To submit is to drop a ticket."""

    def resolve(self, device: str, runs: int) -> tuple[str, int]:
        chosen = choose_device(device)
        return chosen, threads_for(chosen, runs)

    def check(self, config: RunConfig) -> None:
        choose_device(config.device)

    def wants(self, config: RunConfig, priority: int) -> dict[str, Any]:
        return wanted_now(priority) | {"host": socket.gethostname(), "gpus": gpus_for(config.device)}

    def submit(self, runs: Sequence[RunPaths]) -> None:
        for paths in runs:
            self.tickets(paths.root.parent).add(paths.id)

    def hasten_ends(self, runs: Sequence[Run]) -> None:
        for run in runs:
            signal_worker(run.paths, signal.SIGTERM)
        # The supervisor ends those that do not end by themselves.
        self.submit([run.paths for run in runs if run.status.state.is_live and run.status.host is None])

    def tickets(self, root: Path) -> Tickets:
        return Tickets(root)

    def can_watch(self) -> bool:
        return True

    def watch(self, root: Path) -> Watch:
        from mixtui.launch.local_watch import LocalWatch

        return LocalWatch(root)


def wanted_now(priority: int) -> dict[str, Any]:
    """What any run's `control.json` says that is wanted now, with this Python."""
    return {
        "want": "run",
        "python": sys.executable,
        "pythonpath": os.environ.get("PYTHONPATH"),
        "priority": priority,
        "queued": datetime.now(UTC).isoformat(timespec="microseconds"),
    }
