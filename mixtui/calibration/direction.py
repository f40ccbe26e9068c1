"""Over- or underconfident, and whether that could be luck. Plain Python: listings use it on many runs."""

from __future__ import annotations

import math
from typing import Literal

Direction = Literal["over", "under", "neither"]

IN_WORDS: dict[Direction, str] = {
    "over": "overconfident",
    "under": "underconfident",
    "neither": "neither over- nor underconfident on the whole",
}

_Z_95 = 1.959964


def wilson_interval(accuracy: float, n: float) -> tuple[float, float]:
    """Wilson's 95 % interval of a proportion seen in n > 0 samples (Wilson 1927); it always holds the proportion."""
    z2 = _Z_95**2
    middle = (accuracy + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z_95 / (1 + z2 / n) * math.sqrt(accuracy * (1 - accuracy) / n + z2 / (4 * n * n))
    return min(middle - half, accuracy), max(middle + half, accuracy)  # to rounding


def direction(accuracy: float, confidence: float, n: float) -> Direction:
    """Which way the mean confidence of n samples misses their accuracy; "neither" inside its 95 % interval."""
    low, high = wilson_interval(accuracy, n)
    if confidence > high:
        return "over"
    return "under" if confidence < low else "neither"
