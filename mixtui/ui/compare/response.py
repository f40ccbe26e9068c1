"""Scores against α, or against each other: one recipe's, since points of several would look like one curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from mixtui.plots.alpha_colors import SeriesStyle
from mixtui.plots.front import FrontPoint, Spread, front_plot
from mixtui.plots.response import Band, ResponsePoint, response_plot
from mixtui.store.deck import deck_ece
from mixtui.store.study import Row, Study
from mixtui.store.study_table import heading, row_name
from mixtui.ui.drawing import diagram_glyphs
from mixtui.wording import plural

if TYPE_CHECKING:
    from mixtui.ui.app import MixtuiApp

FRONT = "front"  # the ECE against the accuracy
_LONG = 20  # characters of a title, beside which the panel has no room for a long one
SCORES = ("accuracy", "nll", "brier", "auroc", FRONT)


def draw_response(app: MixtuiApp, study: Study, at_cursor: Row, score: str, columns: int, rows: int) -> list[Text]:
    """The score of the rows that share the cursor's recipe; with the ECE its noise floor and the deck's figures."""
    shown, glyphs = _of_recipe(study, at_cursor), diagram_glyphs(app.glyphs)
    styles = [app.alpha_styles.get(row.alpha, SeriesStyle()).cell for row in shown]
    if score == FRONT:
        front = [
            FrontPoint(row.alpha, _spread(row, "accuracy"), _spread(row, "ece"), style)
            for row, style in zip(shown, styles, strict=True)
        ]
        return front_plot(front, columns, rows, cursor=at_cursor.alpha, glyphs=glyphs)
    has_deck = score == "ece" and not study.after_t
    points = [
        ResponsePoint(
            row.alpha,
            summary.mean if summary else None,
            summary.sd if summary else None,
            deck_ece(row.alpha, row.recipe) if has_deck else None,
            style,
        )
        for row, style in zip(shown, styles, strict=True)
        for summary in [row.summary(score)]
    ]
    return response_plot(
        points,
        columns,
        rows,
        from_zero=score == "ece",
        cursor=at_cursor.alpha,
        floor=_noise_floor(shown) if score == "ece" else None,
        glyphs=glyphs,
    )


def response_titles(study: Study, at_cursor: Row | None, score: str) -> tuple[str, str]:
    """`ECE against α` and `mean ± sd, 5 seeds`; where there are several recipes, the left one names the cursor's."""
    name = heading("ece" if score == FRONT else score)
    after_t = " after T" * (study.after_t and score != "accuracy")  # which no temperature changes
    left = f"{name[0].upper()}{name[1:]}{after_t} against {'accuracy' if score == FRONT else 'α'}"
    if at_cursor is None:
        return left, ""
    sizes = sorted({len(row.runs) for row in _of_recipe(study, at_cursor)})
    seeds = plural(sizes[0], "seed") if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]} seeds"
    recipe = row_name(study, at_cursor).partition(" · ")[2]
    spread = "mean ± sd" if len(left) < _LONG else "± sd"
    return f"{left} · {recipe}" if recipe else left, f"{spread}, {seeds}" if sizes[-1] > 1 else seeds


def _of_recipe(study: Study, at_cursor: Row) -> list[Row]:
    return [row for row in study.rows if row.recipe == at_cursor.recipe]


def _spread(row: Row, metric: str) -> Spread | None:
    summary = row.summary(metric)
    return None if summary is None else Spread(summary.mean, summary.sd)


def _noise_floor(rows: list[Row]) -> Band | None:
    """From the mean lower to the mean upper end of the rows' noise floors; None where no run has one."""
    low, high = (
        [summary.mean for row in rows if (summary := row.summary(end)) is not None]
        for end in ("ece_floor_low", "ece_floor_high")
    )
    return (sum(low) / len(low), sum(high) / len(high)) if low and high else None
