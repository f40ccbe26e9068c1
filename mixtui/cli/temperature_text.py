"""A fitted temperature in words."""

from __future__ import annotations

from mixtui.calibration.direction import Direction
from mixtui.calibration.temperature import TemperatureFit
from mixtui.cli.score_text import range_text, score_text

CROSS_FITTED = "fitted to one half of the samples and scored on the other, both ways"

_TELLS: dict[Direction, str] = {
    "over": "above 1, overconfident by NLL",
    "under": "below 1, underconfident by NLL",
    "neither": "1 is inside: neither over- nor underconfident",
}


def temperature_text(fit: TemperatureFit, how: str) -> str:
    """`T 2.270 [2.210, 2.330], above 1, overconfident; …`: T, its interval, what it tells; `how` it was fitted."""
    return f"T {score_text(fit.temperature)} {range_text(*fit.interval)}, {_TELLS[fit.direction]}; {how}."
