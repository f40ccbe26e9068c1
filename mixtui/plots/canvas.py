"""The one module that imports plotext.

plotext 6 keeps its figure in a global, so one thread draws at a time. A coordinate that is not finite aborts the
whole process in its native kernel, and one far outside the limits costs seconds and gigabytes: so nothing but
whole numbers counted here, inside the limits set here, is handed to it. The cells go into its picture as whole
rows of text: as a signal of single markers, each crosses into the kernel on its own, 20 times as slow.
"""

import threading
from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter

import plotext
from rich.cells import cell_len
from rich.text import Text

from mixtui.plots.palette import Cell, Palette, Role, rich_style

_FIGURE = threading.Lock()
_GLYPH, _ROLE = itemgetter(0), itemgetter(1)  # of a cell; faster than its attributes
_ASCII_FRAME = str.maketrans("│┤└─┬", "|++-+")


def place_lines(
    grid: Sequence[Sequence[Cell]],
    palette: Palette,
    *,
    y_ticks: Mapping[int, str],
    x_ticks: Mapping[int, str] | None = None,
    x_axis: Sequence[Cell] = (),
    ascii_frame: bool = False,
) -> list[Text]:
    """Draw a grid of cells, top row first, inside a left and, given `x_ticks`, a lower axis.

    `y_ticks` maps rows counted from the bottom to labels, `x_ticks` columns; those off the grid are left out.
    `x_axis`, one cell a column, replaces the line that plotext draws. Every glyph lands in its own cell, in the
    style that the palette has for its role.

    Raises ValueError for a grid that is empty or ragged, and for a glyph that is not one character of one column.
    """
    height, width = len(grid), len(grid[0]) if grid else 0
    _require_cells(grid, width, x_axis)
    left = _left(y_ticks, height)
    styled = (*grid, x_axis[:width] if x_ticks is not None else ())
    with _FIGURE:
        matrix = _frame(width, height, y_ticks, x_ticks)
        for row, cells in enumerate(styled):
            matrix.insert(left, row, "".join(map(_GLYPH, cells)))
        drawn: str = matrix.string(colorless=True).rstrip("\n")
    text = drawn.translate(_ASCII_FRAME) if ascii_frame else drawn
    lines = [Text(line, no_wrap=True) for line in text.split("\n")]
    # Styled here: parsing ANSI codes out of plotext's picture would take longer than all else.
    for line, cells in zip(lines, styled, strict=False):  # the labels of the x axis have no cells
        _stylize(line, left, cells, palette)
    return lines


def _stylize(line: Text, column: int, cells: Sequence[Cell], palette: Palette) -> None:
    """Give the `cells` that stand in `line` from `column` on their styles."""
    for role, run in groupby(cells, _ROLE):
        start, column = column, column + sum(1 for _ in run)
        if style := palette.get(role) if isinstance(role, Role) else role:
            line.stylize(rich_style(style), start, column)


def _frame(width: int, height: int, y_ticks: Mapping[int, str], x_ticks: Mapping[int, str] | None) -> plotext.matrix:
    """The axes with their labels around an empty grid."""
    y_inside = _inside(y_ticks, height)
    x_inside = _inside(x_ticks or {}, width)
    figure = plotext.figure
    plotext.terminal.limit(False, False)  # else the terminal's size caps the figure's
    figure.clear.all()
    figure.theme("colorless")
    figure.axes(False)
    figure.axes(True, axis="y", side="left")
    figure.axes(x_ticks is not None, axis="x", side="lower")
    figure.plot_size(_left(y_ticks, height) + width, height + (x_ticks is not None) + bool(x_inside))
    for axis, cells, ticks in (("x", width, x_inside), ("y", height, y_inside)):
        ruler = figure.ruler(axis, "lower" if axis == "x" else "left")
        ruler.lim(-0.5, cells - 0.5).alignment(lim="edge").frequency(0)
        if ticks:
            ruler.ticks(list(ticks), list(ticks.values()))
    return figure.build()


def _left(y_ticks: Mapping[int, str], height: int) -> int:
    """Columns of the left axis and its labels."""
    return max((len(label) for label in _inside(y_ticks, height).values()), default=0) + 1


def _inside(ticks: Mapping[int, str], cells: int) -> dict[int, str]:
    return {position: label for position, label in ticks.items() if 0 <= position < cells}


def _require_cells(grid: Sequence[Sequence[Cell]], width: int, x_axis: Sequence[Cell]) -> None:
    if width == 0 or any(len(row) != width for row in grid):
        raise ValueError("a grid needs at least one cell and rows of one length")
    glyphs = {cell.glyph for row in (*grid, x_axis) for cell in row}
    if any(len(glyph) != 1 or cell_len(glyph) != 1 for glyph in glyphs):  # would shift the rest of the row
        raise ValueError("a cell takes exactly one character of one column")
