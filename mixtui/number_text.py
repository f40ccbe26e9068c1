"""Scores as people read them: three decimals, no zero before the point; and which values are numbers at all."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TypeGuard

NONE = "–"
MINUS = "−"


def is_finite(value: object) -> TypeGuard[float]:
    """True for a number that a float can hold, and that is finite; whatever a file holds."""
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # of an integer
        return False


def score_text(value: float | None, sign: str = "") -> str:
    """`.687`, `1.180`, `−.019`, `1.2e+09`; with "+" for `sign` `+.687`; a dash for none and what is not finite."""
    if value is None or not math.isfinite(value):
        return NONE
    text = f"{round(value, 3) + 0.0:{sign}.3f}" if abs(value) < 1000 else f"{value:{sign}.2g}"  # no minus before 0
    return re.sub(r"^([+-]?)0\.", r"\1.", text).replace("-", MINUS)


def ece_margin(metrics: Mapping[str, object]) -> str:
    """How sure the ECE of recorded scores is: `±.007`, the farther end of its 95 % interval, rounded up.

    At the noise floor, where the interval begins at 0 and may leave the ECE itself out, its upper end: `<.014`. Five
    characters, or none where the scores have no such interval, whatever else a file holds.
    """
    ece, low, high, floor = (_share(metrics.get(name)) for name in ("ece", "ece_low", "ece_high", "ece_floor_high"))
    if ece is None or low is None or high is None or low > high:
        return ""
    if floor is not None and ece <= floor:
        return "<" + _rounded_up(high)
    return "±" + _rounded_up(max(abs(ece - low), abs(high - ece)))


def _share(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and 0 <= value <= 1 else None


def _rounded_up(value: float) -> str:
    """`.007`, `1.00`, of a value from 0 to 1."""
    text = f"{math.ceil(1000 * value - 1e-6) / 1000:.3f}"  # but for what binary fractions add
    return text.removeprefix("0") if text.startswith("0") else text[:4]
