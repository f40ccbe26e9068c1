"""The parent of one training process: starts it, waits, and writes down how it ended.

    python -m mixtui.launch.keeper RUN_DIRECTORY ATTEMPT

Small, without torch, in a session of its own: it outlives the terminal and whoever asked for the run, and a worker
that is killed still leaves word of it in `exit.json`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from mixtui.store.files import read_json, write_json
from mixtui.store.paths import RunPaths
from mixtui.store.process import identify


def keep(paths: RunPaths, attempt: int) -> int:
    """Run attempt number `attempt` of the run to its end; the exit code of the worker, negative for a signal."""
    config = read_json(paths.config) or {}
    threads = str(config.get("threads", 1))
    with paths.output.open("ab") as output:
        worker = subprocess.Popen(
            [sys.executable, "-P", "-u", "-m", "mixtui.worker", str(paths.root), str(attempt)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads},
        )
    with contextlib.suppress(OSError):  # it may be gone already, or the disk be full: exit.json will say how it ends
        write_json(paths.process, {"attempt": attempt, **identify(worker.pid).to_json()})
    code = worker.wait()
    ended = datetime.now(UTC).isoformat(timespec="seconds")
    killed_by = signal.Signals(-code).name if code < 0 else None
    write_json(
        paths.exit,
        {"attempt": attempt, "time": ended, "code": None if killed_by else code, "signal": killed_by},
    )
    return code


if __name__ == "__main__":
    sys.exit(1 if keep(RunPaths(Path(sys.argv[1])), int(sys.argv[2])) else 0)
