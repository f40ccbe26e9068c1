"""An error of the interface's own, kept for whoever mends it."""

from __future__ import annotations

import contextlib
import traceback
from datetime import datetime
from pathlib import Path

from mixtui.ui.folder_state import state_folder


def write_crash(error: BaseException | None) -> Path | None:
    """Write the traceback to a file in the user's state folder: its path, None where it cannot be written."""
    if error is None:
        return None
    path = state_folder() / f"error-{datetime.now():%Y%m%d-%H%M%S}.txt"
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(traceback.format_exception(error)), errors="backslashreplace")
        return path
    return None
