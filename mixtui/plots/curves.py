"""Curves over one x axis: several in a pane, and panes one above the other."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.text import Text

from mixtui.calibration.bins import FloatArray, RealArray
from mixtui.plots import axes
from mixtui.plots.axes import Range
from mixtui.plots.braille import BRAILLE, DotGlyphs
from mixtui.plots.downsample import Points, finite_points
from mixtui.plots.palette import CellStyle
from mixtui.plots.pane import Curve, Drawable, draw_pane
from mixtui.plots.plot_frame import AXIS_ROWS, PlotFrame, frame_lines, text_cells

__all__ = ["Curve", "Drawing", "Pane", "draw_curves"]

_LEAST_PLOT = 4  # columns that a plot keeps before its labels go
_LARGEST_LOGARITHM = 307.0


@dataclass(frozen=True)
class Pane:
    """Curves in one frame; `title` stands above them.

    Without a `y_range` it follows from the curves and from `previous_range`, the one that was drawn before.
    """

    curves: Sequence[Curve]
    title: str = ""
    y_range: Range | None = None
    previous_range: Range | None = None
    log: bool = False


@dataclass(frozen=True)
class Drawing:
    """A picture; the y range of each pane, for its next one; and what could not be drawn, in words."""

    text: Text
    y_ranges: tuple[Range, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Place:
    """What a pane has room for; `rows` are those of the plot alone."""

    titled: bool
    rows: int
    with_axis: bool


def draw_curves(
    panes: Sequence[Pane],
    *,
    columns: int,
    rows: int,
    glyphs: DotGlyphs = BRAILLE,
    x_range: Range | None = None,
    x_name: str = "step",
    cursor: float | None = None,
) -> Drawing:
    """Draw panes of equal height over one x axis into at most `columns` × `rows` cells.

    `x_range` zooms in; without it all points show. `x_name` is what notes call a value of x. `cursor` is an x that
    gets a vertical line. What has no room is left out: first labels and titles, then axes.
    """
    prepared = [[_prepare(curve, pane.log) for curve in _drawing_order(pane)] for pane in panes]
    x_range = _x_range(prepared, x_range)
    windows = [[_window(points, x_range) for item in items for points in _all_points(item)] for items in prepared]
    y_ranges = [_y_range(pane, window) for pane, window in zip(panes, windows, strict=True)]
    used = tuple(_powers(y_range) if pane.log else y_range for pane, y_range in zip(panes, y_ranges, strict=True))
    notes = tuple(note for items in prepared for note in _notes(items, x_name))
    if columns < 2 or rows < 1 or not panes:
        return Drawing(Text(""), used, notes)

    places = _pane_places(panes, rows)
    ticks = [
        _y_ticks(y_range, pane.log, place.rows) for pane, y_range, place in zip(panes, y_ranges, places, strict=True)
    ]
    left = max((len(label) for labels in ticks for _, label in labels), default=0)
    if columns - 1 - left < _LEAST_PLOT:
        left = 0
    longest = max((len(curve.label) for pane in panes for curve in pane.curves), default=0)
    margin = longest + 1 if 0 < longest <= columns // 3 and columns - 2 - left - longest >= _LEAST_PLOT else 0
    lines: list[Text] = []
    for pane, items, y_range, labels, place in zip(panes, prepared, y_ranges, ticks, places, strict=True):
        if place.rows < 1:
            continue
        frame = PlotFrame(columns - left - 1 - margin, place.rows, margin, x_range, y_range, glyphs)
        if place.titled:
            lines.append(_title(pane.title, columns))
        lines += frame_lines(
            draw_pane(items, frame, cursor),
            frame,
            y_ticks=labels if left else [],
            label_width=left,
            x_ticks=_x_ticks(frame) if place.with_axis else None,
            marks=_gap_marks(items),
        )
    for line in lines:
        line.rstrip()
    return Drawing(Text("\n", no_wrap=True, overflow="crop").join(lines), used, notes)


def _drawing_order(pane: Pane) -> list[Curve]:
    return sorted(pane.curves, key=lambda curve: curve.emphasised)


def _prepare(curve: Curve, log: bool) -> Drawable:
    raw = None if curve.raw is None else finite_points(curve.x, curve.raw, log=log)
    return Drawable(curve, finite_points(curve.x, curve.y, log=log), raw)


def _all_points(item: Drawable) -> list[Points]:
    return [item.points] if item.raw is None else [item.points, item.raw]


def _x_range(panes: Sequence[Sequence[Drawable]], given: Range | None) -> Range:
    if given is not None and axes.is_range(*given):
        return given
    ends = [item.points.x[[0, -1]] for pane in panes for item in pane if len(item.points.x)]
    if not ends:
        return 0.0, 1.0
    return axes.widen(float(min(end[0] for end in ends)), float(max(end[1] for end in ends)))


def _window(points: Points, x_range: Range) -> FloatArray:
    low, high = np.searchsorted(points.x, x_range[0], "left"), np.searchsorted(points.x, x_range[1], "right")
    return points.y[low:high]


def _y_range(pane: Pane, window: Sequence[FloatArray]) -> Range:
    given, previous = (
        None if range_ is None else _on_scale(range_, pane.log) for range_ in (pane.y_range, pane.previous_range)
    )
    y_range = given or axes.robust_range(window, previous)
    return _inside_logarithms(y_range) if pane.log else y_range


def _on_scale(y_range: Range, log: bool) -> Range | None:
    """The range in decimal logarithms if `log`; None if no axis can span it."""
    low, high = y_range
    if log:
        if not (low > 0 and high > 0):
            return None
        low, high = _inside_logarithms((math.log10(low), math.log10(high)))
    return (low, high) if axes.is_range(low, high) else None


def _powers(y_range: Range) -> Range:
    return 10.0 ** y_range[0], 10.0 ** y_range[1]


def _inside_logarithms(y_range: Range) -> Range:
    """What is left of a range of decimal logarithms whose powers are normal numbers."""
    return max(y_range[0], -_LARGEST_LOGARITHM), min(y_range[1], _LARGEST_LOGARITHM)


def _pane_places(panes: Sequence[Pane], rows: int) -> list[_Place]:
    with_axis = rows >= 2 * len(panes) + AXIS_ROWS
    room = rows - AXIS_ROWS * with_axis
    with_titles = room >= 4 * len(panes)
    titled = [with_titles and bool(pane.title) for pane in panes]
    room -= sum(titled)
    last = len(panes) - 1
    return [  # what does not divide goes to the upper panes
        _Place(title, room // len(panes) + (index < room % len(panes)), with_axis and index == last)
        for index, title in enumerate(titled)
    ]


def _y_ticks(y_range: Range, log: bool, height: int) -> list[tuple[float, str]]:
    """Positions on the axis' scale and their labels, one for about four rows."""
    if height < 1:
        return []
    most = 1 if height < 3 else 2 + height // 4
    if log:
        return [(tick, axes.tick_labels([10.0**tick])[0]) for tick in axes.log_ticks(*y_range, most)]
    ticks = axes.even_ticks(*y_range, most)
    return list(zip(ticks, axes.tick_labels(ticks), strict=True))


