"""The one module that imports plotext.

plotext 6 keeps its figure in a global, so draw on one thread only. A coordinate that is not finite aborts the
whole process in its native kernel, and one far outside the limits costs seconds and gigabytes: so nothing but
whole numbers counted here, inside the limits set here, is handed to it.
"""

from collections.abc import Mapping, Sequence

import plotext
from rich.cells import cell_len

from mixtui.plots.palette import Cell, CellStyle, Palette

_ASCII_FRAME = str.maketrans("│┤└─┬", "|++-+")


def place(
    grid: Sequence[Sequence[Cell]],
    palette: Palette,
    *,
    y_ticks: Mapping[int, str],
    x_ticks: Mapping[int, str] | None = None,
    x_axis: Sequence[Cell] = (),
    ascii_frame: bool = False,
) -> str:
    """Draw a grid of cells, top row first, inside a left and, given `x_ticks`, a lower axis.

    `y_ticks` maps rows counted from the bottom to labels, `x_ticks` columns; those off the grid are left out.
    `x_axis`, one cell a column, replaces the line that plotext draws. Every glyph lands in its own cell. The
    lines carry ANSI codes where the palette has styles; the last one ends without a newline.

    Raises ValueError for a grid that is empty or ragged, and for a glyph that is not one character of one column.
    """
    height, width = len(grid), len(grid[0]) if grid else 0
    _require_cells(grid, width, x_axis)
    y_inside = {row: label for row, label in y_ticks.items() if 0 <= row < height}
    x_inside = {column: label for column, label in (x_ticks or {}).items() if 0 <= column < width}

    figure = plotext.figure
    plotext.terminal.limit(False, False)  # else the terminal's size caps the figure's
    figure.clear.all()
    figure.theme("colorless")
    figure.axes(False)
    figure.axes(True, axis="y", side="left")
    figure.axes(x_ticks is not None, axis="x", side="lower")
    label_width = max((len(label) for label in y_inside.values()), default=0)
    figure.plot_size(label_width + 1 + width, height + (x_ticks is not None) + bool(x_inside))
    for axis, cells, ticks in (("x", width, x_inside), ("y", height, y_inside)):
        ruler = figure.ruler(axis, "lower" if axis == "x" else "left")
        ruler.lim(-0.5, cells - 0.5).alignment(lim="edge").frequency(0)
        if ticks:
            ruler.ticks(list(ticks), list(ticks.values()))
    _draw_cells(grid, palette)

    matrix = figure.build()
    for column, cell in enumerate(x_axis[:width] if x_ticks is not None else ()):
        pixel = _pixel(palette.get(cell.role))
        matrix.insert(label_width + 1 + column, height, plotext.colorize(cell.glyph, pixel))
    text: str = matrix.string(colorless=not palette).rstrip("\n")
    return text.translate(_ASCII_FRAME) if ascii_frame else text


def _require_cells(grid: Sequence[Sequence[Cell]], width: int, x_axis: Sequence[Cell]) -> None:
    if width == 0 or any(len(row) != width for row in grid):
        raise ValueError("a grid needs at least one cell and rows of one length")
    glyphs = {cell.glyph for row in (*grid, x_axis) for cell in row}
    # A longer text could be the name of one of plotext's own markers; any other width would shift a whole row.
    if any(len(glyph) != 1 or cell_len(glyph) != 1 for glyph in glyphs):
        raise ValueError("a cell takes exactly one character of one column")


def _draw_cells(grid: Sequence[Sequence[Cell]], palette: Palette) -> None:
    drawn = [
        (column, row, cell)
        for row, cells in enumerate(reversed(grid))
        for column, cell in enumerate(cells)
        if cell.glyph != " "
    ]
    if not drawn:
        return
    columns, rows, cells = zip(*drawn, strict=True)
    marker = {cell: plotext.marker(cell.glyph, _pixel(palette.get(cell.role))) for cell in set(cells)}
    signal = plotext.figure.signal(list(columns), list(rows), marker=[marker[cell] for cell in cells])
    plotext.figure.draw(signal)


def _pixel(style: CellStyle | None) -> plotext.pixel | None:
    if style is None:
        return None
    return plotext.pixel(style.foreground, style.background, "inverted" if style.reverse else None)
