"""Starting an attempt at a run, and ending its process."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from mixtui.errors import MixtuiError
from mixtui.launch.leases import Lease
from mixtui.store.control import change_control
from mixtui.store.files import read_json
from mixtui.store.paths import RunPaths
from mixtui.store.process import ProcessIdentity

GRACE = 30.0  # seconds for a run that was asked to end, before it is killed


def start(paths: RunPaths, attempt: int, lease: Lease, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start attempt number `attempt` in the background, in the place leased; the process that waits for it, the keeper.

    Whoever claims the attempt first starts it, on any host. `environment` comes on top of this process's own. The
    keeper inherits the locks of `lease`, which the caller may close then; it must reap it, or end before it.

    Raises MixtuiError when somebody else just did, and when it cannot be started.
    """
    control = read_json(paths.control) or {}
    cwd = Path(str(control.get("cwd", ".")))
    place = {"place": lease.place, "gpu": lease.gpu, "mps": "CUDA_MPS_PIPE_DIRECTORY" in environment}
    try:
        paths.claim(attempt).touch(exist_ok=False)
    except FileExistsError:
        raise MixtuiError(
            f"{paths.id} has just been started by someone else.", f"Watch it with: mixtui show {paths.id}"
        ) from None
    except OSError as error:
        raise _cannot_start(paths, error) from None
    try:
        with paths.output.open("ab") as output:
            return subprocess.Popen(
                [
                    str(control.get("python") or sys.executable),
                    "-P",  # no file in the person's folder may stand in for a module of the standard library
                    "-m",
                    "mixtui.launch.keeper",
                    str(paths.root.absolute()),
                    str(attempt),
                    json.dumps(place),
                    *map(str, lease.fds),
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                cwd=cwd if cwd.is_dir() else None,
                pass_fds=lease.fds,
                env={**os.environ, **environment},
            )
    except OSError as error:
        paths.claim(attempt).unlink(missing_ok=True)
        raise _cannot_start(paths, error) from None


def _cannot_start(paths: RunPaths, error: OSError) -> MixtuiError:
    return MixtuiError(
        f"{paths.id} cannot be started: {error.filename}: {error.strerror}.",
        f"Mend that, or take it from the queue: mixtui stop {paths.id}",
    )


def signal_worker(paths: RunPaths, number: signal.Signals) -> None:
    """Send a signal to the run's training process, if that very process is alive on this host.

    It may end between the look and the signal: pids are given out in turn, so that its own is not used again so soon.
    """
    identity = worker_of(paths)
    if identity is not None:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # somebody else's
            os.kill(identity.pid, number)


def kill_worker(paths: RunPaths, attempt: int) -> None:
    """End the attempt's process and all that it started, at once; `control.json` tells that it was us."""
    identity = worker_of(paths)
    if identity is not None:
        with contextlib.suppress(MixtuiError):  # a full disk: it still has to end
            change_control(paths, killed=attempt)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(identity.pid, signal.SIGKILL)


def worker_of(paths: RunPaths) -> ProcessIdentity | None:
    """The run's training process, if that very process is alive on this host."""
    with contextlib.suppress(OSError, ValueError):
        identity = ProcessIdentity.from_json(read_json(paths.process) or {})
        if identity.is_alive():
            return identity
    return None
