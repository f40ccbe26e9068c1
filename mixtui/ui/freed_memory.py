"""Memory that is free goes back to the system, so that an interface that is open for days does not grow."""

from __future__ import annotations

import sys

_MMAP_THRESHOLD, _TRIM_THRESHOLD, _ARENA_MAX = -3, -1, -8  # glibc's malloc.h
_LARGE = 64 * 1024  # bytes: an array of curves, a block of a log


def give_back_freed_memory() -> None:
    """Have glibc return what is freed. By itself it keeps a heap for each thread, and ever larger pieces in it.

    Does nothing where the C library is another.
    """
    if sys.platform != "linux":
        return
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:
        return
    mallopt(_ARENA_MAX, 1)
    mallopt(_TRIM_THRESHOLD, _LARGE)
    mallopt(_MMAP_THRESHOLD, _LARGE)
