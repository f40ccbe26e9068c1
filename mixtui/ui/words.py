"""Figures and texts as every view shows them: fixed decimals, so that a value that changes moves no column."""

from __future__ import annotations

import contextlib
import re
from typing import Any, TypeGuard

from mixtui.presets import PRESETS
from mixtui.ui.glyphs import Glyphs

LONGEST_LINE = 1000  # characters: no terminal shows more of a line
_BIG = 1000  # a difference beyond it is shown without a plus


def printable(text: object) -> str:
    """The beginning of `text` on one line, with a ? for each character that would move the cursor or has no look."""
    words = str(text)[:LONGEST_LINE]
    return words if words.isprintable() else "".join(c if c.isprintable() else "?" for c in words)


def fraction(value: Any, glyphs: Glyphs) -> str:
    """`.687`, `1.00`, `nan`; a dash for none: four cells at most."""
    return _decimals(value, 4, glyphs)


def loss(value: Any, glyphs: Glyphs) -> str:
    """`0.861`, `12.31`, `nan`; a dash for none: five cells at most."""
    return _decimals(value, 5, glyphs)


def signed(value: Any, glyphs: Glyphs) -> str:
    """`+.167`, `−.019`, `nan`; a dash for none."""
    if not _is_number(value) or not abs(value) < _BIG:
        return fraction(value, glyphs)
    return glyphs.words("−" if round(value, 3) < 0 else "+") + fraction(abs(value), glyphs)


def _decimals(value: Any, cells: int, glyphs: Glyphs) -> str:
    """`value` with three decimals, or as many as there is room for; `big` for one that no cells can hold."""
    if not _is_number(value):
        return glyphs.none
    with contextlib.suppress(OverflowError):  # a whole number beyond any float
        for decimals in (3, 2, 1, 0):
            text = f"{value:.{decimals}f}"
            without_zero = re.sub(r"^(-?)0\.", r"\1.", text)
            if fitting := [shown for shown in (text, without_zero) if len(shown) <= cells]:
                return fitting[0]
    return "-big" if value < 0 else "big"


def number(value: Any) -> str:
    """A setting such as α, a seed or a learning rate, in as few characters as tell it."""
    if not _is_number(value):
        return printable(value)
    whole = isinstance(value, int) and abs(value) < 10**18
    with contextlib.suppress(OverflowError):
        return str(value) if whole else f"{value:g}"
    return "-big" if value < 0 else "big"


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def run_title(alpha: Any, seed: Any) -> str:
    """A run as a sentence names it: `α 0.2 · seed 1`."""
    return f"α {number(alpha)} · seed {number(seed)}"


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def ordinal(place: int) -> str:
    """`1st`, `2nd`, `11th`."""
    suffix = "th" if place % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{suffix}"


def listing(words: list[str]) -> str:
    """`a, b and c`; of more than three the first ones and how many more."""
    if len(words) > 3:
        return f"{', '.join(words[:3])} and {len(words) - 3} more"
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def shipped_name(tag: str) -> str:
    """What the runs of a tag that came with mixtui are called."""
    preset = PRESETS.get(tag)
    return printable(tag) if preset is None else preset.about
