"""The parent of one training process: starts it, waits, and writes down how it ended.

    python -m mixtui.launch.keeper RUN_DIRECTORY ATTEMPT PLACE_AS_JSON [FILE_DESCRIPTOR ...]

Small, without torch, in a session of its own: it outlives the terminal and whoever asked for the run, and a worker
that is killed still leaves word of it in `exit.json`. The file descriptors are the lease of its place: keeper and
worker hold it as long as they live.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mixtui.launch.oom import OomWatch
from mixtui.launch.worker_environment import worker_environment
from mixtui.store.files import last_line, read_json, write_json
from mixtui.store.paths import RunPaths
from mixtui.store.process import identify, this_process

LOOK_EVERY = 2.0  # seconds


def keep(paths: RunPaths, attempt: int, place: dict[str, Any], lease: Sequence[int] = ()) -> int:
    """Run attempt number `attempt` of the run to its end; the exit code of the worker, negative for a signal.

    `place` goes into `process.json` as it is, `lease` are the file descriptors that the worker inherits. Raises OSError
    where the worker cannot be started, and where not even the reserve makes room for `exit.json`.
    """
    config = read_json(paths.config) or {}
    oom = OomWatch()
    with paths.output.open("ab") as output:
        written_before = output.tell()
        worker = subprocess.Popen(
            [sys.executable, "-P", "-u", "-m", "mixtui.worker", str(paths.root), str(attempt)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=lease,
            env=worker_environment(os.environ, config.get("threads", 1)),
        )
    with contextlib.suppress(OSError):  # it may be gone already, or the disk be full: exit.json will say how it ends
        worker_identity = identify(worker.pid).to_json()
        write_json(paths.process, {"attempt": attempt, **place, **worker_identity, "keeper": this_process().to_json()})
    _wait(worker, oom)
    code = worker.returncode
    killed_by = _signal_name(-code) if code < 0 else None
    ended = {
        "attempt": attempt,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "code": None if killed_by else code,
        "signal": killed_by,
        "out_of_memory": killed_by == "SIGKILL" and oom.killed(worker.pid),
        "memory_limit": oom.limit(),
        "last_line": last_line(paths.output, written_before),
    }
    try:
        write_json(paths.exit, ended)
    except OSError:  # a full disk: the bytes that a killed worker could not give back itself
        paths.reserve.unlink(missing_ok=True)
        write_json(paths.exit, ended)
    return code


def _wait(worker: subprocess.Popen[bytes], oom: OomWatch) -> None:
    """Wait for the worker, and end what it left of its process group."""
    if hasattr(os, "pidfd_open"):  # Linux: where there are control groups to look at
        with contextlib.suppress(OSError), os.fdopen(os.pidfd_open(worker.pid)) as end:  # an old kernel has none
            while not select.select([end], [], [], LOOK_EVERY)[0]:
                oom.look()
    # Seen before it is reaped: until then nobody else can have its pid.
    os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS has the latter for a group of zombies
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # most real-time signals have none
        return f"signal {number}"


def main(run: str, attempt: str, place: str, *lease: str) -> int:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # whoever ignores it hands that down, and nobody could be waited for
    for number in (signal.SIGTERM, signal.SIGUSR2):  # a scheduler signals all processes: what becomes of it is told
        signal.signal(number, lambda *_: None)  # not ignored, which the worker would inherit
    paths = RunPaths(Path(run))
    if paths.last_claim() != int(attempt):
        return 0  # it took so long to get here that the attempt was given up
    return 1 if keep(paths, int(attempt), json.loads(place), [int(fd) for fd in lease]) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
