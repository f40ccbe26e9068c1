"""How sure an ECE and a signed gap are: 95 % intervals from bins alone, whatever the number of samples.

An ECE is biased upwards, since chance adds to every |conf − acc|. A bootstrap adds chance once more, so its percentile
interval lies too high: it never covers a true ECE of 0. Instead the interval holds those true values at which an ECE as
low, or as high, as the one seen is drawn often enough: tests inverted by a parametric bootstrap (Efron & Tibshirani
1993). Of the populations with a given true ECE it takes the likeliest, which has the gaps seen, soft-thresholded.
bench/interval_coverage.py measures how often it covers: at M = 15 in 92 to 99 %, but some 90 % where a single bin is
off and samples are few; at M = 100 and 10,000 samples in 80 % (a single bin) to 100 %.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtui.calibration.bin_scores import accuracy, ece, mean_confidence
from mixtui.calibration.bins import Bins, FloatArray, IntArray
from mixtui.calibration.direction import is_at_floor
from mixtui.calibration.interval import Interval, wilson_interval
from mixtui.calibration.noise_floor import NORMAL_FROM, RESAMPLES, Floor, floor_of, merged, redraw_calibrated

_TAIL = 0.025  # probability beyond each end of an interval
_ROUNDING = 1e-12
_DOUBLINGS, _BISECTIONS = 40, 5


@dataclass(frozen=True)
class Certainty:
    """How sure an ECE is.

    `interval`: 95 % interval of the true binned ECE; of its bias relieved, it need not hold the ECE that was
    measured where bins are many and samples few. `at_floor`: the ECE is no higher than `floor.high`, so that chance
    alone explains it; then the interval is one-sided, from 0 to an upper bound.
    """

    interval: Interval
    floor: Floor
    at_floor: bool

    @staticmethod
    def from_metrics(metrics: Mapping[str, Any]) -> Certainty | None:
        """The one that recorded scores hold, whatever a file holds; None where they hold none."""
        names = ("ece_low", "ece_high", "ece_floor", "ece_floor_low", "ece_floor_high", "ece")
        try:
            low, high, *floor, measured = (float(metrics[name]) for name in names)
        except (KeyError, TypeError, ValueError, OverflowError):
            return None
        if not all(map(math.isfinite, (low, high, *floor, measured))):
            return None
        return Certainty((low, high), Floor(*floor), is_at_floor(measured, floor[-1]))


def certainty(fine: Bins, m: int) -> Certainty:
    """How sure the ECE of `fine` merged into `m` bins is; `fine.m` may be `m`, then for bins of any widths.

    The upper end asks that an ECE as low be _TAIL times as rare as from a calibrated model (CLs: Read 2002), so that
    a lucky draw far below the floor does not make it 0. What is drawn is the same at every call. Raises MixtuiError
    where `fine` cannot be merged into `m`.
    """
    rng = np.random.default_rng(0)
    calibrated = redraw_calibrated(fine, m, rng)
    floor = floor_of(calibrated)
    populations = _Populations.around(merged(fine, m), calibrated, rng)
    measured = ece(merged(fine, m))
    at_floor = is_at_floor(measured, floor.high)
    low = 0.0 if at_floor else populations.lower_end(measured)
    return Certainty((low, max(low, populations.upper_end(measured))), floor, at_floor)


def gap_interval(bins: Bins) -> Interval:
    """95 % interval of the signed gap, mean confidence − accuracy, by Wilson's interval of the accuracy.

    It leaves 0 out exactly where `direction` says over or under.
    """
    confidence = mean_confidence(bins)
    low, high = wilson_interval(accuracy(bins), bins.n)
    return confidence - high, confidence - low


@dataclass(frozen=True, eq=False)  # see Bins
class _Populations:
    """Populations that samples like these may come from: their gaps are those seen, shrunk or stretched.

    Under a shrinkage s, the gap of a bin is soft-thresholded by s times the variance of an answer in it, which is
    what the likeliest gaps with a given ECE are. At 4 every gap is 0, since that is |conf − acc| / variance at most;
    a negative s stretches. Arrays are (non-empty bins,) and (non-empty bins, RESAMPLES).
    """

    n: int
    count: IntArray
    confidence: FloatArray
    gap: FloatArray
    calibrated: FloatArray  # what redraws of calibrated bins gave
    normal: FloatArray  # standard normal, one for each bin and redraw
    spread: FloatArray  # standard normal, (RESAMPLES,)
    rng: np.random.Generator

    @staticmethod
    def around(shown: Bins, calibrated: FloatArray, rng: np.random.Generator) -> _Populations:
        filled = shown.count > 0
        count, confidence = shown.count[filled], np.clip(shown.confidence[filled], 0, 1)
        # One more sample that is right as often as it says: a bin whose few samples are all right still varies.
        gap = (confidence - shown.accuracy[filled]) * count / (count + 1)
        normal, spread = rng.standard_normal(calibrated.shape), rng.standard_normal(RESAMPLES)
        return _Populations(shown.n, count, confidence, gap, calibrated, normal, spread, rng)

    @property
    def variance(self) -> FloatArray:
        """Of one answer, halfway between accuracy and confidence."""
        middle = self.confidence - self.gap / 2
        return middle * (1 - middle)

    def lower_end(self, measured: float) -> float:
        """The true ECE below which no ECE as high as `measured` would be drawn, but for _TAIL of the time."""

        def is_too_low(shrinkage: float) -> bool:
            return bool(np.mean(self._redraw(shrinkage) > measured - _ROUNDING) <= _TAIL)

        return self._true_ece(self._search(is_too_low, 1))

    def upper_end(self, measured: float) -> float:
        """The true ECE above which no ECE as low as `measured` would be drawn, but for _TAIL of the time."""
        by_chance = np.abs(self.calibrated).sum(axis=0)
        highest = max(measured, by_chance.min())  # so that at least one redraw is as low
        tail = _TAIL * np.mean(by_chance < highest + _ROUNDING)

        def is_too_high(shrinkage: float) -> bool:
            return bool(np.mean(self._redraw(shrinkage) < highest + _ROUNDING) <= tail)

        if is_too_high(0):
            return self._true_ece(self._search(lambda shrinkage: not is_too_high(shrinkage), 1))
        return self._true_ece(self._search(is_too_high, -1))

    def _search(self, is_beyond: Callable[[float], bool], sign: int) -> float:
        """The shrinkage from which on, going from 0 towards `sign`, `is_beyond` holds."""
        # How far chance moves a gap, in variances: the search is as exact for a million samples as for a hundred.
        step = 1 / math.sqrt(1 + float(self.count @ self.variance))
        inner, outer = 0.0, sign * step
        for _ in range(_DOUBLINGS):
            if is_beyond(outer):
                break
            inner, outer = outer, 2 * outer
        for _ in range(_BISECTIONS):
            middle = (inner + outer) / 2
            inner, outer = (inner, middle) if is_beyond(middle) else (middle, outer)
        return (inner + outer) / 2

    def _true_ece(self, shrinkage: float) -> float:
        return float(self.count @ np.abs(self._gaps(shrinkage)) / self.n)

    def _gaps(self, shrinkage: float) -> FloatArray:
        sizes = np.maximum(np.abs(self.gap) - shrinkage * self.variance, 0)
        sizes = np.minimum(sizes, np.maximum(self.confidence, 1 - self.confidence))
        # An accuracy stretched beyond 0 or 1 goes the other way: of 20 answers all right at .999, fewer may be due.
        is_over = np.where(self.gap < 0, sizes > 1 - self.confidence, sizes <= self.confidence)
        return np.where(is_over, sizes, -sizes)

    def _redraw(self, shrinkage: float) -> FloatArray:
        """ECEs of as many samples drawn anew, (RESAMPLES,)."""
        gaps = self._gaps(shrinkage)
        weights = self.count / self.n
        accuracies = np.clip(self.confidence - gaps, 0, 1)
        variance = self.count * accuracies * (1 - accuracies)
        redrawn = (self.count * gaps)[:, np.newaxis] - np.sqrt(variance)[:, np.newaxis] * self.normal
        is_calibrated = gaps == 0
        redrawn[is_calibrated] = self.n * self.calibrated[is_calibrated]
        few = ~is_calibrated & (variance < NORMAL_FROM)
        count, chance = self.count[few, np.newaxis], accuracies[few, np.newaxis]
        right = self.rng.binomial(count, chance, size=(len(count), RESAMPLES))
        redrawn[few] = count * self.confidence[few, np.newaxis] - right
        eces = np.abs(redrawn).sum(axis=0) / self.n
        # How many samples fall into each bin is chance too.
        between_bins = float(weights @ gaps**2 - (weights @ np.abs(gaps)) ** 2)
        return np.asarray(eces + math.sqrt(max(between_bins, 0.0) / self.n) * self.spread)
