"""The queue's supervisor from outside: starting it where it is needed, and what it has to say."""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
from pathlib import Path

from mixtui.errors import MixtuiError
from mixtui.launch.launchers import watching_launchers
from mixtui.launch.local_folder import local_folder
from mixtui.lock import is_locked


def wake(root: Path) -> None:
    """Start the supervisor of the runs below `root` where one is needed and none is at work.

    It costs nothing more than a look where one is at work, so that any command may. Raises MixtuiError when it cannot
    be started.
    """
    if not any(launcher.tickets(root).ids() for launcher in watching_launchers()):
        return
    try:
        if is_locked(lock_path(root)):
            return
        with _path(root, "log").open("ab") as log:
            subprocess.Popen(
                [sys.executable, "-P", "-m", "mixtui.launch.supervisor", str(root.resolve())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
            )
    except OSError as error:
        raise MixtuiError(
            f"The queue's supervisor cannot be started: {error.strerror}.", "The runs wait; any command tries again."
        ) from None


def note_of(root: Path) -> str:
    """What the queue of the runs below `root` waits for on this host, "" for nothing but places."""
    with contextlib.suppress(OSError, MixtuiError):
        return note_path(root).read_text()
    return ""


def lock_path(root: Path) -> Path:
    """Held by the supervisor of the runs below `root` as long as it lives."""
    return _path(root, "lock")


def note_path(root: Path) -> Path:
    """Where the supervisor of the runs below `root` writes what its queue waits for."""
    return _path(root, "note")


def _path(root: Path, suffix: str) -> Path:
    key = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:12]
    return local_folder() / f"supervisor-{key}.{suffix}"
