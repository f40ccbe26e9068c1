"""One process at a time fetches or decodes a data set: the others wait, and find it done."""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from mixtui.datasets.arrays import Progress
from mixtui.lock import Lock

LOOK_EVERY = 0.1  # seconds


@contextlib.contextmanager
def in_turn(place: Path, progress: Progress) -> Iterator[None]:
    """Wait until no other process of this user works on what lies in `place`; whatever `progress` raises ends it.

    Where there can be no lock, all work at once, which only costs time.
    """
    lock = None
    with contextlib.suppress(OSError):
        path = _lock_path(place)
        while (lock := Lock.take(path, LOOK_EVERY)) is None:
            progress("waiting", 0.0)
    try:
        yield
    finally:
        if lock:
            lock.close()


def _lock_path(place: Path) -> Path:
    folder = platformdirs.user_cache_path("mixtui") / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{hashlib.sha256(os.fsencode(place.resolve())).hexdigest()[:16]}.lock"
