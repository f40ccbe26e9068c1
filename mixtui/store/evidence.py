"""Whether a run's directory has changed since it was last read, without reading it."""

from __future__ import annotations

import contextlib

from mixtui.store.paths import RunPaths

Evidence = tuple[int, ...]


def evidence(paths: RunPaths) -> Evidence:
    """Numbers that are others once something was written that can change what is known of the run."""
    numbers: list[int] = []
    for path in (paths.control, paths.exit, paths.process, paths.events, paths.meta):
        with contextlib.suppress(OSError):
            found = path.stat()
            numbers += (found.st_mtime_ns, found.st_size, found.st_ino)
    return tuple(numbers)
