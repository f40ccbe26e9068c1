"""Numbers in the cells of tables: fixed decimals, so that a value that changes moves no column."""

from __future__ import annotations

import contextlib
import re
from typing import Any, TypeGuard

from mixtui.terminal_text import printable
from mixtui.ui.glyphs import Glyphs

_BIG = 1000  # a difference beyond it is shown without a plus


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
