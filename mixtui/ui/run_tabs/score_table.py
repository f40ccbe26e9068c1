"""Every score of an epoch: of the test split with its certainty, before and after temperature scaling, of clean
training images, and where it is known of the true posterior."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from mixtui.calibration.bins import DEFAULT_M
from mixtui.calibration.certainty import Certainty
from mixtui.calibration.direction import direction_of
from mixtui.calibration.interval import wilson_interval
from mixtui.store.documents import part
from mixtui.store.metrics import LABELS
from mixtui.ui.ink import Ink
from mixtui.ui.run_tabs.facts import Facts, number_of
from mixtui.ui.run_tabs.score_panel import between, fitted_on, temperature_words
from mixtui.ui.run_tabs.shown import recorded_temperature
from mixtui.ui.run_tabs.side import Kind, side_of

_NAME, _COLUMN, _INTERVAL = max(map(len, LABELS.values())) + 2, 10, 12  # columns


def score_table(facts: Facts, epoch: int, ink: Ink) -> list[Text]:
    """A line a score, a column for what it is of."""
    record = facts.record(epoch)
    test = _test_metrics(facts, epoch)
    columns: dict[str, Mapping[str, Any]] = {
        "test": test,
        "95 %": _intervals(test, facts, ink),
        "after T": _after_t(facts, epoch),
        "train": part(record, "train_metrics"),
    }
    if facts.extras.truth is not None:
        columns["truth"] = {name: facts.extras.truth.get(name) for name in ("accuracy", "nll", "ece")}
    heads = "".join(f"  {head:<{_INTERVAL}}" if head == "95 %" else f"{head:>{_COLUMN - 2}}  " for head in columns)
    heading = f"after epoch {epoch}" if facts.own_m == DEFAULT_M else f"epoch {epoch} · M {facts.own_m}"
    lines = [ink.quiet(f" {heading:<{_NAME}}{heads}".rstrip())]
    for name, label in LABELS.items():
        indent = "  " * (name == "ece_floor")
        cells = [
            f"  {scores.get(name, ''):<{_INTERVAL}}" if head == "95 %" else _cell(name, head, scores, facts, ink)
            for head, scores in columns.items()
        ]
        lines.append(ink.text(f" {indent + label:<{_NAME}}{''.join(cells)}".rstrip()))
    return [*lines, *_remarks(facts, epoch, ink)]


def _test_metrics(facts: Facts, epoch: int) -> dict[str, Any]:
    side, last = side_of(facts, epoch, Kind(facts.own_m)), facts.last_epoch(epoch)
    metrics = dict(part(facts.record(epoch), "metrics") if side is None else side.metrics)
    if side is not None and side.certainty is not None:
        sure = side.certainty
        metrics |= {"ece_low": sure.interval[0], "ece_high": sure.interval[1], "ece_floor": sure.floor.mean}
        metrics |= {"ece_floor_low": sure.floor.low, "ece_floor_high": sure.floor.high}
    if last is not None:
        metrics["aurc"] = last.risk_coverage.aurc
    return metrics


def _after_t(facts: Facts, epoch: int) -> dict[str, Any]:
    last = facts.last_epoch(epoch)
    if last is not None:
        return dict(last.scaled.scores.to_json())
    recorded = part(facts.record(epoch), "metrics")
    names = {"ece": "ece_after_t", "ece_floor_high": "ece_floor_high_after_t", "nll": "nll_after_t"}
    return {name: recorded.get(recorded_name) for name, recorded_name in names.items()}


def _intervals(metrics: Mapping[str, Any], facts: Facts, ink: Ink) -> dict[str, str]:
    intervals: dict[str, tuple[float, float]] = {}
    sure = Certainty.from_metrics(metrics)
    if sure is not None:
        intervals |= {"ece": sure.interval, "ece_floor": (sure.floor.low, sure.floor.high)}
    accuracy, confidence = number_of(metrics.get("accuracy")), number_of(metrics.get("confidence"))
    n = number_of(facts.data.get("n_test"))
    if accuracy is not None and 0 <= accuracy <= 1 and n is not None and 0 < n < 2**53:
        low, high = intervals["accuracy"] = wilson_interval(accuracy, n)
        if confidence is not None:
            intervals["signed_gap"] = confidence - high, confidence - low
    return {name: between(interval, ink) for name, interval in intervals.items()}


def _cell(name: str, head: str, scores: Mapping[str, Any], facts: Facts, ink: Ink) -> str:
    if name not in scores and head != "test":
        return " " * _COLUMN
    way = direction_of(scores, facts.data.get("n_test")) if name == "ece" and head != "truth" else None
    figure = _figure(name, scores.get(name), ink)
    return f"{figure:>{_COLUMN - 2}} {ink.glyphs.direction(way)}"


def _figure(name: str, value: object, ink: Ink) -> str:
    if name == "signed_gap":
        return ink.signed(value)
    return ink.loss(value) if name == "nll" else ink.fraction(value)


def _remarks(facts: Facts, epoch: int, ink: Ink) -> list[Text]:
    last, truth = facts.last_epoch(epoch), facts.extras.truth
    fit = last.temperature if last else recorded_temperature(facts.record(epoch))
    lines = []
    if fit is not None:
        lines.append(ink.text(f" {temperature_words(fit, ink)} by NLL"))
        lines.append(ink.quiet(f" {fitted_on(facts.holdout)}"))
    distance = None if truth is None else truth.get("mean_total_variation")
    if distance is not None:
        lines.append(ink.quiet(f" Mean total variation distance to the true posterior: {ink.fraction(distance)}"))
    return lines
