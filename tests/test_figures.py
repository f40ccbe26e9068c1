"""Scores as people read them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtui.figures import figure


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.687, ".687"),
        (1.18, "1.180"),
        (-0.0194, "−.019"),
        (-0.0001, ".000"),
        (1.23e9, "1.2e+09"),
        (None, "–"),
        (math.nan, "–"),
        (-math.inf, "–"),
    ],
)
def test_three_decimals_and_no_zero_before_the_point(value: float | None, expected: str) -> None:
    assert figure(value) == expected


@given(st.floats(-100, 100))
def test_a_difference_has_a_sign(value: float) -> None:
    assert figure(value, "+").startswith(("+", "−"))
    assert float(figure(value, "+").replace("−", "-")) == pytest.approx(value, abs=6e-4)
