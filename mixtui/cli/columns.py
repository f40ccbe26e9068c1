"""Text in columns for listings of any length: Rich's own table takes over a millisecond a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mixtui.cli.console import shown, words


@dataclass(frozen=True)
class Column:
    heading: str
    right: bool = False  # aligned to the right
    least: int | None = None  # the width down to which it gives way where the terminal is narrow; None: it never does


def in_columns(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[list[str]]:
    """The headings and then the `rows`, each cell filled up or cut to the width of its column.

    Joined by single blanks, a row takes `width` cells of the terminal at most. Where it would take more, the columns
    that can give way do, the widest first; when that is not enough, the last ones are cut off.
    """
    table = [[column.heading for column in columns], *rows]
    # What takes time is done once for each text that a column holds, and most columns hold few.
    texts = [{cell: shown(cell) for cell in set(cells)} for cells in zip(*table, strict=True)]
    widths = [max(map(cells_of, column.values())) for column in texts]
    widths = _fit_widths(columns, widths, width - (len(columns) - 1))
    fitted = [
        {cell: _fit(text, room, column.right) for cell, text in of_column.items()}
        for column, of_column, room in zip(columns, texts, widths, strict=True)
    ]
    return [[of_column[cell] for of_column, cell in zip(fitted, row, strict=True)] for row in table]


def cells_of(text: str) -> int:
    """The cells of the terminal that `text` takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _fit_widths(columns: Sequence[Column], widths: Sequence[int], room: int) -> list[int]:
    """`widths` with enough taken away that they come to `room` at most, if `room` is at least 0."""
    fitted = [
        width if column.least is None else min(width, max(room, column.least))
        for column, width in zip(columns, widths, strict=True)
    ]
    yielding = [number for number, column in enumerate(columns) if column.least is not None]
    while sum(fitted) > room:
        above_least = [number for number in yielding if fitted[number] > (columns[number].least or 0)]
        if not above_least:
            break
        fitted[max(above_least, key=fitted.__getitem__)] -= 1
    for number in reversed(range(len(fitted))):
        fitted[number] -= min(fitted[number], max(0, sum(fitted) - room))
    return fitted


def _fit(text: str, width: int, right: bool) -> str:
    blanks = width - cells_of(text)
    if blanks >= 0:
        return " " * blanks + text if right else text + " " * blanks
    return cut(text, width)


def cut(text: str, width: int) -> str:
    """`text`, with an ellipsis for what goes beyond `width` cells."""
    if cells_of(text) <= width:
        return text
    mark = words("…")[:width]
    room = width - len(mark)
    if text.isascii():
        return text[:room] + mark
    from rich.cells import set_cell_size

    return set_cell_size(text, room) + mark
