"""What this user's mixtuis share on this host alone, on its local disk: locks, leases, the MPS daemon's pipes."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from mixtui.errors import MixtuiError


def local_folder() -> Path:
    """`MIXTUI_LOCAL`, else /tmp/mixtui-UID; made when it is not there.

    Not the user's own folders: those may lie on a server that several hosts share, and XDG_RUNTIME_DIR goes when the
    user logs out. Raises MixtuiError when it cannot be made, or is somebody else's.
    """
    folder = Path(os.environ.get("MIXTUI_LOCAL") or f"/tmp/mixtui-{os.getuid()}")
    if not folder.is_absolute():  # it would be another one for every process
        raise MixtuiError(f"MIXTUI_LOCAL is {folder}, which does not begin with /.", "Give the whole path.")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise MixtuiError(
            f"The folder {folder} cannot be made: {error.strerror}.", "Name one on local disk with MIXTUI_LOCAL."
        ) from None
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise MixtuiError(f"{folder} is somebody else's.", "Name a folder on local disk with MIXTUI_LOCAL.")
    return folder
