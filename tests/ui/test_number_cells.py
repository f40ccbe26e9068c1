"""Numbers in cells: as wide as promised, whatever they are."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtui.ui.glyphs import ASCII, BRAILLE
from mixtui.ui.number_cells import fraction, loss, number

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.687, ".687"),
        (0.0, ".000"),
        (1.0, "1.00"),
        (0.9996, "1.00"),
        (9.996, "10.0"),
        (-0.05, "-.05"),
        (123.4, "123"),
        (1e300, "big"),
        (-1e300, "-big"),
        (10**400, "big"),
        (NAN, "nan"),
        (-INF, "-inf"),
        (None, "–"),
        (True, "–"),
        (".5", "–"),
    ],
)
def test_a_fraction_takes_four_cells(value: Any, expected: str) -> None:
    assert fraction(value, BRAILLE) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.861, "0.861"),
        (12.314, "12.31"),
        (123.45, "123.5"),
        (99999.4, "99999"),
        (9.9999, "10.00"),
        (-0.1234, "-.123"),
        (1e300, "big"),
        (NAN, "nan"),
        (INF, "inf"),
        (None, "–"),
        ([], "–"),
    ],
)
def test_a_loss_takes_five_cells(value: Any, expected: str) -> None:
    assert loss(value, BRAILLE) == expected


@settings(max_examples=50)
@given(value=st.floats() | st.integers() | st.integers().map(lambda n: n * 10**300))
def test_no_figure_takes_more_cells_than_promised(value: float) -> None:
    assert 1 <= len(fraction(value, BRAILLE)) <= 4
    assert 1 <= len(loss(value, BRAILLE)) <= 5


@settings(max_examples=50)
@given(value=st.floats(-999, 9999))
def test_what_is_shown_is_the_value_to_its_last_digit(value: float) -> None:
    for shown in (fraction(value, BRAILLE), loss(value, BRAILLE)):
        decimals = len(shown.partition(".")[2])
        assert math.isclose(float(shown), value, abs_tol=0.501 * 10**-decimals)


def test_no_figure_in_ascii_is_a_hyphen() -> None:
    assert (fraction(None, ASCII), loss(None, ASCII)) == ("-", "-")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.4, "0.4"),
        (1.0, "1"),
        (0, "0"),
        (1e-5, "1e-05"),
        (20261123, "20261123"),  # a seed
        (10**400, "big"),
        (True, "True"),
        ("x\ny", "x?y"),
        (NAN, "nan"),
    ],
)
def test_a_setting_is_as_short_as_tells_it(value: Any, expected: str) -> None:
    assert number(value) == expected
