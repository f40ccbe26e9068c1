"""One score against another, a point for each α: what one costs where the other gains."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rich.text import Text

from mixtui.plots.canvas import place_lines
from mixtui.plots.cell_sheet import CellSheet
from mixtui.plots.diagram_glyphs import UNICODE, Glyphs
from mixtui.plots.error_bar import draw_upright, drawable
from mixtui.plots.palette import Cell, CellStyle
from mixtui.plots.score_axis import ScoreAxis, score_axis
from mixtui.plots.text_lines import fill_lines, words_instead

_LEAST_WIDTH, _LEAST_HEIGHT = 20, 4
_AXIS_ROWS = 2  # the axis and its numbers
_COLUMNS_PER_TICK, _ROWS_PER_TICK = 10, 2.5
_PLAIN = CellStyle()


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation over seeds, None for `sd` with one seed."""

    mean: float
    sd: float | None = None


@dataclass(frozen=True)
class FrontPoint:
    """The two scores of one α, in its colour. A mean that is not a finite number leaves the point out."""

    alpha: float
    across: Spread | None
    up: Spread | None
    style: CellStyle = _PLAIN


@dataclass(frozen=True)
class _Mark:
    """A point that can be drawn; a spread of 0 has no bar."""

    alpha: float
    across: float
    across_sd: float
    up: float
    up_sd: float
    style: CellStyle

    @property
    def across_ends(self) -> tuple[float, float]:
        return self.across - self.across_sd, self.across + self.across_sd

    @property
    def up_ends(self) -> tuple[float, float]:
        return self.up - self.up_sd, self.up + self.up_sd


def front_plot(
    points: Sequence[FrontPoint], columns: int, rows: int, *, cursor: float | None = None, glyphs: Glyphs = UNICODE
) -> list[Text]:
    """Points and their α in at most `columns` × `rows`; where nothing fits, words say so.

    Dotted lines go through α 0, the baseline, `cursor` is the α to emphasise. Only the axis upwards holds 0.
    """
    marks = [mark for point in points if (mark := _mark(point, cursor)) is not None]
    if not marks:
        return words_instead("No figures to draw yet.", columns, rows)
    has_baseline = any(mark.alpha == 0 for mark in marks)
    parts = ["below and right of α 0 is better"] * has_baseline
    parts += [f"{len(points) - len(marks)} without a figure"] * (len(marks) < len(points))
    head = fill_lines(list(map(glyphs.words, parts)), columns, "   ")
    height = rows - len(head) - _AXIS_ROWS
    up = score_axis(_ends(mark.up_ends for mark in marks), max(round(height / _ROWS_PER_TICK), 1), from_zero=True)
    y_ticks = up.ticks(max(height, _LEAST_HEIGHT))
    left = max(map(len, y_ticks.values())) + 1
    least = max(left + _LEAST_WIDTH, *map(len, head), 0)
    if columns < least or height < _LEAST_HEIGHT:
        needed = f"{least} columns by {len(head) + _LEAST_HEIGHT + _AXIS_ROWS} rows"
        return words_instead(f"The plot needs {needed}.", columns, rows)

    sheet = CellSheet(columns - left, height)
    intervals = max(sheet.width // _COLUMNS_PER_TICK, 1)
    across = score_axis(_ends(mark.across_ends for mark in marks), intervals, from_zero=False)
    _draw(sheet, marks, across, up, glyphs)
    x_ticks = across.ticks(sheet.width)
    x_axis = [Cell(glyphs.tick if column in x_ticks else glyphs.axis) for column in range(sheet.width)]
    lines = place_lines(sheet.grid(), {}, y_ticks=y_ticks, x_ticks={}, x_axis=x_axis, ascii_frame=glyphs.ascii)
    numbers = CellSheet(columns, 1)
    for column, label in x_ticks.items():
        numbers.write_first(left + column - len(label) // 2, [0], label, _PLAIN)
    lines.append(Text("".join(cell.glyph for cell in numbers.grid()[0])))
    for line in lines:
        line.rstrip()
    return [*map(Text, head), *lines]


def _mark(point: FrontPoint, cursor: float | None) -> _Mark | None:
    alpha = drawable(point.alpha)
    if alpha is None or point.across is None or point.up is None:
        return None
    across, up = drawable(point.across.mean), drawable(point.up.mean)
    if across is None or up is None:
        return None
    across_sd, up_sd = (max(drawable(spread.sd) or 0.0, 0.0) for spread in (point.across, point.up))
    return _Mark(alpha, across, across_sd, up, up_sd, replace(point.style, bold=alpha == cursor))


def _ends(pairs: Iterable[tuple[float, float]]) -> list[float]:
    return [end for pair in pairs for end in pair]


def _draw(sheet: CellSheet, marks: Sequence[_Mark], across: ScoreAxis, up: ScoreAxis, glyphs: Glyphs) -> None:
    """The baseline's lines, then the points, the one of the cursor last, and their alphas where there is room."""
    places = [(across.row(mark.across, sheet.width), up.row(mark.up, sheet.height), mark) for mark in marks]
    for column, row, mark in places:
        if mark.alpha == 0:
            sheet.shade(row, glyphs.diagonal)
            sheet.shade_column(column, glyphs.diagonal)
    by_cursor = sorted(places, key=lambda place: place[2].style.bold)
    for column, row, mark in by_cursor:
        if mark.across_sd > 0:
            first, last = (across.row(end, sheet.width) for end in mark.across_ends)
            for cell in range(first, last + 1):
                sheet.draw(row, cell, glyphs.axis, mark.style)
        if mark.up_sd > 0:
            draw_upright(sheet, column, mark.up_ends, up, mark.style, glyphs)
    for column, row, mark in by_cursor:
        sheet.draw(row, column, glyphs.point, mark.style)
    for column, row, mark in reversed(by_cursor):
        label = f" {glyphs.selected if mark.style.bold else ''}{mark.alpha:g} "
        sheet.write_first(column + 1, (row, row + 1, row - 1, row + 2, row - 2), label, CellStyle(bold=mark.style.bold))
