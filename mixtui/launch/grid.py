"""The alphas and seeds of a sweep: reading what a person typed, and leaving out what is there already."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal, DecimalException, InvalidOperation
from typing import Any

from mixtui.config import INCIDENTAL, RunConfig
from mixtui.errors import MixtuiError

MOST_RUNS = 10_000  # in one sweep: a slip of the keyboard, not a study
_HINT = "Write a list, a range with its step, or both: 0,0.1,0.5:0.9:0.1"


def parse_alphas(text: str) -> tuple[float, ...]:
    """`0,0.1,0.5:0.9:0.1`: numbers and inclusive ranges FIRST:LAST:STEP, exact in decimal; doubles left out.

    Raises MixtuiError for anything else. Whether each is an alpha that can be trained with, RunConfig checks.
    """
    alphas: dict[float, None] = {}
    for item in text.split(","):
        for value in _values(item.strip()):
            if value and not float(value):
                raise MixtuiError(f"{value} is too near 0.", "Use 0, or a larger alpha.")
            alphas[float(value)] = None
            if len(alphas) > MOST_RUNS:
                raise MixtuiError(f"That makes more than {MOST_RUNS} alphas.", "Use a larger step.")
    return tuple(alphas)


def _values(item: str) -> Iterable[Decimal]:
    parts = re.split(r"\s*:\s*", item)
    try:
        numbers = [Decimal(part) for part in parts]
    except InvalidOperation:
        raise MixtuiError(f"{item!r} is not a number or a range." if item else "An alpha is missing.", _HINT) from None
    if not all(number.is_finite() for number in numbers):
        raise MixtuiError(f"{item!r} is not finite.", _HINT)
    match numbers:
        case [value]:
            return [value]
        case [first, last, step] if step > 0 and last >= first:
            try:
                steps = int((last - first) // step)
            except DecimalException:  # more than a Decimal can hold
                steps = MOST_RUNS
            if steps >= MOST_RUNS:
                raise MixtuiError(f"{item!r} makes more than {MOST_RUNS} alphas.", "Use a larger step.")
            return (first + n * step for n in range(steps + 1))
        case [_, _, _]:
            raise MixtuiError(f"The range {item!r} has nothing in it.", "Write FIRST:LAST:STEP with a step above 0.")
        case _:
            raise MixtuiError(f"{item!r} is not a range.", _HINT)


def points(alphas: Iterable[float], first_seed: int, seeds: int) -> list[tuple[float, int]]:
    """Alpha and seed of every run, in the order they are queued in: all alphas of a seed before the next seed.

    Raises MixtuiError for less than one seed, or too many runs.
    """
    if seeds < 1:
        raise MixtuiError(f"--seeds {seeds} is out of range.", "Use a whole number from 1.")
    values = list(alphas)
    if len(values) * seeds > MOST_RUNS:
        raise MixtuiError(f"That makes {len(values) * seeds} runs.", f"A sweep has at most {MOST_RUNS}.")
    return [(alpha, seed) for seed in range(first_seed, first_seed + seeds) for alpha in values]


def same_work(config: dict[str, Any] | RunConfig) -> tuple[tuple[str, Any], ...]:
    """Equal for configurations (or the documents of such) that train the same model in the same way."""
    document = config.to_json() if isinstance(config, RunConfig) else config
    return tuple(sorted((name, value) for name, value in document.items() if name not in INCIDENTAL))


def next_study(tags: Iterable[str]) -> str:
    """`study-N`, one above the highest that is there."""
    numbers = [int(tag.removeprefix("study-")) for tag in tags if re.fullmatch(r"study-[0-9]{1,9}", tag)]
    return f"study-{max(numbers, default=0) + 1}"
