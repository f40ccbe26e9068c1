"""Scores as the terminal at hand can show them."""

from __future__ import annotations

from mixtui import number_text
from mixtui.calibration.direction import Direction, direction_mark
from mixtui.cli.console import words


def score_text(value: float | None, sign: str = "") -> str:
    """`.687`, `1.197`, or a dash for none, as this terminal can show it."""
    return words(number_text.score_text(value, sign))


def range_text(low: float, high: float, sign: str = "") -> str:
    """`[.160, .175]`, an interval."""
    return f"[{score_text(low, sign)}, {score_text(high, sign)}]"


def mark(way: Direction | None) -> str:
    """What stands beside an ECE, as this terminal can show it."""
    return words(direction_mark(way))
