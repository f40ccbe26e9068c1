"""Reliability diagrams in a terminal, one or several beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mixtui.cli.console import color_depth, ground, shown, speaks_utf8

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from mixtui.calibration.bins import Bins

_LARGEST, _LEAST = 66, 40  # columns
_GAP = 2


def print_diagrams(console: Console, bins: Mapping[str, Bins]) -> None:
    """The diagrams of equal-width `bins`, each under its name: beside each other where they fit, else one by one."""
    from rich.table import Table

    room = (console.width - _GAP * (len(bins) - 1)) // len(bins)
    columns = min(room, _LARGEST)
    if columns < _LEAST:
        for name, one in bins.items():
            console.print()
            console.print(_diagram(console, name, one, max(_LEAST, min(console.width, _LARGEST))))
        return
    side_by_side = Table.grid(padding=(0, _GAP, 0, 0))
    for _ in bins:
        side_by_side.add_column(width=columns, no_wrap=True)
    side_by_side.add_row(*(_diagram(console, name, one, columns) for name, one in bins.items()))
    console.print()
    console.print(side_by_side)


def _diagram(console: Console, name: str, bins: Bins, columns: int) -> Text:
    from mixtui.plots.diagram_glyphs import ASCII, UNICODE
    from mixtui.plots.reliability import reliability_text

    return reliability_text(
        bins,
        split=shown(name),
        binning="equal width",
        columns=columns,
        rows=console.height - 2 if console.is_terminal else None,  # with the line that follows and the prompt
        colors=color_depth(console),
        ground=ground(),
        glyphs=UNICODE if speaks_utf8() else ASCII,
    )
