"""The reliability diagram as a grid of character cells: bars, gaps, diagonal, histogram. Free of any terminal."""

from dataclasses import dataclass

import numpy as np

from mixtui.calibration.bins import Bins, FloatArray, IntArray
from mixtui.calibration.interval import wilson_interval
from mixtui.plots.diagram_glyphs import UNICODE, Glyphs
from mixtui.plots.palette import Cell, Role

Grid = list[list[Cell]]
"""Rows of cells, the top row first."""

BLANK = Cell(" ")
# A bin whose accuracy is known less well than this (half the width of its 95 % interval) gets a line, no bar.
FEW_IMAGES_HALF_WIDTH = 0.10
HISTOGRAM_HEIGHT = 3


@dataclass(frozen=True)
class Bar:
    """A bin that holds images, and the columns `start` to `stop` (exclusive) that it is drawn in."""

    start: int
    stop: int
    count: float
    accuracy: float
    confidence: float

    @property
    def drawn(self) -> range:
        """Its columns, less the one that keeps its neighbour apart."""
        return _drawn_columns(self.start, self.stop)


def diagram_grid(bins: Bins, width: int, height: int, glyphs: Glyphs = UNICODE) -> Grid:
    """The diagram itself, without its frame: `height` rows of `width` cells.

    A bar reaches to the smaller of accuracy and mean confidence, the gap from there to the larger. Bins of
    few images, and all of them where there are more bins than columns, are a line at their accuracy.
    """
    stacks: list[list[Cell]] = [[BLANK] * height for _ in range(width)]  # columns, each from the bottom up
    for bar in place_bins(bins, width):
        as_line = bins.m > width or _few_images(bar)
        stack = (_line_stack if as_line else _bar_stack)(bar, height, glyphs)
        for column in bar.drawn:
            stacks[column] = list(stack)
    for column, stack in enumerate(stacks):
        row = int((column + 0.5) * height / width)
        stack[row] = _crossed_by_diagonal(stack[row], glyphs)
    return [[stack[row] for stack in stacks] for row in reversed(range(height))]


