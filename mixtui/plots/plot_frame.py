"""The frame of a plot: which cell a value lies in, and the axes with their numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from rich.cells import cell_len
from rich.text import Text

from mixtui.calibration.bins import FloatArray
from mixtui.plots.axes import Range
from mixtui.plots.braille import DotGlyphs
from mixtui.plots.canvas import place_lines
from mixtui.plots.palette import Cell, CellStyle

BLANK = Cell(" ")
AXIS_ROWS = 2
"""Rows of an x axis: the line and its numbers."""

Tick = tuple[float, str]
"""A position on the axis' scale, and its label."""


@dataclass(frozen=True)
class PlotFrame:
    """`columns` × `rows` cells that show `x_range` and `y_range`, then `margin` columns for labels."""

    columns: int
    rows: int
    margin: int
    x_range: Range
    y_range: Range
    glyphs: DotGlyphs

    @property
    def dots(self) -> tuple[int, int]:
        """Rows and columns of dots."""
        return self.rows * self.glyphs.shape[0], self.columns * self.glyphs.shape[1]

    def dot_columns(self, x: FloatArray) -> FloatArray:
        """Columns of dots, not rounded."""
        low, high = self.x_range
        with np.errstate(over="ignore"):
            columns: FloatArray = (x - low) / (high - low) * (self.dots[1] - 1)
        return columns

    def dot_rows(self, y: FloatArray) -> FloatArray:
        """Rows of dots from the top, not rounded."""
        low, high = self.y_range
        with np.errstate(over="ignore"):
            rows: FloatArray = (high - y) / (high - low) * (self.dots[0] - 1)
        return rows

    def column(self, x: float) -> int:
        """The column of cells; one off the grid for what lies outside."""
        return int(np.clip(np.rint(self.dot_columns(np.asarray(x))), -1, self.dots[1]) // self.glyphs.shape[1])

    def row(self, y: float) -> int:
        """The row of cells from the top; for what lies outside, the row at that edge."""
        return int(np.clip(np.rint(self.dot_rows(np.asarray(y))), 0, self.dots[0] - 1) // self.glyphs.shape[0])

    def exact_row(self, y: float) -> float:
        """The row of cells from the top, to the dot; a whole number is the middle of a cell."""
        return (float(np.rint(self.dot_rows(np.asarray(y)))) + 0.5) / self.glyphs.shape[0] - 0.5


def frame_lines(
    grid: Sequence[list[Cell]],
    frame: PlotFrame,
    *,
    y_ticks: Sequence[Tick],
    label_width: int = 0,
    x_ticks: Sequence[Tick] | None = None,
    marks: Iterable[tuple[float, CellStyle]] = (),
) -> list[Text]:
    """The lines of a plot with its axes; y labels take `label_width` columns or more.

    `marks` are the x of gaps, which get a mark on the x axis or, without `x_ticks`, on the lowest row.
    """
    glyphs = frame.glyphs
    labels = _labels_apart(x_ticks or (), frame)
    axis = [Cell(glyphs.axis)] * frame.columns + [BLANK] * frame.margin
    for column in labels:
        axis[column] = Cell(glyphs.tick)
    lowest = grid[-1] if x_ticks is None else axis
    for x, style in marks:
        column = frame.column(x)
        if 0 <= column < frame.columns:
            lowest[column] = Cell(glyphs.gap, style)
    return place_lines(
        grid,
        {},
        y_ticks={frame.rows - 1 - frame.row(y): label.rjust(label_width) for y, label in y_ticks},
        x_ticks=None if x_ticks is None else labels,
        x_axis=axis,
        ascii_frame=glyphs.ascii,
    )


def text_cells(text: str, style: CellStyle) -> list[Cell]:
    """A cell for each character; what would not take exactly one is a question mark."""
    return [Cell(char if char.isprintable() and cell_len(char) == 1 else "?", style) for char in text]


def _labels_apart(ticks: Sequence[Tick], frame: PlotFrame) -> dict[int, str]:
    """Labels by column, without those that would touch the one before or not fit between the ends."""
    labels: dict[int, str] = {}
    free = -1  # the axis' corner is one column to the left of the plot
    for x, label in ticks:
        column = frame.column(x)
        start = min(column - len(label) // 2, frame.columns + frame.margin - len(label))  # plotext shifts the last one
        if 0 <= column < frame.columns and start >= free:
            labels[column] = label
            free = start + len(label) + 1
    return labels
