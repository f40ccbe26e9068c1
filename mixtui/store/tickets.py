"""Which runs a supervisor looks after: one empty file a run, in `RUNS/.queue-HOST.UID/`, or `.jobs-SCHEDULER.UID/`
for those that a cluster's scheduler has, whichever host handed them over.

They spare the supervisor reading every run again and again; what a run's state is, its own directory says.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

from mixtui.errors import MixtuiError


class Tickets:
    """The tickets of the runs below `root` that this user queued on this host, or handed to `scheduler`."""

    def __init__(self, root: Path, scheduler: str | None = None) -> None:
        kept = f".jobs-{scheduler}" if scheduler else f".queue-{socket.gethostname()}"  # a host may be called slurm
        self._folder = root / f"{kept}.{os.getuid()}"

    def add(self, run_id: str) -> None:
        """Raises MixtuiError when the runs folder cannot be written."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / run_id).touch()
        except OSError as error:
            raise MixtuiError(f"{run_id} cannot be queued: {error.strerror}.", "Make room, and resume it.") from None

    def remove(self, run_id: str) -> None:
        """Nobody need look after the run any more. Raises OSError as the file system does."""
        (self._folder / run_id).unlink(missing_ok=True)

    def ids(self) -> set[str]:
        """The runs that have one, in any state, removed ones too; none where this user has no such folder."""
        try:
            return set(os.listdir(self._folder))  # noqa: PTH208 - looked at several times a second
        except (FileNotFoundError, NotADirectoryError, PermissionError):  # no place where this user could queue
            return set()
