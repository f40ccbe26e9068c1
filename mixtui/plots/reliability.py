"""The reliability diagram: accuracy against confidence, bin by bin, as a grid of character cells.

Everything up to `reliability_text` is free of a terminal: it makes cells, which `canvas` draws.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.text import Text

from mixtui.calibration import scores
from mixtui.calibration.bins import Bins, FloatArray, IntArray
from mixtui.calibration.direction import direction, wilson_interval
from mixtui.plots.canvas import place
from mixtui.plots.palette import Cell, ColorDepth, Ground, Palette, Role, diagram_palette

Grid = list[list[Cell]]
"""Rows of cells, the top row first."""

BLANK = Cell(" ")
TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
# A bin whose accuracy is known less well than this (half the width of its 95 % interval) gets a line, no bar.
FEW_IMAGES_HALF_WIDTH = 0.10

# Sizes in cells. A cell is about twice as high as wide, so a height of half the width makes a square.
STANDARD_WIDTHS = (60, 45, 30)
MIN_WIDTH, MAX_WIDTH = 20, 60
# From here on a diagram has A and C on its axis and a histogram; below, ▲ and ▼ under its bins, because so
# few rows cannot show a gap of .02.
LARGE_WIDTH = 50
HISTOGRAM_HEIGHT = 3
_FRAME_WIDTH = 4  # three columns of labels, one of axis
_FRAME_HEIGHT = 2  # the axis and its labels
_X_LABEL = " conf."


@dataclass(frozen=True)
class Glyphs:
    """One character for each thing drawn; `bar`, `histogram` and `line` rise from the bottom of a cell."""

    bar: str
    histogram: str
    line: str
    over: str
    under: str
    diagonal: str
    axis: str
    tick: str
    overconfident: str
    underconfident: str
    separator: str
    missing: str
    ascii: bool


UNICODE = Glyphs(
    bar=" ▁▂▃▄▅▆▇█",
    histogram=" ▁▂▃▄▅▆▇█",
    line="▁─▔",
    over="░",
    under="▒",
    diagonal="·",
    axis="─",
    tick="┬",
    overconfident="▲",
    underconfident="▼",
    separator=" · ",
    missing="–",
    ascii=False,
)
ASCII = Glyphs(
    bar=" #",
    histogram=" _#",
    line="-",
    over=":",
    under="+",
    diagonal=".",
    axis="-",
    tick="+",
    overconfident="^",
    underconfident="v",
    separator=" - ",
    missing="-",
    ascii=True,
)


@dataclass(frozen=True)
class Bar:
    """A bin that holds images, and the columns `start` to `stop` (exclusive) that it is drawn in."""

    start: int
    stop: int
    count: float
    accuracy: float
    confidence: float


def fit_size(m: int, columns: int, rows: int | None = None) -> tuple[int, int]:
    """Width and height, in cells, of the largest diagram of `m` bins for `columns` × `rows` of terminal.

    The frame, and the histogram of a large diagram, come off that room; `rows` of None is no limit. Bins of
    equal width get equally many cells each, or cells equally many bins, wherever such a width fits; the
    height lies between width/2.4 and width/1.8. Where nothing fits the answer is the smallest, 30 × 13.
    """
    even = [width for width in range(MAX_WIDTH, MIN_WIDTH - 1, -1) if width % m == 0 or m % width == 0]
    for width in (*even, *STANDARD_WIDTHS):
        room = math.inf if rows is None else rows - _FRAME_HEIGHT - _histogram_height(width)
        if width + _FRAME_WIDTH <= columns and room >= _lowest_height(width):
            return width, int(min(room, round(width / 2)))
    smallest = min(STANDARD_WIDTHS)
    return smallest, _lowest_height(smallest)


def diagram_grid(bins: Bins, width: int, height: int, glyphs: Glyphs = UNICODE) -> Grid:
    """The diagram itself, without its frame: `height` rows of `width` cells.

    A bar reaches to the smaller of accuracy and mean confidence, the gap from there to the larger. Bins of
    few images, and all of them where there are more bins than columns, are a line at their accuracy.
    """
    stacks: list[list[Cell]] = [[BLANK] * height for _ in range(width)]  # columns, each from the bottom up
    for bar in place_bins(bins, width):
        as_line = bins.m > width or _few_images(bar)
        stack = (_line_stack if as_line else _bar_stack)(bar, height, glyphs)
        for column in _drawn_columns(bar):
            stacks[column] = list(stack)
    for column, stack in enumerate(stacks):
        row = int((column + 0.5) * height / width)
        stack[row] = _crossed_by_diagonal(stack[row], glyphs)
    return [[stack[row] for stack in stacks] for row in reversed(range(height))]


def write_legend(grid: Grid, glyphs: Glyphs, *, lines_only: bool) -> None:
    """Write what the glyphs mean into the upper left of `grid`, if the cells are blank there."""
    line = Cell(glyphs.line[len(glyphs.line) // 2])
    entries = (
        [(line, "accuracy")]
        if lines_only
        else [
            (Cell(glyphs.bar[-1], Role.BAR), "right (accuracy)"),
            (Cell(glyphs.over, Role.OVER), "claimed, not right"),
            (Cell(glyphs.under, Role.UNDER), "right beyond the claim"),
            (line, "accuracy, few images"),
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
                for column in _drawn_columns(bar):
                    grid[-1 - row][column] = Cell(glyphs.histogram[level], Role.BAR)
    return grid


def marked_axis(bins: Bins, width: int, glyphs: Glyphs = UNICODE) -> list[Cell]:
    """The x axis of a small diagram: an arrow under each bin whose gap's 95 % interval excludes 0."""
    axis = [Cell(glyphs.axis)] * width
    for bar in place_bins(bins, width):
        columns = _drawn_columns(bar)
        mark = gap_mark(bar.accuracy, bar.confidence, bar.count, glyphs)
        if mark:
            role = Role.OVER_MARK if mark == glyphs.overconfident else Role.UNDER_MARK
            axis[columns[(len(columns) - 1) // 2]] = Cell(mark, role)
    return axis


def lettered_axis(bins: Bins, width: int, glyphs: Glyphs = UNICODE) -> list[Cell]:
    """The x axis of a large diagram: ticks, A at the accuracy and C at the mean confidence of all images."""
    axis = [Cell(glyphs.axis)] * width
    for tick in TICKS:
        axis[_column(tick, width)] = Cell(glyphs.tick)
    right, claimed = scores.accuracy(bins), scores.mean_confidence(bins)
    if math.isfinite(right) and math.isfinite(claimed):
        at_right, at_claimed = _column(_clip(right), width), _column(_clip(claimed), width)
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


def place_bins(bins: Bins, width: int) -> list[Bar]:
    """The bins that hold images, at their true edges rounded to cells, at least one cell for each bin.

    Where there are more bins than columns, those whose middle lies in one column are pooled. A bin with a
    count or a sum that is not finite is left out like an empty one.
    """
    edges = np.clip(np.nan_to_num(bins.edges), 0, 1)
    sums = np.stack([bins.count, bins.confidence_sum, bins.correct]).astype(np.float64)
    sums[:, ~np.isfinite(sums).all(axis=0)] = 0
    if bins.m > width:
        middles = np.minimum((edges[1:] + edges[:-1]) / 2 * width, width - 1).astype(np.int64)
        sums = np.stack([np.bincount(middles, weights=row, minlength=width) for row in sums])
        starts = np.arange(width + 1)
    else:
        starts = _first_columns(edges, width)
    return [
        Bar(
            start=int(start),
            stop=int(stop),
            count=float(count),
            accuracy=_clip(correct / count),
            confidence=_clip(confidence_sum / count),
        )
        for start, stop, count, confidence_sum, correct in zip(starts[:-1], starts[1:], *sums, strict=True)
        if count > 0
    ]


def reliability_text(
    bins: Bins,
    *,
    split: str,
    binning: str,
    columns: int,
    rows: int | None = None,
    colors: ColorDepth = "none",
    ground: Ground = "dark",
    glyphs: Glyphs = UNICODE,
) -> Text:
    """The whole diagram for a terminal of `columns` (40 or more) by `rows`: title, picture, summary.

    `split` and `binning` go into the title as they are, such as "test" and "equal width". The mark beside the
    ECE is the sign of what the summary says against what is right, none if its 95 % interval includes 0.
    """
    n = bins.n
    subject = ["Reliability", f"{split}, {n:,} image{'' if n == 1 else 's'}", f"M {bins.m}", binning]
    title = _fill_lines(subject, columns, glyphs.separator)
    room = None if rows is None else rows - len(title) - 1
    size = fit_size(bins.m, columns, room)
    picture = _picture(bins, *size, columns, diagram_palette(colors, ground, filled=not glyphs.ascii), glyphs)
    lines = [*map(Text, title), *picture, Text(_summary(bins, glyphs))]
    for line in lines:
        line.rstrip()
    return Text("\n", no_wrap=True, overflow="crop").join(lines)


def _picture(bins: Bins, width: int, height: int, columns: int, palette: Palette, glyphs: Glyphs) -> list[Text]:
    grid = diagram_grid(bins, width, height, glyphs)
    write_legend(grid, glyphs, lines_only=bins.m > width)
    large = width >= LARGE_WIDTH
    lines = _lines_of(
        place(
            grid,
            palette,
            y_ticks={max(round(tick * height) - 1, 0): f"{tick:.1f}" for tick in TICKS},
            x_ticks={_column(tick, width): f"{tick:g}" for tick in TICKS},
            x_axis=(lettered_axis if large else marked_axis)(bins, width, glyphs),
            ascii_frame=glyphs.ascii,
        )
    )
    if columns >= width + _FRAME_WIDTH + len(_X_LABEL):
        lines[-1].append(_X_LABEL)
    if large:
        histogram = histogram_grid(bins, width, glyphs)
        _write_caption(histogram, bins, glyphs)
        y_ticks = {HISTOGRAM_HEIGHT - 1: _largest_share(bins, width), 0: "0"}
        lines += _lines_of(place(histogram, palette, y_ticks=y_ticks, ascii_frame=glyphs.ascii))
    return lines


def _lines_of(drawn: str) -> list[Text]:
    return list(Text.from_ansi(drawn).split("\n"))


def _write_caption(histogram: Grid, bins: Bins, glyphs: Glyphs) -> None:
    """Explain A and C in the top row, where it is blank for long enough, else in a row of its own above."""
    right, claimed = (_fraction(score(bins), glyphs) for score in (scores.accuracy, scores.mean_confidence))
    caption = [BLANK, *map(Cell, f"A accuracy {right}   C mean confidence {claimed}"), BLANK]
    width, length = len(histogram[0]), len(caption)
    starts = (s for s in range(width - length + 1) if histogram[0][s : s + length] == [BLANK] * length)
    start = next(starts, None)
    if start is None:
        histogram.insert(0, [BLANK] * width)
        start = 0
    histogram[0][start : start + length] = caption


def _largest_share(bins: Bins, width: int) -> str:
    counts = [bar.count for bar in place_bins(bins, width)]
    if len(counts) < 2:
        return "all"
    percent = min(round(100 * max(counts) / sum(counts)), 99)
    return f"{percent:2}%"  # as wide as the labels of the diagram, so that the axes stand below each other


def _summary(bins: Bins, glyphs: Glyphs) -> str:
    right, claimed = scores.accuracy(bins), scores.mean_confidence(bins)
    mark = gap_mark(_clip(right), claimed, bins.n, glyphs)
    error, says, is_right = (_fraction(value, glyphs) for value in (scores.ece(bins), claimed, right))
    return f"ECE {error} {mark}".rstrip() + f"  says {says}, right {is_right}"


def _fraction(value: float, glyphs: Glyphs) -> str:
    """Three decimals without the leading zero; what is not a fraction of 1 is missing."""
    return f"{value:.3f}".removeprefix("0") if 0 <= round(value, 3) <= 1 else glyphs.missing


def _fill_lines(parts: Sequence[str], columns: int, separator: str) -> list[str]:
    """Join `parts` to as few lines as fit into `columns`, breaking only between them."""
    lines = [parts[0]]
    for part in parts[1:]:
        longer = lines[-1] + separator + part
        if len(longer) <= columns:
            lines[-1] = longer
        else:
            lines.append(part)
    return lines


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
    return round(_clip(filled) * (len(levels) - 1))


def _drawn_columns(bar: Bar) -> range:
    """A bin's columns, less the last one, which keeps its neighbour apart, if there are three or more."""
    return range(bar.start, bar.stop if bar.stop - bar.start < 3 else bar.stop - 1)


def _first_columns(edges: FloatArray, width: int) -> IntArray:
    """The column each bin starts at, and the end of the last, (M + 1,): rounded, strictly increasing."""
    order = np.arange(len(edges))
    rounded = np.rint(edges * width).astype(np.int64)
    increasing = np.maximum.accumulate(rounded - order) + order
    return np.minimum(increasing, width - order[::-1])


def _few_images(bar: Bar) -> bool:
    low, high = wilson_interval(bar.accuracy, bar.count)
    return (high - low) / 2 > FEW_IMAGES_HALF_WIDTH


def _column(value: float, width: int) -> int:
    return min(int(value * width), width - 1)


def _histogram_height(width: int) -> int:
    return HISTOGRAM_HEIGHT + 1 if width >= LARGE_WIDTH else 0  # with a row for the caption


def _lowest_height(width: int) -> int:
    return math.ceil(width / 2.4)


def _clip(value: float) -> float:
    return min(max(float(value), 0.0), 1.0)
