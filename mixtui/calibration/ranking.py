"""How well confidence ranks: right before wrong, known before unknown. Calibration alone does not ask for that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mixtui.calibration.bins import FloatArray, IntArray, check_top_label

_CURVE_POINTS = 200


@dataclass(frozen=True, eq=False)  # see Bins
class RiskCoverage:
    """The risk–coverage curve of a classifier that may abstain (Geifman & El-Yaniv 2017).

    `coverage`: (points,), rising to 1, the share of samples answered, the most confident first; `risk`: (points,),
    the share of wrong ones among these. `aurc`: the area under the curve, being the mean risk over all n coverages
    1/n, 2/n, …, 1, however few points are kept (Geifman et al. 2019).
    """

    coverage: FloatArray
    risk: FloatArray
    aurc: float

    def to_json(self) -> dict[str, Any]:
        """The curve as two lists, and the area under it."""
        return {"coverage": self.coverage.tolist(), "risk": self.risk.tolist(), "aurc": self.aurc}


@dataclass(frozen=True)
class Separation:
    """How well confidence tells inputs of known classes, the positive ones, from inputs of unknown classes.

    `auroc`: the chance that a known input has more confidence than an unknown one, ties counted half.
    `fpr_at_95_tpr`: the share of unknown inputs with at least the threshold's confidence, the threshold being the
    highest confidence that at least 95 % of the known inputs have (Liang et al. 2018).
    """

    auroc: float
    fpr_at_95_tpr: float


def auroc(confidence: ArrayLike, correct: ArrayLike) -> float | None:
    """The chance that a right prediction has more confidence than a wrong one, ties counted half.

    None where all are right or all are wrong. `confidence`: (n,), top-label confidences; `correct`: (n,),
    whether the top label was right. Raises MixtuiError on input that `check_top_label` refuses.
    """
    confidences, hits = check_top_label(confidence, correct)
    right, wrong = confidences[hits == 1], confidences[hits == 0]
    if len(right) == 0 or len(wrong) == 0:
        return None
    return _chance_of_more(right, wrong)


def risk_coverage(confidence: ArrayLike, correct: ArrayLike) -> RiskCoverage:
    """The risk–coverage curve, at 200 coverages at most.

    Where coverage ends within a tie, the risk is the one expected of answering the tied samples in random order, so
    that it does not depend on the order in which they are given. `confidence` and `correct`, (n,), and errors as for
    `auroc`.
    """
    confidences, hits = check_top_label(confidence, correct)
    n = len(hits)
    answered, wrong = _falling_thresholds(confidences, hits)
    covered = np.arange(1, n + 1)
    risk = np.interp(covered, np.append(0, answered), np.append(0, wrong)) / covered
    kept = np.unique(np.linspace(0, n - 1, min(n, _CURVE_POINTS)).round().astype(np.int64))
    return RiskCoverage(covered[kept] / n, risk[kept], float(risk.mean()))


def separation(known: ArrayLike, unknown: ArrayLike) -> Separation:
    """Separation by confidence of inputs of known classes (in distribution), (n,), from inputs of unknown ones, (k,).

    Raises MixtuiError on confidences that `check_top_label` refuses.
    """
    inside, outside = _checked(known), _checked(unknown)
    kept = -(-95 * len(inside) // 100)  # rounded up, in whole numbers
    threshold = np.partition(inside, -kept)[-kept]
    return Separation(_chance_of_more(inside, outside), float(np.mean(outside >= threshold)))


def _chance_of_more(first: FloatArray, second: FloatArray) -> float:
    """P(a > b) + P(a = b)/2 for a of `first` and b of `second`, by counting ranks (Mann & Whitney 1947)."""
    first, second = np.sort(first), np.sort(second)
    below = np.searchsorted(second, first, side="left").sum()
    below_or_equal = np.searchsorted(second, first, side="right").sum()
    return float((below + below_or_equal) / (2 * len(first) * len(second)))


def _falling_thresholds(confidence: FloatArray, correct: IntArray) -> tuple[IntArray, IntArray]:
    """For every distinct confidence, falling: samples with at least it, and how many of them are wrong."""
    order = np.argsort(-confidence)
    falling = confidence[order]
    last_of_tie = np.append(np.flatnonzero(np.diff(falling)), len(falling) - 1)
    return last_of_tie + 1, np.cumsum(1 - correct[order])[last_of_tie]


def _checked(confidence: ArrayLike) -> FloatArray:
    return check_top_label(confidence, np.ones(np.shape(confidence), dtype=np.bool_))[0]
