"""The cells of curves in one frame: lines, marks at the edges, the cursor, and a label at each end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mixtui.calibration.bins import RealArray
from mixtui.plots.alpha_colors import LineKind, SeriesStyle
from mixtui.plots.braille import Layer, Segments, draw_segments, overlay
from mixtui.plots.downsample import Buckets, Points, downsample
from mixtui.plots.end_labels import spread_rows
from mixtui.plots.palette import Cell, CellStyle
from mixtui.plots.plot_frame import BLANK, PlotFrame, text_cells

Grid = list[list[Cell]]


@dataclass(frozen=True)
class Curve:
    """A curve: `x` and `y`, (n,) each, by rising x; `raw`, (n,), is drawn dim under a `y` that was smoothed.

    Curves with the same label and style, such as the seeds of an α, share a label; an empty one is not shown. `line`
    takes the place of the style's own. Raises ValueError for arrays that differ in length.
    """

    label: str
    x: RealArray
    y: RealArray
    style: SeriesStyle = SeriesStyle()  # noqa: RUF009
    raw: RealArray | None = None
    line: LineKind | None = None
    emphasised: bool = False

    def __post_init__(self) -> None:
        if len(self.x) != len(self.y) or (self.raw is not None and len(self.raw) != len(self.x)):
            raise ValueError("the arrays of a curve differ in length")


@dataclass(frozen=True)
class Drawable:
    """A curve and what can be drawn of it."""

    curve: Curve
    points: Points
    raw: Points | None


def draw_pane(items: Sequence[Drawable], frame: PlotFrame, cursor: float | None) -> Grid:
    """The grid of `frame`, its margin included; of lines that cross, the later item is on top."""
    buckets = [_buckets(item.points, frame) for item in items]
    layers = []
    for item, main in zip(items, buckets, strict=True):
        style = item.curve.style
        if item.raw is not None:
            dots = draw_segments(line_segments(_buckets(item.raw, frame), frame), frame.dots)
            layers.append(Layer(dots, replace(style.cell, dim=True), faint=True))
        dots = draw_segments(line_segments(main, frame), frame.dots, item.curve.line or style.line)
        layers.append(Layer(dots, style.cell))
    grid = overlay(layers, frame.rows, frame.columns, frame.glyphs)
    for item, main in zip(items, buckets, strict=True):
        _mark_beyond(grid, main, frame, item.curve.style.cell)
    if cursor is not None:
        _draw_cursor(grid, cursor, frame)
    for row in grid:
        row += [BLANK] * frame.margin
    if frame.margin:
        _write_labels(grid, items, frame)
    return grid


def line_segments(buckets: Buckets, frame: PlotFrame) -> Segments:
    """For each bucket: the way from the one before, its lowest to its highest value, its first to its last point."""
    first = frame.dot_columns(buckets.first_x), frame.dot_rows(buckets.first_y)
    last = frame.dot_columns(buckets.last_x), frame.dot_rows(buckets.last_y)
    high, low = frame.dot_rows(buckets.high), frame.dot_rows(buckets.low)
    arrival = np.stack([np.roll(last[0], 1), np.roll(last[1], 1), *first], axis=1)
    extent = np.stack([first[0], high, first[0], low], axis=1)
    passage = np.stack([*first, *last], axis=1)
    shown = np.stack([buckets.joined, (np.rint(high) != np.rint(low)) | ~buckets.whole, buckets.whole], axis=1)
    segments: Segments = np.stack([arrival, extent, passage], axis=1)[shown]
    return segments


def _buckets(points: Points, frame: PlotFrame) -> Buckets:
    return downsample(points, *frame.x_range, frame.dots[1])


def _mark_beyond(grid: Grid, buckets: Buckets, frame: PlotFrame, style: CellStyle) -> None:
    """Put a mark on the upper and lower row wherever the curve goes on beyond it."""
    columns = np.rint(frame.dot_columns(buckets.first_x)).astype(np.int64) // frame.glyphs.shape[1]
    above = np.rint(frame.dot_rows(buckets.high)) < 0
    below = np.rint(frame.dot_rows(buckets.low)) >= frame.dots[0]
    for row, beyond, mark in ((grid[0], above, frame.glyphs.above), (grid[-1], below, frame.glyphs.below)):
        for column in columns[beyond].tolist():
            row[column] = Cell(mark, style)


def _draw_cursor(grid: Grid, cursor: float, frame: PlotFrame) -> None:
    """A vertical line that passes behind the curves."""
    if frame.x_range[0] <= cursor <= frame.x_range[1]:
        column = frame.column(cursor)
        for row in grid:
            if row[column] == BLANK:
                row[column] = Cell(frame.glyphs.cursor)


def _write_labels(grid: Grid, items: Sequence[Drawable], frame: PlotFrame) -> None:
    """Write each label beside the end of its curve where that is free, else in the margin at its height."""
    waiting: list[tuple[float, list[Cell]]] = []
    for label, style, members in _labelled(items):
        ends = [end for item in members if (end := _last_visible(item.points, frame))]
        if not ends:
            continue
        bold = any(item.curve.emphasised for item in members)
        cells = text_cells(label, replace(style.cell, bold=bold))
        column = max(frame.column(x) for x, _ in ends) + 2
        y = float(np.mean([y for _, y in ends]))
        line = grid[frame.row(y)]
        if column + len(cells) < frame.columns and set(line[column - 1 : column + len(cells) + 1]) == {BLANK}:
            line[column : column + len(cells)] = cells
        else:
            waiting.append((y, cells))
    waiting = sorted(waiting[-frame.rows :], key=lambda label: -label[0])  # the emphasised one came last
    rows = spread_rows([frame.exact_row(y) for y, _ in waiting], frame.rows)
    for row, (_, cells) in zip(rows, waiting, strict=True):
        start = frame.columns + 1
        grid[row][start : start + len(cells)] = cells


def _labelled(items: Sequence[Drawable]) -> Iterable[tuple[str, SeriesStyle, list[Drawable]]]:
    groups: dict[tuple[str, SeriesStyle], list[Drawable]] = {}
    for item in items:
        if item.curve.label:
            key = item.curve.label, item.curve.style
            groups[key] = [*groups.pop(key, []), item]  # a group moves to the place of its last member
    for (label, style), members in groups.items():
        yield label, style, members


def _last_visible(points: Points, frame: PlotFrame) -> tuple[float, float] | None:
    stop = int(np.searchsorted(points.x, frame.x_range[1], "right")) - 1
    if stop < 0 or points.x[stop] < frame.x_range[0]:
        return None
    return float(points.x[stop]), float(np.clip(points.y[stop], *frame.y_range))
