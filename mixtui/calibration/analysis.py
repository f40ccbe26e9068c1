"""All that a set of predictions tells of a model's calibration: scores before and after temperature scaling."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.typing import ArrayLike

from mixtui.calibration.bins import DEFAULT_M
from mixtui.calibration.predictions import Predictions, evaluate
from mixtui.calibration.scores import Evaluation, Scores, score_logits
from mixtui.calibration.temperature import TemperatureFit, cross_fit, logits_of
from mixtui.number_text import is_finite

# Beside those of `Scores`, in a record of metrics.
SCALED_NAMES = (
    *("temperature", "temperature_low", "temperature_high"),
    *("ece_after_t", "ece_floor_high_after_t", "nll_after_t"),
)


@dataclass(frozen=True, eq=False)  # see Bins
class Scaled:
    """What temperature scaling makes of predictions.

    `fit` is the temperature to show. With `halves`, the samples were scored with the temperature of the half that they
    are not in; without, with that of `fit`, which was fitted to other samples.
    """

    evaluation: Evaluation
    fit: TemperatureFit
    halves: tuple[float, float] | None


@dataclass(frozen=True, eq=False)  # see Bins
class Analysis:
    """An evaluation of predictions as they are, and after temperature scaling; None for top labels alone."""

    before: Evaluation
    scaled: Scaled | None

    def metrics(self) -> dict[str, float | None]:
        """Every score under its name, and `SCALED_NAMES`; null where it could not be computed or is not finite."""
        return {**self.before.scores.to_json(), **_scaled_metrics(self.scaled)}


def analyse(predictions: Predictions, m: int = DEFAULT_M, fit: TemperatureFit | None = None) -> Analysis:
    """Score `predictions` with `m` bins.

    Without a `fit` of the temperature to other samples, one is cross-fitted to these.
    Raises MixtuiError if `m` is not from 1 to `MOST_BINS`.
    """
    before, logits = evaluate(predictions, m), logits_of(predictions)
    return Analysis(before, None if logits is None else _scaled(logits, predictions.targets, m, fit))


def analyse_logits(
    logits: ArrayLike, labels: ArrayLike, m: int = DEFAULT_M, fit: TemperatureFit | None = None
) -> Analysis:
    """`analyse` for `logits`, (n, classes), and `labels`, (n,).

    Raises MixtuiError on what `check_logits` refuses, or if `m` is not from 1 to `MOST_BINS`.
    """
    return Analysis(score_logits(logits, labels, m), _scaled(logits, labels, m, fit))


def _scaled(logits: ArrayLike, labels: ArrayLike, m: int, fit: TemperatureFit | None) -> Scaled:
    if fit is not None:
        return Scaled(score_logits(logits, labels, m, fit.temperature), fit, None)
    fits = cross_fit(logits, labels)
    return Scaled(score_logits(logits, labels, m, fits.sample_temperature), fits.whole, fits.halves)


def _scaled_metrics(scaled: Scaled | None) -> dict[str, float | None]:
    if scaled is None:
        return dict.fromkeys(SCALED_NAMES)
    after: Scores = scaled.evaluation.scores
    values = (scaled.fit.temperature, *scaled.fit.interval, after.ece, after.ece_floor_high, after.nll)
    return {name: value if is_finite(value) else None for name, value in zip(SCALED_NAMES, values, strict=True)}
