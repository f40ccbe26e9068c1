"""Accuracy, ECE and NLL against α: the mean over seeds with its spread, and every seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from mixtui.calibration.interval import Interval, wilson_interval
from mixtui.calibration.seeds import Summary
from mixtui.report.figure_style import LARGEST, WIDTH, FigurePlan, Look, fraction_text, plain_axes
from mixtui.store.deck import deck_ece
from mixtui.store.study import Row

_SCORES = (("accuracy", "accuracy", None), ("ece", "ECE", "ece_after_t"), ("nll", "NLL, nats", "nll_after_t"))
_MOST_TICKS = 9


@dataclass(frozen=True)
class ScorePoint:
    """A score of the seeds of one α, and how far its bar reaches below and above the mean: the sd over the seeds, or
    of one seed the 95 % interval of its own; 0 where that is not known."""

    alpha: float
    mean: float
    below: float
    above: float
    seeds: tuple[float, ...]


def response_plan(name: str, rows: Sequence[Row], title: str, caption: str) -> FigurePlan:
    """Three scores against α, of rows of one recipe."""

    def draw(figure: Figure, look: Look) -> None:
        panels = figure.subplots(1, len(_SCORES))
        figure.subplots_adjust(left=0.065, right=0.99, bottom=0.16, top=0.8, wspace=0.27)
        for axes, (score, label, after_t) in zip(panels, _SCORES, strict=True):
            _draw_score(axes, look, rows, score, after_t)
            plain_axes(axes, "α")
            axes.set_title(label, loc="left", fontweight="bold")
        _legend(figure, look, rows)

    return FigurePlan(name, WIDTH, 2.75, draw, title, caption)


def points_of(rows: Sequence[Row], score: str) -> list[ScorePoint]:
    """The rows that have the score; none that would leave nothing of the others to see."""
    points = []
    for row in rows:
        seeds = tuple(value for value in row.scores(score).values() if abs(value) <= LARGEST)
        summary = row.summary(score)
        if summary is not None and len(seeds) == summary.n:
            low, high = _bar(row, score, summary)
            below, above = max(summary.mean - low, 0.0), max(high - summary.mean, 0.0)
            points.append(ScorePoint(row.alpha, summary.mean, below, above, seeds))
    return points


def _bar(row: Row, score: str, summary: Summary) -> Interval:
    if summary.sd is not None:
        return summary.mean - summary.sd, summary.mean + summary.sd
    n_test = row.runs[0].n_test
    if score == "accuracy" and n_test is not None and 0 <= summary.mean <= 1:
        return wilson_interval(summary.mean, n_test)
    return row.own_interval(score) or (summary.mean, summary.mean)


def _draw_score(axes: Axes, look: Look, rows: Sequence[Row], score: str, after_t: str | None) -> None:
    points = points_of(rows, score)
    colors = look.alpha_colors([row.alpha for row in rows])
    axes.grid(True, axis="y")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: fraction_text(value)))
    if score == "ece":
        _floor(axes, look, rows)
    axes.plot([one.alpha for one in points], [one.mean for one in points], color=look.quiet, linewidth=0.8, zorder=2)
    if after_t is not None:
        scaled = points_of(rows, after_t)
        axes.errorbar(
            [one.alpha for one in scaled],
            [one.mean for one in scaled],
            [[one.below for one in scaled], [one.above for one in scaled]],
            elinewidth=0.7,
            zorder=2.5,
            **_scaled_style(look),
        )
    for one in points:
        color = colors.get(one.alpha, look.ink)
        if len(one.seeds) > 1:
            axes.plot([one.alpha] * len(one.seeds), one.seeds, ".", color=color, alpha=0.55, markersize=3.5, zorder=3)
        bar = [[one.below], [one.above]]
        axes.errorbar([one.alpha], [one.mean], bar, fmt="o", color=color, markersize=5, elinewidth=1.2, zorder=4)
    if score == "ece":
        for row in rows:
            if (deck := deck_ece(row.alpha, row.recipe)) is not None:
                axes.plot([row.alpha], [deck], zorder=5, **_deck_style(look))
        axes.set_ylim(bottom=0)
    if not points:
        axes.text(0.5, 0.5, "no figures", ha="center", color=look.quiet, transform=axes.transAxes)
    _alpha_ticks(axes, [row.alpha for row in rows])


def _floor(axes: Axes, look: Look, rows: Sequence[Row]) -> None:
    """The band in which a calibrated model's ECE would lie with 95 %."""
    low = {one.alpha: one.mean for one in points_of(rows, "ece_floor_low")}
    high = {one.alpha: one.mean for one in points_of(rows, "ece_floor_high")}
    alphas = [alpha for alpha in low if alpha in high]
    axes.fill_between(
        alphas, [low[alpha] for alpha in alphas], [high[alpha] for alpha in alphas], color=look.faint, linewidth=0
    )


def _alpha_ticks(axes: Axes, alphas: Sequence[float]) -> None:
    shown = sorted(set(alphas))
    if len(shown) <= _MOST_TICKS:
        axes.set_xticks(shown)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    if len(shown) > 1:
        room = 0.06 * (shown[-1] - shown[0])
        axes.set_xlim(shown[0] - room, shown[-1] + room)


def _legend(figure: Figure, look: Look, rows: Sequence[Row]) -> None:
    several = any(len(row.runs) > 1 for row in rows)
    dots: dict[str, Any] = {"color": look.quiet, "linestyle": "none"}
    label = "mean ± sd over seeds" if several else "one seed, 95 % interval"
    handles: list[Line2D | Patch] = [Line2D([], [], marker="o", markersize=5, label=label, **dots)]
    if several:
        handles.append(Line2D([], [], marker=".", markersize=4, alpha=0.55, label="a seed", **dots))
    if points_of(rows, "ece_after_t"):
        handles.append(Line2D([], [], label="after temperature scaling", **_scaled_style(look)))
    if points_of(rows, "ece_floor_high"):
        handles.append(Patch(color=look.faint, label="noise floor of the ECE, 95 %"))
    if any(deck_ece(row.alpha, row.recipe) is not None for row in rows):
        handles.append(Line2D([], [], label="reference study", **_deck_style(look)))
    figure.legend(handles=handles, loc="upper center", ncols=len(handles), fontsize=7, handlelength=1.8, borderpad=0.2)


def _scaled_style(look: Look) -> dict[str, Any]:
    marker = {"marker": "s", "markersize": 3.5, "markerfacecolor": look.paper}
    return {"color": look.quiet, "linestyle": (0, (3, 2)), "linewidth": 0.7, **marker}


def _deck_style(look: Look) -> dict[str, Any]:
    return {"color": look.ink, "linestyle": "none", "marker": "D", "markersize": 5, "markerfacecolor": "none"}
