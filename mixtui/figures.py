"""Scores as people read them: three decimals, no zero before the point."""

from __future__ import annotations

import math
import re

NONE = "–"
MINUS = "−"


def figure(value: float | None, sign: str = "") -> str:
    """`.687`, `1.180`, `−.019`, `1.2e+09`; with "+" for `sign` `+.687`; a dash for none and what is not finite."""
    if value is None or not math.isfinite(value):
        return NONE
    text = f"{round(value, 3) + 0.0:{sign}.3f}" if abs(value) < 1000 else f"{value:{sign}.2g}"  # no minus before 0
    return re.sub(r"^([+-]?)0\.", r"\1.", text).replace("-", MINUS)
