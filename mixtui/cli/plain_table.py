"""Tables without lines: a label in the first column, figures in the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixtui.cli.console import shown, words

if TYPE_CHECKING:
    from rich.table import Table

_GAP = 2  # columns between columns
_LONGEST_HEADING = 18  # so that a table of two files fits into 80 columns


def plain_table(corner: str) -> Table:
    """A table without lines, the labels of its rows under `corner`."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="dim")
    table.add_column(words(corner), no_wrap=True)
    return table


def add_figures(table: Table, heading: str) -> None:
    """A column for figures."""
    table.add_column(clipped(heading), justify="right", no_wrap=True)


def clipped(name: str) -> str:
    """A name that a person gave, on one line and short enough to head a column or a diagram."""
    text = shown(name[-2 * _LONGEST_HEADING :])  # `shown` would keep the other end of a long one
    mark = words("…")
    return text if len(text) <= _LONGEST_HEADING else mark + text[len(mark) - _LONGEST_HEADING :]
