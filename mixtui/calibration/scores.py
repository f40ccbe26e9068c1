"""Calibration scores of a set of predictions: from bins, and from logits, probabilities or top labels."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixtui.calibration.bin_scores import accuracy, ece, mce, mean_confidence, oe, signed_gap, ue
from mixtui.calibration.bins import DEFAULT_M, Bins, FloatArray, IntArray, check_top_label
from mixtui.calibration.certainty import certainty
from mixtui.calibration.checks import check_logits, check_probs
from mixtui.calibration.chunks import chunk_order, row_chunks
from mixtui.calibration.classwise import ClasswiseBins, ClasswiseSums
from mixtui.calibration.debiased import debiased_ece
from mixtui.calibration.ranking import auroc
from mixtui.calibration.smooth_ece import smooth_ece
from mixtui.calibration.softmax import softmax
from mixtui.calibration.top_labels import TopLabels, top_label
from mixtui.number_text import is_finite


@dataclass(frozen=True)
class Scores:
    """Scores of n predictions, as fractions; None where the predictions do not carry what a score needs.

    `confidence` is the mean top-label confidence, `nll` is in mean nats, `brier` is the sum over classes, from 0 to 2
    (Brier 1950). `ece` to `ue`, `classwise_ece` and
    `debiased_ece` use equal-width bins, `equal_mass_ece` equal-mass bins, `smooth_ece` none. `ece_low` and `ece_high`
    are the ends of the ECE's 95 % interval, `ece_floor`, `ece_floor_low` and `ece_floor_high` the mean and the 95 %
    range of its noise floor. The functions of the same names define each.
    """

    accuracy: float
    ece: float
    ece_low: float
    ece_high: float
    ece_floor: float
    ece_floor_low: float
    ece_floor_high: float
    mce: float
    oe: float
    ue: float
    nll: float | None
    brier: float | None
    confidence: float
    signed_gap: float
    classwise_ece: float | None
    equal_mass_ece: float
    debiased_ece: float
    smooth_ece: float
    auroc: float | None

    def to_json(self) -> dict[str, float | None]:
        """Every score under its name; null where it could not be computed or is not finite."""
        return {name: value if is_finite(value) else None for name, value in asdict(self).items()}


@dataclass(frozen=True, eq=False)  # see Bins
class Evaluation:
    """The scores of a set of predictions, and the equal-width bins they were computed from.

    `classwise`: the bins of each class; `nll`: (n,), that of each sample, infinite where its label has probability 0.
    Both are None where only top labels are known.
    """

    scores: Scores
    bins: Bins
    top_labels: TopLabels
    classwise: ClasswiseBins | None
    nll: FloatArray | None


def score_logits(
    logits: ArrayLike, labels: ArrayLike, m: int = DEFAULT_M, temperature: float | FloatArray | None = None
) -> Evaluation:
    """Score `logits`, (n, classes), against `labels`, (n,), with `m` bins.

    Probabilities are the softmax in float64; the NLL comes from the log-softmax, so it is finite even
    where a probability underflows. The logits are divided by `temperature` first, a number above 0 or (n,) of
    them. Raises MixtuiError on what `check_logits` refuses, or if `m` is not from 1 to `MOST_BINS`.
    """
    checked_logits, checked_labels = check_logits(logits, labels)
    return _score_classes(checked_logits, checked_labels, m, are_logits=True, temperature=temperature)


def score_probs(probs: ArrayLike, labels: ArrayLike, m: int = DEFAULT_M) -> Evaluation:
    """Score `probs`, (n, classes), against `labels`, (n,), with `m` bins.

    The NLL is infinite where a true label has probability 0. Raises MixtuiError on what `check_probs`
    refuses, or if `m` is not from 1 to `MOST_BINS`.
    """
    checked_probs, checked_labels = check_probs(probs, labels)
    return _score_classes(checked_probs, checked_labels, m, are_logits=False)


def score_top_label(confidence: ArrayLike, correct: ArrayLike, m: int = DEFAULT_M) -> Evaluation:
    """Score top-label confidences, (n,), and whether each was right, (n,), with `m` bins.

    NLL, Brier score and classwise ECE need all classes and are None. Raises MixtuiError on what
    `bins.check_top_label` refuses, or if `m` is not from 1 to `MOST_BINS`.
    """
    checked_confidence, hits = check_top_label(confidence, correct)
    return _evaluation(TopLabels(checked_confidence, hits == 1), m, nll=None, brier=None, classwise=None)


def _score_classes(
    outputs: NDArray[np.number],
    labels: IntArray,
    m: int,
    *,
    are_logits: bool,
    temperature: float | FloatArray | None = None,
) -> Evaluation:
    """Score checked `outputs`, (n, classes), being logits or probabilities, a chunk of rows at a time."""
    n, classes = outputs.shape
    confidence, correct = np.empty(n), np.empty(n, dtype=np.bool_)
    nll, brier = np.empty(n), np.empty(n)
    classwise = ClasswiseSums(classes, m)
    temperatures = None if temperature is None else np.broadcast_to(temperature, n)
    for rows in row_chunks(n, classes):
        chunk, chunk_labels = np.array(outputs[rows], dtype=np.float64, order=chunk_order(classes)), labels[rows]
        if temperatures is not None:
            with np.errstate(over="ignore"):  # what is too far below the top for a float is -inf
                chunk -= chunk.max(axis=1, keepdims=True)  # first, so that no quotient is inf
            chunk /= temperatures[rows, np.newaxis]
        probs = softmax(chunk) if are_logits else chunk
        of_label = np.arange(len(chunk)), chunk_labels
        confidence[rows], correct[rows] = top_label(probs, chunk_labels)
        if are_logits:
            # −log-softmax of the label: the top class has exp(0) as its share, so its log is −log Σ exp.
            with np.errstate(over="ignore"):
                nll[rows] = chunk.max(axis=1) - chunk[of_label] - np.log(confidence[rows])
        else:
            with np.errstate(divide="ignore"):
                nll[rows] = 0.0 - np.log(probs[of_label])
        classwise.add(probs, chunk_labels)
        residual = probs  # in place: probs is this chunk's own array and not needed any more
        residual[of_label] -= 1
        brier[rows] = np.einsum("ij,ij->i", residual, residual)
    return _evaluation(
        TopLabels(confidence, correct),
        m,
        nll=nll,
        brier=float(brier.mean()),
        classwise=classwise.bins(),
    )


def _evaluation(
    top_labels: TopLabels, m: int, *, nll: FloatArray | None, brier: float | None, classwise: ClasswiseBins | None
) -> Evaluation:
    bins = top_labels.bins(m)
    scores = Scores(
        **scores_of_bins(bins, top_labels.fine_bins(m)),
        nll=None if nll is None else float(nll.mean()),
        brier=brier,
        classwise_ece=None if classwise is None else float(classwise.ece.mean()),
        equal_mass_ece=ece(top_labels.bins(m, of_equal_mass=True)),
        smooth_ece=smooth_ece(top_labels.confidence, top_labels.correct),
        auroc=auroc(top_labels.confidence, top_labels.correct),
    )
    return Evaluation(scores, bins, top_labels, classwise, nll)


def scores_of_bins(bins: Bins, fine: Bins) -> dict[str, float]:
    """The scores, by their names in `Scores`, that follow from `bins` alone; how certain the ECE is comes from `fine`,
    the bins that these were merged from, or these themselves."""
    sure = certainty(fine, bins.m)
    return {
        "accuracy": accuracy(bins),
        "ece": ece(bins),
        "ece_low": sure.interval[0],
        "ece_high": sure.interval[1],
        "ece_floor": sure.floor.mean,
        "ece_floor_low": sure.floor.low,
        "ece_floor_high": sure.floor.high,
        "mce": mce(bins),
        "oe": oe(bins),
        "ue": ue(bins),
        "confidence": mean_confidence(bins),
        "signed_gap": signed_gap(bins),
        "debiased_ece": debiased_ece(bins),
    }
