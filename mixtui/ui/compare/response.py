"""Scores against α: one recipe's, since points of several would look like one curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from mixtui.plots.alpha_colors import SeriesStyle
from mixtui.plots.response import ResponsePoint, response_plot
from mixtui.store.deck import deck_ece
from mixtui.store.study import Row, Study
from mixtui.store.study_table import heading, row_name
from mixtui.ui.drawing import diagram_glyphs
from mixtui.ui.words import plural

if TYPE_CHECKING:
    from mixtui.ui.app import MixtuiApp

SCORES = ("accuracy", "nll", "brier", "confidence", "signed_gap", "mce")
_FROM_ZERO = ("ece", "signed_gap", "mce")


def draw_response(app: MixtuiApp, study: Study, at_cursor: Row, score: str, columns: int, rows: int) -> list[Text]:
    """The score of the rows that share the cursor's recipe, and for the ECE the deck's figures."""
    points = [
        ResponsePoint(
            row.alpha,
            summary.mean if summary else None,
            summary.sd if summary else None,
            deck_ece(row.alpha, row.recipe) if score == "ece" else None,
            app.alpha_styles.get(row.alpha, SeriesStyle()).cell,
        )
        for row in _of_recipe(study, at_cursor)
        for summary in [row.summary(score)]
    ]
    return response_plot(
        points,
        columns,
        rows,
        from_zero=score in _FROM_ZERO,
        cursor=at_cursor.alpha,
        glyphs=diagram_glyphs(app.glyphs),
    )


def response_titles(study: Study, at_cursor: Row | None, score: str) -> tuple[str, str]:
    """`ECE against α` and `mean ± sd, 5 seeds`; where there are several recipes, the left one names the cursor's."""
    name = heading(score)
    left = f"{name[0].upper()}{name[1:]} against α"
    if at_cursor is None:
        return left, ""
    sizes = sorted({len(row.runs) for row in _of_recipe(study, at_cursor)})
    seeds = plural(sizes[0], "seed") if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]} seeds"
    recipe = row_name(study, at_cursor).partition(" · ")[2]
    return f"{left} · {recipe}" if recipe else left, f"mean ± sd, {seeds}" if sizes[-1] > 1 else seeds


def _of_recipe(study: Study, at_cursor: Row) -> list[Row]:
    return [row for row in study.rows if row.recipe == at_cursor.recipe]
