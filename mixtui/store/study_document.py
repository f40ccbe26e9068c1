"""A study as the JSON that `compare --json` and a report have. The keys are a contract: docs/interface.md."""

from __future__ import annotations

from typing import Any

from mixtui.calibration.interval import Interval
from mixtui.calibration.seeds import Difference
from mixtui.number_text import is_finite
from mixtui.store.deck import deck_ece
from mixtui.store.metrics import METRICS
from mixtui.store.study import Row, Study, Value
from mixtui.store.study_table import title
from mixtui.store.study_verdict import verdict


def study_document(study: Study) -> dict[str, Any]:
    """Every figure of the study; `null` where it cannot be given, or is not finite, its key always there."""
    return {
        "title": title(study),
        "verdict": verdict(study, keys=False),
        "recipe": {name: plain_value(value) for name, value in study.recipes.common.items()},
        "differing": {name: list(map(plain_value, values)) for name, values in study.differing.items()},
        "without_epoch": study.without_epoch,
        "broken": study.broken,
        "rows": [row_document(study, row) for row in study.rows],
    }


def row_document(study: Study, row: Row) -> dict[str, Any]:
    """A row of it; `recipe` holds the fields by which it is apart from others."""
    return {
        "alpha": row.alpha,
        "recipe": {name: plain_value(row.recipe.get(name)) for name in study.differing},
        "seeds": [run.seed for run in row.runs],
        "runs": [run.id for run in row.runs],
        "unfinished": [run.id for run in row.runs if not run.finished],
        "direction": row.direction,
        "at_floor_after_t": row.is_at_floor_after_t,
        "deck_ece": deck_ece(row.alpha, row.recipe),
        "metrics": {name: _metric(row, name) for name in METRICS},
        "against_alpha_0": {name: _difference(study.against_baseline(row, name)) for name in METRICS},
    }


def _metric(row: Row, name: str) -> dict[str, Any] | None:
    summary = row.summary(name)
    if summary is None:
        return None
    return {
        "mean": _finite(summary.mean),
        "sd": _finite(summary.sd),
        "n": summary.n,
        "interval": _interval(row.own_interval(name)),
        "by_seed": {str(seed): score for seed, score in row.scores(name).items()},
    }


def _difference(difference: Difference | None) -> dict[str, Any] | None:
    if difference is None:
        return None
    return {
        "mean": _finite(difference.mean),
        "interval": _interval(difference.interval),
        "n": difference.n,
        "clear": difference.is_clear,
    }


def _interval(interval: Interval | None) -> list[float | None] | None:
    return None if interval is None else [_finite(end) for end in interval]


def _finite(value: float | None) -> float | None:
    return value if is_finite(value) else None


def plain_value(value: Value) -> Value:
    """Whole numbers without a fraction, as a configuration has them."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value
