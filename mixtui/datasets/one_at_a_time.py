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
def one_at_a_time(place: Path, progress: Progress) -> Iterator[None]:
    """Wait until no other process of this user works on what lies in `place`, calling `progress` with "waiting".

    Where there can be no lock, all work at once, which only costs time. Raises what `progress` raises.
    """
    while (turn := _take_turn(place)) is None:
        progress("waiting", 0.0)
    with turn:
        yield


def _take_turn(place: Path) -> contextlib.AbstractContextManager[object] | None:
    """Work on `place` is ours within it; None where another process is at work for LOOK_EVERY already."""
    try:
        lock = Lock.take(_lock_path(place), LOOK_EVERY)
    except OSError:
        return contextlib.nullcontext()
    return None if lock is None else contextlib.closing(lock)


def _lock_path(place: Path) -> Path:
    folder = platformdirs.user_cache_path("mixtui") / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{hashlib.sha256(os.fsencode(place.resolve())).hexdigest()[:16]}.lock"
