"""How mixup weighs its two images: the density of λ ~ Beta(α, α), alone or over a histogram of drawn λ.

A density is drawn as its mean over each column of dots, from differences of the distribution function. So nothing
can overflow, and mass that gathers in a point, as for an α near 0 or a huge one, shows as a line at that point.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from rich.text import Text

from mixtui.calibration.bins import BoolArray, FloatArray, IntArray, RealArray
from mixtui.plots import axes
from mixtui.plots.alpha_colors import SeriesStyle
from mixtui.plots.braille import BRAILLE, DotGlyphs, Layer, Segments, draw_segments, overlay, touched_cells
from mixtui.plots.palette import Cell, CellStyle
from mixtui.plots.plot_frame import AXIS_ROWS, BLANK, PlotFrame, frame_lines, text_cells

_X_TICKS = ((0.0, "0"), (0.25, ".25"), (0.5, ".5"), (0.75, ".75"), (1.0, "1"))
_LOWEST_TOP, _HIGHEST_TOP = 3.0, 10.0  # of the y axis, for what lies away from the ends
_LABEL_WIDTH = 3  # of the numbers on the y axis
_MOST_TICKS = 8
_LEAST_PLOT = 8
_CROSSING = 4  # columns that a label is rather moved by than put where one more line passes
_TAKEN = 1000  # lines that a cell with a label counts for
# Outside these the distribution is, at the width of a column, that of α 0 or a single point.
_LEAST_ALPHA, _LARGEST_ALPHA = 1e-12, 1e12


@dataclass(frozen=True)
class BetaDensity:
    """The density of Beta(`alpha`, `alpha`); α 0 is its limit, λ either 0 or 1."""

    alpha: float
    label: str
    style: SeriesStyle = SeriesStyle()  # noqa: RUF009


def mean_densities(alpha: float, n: int) -> FloatArray:
    """Mean density of Beta(alpha, alpha) over each of `n` equal parts of [0, 1], (n,); all NaN if alpha is not ≥ 0."""
    from scipy.special import betainc

    if not alpha >= 0:
        return np.full(n, np.nan)
    bounded = min(max(alpha, _LEAST_ALPHA), _LARGEST_ALPHA)
    # The lower half is exact where the upper one would round to 1; the other half mirrors it.
    edges = np.linspace(0, 1, n + 1)
    below = betainc(bounded, bounded, np.minimum(edges, 1 - edges))
    distribution = np.where(edges <= 0.5, below, 1 - below)
    means: FloatArray = np.diff(distribution) * n
    return means


def draw_densities(densities: Sequence[BetaDensity], *, columns: int, rows: int, glyphs: DotGlyphs = BRAILLE) -> Text:
    """Densities over λ from 0 to 1, each with its label on its line, in at most `columns` × `rows` cells."""
    if columns < 2 or rows < 1:
        return Text("")
    width = _plot_columns(columns)
    means = [mean_densities(density.alpha, width * glyphs.shape[1]) for density in densities]
    frame = _frame(means, width, rows, glyphs)
    layers = [_line_layer(density, mean, frame) for density, mean in zip(densities, means, strict=True)]
    grid = overlay(layers, frame.rows, frame.columns, glyphs)
    _write_labels(grid, densities, layers, glyphs)
    return _framed(grid, frame, columns, rows)


def draw_lam_histogram(
    lam: RealArray,
    density: BetaDensity,
    *,
    columns: int,
    rows: int,
    glyphs: DotGlyphs = BRAILLE,
    bar_style: CellStyle = CellStyle(),  # noqa: B008
) -> Text:
    """How often each λ was drawn, `lam` being (n,), a bin a column, and the density as a line over it.

    What is not between 0 and 1 is left out.
    """
    if columns < 2 or rows < 1:
        return Text("")
    width = _plot_columns(columns)
    counts, _ = np.histogram(lam[(lam >= 0) & (lam <= 1)], bins=width, range=(0, 1))
    shares = counts / max(counts.sum(), 1) * width
    mean = mean_densities(density.alpha, width * glyphs.shape[1])
    frame = _frame([mean, shares], width, rows, glyphs)
    grid = overlay([_line_layer(density, mean, frame)], frame.rows, frame.columns, glyphs)
    _draw_bars_behind(grid, shares, frame, bar_style)
    return _framed(grid, frame, columns, rows)


def _plot_columns(columns: int) -> int:
    return columns - 1 - (_LABEL_WIDTH if columns >= _LABEL_WIDTH + 1 + _LEAST_PLOT else 0)


def _frame(means: Sequence[FloatArray], columns: int, rows: int, glyphs: DotGlyphs) -> PlotFrame:
    with_axis = rows >= 2 + AXIS_ROWS
    top = _LOWEST_TOP
    for mean in means:
        end = len(mean) // 10
        peak = float(np.max(mean[end : len(mean) - end], initial=0.0))
        if peak < _HIGHEST_TOP:  # what is higher leaves the picture rather than flatten the others
            top = max(top, 1.1 * peak)
    return PlotFrame(columns, rows - AXIS_ROWS * with_axis, 0, (0.0, 1.0), (0.0, top), glyphs)


def _framed(grid: list[list[Cell]], frame: PlotFrame, columns: int, rows: int) -> Text:
    ticks = (
        axes.even_ticks(*frame.y_range, min(1 + frame.rows // 3, _MOST_TICKS)) if columns > frame.columns + 1 else []
    )
    lines = frame_lines(
        grid,
        frame,
        y_ticks=list(zip(ticks, axes.tick_labels(ticks), strict=True)),
        label_width=_LABEL_WIDTH,
        x_ticks=_X_TICKS if rows > frame.rows else None,
    )
    for line in lines:
        line.rstrip()
    return Text("\n", no_wrap=True, overflow="crop").join(lines)


def _line_layer(density: BetaDensity, mean: FloatArray, frame: PlotFrame) -> Layer:
    height, width = frame.dots
    segments: Segments
    if density.alpha == 0:
        ends = np.array([0.0, width - 1.0])
        segments = np.stack([ends, np.zeros(2), ends, np.full(2, height - 1.0)], axis=1)
    elif np.isfinite(mean).all():
        columns, rows = np.arange(float(width)), frame.dot_rows(mean)
        segments = np.stack([columns[:-1], rows[:-1], columns[1:], rows[1:]], axis=1)
    else:
        segments = np.empty((0, 4))
    return Layer(draw_segments(segments, frame.dots, density.style.line), density.style.cell)


def _draw_bars_behind(grid: list[list[Cell]], shares: FloatArray, frame: PlotFrame, style: CellStyle) -> None:
    """A bar a column, as high as its share; the line in front has the bar as its background where it can."""
    levels = frame.glyphs.bar
    for column, height in enumerate((shares / frame.y_range[1] * frame.rows).tolist()):
        for row in range(min(math.ceil(height), frame.rows)):
            level = round(min(height - row, 1) * (len(levels) - 1))
            if row == 0:
                level = max(level, 1)  # any λ at all shows
            cells = grid[-1 - row]
            glyph, line = cells[column]
            if level and glyph == " ":
                cells[column] = Cell(levels[level], style)
            elif level == len(levels) - 1 and style.foreground is not None and isinstance(line, CellStyle):
                cells[column] = Cell(glyph, replace(line, background=style.foreground))


def _write_labels(
    grid: list[list[Cell]], densities: Sequence[BetaDensity], layers: Sequence[Layer], glyphs: DotGlyphs
) -> None:
    """Write each label into its line where that is level, as near the middle and as far from other lines as can be;
    a line that is nowhere level has it beside it."""
    touched = [touched_cells(layer.dots, glyphs) for layer in layers]
    lines: IntArray = np.sum(touched, axis=0, dtype=np.int64) if touched else np.zeros((0, 0), dtype=np.int64)
    for density, own in zip(densities, touched, strict=True):
        cells = [BLANK, *text_cells(density.label, replace(density.style.cell, bold=True)), BLANK]
        place = _place_on(own, lines, len(cells)) or _place_beside(own, lines, len(cells))
        if place:
            row, start = place
            grid[row][start : start + len(cells)] = cells
            lines[row, start : start + len(cells)] = _TAKEN


def _place_on(own: BoolArray, lines: IntArray, length: int) -> tuple[int, int] | None:
    """Row and first column of the best stretch of `length` cells where the line has one row to itself."""
    best: tuple[float, int, int] | None = None
    columns = own.shape[1]
    level = own & (own.sum(axis=0) == 1)
    for start in range(columns - length + 1):
        stretch = slice(start, start + length)
        for row in np.flatnonzero(level[:, stretch].all(axis=1)).tolist():
            crossed = int(lines[row, stretch].sum()) - length
            if crossed < _TAKEN:
                cost = _CROSSING * crossed + abs(start + length / 2 - columns / 2)
                best = min(best or (cost, row, start), (cost, row, start))
    return best and best[1:]


def _place_beside(own: BoolArray, lines: IntArray, length: int) -> tuple[int, int] | None:
    """Row and first column of `length` blank cells to the right of the line, as high as can be."""
    for row, column in np.argwhere(own).tolist():
        cells = lines[row, column + 1 : column + 1 + length]
        if len(cells) == length and not cells.any():
            return row, column + 1
    return None
