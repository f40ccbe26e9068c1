"""A score over several seeds: mean and spread, paired differences, and what one more run would give."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mixtui.calibration.bins import Bins
from mixtui.calibration.interval import Interval

Place = Literal["inside", "above", "below"]

_LEVEL = 0.95


@dataclass(frozen=True)
class Summary:
    """Mean and sample standard deviation (n − 1 in the denominator) of a score over n seeds."""

    mean: float
    sd: float | None  # None for one seed
    n: int


@dataclass(frozen=True)
class Difference:
    """Mean difference of a score over the seeds that two alphas share."""

    mean: float
    interval: Interval | None  # 95 %; None for one seed
    n: int  # seeds that both have

    @property
    def is_clear(self) -> bool:
        """True where the interval excludes 0."""
        return self.interval is not None and (self.interval[0] > 0 or self.interval[1] < 0)


def summary(scores: Sequence[float]) -> Summary | None:
    """Of `scores`, one a seed; None where there are none. What is beyond a float becomes inf or nan."""
    if not scores:
        return None
    values = np.array(scores, dtype=np.float64)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        sd = float(values.std(ddof=1)) if len(values) > 1 else None
        return Summary(float(values.mean()), sd, len(values))


def paired_difference(scores: Mapping[int, float], baseline: Mapping[int, float]) -> Difference | None:
    """How far `scores` lie above `baseline`, both by seed; None where no seed is in both.

    The interval is that of the paired t test (Student 1908): d̄ ± t(n − 1) · s_d / √n over the n differences.
    Pairing takes out what a seed does to both alike: initialisation and the order of the images.
    """
    differences = summary([score - baseline[seed] for seed, score in scores.items() if seed in baseline])
    if differences is None:
        return None
    return Difference(differences.mean, _t_interval(differences, 1 / differences.n), differences.n)


def prediction_interval(seeds: Summary) -> Interval | None:
    """Where the score of one more run lies with 95 %: mean ± t(n − 1) · sd · √(1 + 1/n), for normally spread scores.

    (Hahn & Meeker, Statistical Intervals, 1991, section 4.7.) None for one seed, which tells nothing of the spread.
    """
    return _t_interval(seeds, 1 + 1 / seeds.n)


def place_of(value: float, interval: Interval) -> Place:
    """Where `value` lies, seen from the `interval`; its ends are inside."""
    low, high = interval
    if value > high:
        return "above"
    return "below" if value < low else "inside"


def pool(bins: Sequence[Bins]) -> Bins | None:
    """The bins of several seeds as one; None where there are none, or where their edges are not the same."""
    if not bins or not all(np.array_equal(bins[0].edges, other.edges) for other in bins):
        return None
    return Bins(
        edges=bins[0].edges,
        count=np.sum([seed.count for seed in bins], axis=0),
        confidence_sum=np.sum([seed.confidence_sum for seed in bins], axis=0),
        correct=np.sum([seed.correct for seed in bins], axis=0),
    )


def _t_interval(scores: Summary, variance_factor: float) -> Interval | None:
    if scores.sd is None:
        return None
    # The quantile of scipy.stats.t, which takes six times as long to import.
    from scipy.special import stdtrit

    half = float(stdtrit(scores.n - 1, (1 + _LEVEL) / 2)) * scores.sd * math.sqrt(variance_factor)
    return scores.mean - half, scores.mean + half
