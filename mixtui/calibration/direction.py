"""Over- or underconfident, and whether that could be luck. Plain Python: listings use it on many runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeGuard

from mixtui.calibration.interval import wilson_interval
from mixtui.number_text import is_finite

Direction = Literal["over", "under", "neither", "floor"]
"""`floor`: the ECE is no higher than chance alone gives a calibrated model, so there is nothing to have a direction."""

IN_WORDS: dict[Direction, str] = {
    "over": "overconfident",
    "under": "underconfident",
    "neither": "neither over- nor underconfident on the whole",
    "floor": "at the noise floor",
}

_ROUNDING = 1e-12  # of an ECE and a floor that are both 0

_MARKS: dict[Direction | None, str] = {"over": "▲", "under": "▼", "neither": "·", "floor": "≈", None: " "}


def direction(accuracy: float, confidence: float, n: float) -> Direction:
    """Which way the mean confidence of n samples misses their accuracy; "neither" inside its 95 % interval.

    `accuracy` and `confidence` are fractions, `n` is above 0. The interval is Wilson's (1927).
    """
    low, high = wilson_interval(accuracy, n)
    if confidence > high:
        return "over"
    return "under" if confidence < low else "neither"


def is_at_floor(ece: float, floor_high: float) -> bool:
    """Whether chance alone explains the ECE; `floor_high` is the upper end of its noise floor."""
    return ece <= floor_high + _ROUNDING


def direction_of(metrics: Mapping[str, Any], n: object) -> Direction | None:
    """The direction that recorded scores of n samples tell, whatever a file holds; None where they tell none."""
    accuracy, confidence, ece = (metrics.get(name) for name in ("accuracy", "confidence", "ece"))
    if not (_is_fraction(accuracy) and is_finite(confidence) and is_finite(ece) and is_finite(n) and n > 0):
        return None
    floor = metrics.get("ece_floor_high")
    if is_finite(floor) and is_at_floor(ece, floor):
        return "floor"
    return direction(accuracy, confidence, n)


def direction_mark(way: Direction | None) -> str:
    """What stands beside an ECE: over, under, neither (the sign could be chance), floor; a blank for not known."""
    return _MARKS[way]


def _is_fraction(value: object) -> TypeGuard[float]:
    return is_finite(value) and 0 <= value <= 1
