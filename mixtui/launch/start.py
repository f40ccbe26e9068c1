"""Starting an attempt at a run, and asking one to end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from mixtui.errors import MixtuiError
from mixtui.store.control import change_control, want
from mixtui.store.files import read_json
from mixtui.store.paths import RunPaths
from mixtui.store.process import ProcessIdentity
from mixtui.store.run import Run
from mixtui.store.status import State


def start(paths: RunPaths, attempt: int) -> None:
    """Start attempt number `attempt` in the background.

    Raises MixtuiError when somebody else just did, and when the run's folder cannot be written.
    """
    control = read_json(paths.control) or {}
    cwd = Path(str(control.get("cwd", ".")))
    try:
        paths.claim(attempt).touch(exist_ok=False)
        with paths.output.open("ab") as output:
            subprocess.Popen(
                # -P: no file in the person's folder may stand in for a module of the standard library.
                [sys.executable, "-P", "-m", "mixtui.launch.keeper", str(paths.root.absolute()), str(attempt)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                cwd=cwd if cwd.is_dir() else None,
            )
    except FileExistsError:
        raise MixtuiError(
            f"{paths.id} has just been started by someone else.", f"Watch it with: mixtui show {paths.id}"
        ) from None
    except OSError as error:
        raise MixtuiError(
            f"{paths.id} cannot be started: {error.strerror}.", "Make its folder writable, or make room."
        ) from None


def next_attempt(run: Run) -> int:
    """The number of the attempt that goes on with a run. Raises MixtuiError when there is nothing to go on with."""
    state = run.status.state
    if state.is_live:
        raise MixtuiError(f"{run.id} is {state}.", f"There is nothing to resume; watch it: mixtui logs -f {run.id}")
    if state is State.FINISHED:
        raise MixtuiError(f"{run.id} is finished.", f"mixtui show {run.id} shows it.")
    # Counted from what `run` saw: if somebody was faster, its claim is taken, and `start` says so.
    attempt = run.attempt + 1
    change_control(run.paths, want="run", attempt=attempt)
    return attempt


def ask_to_stop(paths: RunPaths) -> None:
    """Ask a live run to finish its step, save, and end. Raises MixtuiError when `control.json` cannot be changed."""
    try:
        want(paths, "stop")
    finally:  # on a full disk the signal does it alone
        signal_worker(paths, signal.SIGTERM)


def signal_worker(paths: RunPaths, number: signal.Signals) -> None:
    """Send a signal to the run's training process, if that very process is alive on this host."""
    with contextlib.suppress(OSError, ValueError):
        identity = ProcessIdentity.from_json(read_json(paths.process) or {})
        if identity.is_alive():
            os.kill(identity.pid, number)
