"""Whether a run's directory has changed since it was last read, without reading it."""

from __future__ import annotations

import contextlib
import os

from mixtui.store.paths import RunPaths

Evidence = tuple[int, ...]


def evidence(paths: RunPaths, *, events: bool = True) -> Evidence:
    """Numbers that are others once something was written that can change what is known of the run.

    Without `events`, what the training itself goes on to tell of its progress is left out.
    """
    numbers: list[int] = []
    for path in (paths.control, paths.exit, paths.process, paths.job, paths.meta, *([paths.events] if events else [])):
        with contextlib.suppress(OSError):
            found = os.stat(path)  # noqa: PTH116 - called many times a second
            numbers += (found.st_mtime_ns, found.st_size, found.st_ino)
    return tuple(numbers)
