"""Reliability bins: samples grouped by confidence, the base of every calibration score and diagram."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixtui.config import DEFAULTS, MOST_BINS
from mixtui.errors import MixtuiError

FloatArray = NDArray[np.float64]
RealArray = NDArray[np.floating | np.integer]  # numbers of any width
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

# Bins of the figures shown, unless the user asks for another number (Guo et al. 2017).
DEFAULT_M: int = DEFAULTS["bins"]
# Bins kept for every epoch of a run, and the numbers of bins that follow from them exactly.
FINE_BINS = 300
EXACT_M = (5, 10, 15, 20, 30, 50, 60, 100)

_MOST_SAMPLES = 2**48  # in possible bins: sums over bins and over seeds stay whole numbers of 64 bits


@dataclass(frozen=True, eq=False)  # arrays have no single truth value, so == compares identity
class Bins:
    """M confidence bins `(lo, hi]`, the first one closed at 0, holding at least one sample in all.

    `edges`: (M + 1,), from 0 to 1; `count`: (M,), samples in each bin; `confidence_sum`: (M,), the sum of
    their confidences; `correct`: (M,), how many of them the top label was right for.
    """

    edges: FloatArray
    count: IntArray
    confidence_sum: FloatArray
    correct: IntArray

    @property
    def m(self) -> int:
        """The number of bins."""
        return len(self.count)

    @property
    def n(self) -> int:
        """The number of samples."""
        return int(self.count.sum())

    @property
    def confidence(self) -> FloatArray:
        """Mean confidence of each bin, (M,); nan where the bin is empty."""
        return self._per_sample(self.confidence_sum)

    @property
    def accuracy(self) -> FloatArray:
        """Share of right top labels in each bin, (M,); nan where the bin is empty."""
        return self._per_sample(self.correct)

    @property
    def gap(self) -> FloatArray:
        """Mean confidence minus accuracy of each bin, (M,); nan where the bin is empty."""
        return self._per_sample(self.confidence_sum - self.correct)

    @property
    def are_possible(self) -> bool:
        """Whether they can have been made of samples: `from_json` and `from_compact_json` take what they are given."""
        sums = (self.count, self.confidence_sum, self.correct)
        if self.edges.ndim != 1 or any(total.shape != (len(self.edges) - 1,) for total in sums):
            return False
        ordered = self.edges[0] == 0 and self.edges[-1] == 1 and bool((np.diff(self.edges) > 0).all())
        counted = bool(((self.count >= 0) & (self.count < _MOST_SAMPLES)).all()) and 1 <= self.n < _MOST_SAMPLES
        # A sum may pass its count by rounding; nan fails.
        inside = all(bool(((total >= 0) & (total <= self.count + 1e-6)).all()) for total in sums[1:])
        return ordered and counted and inside

    def _per_sample(self, total: FloatArray | IntArray) -> FloatArray:
        mean = np.full(self.m, np.nan)
        np.divide(total, self.count, out=mean, where=self.count > 0)
        return mean

    def coarsen(self, m: int) -> Bins:
        """Merge equal-width bins into `m` equal-width bins; counts equal direct binning exactly.

        Raises MixtuiError if `m` does not divide the number of bins, or these bins are not of equal width.
        """
        edges = equal_width_edges(m)
        if self.m % m:
            raise MixtuiError(
                f"{self.m} bins cannot be merged into {m}.", f"Choose a number of bins that divides {self.m}."
            )
        if not np.array_equal(self.edges, equal_width_edges(self.m)):
            raise MixtuiError("Only equal-width bins can be merged.", "Bin the predictions again instead.")
        return Bins(
            edges=edges,
            count=self.count.reshape(m, -1).sum(axis=1),
            confidence_sum=self.confidence_sum.reshape(m, -1).sum(axis=1),
            correct=self.correct.reshape(m, -1).sum(axis=1),
        )

    def to_json(self) -> dict[str, Any]:
        """The bins as shown to people and scripts: edges, and count and means per bin (null if empty)."""
        return {
            "edges": self.edges.tolist(),
            "count": self.count.tolist(),
            "confidence": _null_for_nan(self.confidence),
            "accuracy": _null_for_nan(self.accuracy),
        }

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> Bins:
        """The bins that `to_json` gave, counts exactly, sums of confidences to rounding.

        Raises KeyError where a list is missing, and ValueError, TypeError or OverflowError where one cannot be read as
        numbers or does not fit the others. Whether they can be those of bins, `are_possible` tells.
        """
        count = np.array(document["count"], dtype=np.int64)
        confidence, accuracy = (
            np.nan_to_num(np.array(document[name], dtype=np.float64)) for name in ("confidence", "accuracy")
        )
        correct = np.rint(accuracy * count).astype(np.int64)
        return Bins(np.array(document["edges"], dtype=np.float64), count, confidence * count, correct)

    def to_compact_json(self) -> dict[str, Any]:
        """The sums alone, for a log of equal-width bins; `from_compact_json` reads them back exactly."""
        return {
            "count": self.count.tolist(),
            "confidence_sum": self.confidence_sum.tolist(),
            "correct": self.correct.tolist(),
        }

    @staticmethod
    def from_compact_json(record: Mapping[str, Any]) -> Bins:
        """Equal-width bins from what `to_compact_json` gave; other keys are ignored.

        Raises MixtuiError if a key is missing, the lists differ in length, or there is no sample.
        """
        try:
            count = np.array(record["count"], dtype=np.int64)
            confidence_sum = np.array(record["confidence_sum"], dtype=np.float64)
            correct = np.array(record["correct"], dtype=np.int64)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise _damaged_record() from error
        if count.ndim != 1 or not count.shape == confidence_sum.shape == correct.shape or count.sum() < 1:
            raise _damaged_record()
        return Bins(equal_width_edges(len(count)), count, confidence_sum, correct)


def equal_width(confidence: ArrayLike, correct: ArrayLike, m: int) -> Bins:
    """Put samples into `m` bins of equal width (Guo et al. 2017).

    `confidence`: (n,), top-label confidences from 0 to 1; `correct`: (n,), whether the top label was right.
    A confidence belongs to the bin with `lo < confidence <= hi`, compared in float64 with the very edges
    `k / m`; 0 belongs to the first bin. Raises MixtuiError on input that `check_top_label` refuses, or if `m` is
    not from 1 to `MOST_BINS`.
    """
    checked_confidence, checked_correct = check_top_label(confidence, correct)
    edges = equal_width_edges(m)
    return _fill(edges, equal_width_index(checked_confidence, edges), checked_confidence, checked_correct)


def equal_mass(confidence: ArrayLike, correct: ArrayLike, m: int) -> Bins:
    """Put samples into at most `m` bins that hold equally many, as far as ties allow.

    The rule: the samples, sorted by confidence, form `m` equal shares, and each distinct confidence goes,
    with all its samples, to the share in which the middle of its ranks lies. So ties are never split, the
    result depends neither on the order of the samples nor on each being there twice, and without ties the
    counts differ by one at most. A share that is left empty gives no bin. An inner edge is the highest
    confidence of the bin below it; the outer edges are 0 and 1.

    `confidence` and `correct`: (n,). Arguments and errors otherwise as for `equal_width`.
    """
    checked_confidence, checked_correct = check_top_label(confidence, correct)
    _check_m(m)
    values, ties = np.unique(checked_confidence, return_counts=True)
    ranks_below = np.cumsum(ties) - ties
    # In whole numbers, so that a middle rank exactly on a boundary is not left to rounding.
    share = m * (2 * ranks_below + ties) // (2 * len(checked_confidence))
    highest_of_share = values[:-1][share[:-1] != share[1:]]
    edges = np.concatenate(([0.0], highest_of_share, [1.0]))
    return _fill(edges, bin_index(checked_confidence, edges), checked_confidence, checked_correct)


def equal_width_edges(m: int) -> FloatArray:
    """The edges 0, 1/m, …, 1 of `m` bins, (m + 1,); where `m` divides M, all are edges of M to the bit.

    Raises MixtuiError if `m` is not from 1 to `MOST_BINS`.
    """
    _check_m(m)
    return np.arange(m + 1) / m


def bin_index(values: FloatArray, edges: FloatArray) -> IntArray:
    """Index of the bin `(lo, hi]` of each value; the first bin takes the lowest edge too.

    `edges`: (M + 1,), rising. The result is int64, of the shape of `values`.
    """
    return np.maximum(np.searchsorted(edges, values, side="left") - 1, 0)


def equal_width_index(values: FloatArray, edges: FloatArray) -> IntArray:
    """`bin_index` for `edges`, (M + 1,), that `equal_width_edges` gave, in less than half the time.

    `values`: from 0 to 1, of any shape, which the result has too.
    """
    index = (values * (len(edges) - 1)).astype(np.int64)
    index -= values <= edges[index]  # an upper edge belongs to the bin below it; rounding errs upwards alone
    return np.maximum(index, 0, out=index)


def check_top_label(confidence: ArrayLike, correct: ArrayLike) -> tuple[FloatArray, IntArray]:
    """`confidence` as float64 and `correct` as 0 or 1, each (n,).

    Raises MixtuiError, naming the row counted from 0, unless both have the same n ≥ 1, every confidence is
    a number from 0 to 1 and every `correct` is true, false, 0 or 1.
    """
    confidences, hits = np.asarray(confidence), np.asarray(correct)
    if confidences.ndim != 1 or hits.shape != confidences.shape:
        raise MixtuiError(
            f"confidence has shape {confidences.shape} and correct has shape {hits.shape}.",
            "Give two lists of the same length.",
        )
    if len(confidences) == 0:
        raise no_samples()
    if confidences.dtype.kind not in "fiu" or hits.dtype.kind not in "biu":
        raise MixtuiError(
            f"confidence is of type {confidences.dtype} and correct of type {hits.dtype}.",
            "Give numbers from 0 to 1, and true or false.",
        )
    refuse_rows(~((confidences >= 0) & (confidences <= 1)), "confidence", "is not a number from 0 to 1")
    refuse_rows((hits != 0) & (hits != 1), "correct", "is neither 0 nor 1")
    return confidences.astype(np.float64), hits.astype(np.int64)


def refuse_rows(refused: BoolArray, name: str, fault: str, hint: str = "Correct or remove that row.") -> None:
    """Raise MixtuiError naming the first row where `refused`, (n,), is true; rows are counted from 0."""
    if refused.any():
        raise MixtuiError(f"{name}: row {int(refused.argmax())} (counted from 0) {fault}.", hint)


def no_samples() -> MixtuiError:
    """The error for input without a single sample."""
    return MixtuiError("There are no samples.", "Give at least one prediction.")


def _check_m(m: int) -> None:
    if not 1 <= m <= MOST_BINS:
        raise MixtuiError(f"The number of bins is {m}.", f"Choose from 1 to {MOST_BINS}.")


def _fill(edges: FloatArray, index: IntArray, confidence: FloatArray, correct: IntArray) -> Bins:
    m = len(edges) - 1
    return Bins(
        edges=edges,
        count=np.bincount(index, minlength=m),
        confidence_sum=np.bincount(index, weights=confidence, minlength=m).astype(np.float64),
        correct=np.bincount(index[correct == 1], minlength=m),
    )


def _null_for_nan(values: FloatArray) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]


def _damaged_record() -> MixtuiError:
    return MixtuiError(
        "A record of bins is damaged.",
        "It needs count, confidence_sum and correct: three lists of one length, with at least one sample.",
    )
