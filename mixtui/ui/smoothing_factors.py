"""The factors by which curves can be smoothed (`plots.smoothing`). Without NumPy, which the first screen is not to wait
for."""

from __future__ import annotations

from typing import Final

SMOOTHING_FACTORS: Final = (0.0, 0.6, 0.9, 0.97)  # 0 leaves a curve as it is
FIRST_SMOOTHING: Final = 0.9


def next_smoothing(factor: float) -> float:
    """The factor offered after `factor`, and the first one after the last."""
    return SMOOTHING_FACTORS[(SMOOTHING_FACTORS.index(factor) + 1) % len(SMOOTHING_FACTORS)]
