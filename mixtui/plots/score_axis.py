"""The vertical axis of a score: a range with round ends, and its ticks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

# A range narrower than this, in itself or relative to its values, is widened: what differs by less is not a finding,
# and should not look like one.
_LEAST_SPAN = 0.02
_LEAST_RELATIVE_SPAN = 1e-4
_ROUNDING = 1e-9


@dataclass(frozen=True)
class ScoreAxis:
    """The scores from `low` to `high`, with a tick every `step`; rows are counted from the bottom."""

    low: float
    high: float
    step: float

    def quarter_row(self, value: float, height: int) -> int:
        """In which of the 4 × `height` quarter rows a value lies; the nearest for one beyond the ends."""
        share = (value - self.low) / (self.high - self.low)
        return min(max(math.floor(share * 4 * height + _ROUNDING), 0), 4 * height - 1)

    def row(self, value: float, height: int) -> int:
        """In which of `height` rows a value lies."""
        return self.quarter_row(value, height) // 4

    def ticks(self, height: int) -> dict[int, str]:
        """The labels of the ticks by their rows."""
        count = round((self.high - self.low) / self.step)
        values = [self.low + index * self.step for index in range(count + 1)]
        return {self.row(value, height): _tick_text(value, self.step) for value in values}


def score_axis(values: Sequence[float], intervals: int, *, from_zero: bool) -> ScoreAxis:
    """An axis that holds `values`, finite and one at least, and 0 too if `from_zero`.

    It has about `intervals` intervals, of 1, 2 or 5 times a power of ten.
    """
    low, high = min(values), max(values)
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    least = max(_LEAST_SPAN, _LEAST_RELATIVE_SPAN * max(abs(low), abs(high)))
    if high - low < least:
        low, high = _around(low, high, least, from_zero=from_zero)
    step = _round_up((high - low) / intervals)
    first, last = math.floor(low / step + _ROUNDING), math.ceil(high / step - _ROUNDING)
    return ScoreAxis(first * step, last * step, step)


def _around(low: float, high: float, span: float, *, from_zero: bool) -> tuple[float, float]:
    """A range of `span` around a narrower one; an end at 0 stays there, since scores seldom lie on both sides."""
    if from_zero:
        return (low, low + span) if low == 0 else (high - span, high)
    middle = low / 2 + high / 2
    return (0.0, span) if low >= 0 and middle < span / 2 else (middle - span / 2, middle + span / 2)


def _round_up(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= value * (1 - _ROUNDING))


def _tick_text(value: float, step: float) -> str:
    decimals = max(-math.floor(math.log10(step) + _ROUNDING), 0)
    text = f"{value:.{decimals}f}"
    return text if len(text) <= 8 else f"{value:.6g}"
