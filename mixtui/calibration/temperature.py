"""Temperature scaling: the one number to divide logits by so that their softmax is calibrated (Guo et al. 2017).

A temperature is never fitted to the samples that it is scored on: `cross_fit` the samples that are scored, or
`fit_temperature` of held-out ones; `scores.score_logits` takes either.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixtui.calibration.bins import FloatArray, IntArray
from mixtui.calibration.checks import check_logits
from mixtui.calibration.chunks import chunk_order, row_chunks
from mixtui.calibration.direction import Direction
from mixtui.calibration.interval import Z_95, Interval
from mixtui.calibration.predictions import Predictions

# A fit ends at one of these where the NLL has no minimum between them: it falls for ever as T → 0 where every label is
# right, and as T → ∞ where the logits rank the labels worse than chance.
LOWEST, HIGHEST = 0.01, 100.0
_END = math.log(HIGHEST)  # and −_END is log(LOWEST)

# Of log T. What is left after a Newton step is about the square of the step, so log T is right to 1e-8.
_LAST_STEP = 1e-4
_MOST_STEPS = 100  # halving alone needs 17
# The first guess is fitted to every 16th row, where that leaves enough of them.
_STRIDE, _ENOUGH = 16, 1000
# Logits further below the top one count as this far below, so that their squares are finite.
_FARTHEST = 1e140


@dataclass(frozen=True)
class TemperatureFit:
    """A fitted temperature T and its 95 % interval, both within `LOWEST` to `HIGHEST`."""

    temperature: float
    interval: Interval

    @property
    def direction(self) -> Direction:
        """Logits are underconfident where T is below 1, overconfident above; neither where the interval holds 1."""
        low, high = self.interval
        if low > 1:
            return "over"
        return "under" if high < 1 else "neither"


@dataclass(frozen=True, eq=False)  # arrays have no single truth value, so == compares identity
class CrossFit:
    """Temperatures of n samples, each fitted to the half that the sample is not in.

    `whole` is the fit of all samples: the temperature to show, not one to score these samples with. `halves` are the
    two fitted temperatures, and `sample_temperature`, (n,), is for each sample the one that it did not help to fit.
    """

    whole: TemperatureFit
    halves: tuple[float, float]
    sample_temperature: FloatArray


def fit_temperature(logits: ArrayLike, labels: ArrayLike) -> TemperatureFit:
    """The T at which softmax(logits / T) has the lowest NLL, in float64; 1 where the NLL is the same at any T.

    `logits`: (n, classes); `labels`: (n,). Raises MixtuiError on what `check_logits` refuses.

    The interval is log T ± 1.96 standard errors of the sandwich estimator (Huber 1967; White 1982), which holds
    although no temperature makes real logits exactly right: √Σ g² / Σ v over the samples, g being the derivative of
    the NLL by log T and v its information, the variance of the logits / T under their softmax. Few samples can make
    Σ g² vanish by chance, so it counts as Σ v at least.

    A fit that ends at `LOWEST` or `HIGHEST` has no standard error. Its interval reaches from there to where the score
    test (Rao 1948) refuses T, which is to it what Wilson's interval is to a proportion of 0 or 1.
    """
    values, targets = check_logits(logits, labels)
    slope_at = _slope_of(values, targets, np.arange(len(values)))
    guess = 0.0
    if len(values) >= _STRIDE * _ENOUGH:
        guess, _ = _minimise(_slope_of(values, targets, np.arange(0, len(values), _STRIDE)), guess)
    log_t, slope = _minimise(slope_at, guess)
    if abs(log_t) == _END:
        interval = _score_interval(slope_at, log_t, slope)
    elif slope.information == 0:
        interval = (-_END, _END)
    else:
        half = Z_95 * math.sqrt(max(slope.squares, slope.information)) / slope.information
        interval = (log_t - half, log_t + half)
    return TemperatureFit(_temperature(log_t), (_temperature(interval[0]), _temperature(interval[1])))


def cross_fit(logits: ArrayLike, labels: ArrayLike) -> CrossFit:
    """Fit two random halves of the samples, of n samples always the same; each is to be scored with the other's T.

    `logits`: (n, classes); `labels`: (n,). Half of a single sample is none, of which the temperature is 1.
    Raises MixtuiError on what `check_logits` refuses.
    """
    values, targets = check_logits(logits, labels)
    n = len(values)
    whole = fit_temperature(values, targets)
    in_first = np.zeros(n, dtype=np.bool_)
    in_first[np.random.default_rng(0).permutation(n)[: n // 2]] = True

    def fit_half(rows: IntArray) -> float:
        if len(rows) == 0:
            return 1.0
        return _temperature(_minimise(_slope_of(values, targets, rows), math.log(whole.temperature))[0])

    first, second = fit_half(np.flatnonzero(in_first)), fit_half(np.flatnonzero(~in_first))
    return CrossFit(whole, (first, second), np.where(in_first, second, first))


def logits_of(predictions: Predictions) -> NDArray[np.number] | None:
    """The logits of `predictions`, (n, classes); None for top labels, which have no temperature.

    For probabilities, their logarithms: the logits but for a constant in each row, which no softmax sees. A
    probability of 0 counts as the smallest number above 0 of the type that it was saved in.
    """
    match predictions.kind:
        case "logits":
            return predictions.outputs
        case "probs":
            return _log(predictions.outputs)
        case "top-label":
            return None


def _log(probs: NDArray[np.number]) -> NDArray[np.number]:
    # float16 would be too coarse for the logarithms.
    dtype = np.float32 if probs.dtype in (np.float16, np.float32) else np.float64
    smallest = np.finfo(np.float16 if probs.dtype == np.float16 else dtype).smallest_subnormal
    logits: NDArray[np.number] = np.maximum(probs, smallest, dtype=dtype)
    np.log(logits, out=logits)
    return logits


class _Slope(NamedTuple):
    """Sums over samples at one log T: of g, the derivative of the NLL by log T, of g², and of its information."""

    gradient: float
    squares: float
    information: float


_SlopeAt = Callable[[float], _Slope]


def _slope_of(logits: NDArray[np.number], labels: IntArray, rows: IntArray) -> _SlopeAt:
    """The slope of the samples in `rows` as a function of log T; a chunk of rows at a time."""
    classes = logits.shape[1]

    def slope_at(log_t: float) -> _Slope:
        gradient = squares = information = 0.0
        for chunk in row_chunks(len(rows), classes):
            scaled = np.array(logits[rows[chunk]], dtype=np.float64, order=chunk_order(classes))
            with np.errstate(over="ignore"):
                scaled -= scaled.max(axis=1, keepdims=True)
            np.maximum(scaled, -_FARTHEST, out=scaled)
            scaled /= math.exp(log_t)
            weights = np.exp(scaled)
            total = weights.sum(axis=1)
            weights *= scaled
            mean = weights.sum(axis=1) / total
            weights *= scaled
            variance = weights.sum(axis=1) / total - mean * mean
            residual = scaled[np.arange(len(scaled)), labels[rows[chunk]]] - mean
            gradient += float(residual.sum())
            squares += float(residual @ residual)
            information += float(np.maximum(variance, 0).sum())  # rounding can leave it below 0
        return _Slope(gradient, squares, information)

    return slope_at


def _minimise(slope_at: _SlopeAt, log_t: float) -> tuple[float, _Slope]:
    """The log T of the lowest NLL from −_END to _END, searched from `log_t`, and the slope last seen on the way.

    The NLL is convex in 1/T, so its gradient has one root at most. Newton's steps for that root, measured in log T,
    are −gradient / information; one that leaves the bracket, or is more than half of the one before, gives way to the
    end of the range, to see whether the root is within it, and from then on to the middle of the bracket.
    """
    low, high = -_END, _END
    last_step = math.inf
    tried = set()
    for _ in range(_MOST_STEPS):
        slope = slope_at(log_t)
        tried.add(log_t)
        if slope.gradient < 0:
            low = log_t
        elif slope.gradient > 0:
            high = log_t
        if slope.gradient == 0 or low == high:  # the latter at an end, beyond which the NLL still falls
            break
        step = -slope.gradient / slope.information if slope.information > 0 else math.inf
        if abs(step) < _LAST_STEP:
            return log_t + step, slope
        ahead = high if slope.gradient < 0 else low
        if low < log_t + step < high and abs(step) <= last_step / 2:
            following = log_t + step
        else:
            following = (low + high) / 2 if ahead in tried else ahead
        last_step, log_t = abs(following - log_t), following
    return log_t, slope


def _score_interval(slope_at: _SlopeAt, end: float, slope: _Slope) -> Interval:
    """From `end`, −_END or _END, with its `slope`, to the log T at which the score test refuses.

    Found by halving to within 5 %, on the far side. The `end` alone where even that is refused: T lies beyond.
    """
    inside, outside = end, -end
    if _is_refused(slope):
        return end, end
    if not _is_refused(slope_at(outside)):
        return -_END, _END
    while abs(outside - inside) > 0.05:
        middle = (inside + outside) / 2
        if _is_refused(slope_at(middle)):
            outside = middle
        else:
            inside = middle
    return min(end, outside), max(end, outside)


def _is_refused(slope: _Slope) -> bool:
    return abs(slope.gradient) > Z_95 * math.sqrt(slope.information)


def _temperature(log_t: float) -> float:
    inside = min(max(log_t, -_END), _END)  # first, since exp of what an interval reaches to can overflow
    return min(max(math.exp(inside), LOWEST), HIGHEST)
