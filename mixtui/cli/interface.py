"""`mixtui` without a command: the interactive interface."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from mixtui.errors import MixtuiError
from mixtui.store.store import Store, default_runs_dir


def open_interface(runs_dir: Path | None = None) -> int:
    """Open the interface on the runs of a folder; the exit code for the shell."""
    in_browser = "TEXTUAL_DRIVER" in os.environ  # so textual-serve says that it stands between
    if not in_browser and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise MixtuiError("mixtui needs a terminal.", "In scripts use its commands: mixtui --help")
    from mixtui.ui.start import run_interface

    return run_interface(Store(runs_dir or default_runs_dir()))
