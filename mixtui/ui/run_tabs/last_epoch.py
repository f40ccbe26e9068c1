"""What the predictions after the last epoch tell, which no log has: temperature scaling, equal mass, each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mixtui.calibration.bins import FINE_BINS, Bins, FloatArray
from mixtui.calibration.chunks import row_chunks
from mixtui.calibration.predictions import Predictions
from mixtui.calibration.ranking import RiskCoverage, risk_coverage
from mixtui.calibration.scores import Evaluation, Scores, score_logits
from mixtui.calibration.softmax import softmax
from mixtui.calibration.temperature import TemperatureFit, cross_fit, fit_temperature
from mixtui.calibration.top_labels import TopLabels

WORST = 5  # classes that are told of

BinsByM = Mapping[int, Bins]


@dataclass(frozen=True, eq=False)
class Outputs:
    """The scores and bins of predictions, as they are or after temperature scaling.

    By the number of bins M: `fine`, bins of equal width that can be merged into M, and `equal_mass`. `of_class` has
    fine bins of the worst classes, one against the rest; `classwise_ece`, (classes,), is that of every class.
    """

    scores: Scores
    fine: BinsByM
    equal_mass: BinsByM
    of_class: Mapping[int, BinsByM]
    classwise_ece: FloatArray


@dataclass(frozen=True, eq=False)
class LastEpoch:
    """`scaled` is after temperature scaling; `worst`: the classes of the highest ECE without it, the highest first."""

    raw: Outputs
    scaled: Outputs
    temperature: TemperatureFit
    worst: tuple[int, ...]
    risk_coverage: RiskCoverage


def analyse_last_epoch(
    predictions: Predictions, own_m: int, choices: Sequence[int], held_out: Predictions | None = None
) -> LastEpoch:
    """All of it, of logits, for the numbers of bins in `choices`; `own_m` is that of the scores.

    The temperature is fitted to the logits `held_out`, where there are some, else cross-fitted.
    """
    logits, labels = predictions.outputs, predictions.targets
    fit, temperature = _fitted(predictions, held_out)
    raw, scaled = score_logits(logits, labels, own_m), score_logits(logits, labels, own_m, temperature)
    worst = tuple(int(k) for k in raw.classwise.worst_first[:WORST]) if raw.classwise is not None else ()
    return LastEpoch(
        raw=_outputs(raw, _against_the_rest(predictions, worst, np.ones(len(labels))), choices),
        scaled=_outputs(scaled, _against_the_rest(predictions, worst, temperature), choices),
        temperature=fit,
        worst=worst,
        risk_coverage=risk_coverage(raw.top_labels.confidence, raw.top_labels.correct),
    )


def _fitted(predictions: Predictions, held_out: Predictions | None) -> tuple[TemperatureFit, FloatArray]:
    """The temperature to show, and the one of each sample, (n,)."""
    if held_out is None:
        fits = cross_fit(predictions.outputs, predictions.targets)
        return fits.whole, fits.sample_temperature
    fit = fit_temperature(held_out.outputs, held_out.targets)
    return fit, np.full(len(predictions.targets), fit.temperature)


def _outputs(evaluation: Evaluation, of_class: Mapping[int, TopLabels], choices: Sequence[int]) -> Outputs:
    top = evaluation.top_labels
    return Outputs(
        scores=evaluation.scores,
        fine=_fine(top, choices),
        equal_mass={m: top.bins(m, of_equal_mass=True) for m in choices},
        of_class={k: _fine(labels, choices) for k, labels in of_class.items()},
        classwise_ece=np.zeros(0) if evaluation.classwise is None else evaluation.classwise.ece,
    )


def _fine(labels: TopLabels, choices: Sequence[int]) -> BinsByM:
    common = labels.bins(FINE_BINS)
    return {m: common if FINE_BINS % m == 0 else labels.fine_bins(m) for m in choices}


def _against_the_rest(
    predictions: Predictions, classes: Sequence[int], temperature: FloatArray
) -> dict[int, TopLabels]:
    """The probability of each of `classes`, and whether it is the label; `temperature` is (n,)."""
    logits, labels = predictions.outputs, predictions.targets
    found = np.empty((len(labels), len(classes)))
    for rows in row_chunks(*logits.shape):
        chunk = logits[rows].astype(np.float64)
        with np.errstate(over="ignore"):
            chunk -= chunk.max(axis=1, keepdims=True)
        found[rows] = softmax(chunk / temperature[rows, np.newaxis])[:, classes]
    return {k: TopLabels(np.minimum(found[:, at], 1.0), labels == k) for at, k in enumerate(classes)}
