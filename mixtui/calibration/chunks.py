"""Work on (n, classes) a chunk of rows at a time, so that memory does not grow with n."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

# Values worked on at a time, in float64: 2 MB for each temporary array, about a processor's cache.
_CHUNK_VALUES = 2**18
# Below this many classes, columns that lie together are quicker than rows that do.
_FEW_CLASSES = 64


def row_chunks(n: int, columns: int) -> Iterator[slice]:
    """Slices of `n` rows, one after the other, few enough rows each that temporary arrays of them stay small."""
    step = max(1, _CHUNK_VALUES // columns)
    for start in range(0, n, step):
        yield slice(start, min(start + step, n))


def chunk_order(classes: int) -> Literal["C", "F"]:
    """The order in memory in which work on a chunk of rows is quicker."""
    return "F" if classes < _FEW_CLASSES else "C"
