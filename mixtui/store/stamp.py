"""Whether files have changed since they were last read, without reading them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from mixtui.store.paths import RunPaths

Stamp = tuple[int, ...]


def stamp_of(files: Iterable[str | Path]) -> Stamp:
    """When each of the files was last modified (ns), its size and inode: other numbers once one of them was written.

    A file that is not there has none.
    """
    numbers: list[int] = []
    for file in files:
        with contextlib.suppress(OSError):
            found = os.stat(file)  # noqa: PTH116 - called many times a second
            numbers += (found.st_mtime_ns, found.st_size, found.st_ino)
    return tuple(numbers)


def run_stamp(paths: RunPaths, *, events: bool = True) -> Stamp:
    """The stamp of all that can change what is known of the run.

    Without `events`, what the training itself goes on to tell of its progress is left out.
    """
    files = (paths.control, paths.exit, paths.process, paths.job, paths.meta)
    return stamp_of((*files, paths.events) if events else files)
