"""How far the scores of two sets of predictions lie apart, and how sure that is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mixtui.calibration.bins import FloatArray, IntArray, bin_index
from mixtui.calibration.certainty import Certainty
from mixtui.calibration.interval import Z_95, Interval, wilson_interval
from mixtui.calibration.scores import Evaluation
from mixtui.errors import MixtuiError

_RESAMPLES = 1000


@dataclass(frozen=True)
class ScoreDifference:
    """How far a score of the second predictions lies above that of the first, and its 95 % interval."""

    value: float
    interval: Interval


def differences(first: Evaluation, second: Evaluation, *, paired: bool) -> dict[str, ScoreDifference | None]:
    """The differences of `accuracy`, `ece` and `nll`, second − first; None where one of the two is not known.

    `paired`: sample i is the same one in both, so that what makes it hard for both counts once.
    Raises MixtuiError if paired predictions differ in number.

    An ECE is biased upwards, by more the lower it is, and a percentile interval of bootstrapped differences inherits
    that: of .08 against a calibrated model it covers 20 %. So the interval is made of those that the two ECEs have, by
    the method of variance estimates recovery (Zou & Donner 2008), with their correlation from a paired bootstrap over
    the samples. Where one of them is at its noise floor, its bound is one-sided: then the interval is from the least
    that the second may have less the most that the first may have, to the reverse. In simulations
    (bench/difference_coverage.py) it covers 92 to 100 %. The bootstrap is the same at every call.

    The interval of the accuracy is made of Wilson's in the same way (Newcombe 1998), with the correlation of being
    right. That of the NLL is normal, being of a mean; it takes two samples.
    """
    if paired and first.bins.n != second.bins.n:
        raise MixtuiError(
            f"There are {first.bins.n} predictions and {second.bins.n}.", "Only predictions of the same samples pair."
        )
    return {
        "accuracy": _of_accuracies(first, second, paired),
        "ece": _of_eces(first, second, paired),
        "nll": None if first.nll is None or second.nll is None else _of_means(first.nll, second.nll, paired),
    }


def _of_accuracies(first: Evaluation, second: Evaluation, paired: bool) -> ScoreDifference:
    accuracies = first.scores.accuracy, second.scores.accuracy
    intervals = wilson_interval(accuracies[0], first.bins.n), wilson_interval(accuracies[1], second.bins.n)
    correlation = 0.0
    if paired:
        hits = (one.top_labels.correct.astype(np.float64) for one in (first, second))
        correlation = _correlation(*hits)
    return ScoreDifference(accuracies[1] - accuracies[0], _recovered(accuracies, intervals, correlation))


def _of_eces(first: Evaluation, second: Evaluation, paired: bool) -> ScoreDifference | None:
    sure = [Certainty.from_metrics(one.scores.to_json()) for one in (first, second)]
    if sure[0] is None or sure[1] is None:
        return None
    eces = first.scores.ece, second.scores.ece
    intervals = sure[0].interval, sure[1].interval
    if sure[0].at_floor or sure[1].at_floor:
        interval = intervals[1][0] - intervals[0][1], intervals[1][1] - intervals[0][0]
    else:
        correlation = _correlation(*_redrawn_pairs(first, second, np.random.default_rng(0))) if paired else 0.0
        interval = _recovered(eces, intervals, correlation)
    return ScoreDifference(eces[1] - eces[0], interval)


def _of_means(first: FloatArray, second: FloatArray, paired: bool) -> ScoreDifference | None:
    """Of the means of samples, (n,) and (m,); None where there is one alone, or an infinite one."""
    if min(len(first), len(second)) < 2 or not (np.isfinite(first).all() and np.isfinite(second).all()):
        return None
    value = float(second.mean() - first.mean())
    variance = _mean_variance(second - first) if paired else _mean_variance(first) + _mean_variance(second)
    half = Z_95 * math.sqrt(variance)
    return ScoreDifference(value, (value - half, value + half))


def _mean_variance(values: FloatArray) -> float:
    return float(values.var(ddof=1) / len(values))


def _recovered(scores: Interval, intervals: tuple[Interval, Interval], correlation: float) -> Interval:
    """The interval of a difference, recovered from those of the two `scores`."""
    # An interval relieved of bias need not hold the score that was measured.
    first, second = (float(np.clip(score, *interval)) for score, interval in zip(scores, intervals, strict=True))
    (low_1, high_1), (low_2, high_2) = intervals
    return (
        second - first - _length(second - low_2, high_1 - first, correlation),
        second - first + _length(high_2 - second, first - low_1, correlation),
    )


def _length(a: float, b: float, correlation: float) -> float:
    return math.sqrt(max(a * a + b * b - 2 * correlation * a * b, 0.0))


def _correlation(first: FloatArray, second: FloatArray) -> float:
    """0 where one of them does not vary."""
    spread = float(first.std() * second.std())
    return float(np.mean((first - first.mean()) * (second - second.mean()))) / spread if spread > 0 else 0.0


def _redrawn_pairs(first: Evaluation, second: Evaluation, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Both ECEs when the samples that both predicted are drawn anew, each (resamples,).

    Samples that share their bins and whether they are right in both are drawn as one: the time does not grow with n.
    """
    joint = 2 * second.bins.m * _answer(first) + _answer(second)
    _, cell, count = np.unique(joint, return_inverse=True, return_counts=True)
    draws = rng.multinomial(first.bins.n, count / first.bins.n, size=_RESAMPLES)
    return _redrawn_eces(first, cell, count, draws), _redrawn_eces(second, cell, count, draws)


def _answer(evaluation: Evaluation) -> IntArray:
    """The bin of each sample and whether its top label is right, as one number from 0 to 2m − 1, (n,)."""
    top_labels = evaluation.top_labels
    return 2 * bin_index(top_labels.confidence, evaluation.bins.edges) + top_labels.correct


def _redrawn_eces(evaluation: Evaluation, cell: IntArray, count: IntArray, draws: IntArray) -> FloatArray:
    """The ECE of each of the `draws`, (resamples,).

    `cell`: (n,), the cell of each sample; `count`: (cells,), their samples; `draws`: (resamples, cells).
    """
    confidence, correct = evaluation.top_labels.confidence, evaluation.top_labels.correct
    gaps = np.zeros((len(count), evaluation.bins.m))  # the mean gap of a cell, in the column of its bin
    bin_of = np.empty(len(count), dtype=np.int64)
    bin_of[cell] = bin_index(confidence, evaluation.bins.edges)
    gaps[np.arange(len(count)), bin_of] = np.bincount(cell, weights=confidence - correct) / count
    eces: FloatArray = np.abs(draws @ gaps).sum(axis=1) / evaluation.bins.n
    return eces