def write_legend(grid: Grid, glyphs: Glyphs, *, lines_only: bool, of_class: bool = False) -> None:
    """Write what the glyphs mean into the upper left of `grid`, if the cells are blank there.

    Of a class against the rest no image is right or wrong: it is of the class or not.
    """
    line = Cell(glyphs.line[len(glyphs.line) // 2])
    is_so, measured = ("of this class", "share") if of_class else ("right", "accuracy")
    entries = (
        [(line, measured)]
        if lines_only
        else [
            (Cell(glyphs.bar[-1], Role.BAR), f"{is_so} ({measured})"),
            (Cell(glyphs.over, Role.OVER), f"claimed, not {is_so}"),
            (Cell(glyphs.under, Role.UNDER), f"{is_so} beyond the claim"),
            (line, f"{measured}, few images"),
        ]
    )
    entries.append((Cell(glyphs.diagonal), "perfect calibration"))
    texts = [[BLANK, cell, BLANK, *map(Cell, text), BLANK] for cell, text in entries]
    top, left = 1, 1
    area = max(len(text) for text in texts)
    rows = grid[top : top + len(texts)]
    if len(rows) < len(texts) or any(row[left : left + area] != [BLANK] * area for row in rows):
        return
    for row, text in zip(rows, texts, strict=True):
        row[left : left + len(text)] = text


def histogram_grid(bins: Bins, width: int, glyphs: Glyphs = UNICODE) -> Grid:
    """Share of the images in each bin, linear up to the largest; a bin with any image shows."""
    bars = place_bins(bins, width)
    largest = max((bar.count for bar in bars), default=1.0)
    grid = [[BLANK] * width for _ in range(HISTOGRAM_HEIGHT)]
    for bar in bars:
        for row in range(HISTOGRAM_HEIGHT):
            level = _level(bar.count / largest * HISTOGRAM_HEIGHT - row, glyphs.histogram)
            level = max(level, 1) if row == 0 else level
            if level:
                for column in bar.drawn:
                    grid[-1 - row][column] = Cell(glyphs.histogram[level], Role.BAR)
    return grid


def place_bins(bins: Bins, width: int) -> list[Bar]:
    """The bins that hold images, at their true edges rounded to cells, at least one cell for each bin.

    Where there are more bins than columns, those whose middle lies in one column are pooled. A bin with a
    count or a sum that is not finite is left out like an empty one.
    """
    sums = np.stack([bins.count, bins.confidence_sum, bins.correct]).astype(np.float64)
    sums[:, ~np.isfinite(sums).all(axis=0)] = 0
    if bins.m > width:
        columns = _middle_columns(bins, width)
        sums = np.stack([np.bincount(columns, weights=row, minlength=width) for row in sums])
        starts = np.arange(width + 1)
    else:
        starts = _first_columns(bins, width)
    return [
        Bar(
            start=int(start),
            stop=int(stop),
            count=float(count),
            accuracy=clip_fraction(correct / count),
            confidence=clip_fraction(confidence_sum / count),
        )
        for start, stop, count, confidence_sum, correct in zip(starts[:-1], starts[1:], *sums, strict=True)
        if count > 0
    ]


def columns_of_bin(bins: Bins, index: int, width: int) -> range:
    """The columns that bin `index`, counted from 0, is drawn in, whether it holds images or not."""
    if bins.m > width:
        column = int(_middle_columns(bins, width)[index])
        return range(column, column + 1)
    starts = _first_columns(bins, width)
    return _drawn_columns(int(starts[index]), int(starts[index + 1]))


def clip_fraction(value: float) -> float:
    """The nearest value from 0 to 1; nan stays nan."""
    return min(max(float(value), 0.0), 1.0)


def _bar_stack(bar: Bar, height: int, glyphs: Glyphs) -> list[Cell]:
    """A bar and its gap from the bottom up; a cell is gap if the gap fills half of what the bar leaves."""
    overconfident = bar.confidence > bar.accuracy
    low, high = sorted((bar.accuracy * height, bar.confidence * height))
    gap_role, below_gap = (Role.OVER, Role.BAR_BELOW_OVER) if overconfident else (Role.UNDER, Role.BAR_BELOW_UNDER)
    gap_glyph = glyphs.over if overconfident else glyphs.under
    full = len(glyphs.bar) - 1
    stack = []
    for row in range(height):
        bottom = min(max(low, row), row + 1)  # of what the bar leaves of this cell
        gap = max(min(high, row + 1) - bottom, 0)
        is_gap = gap > 0 and gap >= (row + 1 - bottom) / 2
        level = _level(low - row, glyphs.bar)
        if level == full:
            stack.append(Cell(glyphs.bar[full], Role.BAR))
        elif level:
            stack.append(Cell(glyphs.bar[level], below_gap if is_gap else Role.BAR))
        else:
            stack.append(Cell(gap_glyph, gap_role) if is_gap else BLANK)
    return stack


def _line_stack(bar: Bar, height: int, glyphs: Glyphs) -> list[Cell]:
    row = min(int(bar.accuracy * height), height - 1)
    level = min(int((bar.accuracy * height - row) * len(glyphs.line)), len(glyphs.line) - 1)
    stack = [BLANK] * height
    stack[row] = Cell(glyphs.line[level])
    return stack


def _crossed_by_diagonal(cell: Cell, glyphs: Glyphs) -> Cell:
    """The diagonal in blank cells and, reversed, wherever accuracy exceeds it.

    The top of an overconfident bin and its gap stay: the gap ends at the diagonal anyway.
    """
    if cell == BLANK:
        return Cell(glyphs.diagonal)
    if cell == Cell(glyphs.bar[-1], Role.BAR) or cell.role is Role.BAR_BELOW_UNDER:
        return Cell(glyphs.diagonal, Role.DIAGONAL_ON_BAR)
    if cell.role is Role.UNDER:
        return Cell(glyphs.diagonal, Role.DIAGONAL_ON_UNDER)
    return cell


def _level(filled: float, levels: str) -> int:
    """Index of the glyph of `levels` that shows a cell filled so far, below 0 and above 1 included."""
    return round(clip_fraction(filled) * (len(levels) - 1))


def _drawn_columns(start: int, stop: int) -> range:
    """All but the last, which stays blank, if there are three or more."""
    return range(start, stop if stop - start < 3 else stop - 1)


def _middle_columns(bins: Bins, width: int) -> IntArray:
    """The column in which the middle of each bin lies, (M,)."""
    edges = _safe_edges(bins)
    return np.minimum((edges[1:] + edges[:-1]) / 2 * width, width - 1).astype(np.int64)


def _first_columns(bins: Bins, width: int) -> IntArray:
    """The column each bin starts at, and the end of the last, (M + 1,): rounded, strictly increasing."""
    order = np.arange(bins.m + 1)
    rounded = np.rint(_safe_edges(bins) * width).astype(np.int64)
    increasing = np.maximum.accumulate(rounded - order) + order
    return np.minimum(increasing, width - order[::-1])


def _safe_edges(bins: Bins) -> FloatArray:
    return np.clip(np.nan_to_num(bins.edges), 0, 1)


def _few_images(bar: Bar) -> bool:
    low, high = wilson_interval(bar.accuracy, bar.count)
    return (high - low) / 2 > FEW_IMAGES_HALF_WIDTH
