"""One process at a time fetches or decodes a data set: the others wait, and find it done."""

import contextlib
import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from mixtui.datasets.arrays import Progress

LOOK_EVERY = 0.1  # seconds


@contextlib.contextmanager
def in_turn(place: Path, progress: Progress) -> Iterator[None]:
    """Wait until no other process of this user works on what lies in `place`; whatever `progress` raises ends it.

    Where there can be no lock, all work at once, which only costs time.
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            lock = _open_lock(place)
            stack.callback(os.close, lock)
            while not _try_lock(lock):
                progress("waiting", 0.0)
                time.sleep(LOOK_EVERY)
        yield


def _open_lock(place: Path) -> int:
    folder = platformdirs.user_cache_path("mixtui") / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(os.fsencode(place.resolve())).hexdigest()[:16]
    return os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _try_lock(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
