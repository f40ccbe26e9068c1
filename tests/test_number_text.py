"""Scores as people read them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtui.number_text import ece_margin, is_finite, score_text


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
    assert score_text(value) == expected


@given(st.floats(-100, 100))
def test_a_difference_has_a_sign(value: float) -> None:
    assert score_text(value, "+").startswith(("+", "−"))
    assert float(score_text(value, "+").replace("−", "-")) == pytest.approx(value, abs=6e-4)


# How sure an ECE is


def scores(ece: object, low: object, high: object, floor: object = None) -> dict[str, object]:
    return {"ece": ece, "ece_low": low, "ece_high": high, "ece_floor_high": floor}


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        (scores(0.022, 0.0152, 0.0271), "±.007"),
        (scores(0.022, 0.018, 0.0289), "±.007"),  # the farther end counts
        (scores(0.022, 0.0149, 0.026), "±.008"),  # rounded up: no end lies outside
        (scores(0.03, 0.025, 0.035), "±.005"),  # but for what binary fractions add
        (scores(0.06, 0.065, 0.072), "±.012"),  # relieved of its bias, an interval may leave the ECE out
        (scores(0.06, 0.04, 0.055), "±.020"),
        (scores(0.05, 0.05, 0.05), "±.000"),
        (scores(0, 0, 1), "±1.00"),
        (scores(0.013, 0.0, 0.0181, 0.016), "<.019"),
        (scores(0.016, 0.0, 0.02, 0.016), "<.020"),
        (scores(0.0161, 0.004, 0.02, 0.016), "±.013"),
        ({"ece": 0.022}, ""),  # a run of an earlier version
        ({}, ""),
        (scores(0.022, None, 0.03), ""),
        (scores(0.022, math.nan, 0.03), ""),
        (scores(0.022, 0.01, math.inf), ""),
        (scores(0.022, 0.03, 0.01), ""),
        (scores("0.022", "[red]", [0.03]), ""),
        (scores(1e300, 0, 10**400), ""),
        (scores(0.022, 0.015, 0.027, "high"), "±.007"),
    ],
)
def test_how_sure_an_ece_is(metrics: dict[str, object], expected: str) -> None:
    assert ece_margin(metrics) == expected


shares = st.floats(0, 1)
anything = shares | st.floats() | st.integers() | st.just(10**400) | st.none() | st.text(max_size=9) | st.booleans()


@settings(max_examples=50)
@given(anything, anything, anything, anything)
def test_the_text_takes_five_characters_or_none(ece: object, low: object, high: object, floor: object) -> None:
    assert len(ece_margin(scores(ece, low, high, floor))) in (0, 5)


@settings(max_examples=50)
@given(shares, shares, shares, shares)
def test_the_interval_lies_within_what_is_shown(ece: float, one: float, other: float, floor: float) -> None:
    low, high = min(one, other), max(one, other)
    shown = ece_margin(scores(ece, low, high, floor))
    width = float(shown[1:])
    assert shown[0] == ("<" if ece <= floor else "±")
    assert high <= width + 1e-8 if ece <= floor else ece - width - 1e-8 <= low <= high <= ece + width + 1e-8


@pytest.mark.parametrize("value", [None, True, "1", [1], float("nan"), float("-inf"), 10**400])
def test_what_is_no_finite_number_is_no_figure(value: object) -> None:
    assert not is_finite(value)


def test_whole_numbers_are_figures_too() -> None:
    assert is_finite(0)
    assert is_finite(-1.5)
