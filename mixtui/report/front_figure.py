"""Accuracy against ECE: which alphas are better at both than plain training, and which are better than all others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter

from mixtui.report.figure_style import FigurePlan, Look, fraction_text, plain_axes
from mixtui.report.response_figure import points_of
from mixtui.store.study import Row

_WIDTH, _HEIGHT = 4.6, 3.4


@dataclass(frozen=True)
class FrontPoint:
    alpha: float
    ece: float
    accuracy: float
    ece_bar: tuple[float, float]  # below and above, as `ScorePoint` has them
    accuracy_bar: tuple[float, float]


def front_plan(name: str, rows: Sequence[Row], title: str, caption: str) -> FigurePlan:
    """The mean of each α over its seeds, of rows of one recipe."""
    points = front_points(rows)

    def draw(figure: Figure, look: Look) -> None:
        axes = figure.subplots()
        figure.subplots_adjust(left=0.12, right=0.97, bottom=0.13, top=0.95)
        plain_axes(axes, "ECE, lower is better", "accuracy")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda value, _: fraction_text(value)))
        colors = look.alpha_colors([row.alpha for row in rows])
        axes.grid(True)
        best = sorted(on_front(points), key=lambda point: point.ece)
        axes.step(
            [point.ece for point in best],
            [point.accuracy for point in best],
            where="post",
            color=look.quiet,
            linewidth=1,
        )
        for point in points:
            color = colors.get(point.alpha, look.ink)
            axes.errorbar(
                [point.ece],
                [point.accuracy],
                [[end] for end in point.accuracy_bar],
                [[end] for end in point.ece_bar],
                fmt="o",
                color=color,
                elinewidth=0.8,
            )
            axes.annotate(
                f"α {point.alpha:g}",
                (point.ece, point.accuracy),
                (5, 4),
                textcoords="offset points",
                path_effects=[withStroke(linewidth=2.5, foreground=look.paper)],
            )
            if point.alpha == 0:
                axes.axvline(point.ece, color=look.ink, linewidth=0.7, linestyle=(0, (4, 3)), zorder=1)
                axes.axhline(point.accuracy, color=look.ink, linewidth=0.7, linestyle=(0, (4, 3)), zorder=1)
        axes.margins(0.1)
        axes.set_xlim(left=0)
        if not points:
            axes.text(0.5, 0.5, "no figures", ha="center", color=look.quiet, transform=axes.transAxes)

    return FigurePlan(name, _WIDTH, _HEIGHT, draw, title, caption)


def front_points(rows: Sequence[Row]) -> list[FrontPoint]:
    """The rows that have both scores."""
    eces = {point.alpha: point for point in points_of(rows, "ece")}
    return [
        FrontPoint(one.alpha, ece.mean, one.mean, (ece.below, ece.above), (one.below, one.above))
        for one in points_of(rows, "accuracy")
        if (ece := eces.get(one.alpha)) is not None
    ]


def on_front(points: Sequence[FrontPoint]) -> list[FrontPoint]:
    """The points that no other beats: none has both a lower ECE and a higher accuracy, or one of them and the other
    equal (Pareto)."""

    def beats(one: FrontPoint, other: FrontPoint) -> bool:
        no_worse = one.ece <= other.ece and one.accuracy >= other.accuracy
        return no_worse and (one.ece, one.accuracy) != (other.ece, other.accuracy)

    return [point for point in points if not any(beats(other, point) for other in points)]
