"""What the terminal at hand can show, and text made fit for it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from mixtui.terminal_text import in_ascii, printable

if TYPE_CHECKING:
    from rich.console import Console

    from mixtui.plots.palette import ColorDepth, Ground

PIPE_WIDTH = 160  # columns where there is no terminal to ask


def speaks_utf8() -> bool:
    """False where the locale names another encoding; an empty environment, as in containers, counts as UTF-8."""
    ctype = os.environ.get("LC_CTYPE", "")
    if ctype == "C.UTF-8":  # Python itself sets this under LANG=C (PEP 538): it tells nothing about the terminal
        ctype = ""
    locale = os.environ.get("LC_ALL") or ctype or os.environ.get("LANG") or "UTF-8"
    return "utf8" in locale.lower().replace("-", "")


def words(text: str) -> str:
    """`text` of mixtui's own in ASCII where the terminal has nothing else."""
    return text if speaks_utf8() else in_ascii(text)


def shown(text: object) -> str:
    """`text` from elsewhere on one line, without control characters, in ASCII where the terminal has nothing else."""
    line = printable(text)
    return line if line.isascii() or speaks_utf8() else in_ascii(line).encode("ascii", "replace").decode()


def stdout() -> Console:
    return _console(sys.stdout)


def stderr() -> Console:
    return _console(sys.stderr)


def _console(stream: object) -> Console:
    from rich.console import Console

    if not speaks_utf8() and hasattr(stream, "reconfigure"):
        stream.reconfigure(encoding="ascii", errors="replace")  # Rich then draws boxes and bars in ASCII too
    console = Console(file=stream, highlight=False, emoji=False, markup=False)  # type: ignore[arg-type]
    if not console.is_terminal:
        console.width = PIPE_WIDTH
    return console


def color_depth(console: Console) -> ColorDepth:
    """How many colours a diagram may use on `console`; `NO_COLOR` and a pipe mean none."""
    if console.no_color or console.color_system is None:
        return "none"
    return "16" if console.color_system in ("standard", "windows") else "256"


def ground() -> Ground:
    """Light where the terminal says that its background is (the convention of COLORFGBG: foreground;background)."""
    return "light" if os.environ.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15") else "dark"


def print_json(document: object) -> None:
    import json

    print(json.dumps(document, indent=2, allow_nan=False))
