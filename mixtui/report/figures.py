"""Which figures a report has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mixtui.calibration.bins import Bins
from mixtui.report.captions import caption
from mixtui.report.content import Content, Recipe
from mixtui.report.figure_style import FigurePlan
from mixtui.report.front_figure import front_plan
from mixtui.report.reliability_figure import Panel, reliability_plan
from mixtui.report.response_figure import response_plan
from mixtui.store.deck import deck_ece
from mixtui.store.study import Row
from mixtui.store.study_table import cells
from mixtui.store.study_verdict import how_t_was_fitted

RESPONSE, FRONT, RELIABILITY, AFTER_T = "alpha-response", "accuracy-ece", "reliability", "reliability-after-temperature"
_POOLED = (
    "Grey: up to the accuracy of the bin or its mean confidence, whichever is lower; coloured: the gap to the other, "
    "seeds pooled; faint where it may be chance (the 95 % interval of the accuracy, Wilson, holds the confidence). "
    "Below, the share of the test images in each bin. ECE: mean over seeds."
)


def figure_plans(content: Content) -> Iterator[FigurePlan]:
    """Up to four figures for each recipe, in the order of the page."""
    for recipe in content.recipes:
        yield from _of_recipe(content, recipe)


def _of_recipe(content: Content, recipe: Recipe) -> Iterator[FigurePlan]:
    rows = [one.row for one in recipe.rows]
    told = caption([recipe])

    def named(name: str, title: str) -> tuple[str, str]:
        return f"{name}{recipe.file_suffix}", f"{title}{recipe.apart_by}"

    name, title = named(RESPONSE, "Accuracy, ECE and NLL against α")
    yield response_plan(name, rows, title, f"{_response_words(rows)} {told}")
    name, title = named(FRONT, "Accuracy against ECE")
    baseline = "Dashed: plain training, α 0. " * any(row.alpha == 0 for row in rows)
    front = f"Upper left is better at both. {baseline}Steps: the alphas that no other beats at both."
    yield front_plan(name, rows, title, f"{front} {told}")
    name, title = named(RELIABILITY, "Reliability diagrams")
    panels = [_panel(content, one.row, one.bins, "ece") for one in recipe.rows]
    yield reliability_plan(name, panels, title, f"{_POOLED} {told}")
    if any(one.bins_after_t is not None for one in recipe.rows):
        name, title = named(AFTER_T, "Reliability diagrams after temperature scaling")
        panels = [_panel(content, one.row, one.bins_after_t, "ece_after_t") for one in recipe.rows]
        yield reliability_plan(name, panels, title, f"{_POOLED} T: mean over seeds; {how_t_was_fitted(rows)}. {told}")


def _panel(content: Content, row: Row, bins: Bins | None, score: str) -> Panel:
    told = f"ECE {cells(content.study, row, [score])[0]}"
    temperature = row.summary("temperature")
    if score == "ece_after_t" and temperature is not None:
        told = f"T {temperature.mean:.2f}   {told}"
    return Panel(row.alpha, f"α {row.alpha:g}", told, bins, len(row.runs))


def _response_words(rows: Sequence[Row]) -> str:
    """What the marks of the figure are, as far as it has them."""
    several = any(len(row.runs) > 1 for row in rows)
    parts = [
        "Large dots: mean ± sd over seeds; small ones: each seed."
        if several
        else "Dots: one seed; bars: 95 % intervals of its accuracy (Wilson) and ECE."
    ]
    if any(row.summary("ece_after_t") for row in rows):
        parts.append("Squares: after temperature scaling, T fitted to other images than those it is scored on.")
    if any(row.summary("ece_floor_high") for row in rows):
        parts.append(
            "Grey band: where the ECE of a perfectly calibrated model with these confidences would lie with 95 %."
        )
    if any(deck_ece(row.alpha, row.recipe) is not None for row in rows):
        parts.append("Diamonds: the reference study, one run an α.")
    return " ".join(parts)
