"""Reliability diagrams, one for each α in a grid: accuracy and its gap to the confidence, and where samples lie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from mixtui.calibration.bin_scores import accuracy, mean_confidence
from mixtui.calibration.bins import Bins, BoolArray
from mixtui.calibration.interval import wilson_interval
from mixtui.report.figure_style import WIDTH, FigurePlan, Look, drawable, fraction_text, plain_axes

ACROSS = 3
_PANEL_HEIGHT = 2.75  # inches
_EDGES = 0.55  # inches below the last row, for its label, and above the first, for its title
_LEGEND = 0.3
_OVER_HATCH, _UNDER_HATCH = "////", "\\\\\\\\"
_FAINT = 0.3  # opacity of a gap that may be chance


@dataclass(frozen=True, eq=False)  # see Bins
class Panel:
    """A diagram: what stands on the left and on the right above it. Without bins, words say so.

    The bins are those of `seeds` seeds as one.
    """

    alpha: float
    name: str
    score: str
    bins: Bins | None
    seeds: int


def reliability_plan(name: str, panels: Sequence[Panel], title: str, caption: str) -> FigurePlan:
    """A grid of the `panels`, all with the same axes."""
    down = ceil(len(panels) / ACROSS)
    height = down * _PANEL_HEIGHT + _EDGES + _LEGEND

    def draw(figure: Figure, look: Look) -> None:
        _draw(figure, look, panels, down, height)

    return FigurePlan(name, WIDTH, height, draw, title, caption)


def _draw(figure: Figure, look: Look, panels: Sequence[Panel], down: int, height: float) -> None:
    grid = figure.add_gridspec(
        down,
        ACROSS,
        left=0.075,
        right=0.985,
        bottom=(_EDGES - 0.1) / height,
        top=1 - (_LEGEND + 0.25) / height,
        wspace=0.2,
        hspace=0.26,
    )
    colors = look.alpha_colors([panel.alpha for panel in panels])
    most = max((float((one.bins.count / one.bins.n).max()) for one in panels if one.bins is not None), default=1.0)
    for index, panel in enumerate(panels):
        cell = grid[divmod(index, ACROSS)].subgridspec(2, 1, height_ratios=[3.2, 1], hspace=0.1)
        upper, lower = (figure.add_subplot(cell[row]) for row in (0, 1))
        first_in_row, last_in_column = index % ACROSS == 0, index + ACROSS >= len(panels)
        _titles(upper, panel, colors.get(panel.alpha, look.ink))
        _frame(upper, lower, first_in_row, last_in_column, most)
        if panel.bins is None:
            upper.text(0.5, 0.5, "no predictions", ha="center", color=look.quiet)
            continue
        _bars(upper, panel.bins, panel.seeds, look)
        _histogram(lower, panel.bins, look)
    figure.align_ylabels()
    _legend(figure, look)


def _titles(axes: Axes, panel: Panel, color: str) -> None:
    axes.plot([0.02], [1.065], "s", color=color, markersize=5, transform=axes.transAxes, clip_on=False)
    axes.text(0.075, 1.035, drawable(panel.name), fontweight="bold", transform=axes.transAxes)
    axes.text(1, 1.035, drawable(panel.score), ha="right", transform=axes.transAxes)


def _frame(upper: Axes, lower: Axes, first_in_row: bool, last_in_column: bool, most: float) -> None:
    plain_axes(upper, "", "accuracy" if first_in_row else "")
    plain_axes(lower, "confidence" if last_in_column else "", "share" if first_in_row else "")
    for axes in (upper, lower):
        axes.set_xlim(0, 1)
        axes.set_xticks(np.linspace(0, 1, 5))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: fraction_text(value)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: fraction_text(value)))
    upper.set_ylim(0, 1)
    upper.set_yticks(np.linspace(0, 1, 5))
    upper.tick_params(labelbottom=False)
    upper.grid(True)
    lower.set_ylim(0, most * 1.08)
    lower.locator_params(axis="y", nbins=3)


def gap_may_be_chance(bins: Bins, seeds: int) -> BoolArray:
    """Of each bin whether the 95 % interval of its accuracy (Wilson 1927) holds its mean confidence, (M,).

    All seeds are scored on the same images, so that more seeds do not count as more images.
    """
    may_be = np.ones(bins.m, dtype=np.bool_)
    for index in np.flatnonzero(bins.count):
        low, high = wilson_interval(float(bins.accuracy[index]), bins.count[index] / seeds)
        may_be[index] = low <= bins.confidence[index] <= high
    return may_be


def _bars(axes: Axes, bins: Bins, seeds: int, look: Look) -> None:
    filled = bins.count > 0
    left, width = bins.edges[:-1][filled], np.diff(bins.edges)[filled]
    right_share, confidence = bins.accuracy[filled], bins.confidence[filled]
    low, high = np.minimum(right_share, confidence), np.maximum(right_share, confidence)
    axes.bar(left, low, width, align="edge", color=look.bar, edgecolor=look.paper, linewidth=0.5)
    faint = gap_may_be_chance(bins, seeds)[filled]
    for over, color, hatch in ((True, look.over, _OVER_HATCH), (False, look.under, _UNDER_HATCH)):
        for at, style in ((faint, {"alpha": _FAINT}), (~faint, {"alpha": 0.85, "hatch": hatch})):
            at = at & ((confidence > right_share) == over)
            size = high[at] - low[at]
            axes.bar(left[at], size, width[at], low[at], align="edge", color=color, linewidth=0, **style)
    axes.plot([0, 1], [0, 1], color=look.ink, linewidth=0.7, linestyle=(0, (4, 3)))


def _histogram(axes: Axes, bins: Bins, look: Look) -> None:
    axes.bar(
        bins.edges[:-1],
        bins.count / bins.n,
        np.diff(bins.edges),
        align="edge",
        color=look.bar,
        edgecolor=look.paper,
        linewidth=0.5,
    )
    marks: tuple[tuple[Callable[[Bins], float], str], ...] = ((accuracy, "-"), (mean_confidence, ":"))
    for score, line in marks:
        axes.axvline(score(bins), color=look.ink, linewidth=1, linestyle=line)


def _legend(figure: Figure, look: Look) -> None:
    handles = [
        Patch(color=look.bar, label="right as claimed"),
        Patch(facecolor=look.over, hatch=_OVER_HATCH, linewidth=0, label="overconfident gap"),
        Patch(facecolor=look.under, hatch=_UNDER_HATCH, linewidth=0, label="underconfident gap"),
        Patch(facecolor=look.over, alpha=_FAINT, linewidth=0, label="faint: may be chance"),
        Line2D([], [], color=look.ink, linewidth=1, label="accuracy"),
        Line2D([], [], color=look.ink, linewidth=1, linestyle=":", label="mean confidence"),
    ]
    figure.legend(
        handles=handles, loc="upper center", ncols=len(handles), fontsize=7, handlelength=1.6, columnspacing=1.4
    )
