"""What an axis spans, and the numbers beside it."""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from mixtui.calibration.bins import FloatArray

LARGEST = 1e300
"""Values are brought inside ±LARGEST, so that differences of them stay finite."""

Range = tuple[float, float]

_SAMPLE = 4096
_SHRINK_BELOW = 0.6
_THINNEST = 1e-290  # differences below this could underflow
_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def robust_range(values: Iterable[FloatArray], previous: Range | None) -> Range:
    """From the lowest 0.5 to the highest 99.5 percentile of curves, and their last values, all finite.

    Given the `previous` range it grows at once, and shrinks only when less than 60 % of it would be used, so that
    a live plot stands still. Percentiles are those of an even sample.
    """
    low, high = math.inf, -math.inf
    for y in values:
        if len(y):
            sample = y[:: 1 << max((len(y) // _SAMPLE).bit_length() - 1, 0)]
            ends = np.percentile(sample, 0.5, method="lower"), np.percentile(sample, 99.5, method="higher")
            low, high = min(low, ends[0], y[-1]), max(high, ends[1], y[-1])
    if low > high:
        return previous or (0.0, 1.0)
    low, high = widen(float(low), float(high))
    if previous is None:
        return low, high
    grown = min(low, previous[0]), max(high, previous[1])
    return (low, high) if high - low < _SHRINK_BELOW * (grown[1] - grown[0]) else grown


def widen(low: float, high: float) -> Range:
    """The range itself, or one around it if it is too thin to divide by."""
    middle = low / 2 + high / 2
    if high - low > max(1e-9 * abs(middle), _THINNEST):
        return low, high
    around = 0.05 * abs(middle) if abs(middle) > _THINNEST else 0.5
    return middle - around, middle + around


def is_range(low: float, high: float) -> bool:
    """Whether an axis can span this."""
    return -LARGEST <= low < high <= LARGEST and widen(low, high) == (low, high)


def even_ticks(low: float, high: float, most: int) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten from `low` to `high`: at most `most`, but at least one value."""
    rough = (high - low) / max(most, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    for step in (power, 2 * power, 5 * power, 10 * power, 20 * power):
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if 1 <= last - first + 1 <= most:
            return [index * step for index in range(first, last + 1)]
    return [high]


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Like `even_ticks` for an axis of decimal logarithms: powers of ten where there are two or more of them."""
    powers = range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1)
    if len(powers) >= 2:
        return [float(power) for power in powers[:: -(-len(powers) // max(most, 1))]]
    values = even_ticks(10.0**low, 10.0**high, most)
    return [math.log10(value) for value in values if value > 0] or [high]


def whole_ticks(low: float, high: float, most: int) -> list[float]:
    """About `most` whole numbers, evenly apart, from the first in the range; none if it holds none.

    A few reach to the end of the range, as `1 4 7 10` and `0 3905 7810`; many of a long range are round.
    """
    first, last = math.ceil(low), math.floor(high)
    apart = (last - first) / max(most - 1, 1)
    if apart < 10:
        return [float(tick) for tick in range(first, last + 1, max(math.ceil(apart), 1))]
    if most <= 3:
        return [float(tick) for tick in range(first, last + 1, math.floor(apart))]
    return even_ticks(first, last, most)


def tick_labels(ticks: Sequence[float]) -> list[str]:
    """Short texts, with as many digits as it takes to place each: `0.5 1.0`, `0 3.9k 7.8k`, `1e-5`."""
    apart = min((abs(b - a) for a, b in pairwise(ticks)), default=abs(ticks[0]) if ticks else 0.0)
    scientific = 0 < max(map(abs, ticks), default=0.0) < 1e-3
    whole = all(tick == round(tick) for tick in ticks)
    labels: list[str] = []
    for digits in range(12):
        labels = [_short(tick, digits, whole, scientific) for tick in ticks]
        if all(abs(_value(label) - tick) <= 0.02 * apart for label, tick in zip(labels, ticks, strict=True)):
            break
    return labels


def _short(value: float, digits: int, whole: bool, scientific: bool) -> str:
    size = abs(value)
    for factor, prefix in _PREFIXES:
        if factor <= size < 1e15:
            return f"{value / factor:.{digits}f}".removesuffix("." + "0" * digits) + prefix
    if value and (scientific or size >= 1e15):
        mantissa, exponent = f"{value:.{digits}e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    return f"{value:.{0 if whole else digits}f}"


def _value(label: str) -> float:
    factors = {prefix: factor for factor, prefix in _PREFIXES}
    return float(label.rstrip("".join(factors))) * factors.get(label[-1], 1.0)
