"""Calibration scores of a set of predictions: from bins, and from logits, probabilities or top labels."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixtui.calibration.bins import (
    DEFAULT_M,
    Bins,
    BoolArray,
    FloatArray,
    IntArray,
    bin_index,
    equal_mass,
    equal_width,
    equal_width_edges,
    no_samples,
    refuse_rows,
)
from mixtui.errors import MixtuiError

# Rows of probabilities may miss a sum of one by this much: rounding to float16 moves a sum by up to
# 2^-11 ≈ .0005, four decimals and ten classes by as much, float32 by far less; logits miss it by more.
ROW_SUM_TOLERANCE = 1e-3

# Values worked on at a time, in float64: 2 MB for each temporary array, about a processor's cache.
_CHUNK_VALUES = 2**18


@dataclass(frozen=True)
class Scores:
    """Scores of n predictions, as fractions; None where the predictions do not carry what a score needs.

    `confidence` is the mean top-label confidence, `nll` is in mean nats. `ece` to `ue` and `classwise_ece`
    use equal-width bins, `equal_mass_ece` equal-mass bins. The functions of this module define each.
    """

    accuracy: float
    ece: float
    mce: float
    oe: float
    ue: float
    nll: float | None
    brier: float | None
    confidence: float
    signed_gap: float
    classwise_ece: float | None
    equal_mass_ece: float

    def to_json(self) -> dict[str, float | None]:
        """Every score under its name; null where it could not be computed or is not finite."""
        return {
            name: value if value is not None and math.isfinite(value) else None for name, value in asdict(self).items()
        }


SCORE_NAMES = tuple(field.name for field in fields(Scores))


@dataclass(frozen=True, eq=False)  # see Bins
class Evaluation:
    """The scores of a set of predictions, and the equal-width bins they were computed from."""

    scores: Scores
    bins: Bins


def score_logits(logits: ArrayLike, labels: ArrayLike, m: int = DEFAULT_M) -> Evaluation:
    """Score `logits`, (n, classes), against `labels`, (n,), with `m` bins.

    Probabilities are the softmax in float64; the NLL comes from the log-softmax, so it is finite even
    where a probability underflows. Raises MixtuiError on what `check_logits` refuses, or if `m` is below 1.
    """
    checked_logits, checked_labels = check_logits(logits, labels)
    return _score_classes(checked_logits, checked_labels, m, are_logits=True)


def score_probs(probs: ArrayLike, labels: ArrayLike, m: int = DEFAULT_M) -> Evaluation:
    """Score `probs`, (n, classes), against `labels`, (n,), with `m` bins.

    The NLL is infinite where a true label has probability 0. Raises MixtuiError on what `check_probs`
    refuses, or if `m` is below 1.
    """
    checked_probs, checked_labels = check_probs(probs, labels)
    return _score_classes(checked_probs, checked_labels, m, are_logits=False)


def score_top_label(confidence: ArrayLike, correct: ArrayLike, m: int = DEFAULT_M) -> Evaluation:
    """Score top-label confidences, (n,), and whether each was right, (n,), with `m` bins.

    NLL, Brier score and classwise ECE need all classes and are None. Raises MixtuiError on what
    `bins.check_top_label` refuses, or if `m` is below 1.
    """
    return _evaluation(confidence, correct, m, nll=None, brier=None, classwise_ece=None)


def softmax(logits: ArrayLike) -> FloatArray:
    """Softmax over the last axis, in float64, without overflow."""
    values = np.asarray(logits, dtype=np.float64)
    exps: FloatArray = np.exp(values - values.max(axis=-1, keepdims=True))
    exps /= exps.sum(axis=-1, keepdims=True)
    return exps


def top_label(probs: FloatArray, labels: IntArray) -> tuple[FloatArray, BoolArray]:
    """Highest probability of each row of `probs`, (n, classes), and whether its class is the label.

    Both results are (n,). Of classes that tie for the highest probability, the first counts as predicted.
    """
    predicted = probs.argmax(axis=1)
    return probs[np.arange(len(probs)), predicted], predicted == labels


def accuracy(bins: Bins) -> float:
    """Share of samples whose top label is right."""
    return float(bins.correct.sum() / bins.n)


def mean_confidence(bins: Bins) -> float:
    """Mean top-label confidence."""
    return float(bins.confidence_sum.sum() / bins.n)


def signed_gap(bins: Bins) -> float:
    """Mean confidence minus accuracy: positive when overconfident."""
    return float((bins.confidence_sum.sum() - bins.correct.sum()) / bins.n)


def ece(bins: Bins) -> float:
    """Expected calibration error: Σ n_b/N · |conf_b − acc_b| (Guo et al. 2017)."""
    return float(np.abs(bins.confidence_sum - bins.correct).sum() / bins.n)


def mce(bins: Bins) -> float:
    """Maximum calibration error: the largest |conf_b − acc_b| of a non-empty bin (Guo et al. 2017)."""
    return float(np.nanmax(np.abs(bins.gap)))


def oe(bins: Bins) -> float:
    """Overconfidence error: Σ n_b/N · conf_b · max(conf_b − acc_b, 0) (Thulasidasan et al. 2019)."""
    return _confidence_weighted(bins, np.maximum(bins.gap, 0))


def ue(bins: Bins) -> float:
    """Underconfidence error, `oe` with the sign swapped: Σ n_b/N · conf_b · max(acc_b − conf_b, 0)."""
    return _confidence_weighted(bins, np.maximum(bins.accuracy - bins.confidence, 0))


def check_logits(logits: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.number], IntArray]:
    """`logits`, (n, classes), as given, and `labels`, (n,), as int64.

    Raises MixtuiError unless there are n ≥ 1 rows of two or more classes, of finite numbers, and a label
    from 0 to classes − 1 for each; a bad value is named by its row, counted from 0.
    """
    return _check_classes("logits", logits, labels)


def check_probs(probs: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.number], IntArray]:
    """`probs`, (n, classes), as given, and `labels`, (n,), as int64.

    Raises MixtuiError as `check_logits` does, and unless every probability is from 0 to 1 and every row
    sums to one within `ROW_SUM_TOLERANCE`.
    """
    values, checked_labels = _check_classes("probs", probs, labels)
    hint = "If these are logits, say so: give them as logits."
    outside = (values.min(axis=1) < 0) | (values.max(axis=1) > 1)
    refuse_rows(outside, "probs", "has a probability outside 0 to 1", hint)
    sums = values.sum(axis=1, dtype=np.float64)
    refuse_rows(np.abs(sums - 1) > ROW_SUM_TOLERANCE, "probs", "does not sum to one", hint)
    return values, checked_labels


def _check_classes(name: str, outputs: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.number], IntArray]:
    values, targets = np.asarray(outputs), np.asarray(labels)
    if values.ndim != 2 or targets.shape != values.shape[:1]:
        raise MixtuiError(
            f"{name} has shape {values.shape} and labels has shape {targets.shape}.",
            f"{name} needs shape (samples, classes), labels needs shape (samples,).",
        )
    if len(values) == 0:
        raise no_samples()
    if values.shape[1] < 2:
        raise MixtuiError(f"{name} has a single class.", "Give a column for each class, two for a binary one.")
    if values.dtype.kind not in "fiu":
        raise MixtuiError(f"{name} is of type {values.dtype}.", f"Save {name} as floating-point numbers.")
    if targets.dtype.kind not in "iu":
        raise MixtuiError(f"labels is of type {targets.dtype}.", "Save labels as integers.")
    # A row's extremes tell nan and infinity without an array of the size of all values.
    finite = np.isfinite(values.min(axis=1)) & np.isfinite(values.max(axis=1))
    refuse_rows(~finite, name, "holds nan or infinity")
    classes = values.shape[1]
    refuse_rows((targets < 0) | (targets >= classes), "labels", f"is not a class from 0 to {classes - 1}")
    return values, targets.astype(np.int64)


def _score_classes(outputs: NDArray[np.number], labels: IntArray, m: int, *, are_logits: bool) -> Evaluation:
    """Score checked `outputs`, (n, classes), being logits or probabilities, a chunk of rows at a time."""
    n, classes = outputs.shape
    edges = equal_width_edges(m)
    first_bin_of_class = m * np.arange(classes)
    confidence, correct = np.empty(n), np.empty(n, dtype=np.bool_)
    nll, brier = np.empty(n), np.empty(n)
    classwise = np.zeros(classes * m)  # Σ (probability − [label is the class]) of each class and bin
    for rows in _row_chunks(n, classes):
        chunk, chunk_labels = outputs[rows].astype(np.float64), labels[rows]
        probs = softmax(chunk) if are_logits else chunk
        of_label = np.arange(len(chunk)), chunk_labels
        confidence[rows], correct[rows] = top_label(probs, chunk_labels)
        if are_logits:
            # −log-softmax of the label: the top class has exp(0) as its share, so its log is −log Σ exp.
            nll[rows] = chunk.max(axis=1) - chunk[of_label] - np.log(confidence[rows])
        else:
            with np.errstate(divide="ignore"):
                nll[rows] = 0.0 - np.log(probs[of_label])
        index = first_bin_of_class + bin_index(probs, edges)
        residual = probs  # in place: probs is this chunk's own array and not needed any more
        residual[of_label] -= 1
        brier[rows] = np.einsum("ij,ij->i", residual, residual)
        classwise += np.bincount(index.ravel(), weights=residual.ravel(), minlength=len(classwise))
    return _evaluation(
        confidence,
        correct,
        m,
        nll=float(nll.mean()),
        brier=float(brier.mean()),
        classwise_ece=float(np.abs(classwise).sum() / (n * classes)),
    )


def _row_chunks(n: int, columns: int) -> Iterator[slice]:
    step = max(1, _CHUNK_VALUES // columns)
    for start in range(0, n, step):
        yield slice(start, min(start + step, n))


def _evaluation(
    confidence: ArrayLike,
    correct: ArrayLike,
    m: int,
    *,
    nll: float | None,
    brier: float | None,
    classwise_ece: float | None,
) -> Evaluation:
    bins = equal_width(confidence, correct, m)
    scores = Scores(
        accuracy=accuracy(bins),
        ece=ece(bins),
        mce=mce(bins),
        oe=oe(bins),
        ue=ue(bins),
        nll=nll,
        brier=brier,
        confidence=mean_confidence(bins),
        signed_gap=signed_gap(bins),
        classwise_ece=classwise_ece,
        equal_mass_ece=ece(equal_mass(confidence, correct, m)),
    )
    return Evaluation(scores, bins)


def _confidence_weighted(bins: Bins, gap: FloatArray) -> float:
    """Σ n_b/N · conf_b · gap_b over the non-empty bins; n_b · conf_b is the bin's sum of confidences."""
    return float(np.nansum(bins.confidence_sum * gap) / bins.n)
