"""The process that keeps a queue going: it looks after runs, whichever launcher has them.

    python -m mixtui.launch.supervisor RUNS_FOLDER

One per host, user and runs folder, without torch; it ends when nothing is left to do. The trainings do not need it:
kill it, and they go on, and the next mixtui starts another that takes them over. What it knows it has from the run
directories and from schedulers; the only thing it keeps for itself is its lock.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from mixtui.launch.launcher import Watch
from mixtui.launch.launchers import watching_launchers
from mixtui.launch.local_folder import local_folder
from mixtui.launch.wake import lock_path, note_path
from mixtui.lock import Lock
from mixtui.store.listing import listed
from mixtui.store.run import Run
from mixtui.store.store import Store

LOOK_EVERY = 0.25  # seconds
TOUCH_EVERY = 3600.0  # seconds: who tidies /tmp removes what nobody touched for days

TELL_EVERY = 3600.0  # seconds

Result = TypeVar("Result")
_told: dict[str, float] = {}  # kinds of trouble, and when each was told


def main(root: Path) -> int:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # whoever ignores it hands that down
    path = lock_path(root)
    lock = Lock.take(path, patience=1.0)
    if lock is None:
        return 0
    store = Store(root)
    watches = [launcher.watch(root) for launcher in watching_launchers()]
    note = _Note(note_path(root))
    _try(lambda: _adopt(watches, store))
    touched = time.monotonic()
    while lock:
        while any(more is not False for more in _each(watches, lambda watch: watch.tick())):
            note.say(next((watch.note for watch in watches if watch.note), ""))
            time.sleep(LOOK_EVERY)
            if not lock.is_in_place(path):  # somebody tidied up: another supervisor may be at work
                return 1
            if time.monotonic() - touched > TOUCH_EVERY:
                touched = time.monotonic()
                _try(_touch_locks)
        _try(lambda: _adopt(watches, store))  # what is left of somebody who was killed while he queued runs
        if any(_each(watches, lambda watch: watch.has_tickets())):
            continue
        note.say("")
        _each(watches, lambda watch: watch.leave())
        _try(lambda: listed(store))  # spares the next listing some reading
        # Whoever queues a run now either finds the lock free and starts another supervisor, or was seen here.
        lock.close()
        lock = Lock.take(path) if any(_each(watches, lambda watch: watch.has_tickets())) else None
    return 0


def _touch_locks() -> None:
    for file in local_folder().glob("*.lock"):
        file.touch()


class _Note:
    """The word left for other mixtuis of what the queue waits for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._said: str | None = None  # what another may have left is not known

    def say(self, note: str) -> None:
        if note != self._said:
            self._said = note
            with contextlib.suppress(OSError):
                self._path.write_text(note)


def _adopt(watches: Sequence[Watch], store: Store) -> None:
    for run in store.runs():
        if isinstance(run, Run):
            for watch in watches:
                _try(partial(watch.adopt, run))


def _each(watches: Sequence[Watch], act: Callable[[Watch], Result]) -> list[Result | None]:
    return [_try(partial(act, watch)) for watch in watches]


def _try(act: Callable[[], Result]) -> Result | None:
    """Nothing that goes wrong with one watch, a file system that fails for a moment, may end the queue: None then."""
    try:
        return act()
    except Exception as error:
        _tell(error)
        return None


def _tell(error: Exception) -> None:
    """Into the log, once an hour: a server that is away fails four times a second, for days perhaps."""
    kind = f"{type(error)} {traceback.format_tb(error.__traceback__)}"  # its text may name another file each time
    if time.monotonic() - _told.get(kind, -TELL_EVERY) >= TELL_EVERY:
        _told[kind] = time.monotonic()
        with contextlib.suppress(OSError):  # a full disk
            traceback.print_exception(error)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
