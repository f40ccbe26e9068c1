"""95 % intervals of a score. Plain Python: listings use it on many runs."""

from __future__ import annotations

import math

Interval = tuple[float, float]

Z_95 = 1.959964  # the 97.5 % quantile of the standard normal distribution


def wilson_interval(accuracy: float, n: float) -> Interval:
    """Wilson's 95 % interval of a proportion seen in n > 0 samples (Wilson 1927); it always holds the proportion."""
    z2 = Z_95**2
    middle = (accuracy + z2 / (2 * n)) / (1 + z2 / n)
    half = Z_95 / (1 + z2 / n) * math.sqrt(accuracy * (1 - accuracy) / n + z2 / (4 * n * n))
    return min(middle - half, accuracy), max(middle + half, accuracy)  # to rounding
