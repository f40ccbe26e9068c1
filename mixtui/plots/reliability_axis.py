"""The x axis of a reliability diagram: what stands on it, and where its labels go. Free of any terminal."""

import math

from mixtui.calibration import bin_scores
from mixtui.calibration.bins import Bins
from mixtui.calibration.direction import direction
from mixtui.plots.diagram_glyphs import UNICODE, Glyphs
from mixtui.plots.palette import Cell, Role
from mixtui.plots.reliability_grid import clip_fraction, columns_of_bin, place_bins

_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_FEW_TICKS = (0.0, 0.5, 1.0)
_WIDTH_FOR_ALL_TICKS = 20  # below, their labels would run together


def tick_values(width: int) -> tuple[float, ...]:
    """Where both axes of a diagram of `width` cells have ticks."""
    return _TICKS if width >= _WIDTH_FOR_ALL_TICKS else _FEW_TICKS


def tick_column(value: float, width: int) -> int:
    """The column of a confidence from 0 to 1."""
    return min(int(value * width), width - 1)


def marked_axis(bins: Bins, width: int, glyphs: Glyphs = UNICODE, cursor: int | None = None) -> list[Cell]:
    """The x axis of a small diagram: an arrow under each bin whose gap's 95 % interval excludes 0.

    The line is thick under bin `cursor`, counted from 0; an arrow stays.
    """
    axis = [Cell(glyphs.axis)] * width
    for column in () if cursor is None else columns_of_bin(bins, cursor, width):
        axis[column] = Cell(glyphs.axis_at_cursor)
    for bar in place_bins(bins, width):
        mark = gap_mark(bar.accuracy, bar.confidence, bar.count, glyphs)
        if mark:
            role = Role.OVER_MARK if mark == glyphs.overconfident else Role.UNDER_MARK
            axis[bar.drawn[(len(bar.drawn) - 1) // 2]] = Cell(mark, role)
    return axis


def lettered_axis(bins: Bins, width: int, glyphs: Glyphs = UNICODE) -> list[Cell]:
    """The x axis of a large diagram: ticks, A at the accuracy and C at the mean confidence of all images."""
    axis = [Cell(glyphs.axis)] * width
    for tick in tick_values(width):
        axis[tick_column(tick, width)] = Cell(glyphs.tick)
    right, claimed = bin_scores.accuracy(bins), bin_scores.mean_confidence(bins)
    if math.isfinite(right) and math.isfinite(claimed):
        at_right, at_claimed = (tick_column(clip_fraction(value), width) for value in (right, claimed))
        if at_right == at_claimed:  # one cell cannot hold both letters
            at_claimed += 1 if at_claimed + 1 < width else -1
        axis[at_right], axis[at_claimed] = Cell("A"), Cell("C")
    return axis


def gap_mark(accuracy: float, confidence: float, count: float, glyphs: Glyphs) -> str:
    """The glyph for over- or underconfident; empty where the gap's 95 % interval includes 0.

    The interval of the gap is the mean confidence less Wilson's interval of the accuracy.
    """
    marks = {"over": glyphs.overconfident, "under": glyphs.underconfident, "neither": ""}
    return marks[direction(accuracy, confidence, count)]
