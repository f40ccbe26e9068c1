"""`figures.json`: every figure that the report shows, in full precision, for scripts."""

from __future__ import annotations

from typing import Any

import mixtui
from mixtui.calibration.bins import Bins
from mixtui.calibration.seeds import place_of, prediction_interval
from mixtui.report.commands import commands
from mixtui.report.content import AlphaRow, Content
from mixtui.store.deck import deck_ece
from mixtui.store.study import Study
from mixtui.store.study_document import plain_value, row_document

GENERATOR = "mixtui report"  # by which a later report knows that a folder is one of ours


def figures_document(content: Content) -> dict[str, Any]:
    """As `figures.json` holds it; what is not known is null."""
    study = content.study
    return {
        "generator": GENERATOR,
        "version": mixtui.__version__,
        "title": content.title,
        "verdict": content.verdict,
        "notes": list(content.notes),
        "commands": commands(content),
        "made_with": {
            **content.made_with.common,
            **{name: list(values) for name, values in content.made_with.varying.items()},
        },
        "rows": [_row(study, one) for recipe in content.recipes for one in recipe.rows],
    }


def _row(study: Study, one: AlphaRow) -> dict[str, Any]:
    row = one.row
    ece, deck = row.summary("ece"), deck_ece(row.alpha, row.recipe)
    next_run = None if ece is None else prediction_interval(ece)
    return {
        **row_document(study, row),
        "recipe": {name: plain_value(value) for name, value in row.recipe.items()},
        "m": row.recipe.get("bins"),
        "n_test": min((int(run.n_test) for run in row.runs if run.n_test), default=None),
        "ece_of_one_more_run": None if next_run is None else list(next_run),
        "deck_fits": None if deck is None or next_run is None else place_of(deck, next_run) == "inside",
        "bins": _bins(one.bins),
        "bins_after_t": _bins(one.bins_after_t),
    }


def _bins(bins: Bins | None) -> dict[str, Any] | None:
    return None if bins is None else bins.to_json()
