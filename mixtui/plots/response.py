"""A score against α: the mean over seeds with its spread, beside figures to compare with."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rich.text import Text

from mixtui.number_text import score_text
from mixtui.plots.alpha_columns import alpha_columns
from mixtui.plots.canvas import place_lines
from mixtui.plots.cell_sheet import CellSheet
from mixtui.plots.diagram_glyphs import UNICODE, Glyphs
from mixtui.plots.error_bar import draw_upright, drawable
from mixtui.plots.palette import Cell, CellStyle, rich_style
from mixtui.plots.score_axis import ScoreAxis, score_axis
from mixtui.plots.text_lines import fill_lines, words_instead

_LEAST_WIDTH, _LEAST_HEIGHT = 12, 3
_AXIS_ROWS = 2  # the axis of α and its labels
_ROWS_PER_TICK = 2.5

Band = tuple[float, float]


@dataclass(frozen=True)
class ResponsePoint:
    """The score of the runs of one α: mean and standard deviation over seeds, None for `sd` with one seed.

    `reference` is the figure of the deck, to compare with, `style` the colour of the α. An α or a mean that is not a
    finite number leaves the point out; such an `sd` or `reference`, or a negative `sd`, leaves just that out.
    """

    alpha: float
    mean: float | None
    sd: float | None = None
    reference: float | None = None
    style: CellStyle = CellStyle()  # noqa: RUF009


@dataclass(frozen=True)
class _Mark:
    """A point with figures that can be drawn; `sd` is 0 where there is no bar."""

    alpha: float
    mean: float
    sd: float
    reference: float | None
    style: CellStyle
    selected: bool

    @property
    def low(self) -> float:
        return self.mean - self.sd

    @property
    def high(self) -> float:
        return self.mean + self.sd

    @property
    def text_style(self) -> CellStyle:
        return CellStyle(bold=self.selected)  # without the colour, in which text would be hard to read


def response_plot(
    points: Sequence[ResponsePoint],
    columns: int,
    rows: int,
    *,
    from_zero: bool,
    cursor: float | None = None,
    floor: Band | None = None,
    glyphs: Glyphs = UNICODE,
) -> list[Text]:
    """A score against α, to scale, in at most `columns` × `rows`; where nothing fits, words say so.

    The score's axis holds 0 if `from_zero`. `cursor` is the α to emphasise; the scores between the ends of `floor`
    are shaded. Every α has a column of its own, and moves aside for that if need be.
    """
    marks = sorted(_marks(points, cursor), key=lambda mark: mark.alpha)
    if not marks:
        return words_instead("No figures to draw yet.", columns, rows)
    floor = _band(floor)
    axis = _axis(marks, floor, rows, from_zero=from_zero)
    head = fill_lines(_head(marks, len(points) - len(marks), axis, floor, glyphs), columns, separator="   ")
    height = rows - len(head) - _AXIS_ROWS
    y_ticks = axis.ticks(max(height, _LEAST_HEIGHT))
    left = max(map(len, y_ticks.values())) + 1
    columns_each = 1 if all(mark.reference is None for mark in marks) else 2  # a reference stands beside its point
    least_columns = max(left + columns_each * len(marks), left + _LEAST_WIDTH, *map(len, head), 0)
    if columns < least_columns or height < _LEAST_HEIGHT:
        least_rows = len(head) + _LEAST_HEIGHT + _AXIS_ROWS
        return words_instead(f"The plot needs {least_columns} columns by {least_rows} rows.", columns, rows)

    sheet = CellSheet(columns - left, height)
    places = alpha_columns([mark.alpha for mark in marks], sheet.width, columns_each)
    placed = list(zip(places, marks, strict=True))
    _draw(sheet, placed, axis, floor, glyphs)
    x_axis = [Cell(glyphs.tick if column in places else glyphs.axis) for column in range(sheet.width)]
    lines = place_lines(sheet.grid(), {}, y_ticks=y_ticks, x_ticks={}, x_axis=x_axis, ascii_frame=glyphs.ascii)
    lines.append(_alpha_labels(placed, left, columns, glyphs))
    for line in lines:
        line.rstrip()
    return [*map(Text, head), *lines]


def _marks(points: Sequence[ResponsePoint], cursor: float | None) -> list[_Mark]:
    marks = []
    for point in points:
        alpha, mean, sd = drawable(point.alpha), drawable(point.mean), drawable(point.sd)
        if alpha is not None and mean is not None:
            selected = alpha == cursor
            style = replace(point.style, bold=selected)
            marks.append(_Mark(alpha, mean, max(sd or 0.0, 0.0), drawable(point.reference), style, selected))
    return marks


def _band(floor: Band | None) -> Band | None:
    low, high = map(drawable, floor or (None, None))
    return None if low is None or high is None or low > high else (low, high)


def _axis(marks: Sequence[_Mark], floor: Band | None, rows: int, *, from_zero: bool) -> ScoreAxis:
    values = [value for mark in marks for value in (mark.low, mark.high, mark.reference) if value is not None]
    intervals = max(round((rows - _AXIS_ROWS) / _ROWS_PER_TICK), 1)
    return score_axis([*values, *(floor or ())], intervals, from_zero=from_zero)


def _head(
    marks: Sequence[_Mark],
    left_out: int,
    axis: ScoreAxis,
    floor: Band | None,
    glyphs: Glyphs,
) -> list[str]:
    """What stands above the plot: a legend if there is more than one thing to tell apart, and what could mislead."""
    parts = [f"{glyphs.point} here"]
    if any(mark.reference is not None for mark in marks):
        parts.append(f"{glyphs.reference} deck")
    if floor is not None:
        parts.append(f"{glyphs.floor} noise floor")
    if len(parts) == 1:
        parts = []
    if axis.low > 0 or axis.high < 0:
        parts.append("axis does not start at 0")
    if left_out:
        parts.append(f"{left_out} without a figure")
    return parts


def _draw(
    sheet: CellSheet, placed: Sequence[tuple[int, _Mark]], axis: ScoreAxis, floor: Band | None, glyphs: Glyphs
) -> None:
    height = sheet.height
    if floor is not None:
        for row in range(axis.row(floor[0], height), axis.row(floor[1], height) + 1):
            sheet.shade(row, glyphs.floor)
    for column, mark in placed:
        if mark.reference is not None:
            sheet.draw(axis.row(mark.reference, height), column + 1, glyphs.reference, mark.text_style)
        if mark.sd > 0:
            draw_upright(sheet, column, (mark.low, mark.high), axis, mark.style, glyphs)
        sheet.draw(axis.row(mark.mean, height), column, glyphs.point, mark.style)
    for column, mark in _selected_first(placed):
        top, bottom = axis.row(mark.high, height), axis.row(mark.low, height)
        above_else_below = (top + 1, top + 2, bottom - 1, bottom - 2)
        sheet.write_first(column - 1, above_else_below, glyphs.words(score_text(mark.mean)), mark.text_style)


def _alpha_labels(placed: Sequence[tuple[int, _Mark]], left: int, columns: int, glyphs: Glyphs) -> Text:
    """The alphas under their ticks, as far as they stand apart; the selected one has a pointer before it."""
    line = CellSheet(columns, 1)
    for column, mark in _selected_first(placed):
        alpha, pointer = f"{mark.alpha:g}", glyphs.selected if mark.selected else ""
        start = left + column - len(pointer) - (len(alpha) - 1) // 2
        line.write_first(start, [0], pointer + alpha, mark.text_style)
    return Text.assemble(
        *((cell.glyph, rich_style(cell.role) if isinstance(cell.role, CellStyle) else "") for cell in line.grid()[0])
    )


def _selected_first(placed: Sequence[tuple[int, _Mark]]) -> list[tuple[int, _Mark]]:
    """So that it finds room before the others."""
    return sorted(placed, key=lambda place: not place[1].selected)
