"""Scores side by side, with what they are sure of: of a run's splits, of files of predictions, after temperature
scaling."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mixtui.calibration.direction import Direction, direction_of
from mixtui.calibration.interval import wilson_interval
from mixtui.cli.console import words
from mixtui.cli.plain_table import add_figures, plain_table
from mixtui.cli.score_text import mark, range_text, score_text
from mixtui.store.metrics import LABELS

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True)
class ScoreColumn:
    """Scores under a heading, by the names that `calibration.scores.Scores` has, and `aurc`.

    A name that is not there leaves its cell empty, a score of None is a dash. `way` is marked beside the ECE. With
    `n`, the number of samples, a column with 95 % intervals follows.
    """

    heading: str
    metrics: Mapping[str, Any]
    way: Direction | None = None
    n: int | None = None


def scored_column(heading: str, metrics: Mapping[str, Any], n: int) -> ScoreColumn:
    """The column of scores that were all measured of `n` samples, with their intervals."""
    return ScoreColumn(heading, metrics, direction_of(metrics, n), n)


def score_table(corner: str, columns: Sequence[ScoreColumn]) -> Table:
    """A line a score that any of `columns` has."""
    table = plain_table(corner)
    for column in columns:
        add_figures(table, column.heading)
        if column.n is not None:
            add_figures(table, "95 %")
    for name, label in LABELS.items():
        if any(name in column.metrics for column in columns):
            table.add_row(words(label), *(cell for column in columns for cell in _cells(name, column)))
    return table


def _cells(name: str, column: ScoreColumn) -> Iterable[str]:
    if name not in column.metrics:
        yield ""
    else:
        sign = "+" if name == "signed_gap" else ""
        beside = mark(column.way) if name == "ece" else " "
        yield f"{score_text(column.metrics[name], sign)} {beside}"
    if column.n is not None:
        # Without a direction, the figures that it takes are not all there.
        yield "" if column.way is None else _interval(name, column.metrics, column.n)


def _interval(name: str, metrics: Mapping[str, Any], n: int) -> str:
    """The 95 % interval of a score, one-sided where the ECE is at its noise floor; empty where it has none."""
    from mixtui.calibration.certainty import Certainty

    accuracy, confidence = metrics["accuracy"], metrics["confidence"]
    certainty = Certainty.from_metrics(metrics)
    if name == "accuracy":
        return range_text(*wilson_interval(accuracy, n))
    if name == "signed_gap":
        low, high = wilson_interval(accuracy, n)
        return range_text(confidence - high, confidence - low, "+")
    if name == "ece" and certainty is not None:
        low, high = certainty.interval
        return f"at most {score_text(high)}" if certainty.at_floor else range_text(low, high)
    if name == "ece_floor" and certainty is not None:
        return range_text(certainty.floor.low, certainty.floor.high)
    return ""
