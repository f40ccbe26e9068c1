"""Which launchers there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mixtui.errors import MixtuiError
from mixtui.launch.launcher import Launcher
from mixtui.launch.local_launcher import LocalLauncher
from mixtui.launch.slurm.launcher import SlurmLauncher
from mixtui.launch.slurm.settings import SlurmSettings

_ALL: tuple[Launcher, ...] = (LocalLauncher(), SlurmLauncher())


def launcher_of(control: Mapping[str, Any]) -> Launcher:
    """The one that a `control.json` names. Raises MixtuiError for one that this version does not have."""
    match control.get("launcher"):
        case None:
            return LocalLauncher()
        case "slurm":
            return SlurmLauncher(SlurmSettings.from_json(control.get("launcher_options") or {}))
        case name:
            raise MixtuiError(f"There is no launcher {name!r} here.", "Another version of mixtui queued it; use that.")


def watching_launchers() -> Iterator[Launcher]:
    """Those whose runs can be looked after from this host."""
    return (launcher for launcher in _ALL if launcher.can_watch())


def looked_after(root: Path) -> set[str]:
    """The ids of all runs below `root` that have a ticket."""
    return {run_id for launcher in _ALL for run_id in launcher.tickets(root).ids()}
