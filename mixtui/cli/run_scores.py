"""The scores of a run in a terminal: the verdict, and a table of its splits."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mixtui.calibration.direction import direction_of, is_at_floor
from mixtui.cli.console import words
from mixtui.cli.score_table import ScoreColumn, score_table, scored_column
from mixtui.cli.score_text import score_text
from mixtui.errors import MixtuiError
from mixtui.number_text import is_finite
from mixtui.store.metrics import METRICS

if TYPE_CHECKING:
    from rich.console import Console

    from mixtui.store.run import Run

_OF_A_COLUMN = METRICS[: METRICS.index("temperature")]  # the others tell of temperature scaling


def print_run_scores(console: Console, run: Run) -> None:
    """Nothing before the first epoch."""
    from rich.text import Text

    from mixtui.calibration.certainty import Certainty
    from mixtui.calibration.verdict import verdict
    from mixtui.store.truth import truth_document

    last = run.history.last_epoch
    if last is None:
        return
    metrics, sizes = _test_metrics(run), _figures(run.history.data or {})
    n, n_train = (sizes.get(name) or 0 for name in ("n_test", "n_train"))
    test = scored_column("test", {name: metrics[name] for name in _OF_A_COLUMN}, n)
    if test.way is not None:
        certainty = Certainty.from_metrics(metrics)
        sentence = verdict(metrics["accuracy"], metrics["confidence"], metrics["ece"], test.way, certainty)
        console.print(Text(words(sentence), style="bold"))
    truth = truth_document(run)
    columns = [test, *_after_t(metrics), _train_column(last["train_metrics"], min(n, n_train))]
    columns += [] if truth is None else [ScoreColumn("truth", truth)]
    console.print(score_table(f"M {run.config.bins} · equal width", columns))
    for note in (_temperature_note(metrics, run.config.holdout), _distance_note(truth)):
        if note:
            console.print(Text(words(note), style="dim"))


def _test_metrics(run: Run) -> dict[str, Any]:
    """What was recorded of the test split; what an older version did not record, computed from the predictions."""
    recorded = _figures(run.metrics or {})
    computed: Mapping[str, Any] = {}
    if not recorded.keys() >= set(METRICS):
        from mixtui.store.analysis import analyse_run

        with contextlib.suppress(MixtuiError):  # damaged: there are the recorded scores
            analysis = analyse_run(run.paths, run.config.bins)
            computed = analysis.metrics() if analysis else {}
    return {**dict.fromkeys(METRICS), **computed, **recorded}


def _figures(record: Mapping[str, Any]) -> dict[str, Any]:
    """`record` with None for whatever is no finite number."""
    return {name: value if is_finite(value) else None for name, value in record.items()}


def _train_column(metrics: Mapping[str, Any], n: int) -> ScoreColumn:
    recorded = {name: value for name, value in _figures(metrics).items() if name in _OF_A_COLUMN}
    return ScoreColumn("train, clean", recorded, direction_of(recorded, n))


def _after_t(metrics: Mapping[str, Any]) -> list[ScoreColumn]:
    """The scores after temperature scaling that every epoch records; it leaves accuracy as it is."""
    ece, floor = metrics["ece_after_t"], metrics["ece_floor_high_after_t"]
    if ece is None or floor is None:
        return []
    after = {"accuracy": metrics["accuracy"], "ece": ece, "nll": metrics["nll_after_t"]}
    return [ScoreColumn("after T", after, "floor" if is_at_floor(ece, floor) else None)]


def _temperature_note(metrics: Mapping[str, Any], holdout: int) -> str:
    from mixtui.calibration.temperature import TemperatureFit
    from mixtui.cli.temperature_text import CROSS_FITTED, temperature_text

    value, low, high = (metrics[name] for name in ("temperature", "temperature_low", "temperature_high"))
    if value is None or low is None or high is None:
        return ""
    how = f"fitted to {holdout:,} training images kept out of training" if holdout else CROSS_FITTED
    return temperature_text(TemperatureFit(value, (low, high)), how)


def _distance_note(truth: Mapping[str, Any] | None) -> str:
    distance = None if truth is None else truth["mean_total_variation"]
    return "" if distance is None else f"Mean total variation distance to the true posterior: {score_text(distance)}"
