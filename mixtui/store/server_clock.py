"""The clock by which the age of a file is told.

Files on a server are stamped by its clock, which may differ from this host's by minutes. So the age of a sign of life
is the server's time less the sign's, whatever the clocks of the two hosts say.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from pathlib import Path

from mixtui.store.paths import is_shipped

MEASURE_AGAIN_AFTER = 60.0  # seconds

_offsets: dict[Path, tuple[float, float]] = {}  # by folder: seconds ahead of this host, and when that was measured


def server_time(folder: Path) -> float:
    """Seconds since 1970 by the clock that stamps the files in `folder`; by this host's where nothing can be written
    there, and beside the runs that come with mixtui, where nothing is. From any thread."""
    now = time.monotonic()
    offset, measured = _offsets.get(folder, (0.0, -MEASURE_AGAIN_AFTER))
    if now - measured >= MEASURE_AGAIN_AFTER:
        offset = _seconds_ahead(folder)
        _offsets[folder] = offset, now
    return time.time() + offset


def _seconds_ahead(folder: Path) -> float:
    """How far that clock is ahead of this host's. A file is touched for it, whose time the server then sets."""
    if is_shipped(folder):
        return 0.0
    probe = folder / f".clock-{socket.gethostname()}.{os.getuid()}"
    with contextlib.suppress(OSError):
        probe.touch()
        before = time.time()
        probe.touch()
        return probe.stat().st_mtime - (before + time.time()) / 2
    return 0.0