def _x_ticks(frame: PlotFrame) -> list[tuple[float, str]]:
    """Whole numbers, as many as there is room for; none in a range that holds none."""
    low, high = frame.x_range
    widest = max(map(len, axes.tick_labels([low, high])))
    ticks = axes.whole_ticks(low, high, 1 + frame.columns // (widest + 6))
    return list(zip(ticks, axes.tick_labels(ticks), strict=True))


def _gap_marks(items: Sequence[Drawable]) -> list[tuple[float, CellStyle]]:
    return [(x, item.curve.style.cell) for item in items for x in _non_finite_x(item)]


def _non_finite_x(item: Drawable) -> RealArray:
    return (item.raw or item.points).non_finite_x


def _title(title: str, columns: int) -> Text:
    text = Text("".join(cell.glyph for cell in text_cells(title, CellStyle())))
    text.truncate(columns)
    return text


def _notes(items: Sequence[Drawable], x_name: str) -> list[str]:
    """Sentences about the values that a pane leaves out, each named by its curve if there are several."""
    notes = []
    for item in items:
        name = f"{item.curve.label}: " if item.curve.label and len(items) > 1 else ""
        gaps = _non_finite_x(item)
        if len(gaps):
            first = f"{gaps[0]:,.0f}" if gaps[0].is_integer() and abs(gaps[0]) < 1e15 else f"{gaps[0]:g}"
            notes.append(f"{name}{len(gaps):,} non-finite {_plural(x_name, len(gaps))}, first {first}")
        hidden = (item.raw or item.points).not_positive
        if hidden:
            notes.append(f"{name}{hidden:,} {_plural(x_name, hidden)} at or below 0 not on the log scale")
    return notes


def _plural(name: str, count: int) -> str:
    return name if count == 1 else f"{name}s"
