"""Over- or underconfident, and whether that could be luck."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from mixtui.calibration.direction import direction, direction_of
from mixtui.calibration.interval import wilson_interval


@given(st.integers(0, 500), st.integers(1, 500))
def test_wilson_interval_is_scipys(successes: int, extra: int) -> None:
    n = successes + extra
    expected = binomtest(successes, n).proportion_ci(method="wilson")
    assert wilson_interval(successes / n, n) == pytest.approx((expected.low, expected.high), abs=1e-6)


@given(st.floats(0, 1), st.floats(1, 1e9))
def test_wilson_interval_holds_the_proportion(accuracy: float, n: float) -> None:
    low, high = wilson_interval(accuracy, n)
    assert low <= accuracy <= high


@pytest.mark.parametrize(
    ("confidence", "n", "expected"), [(0.75, 10_000, "over"), (0.65, 10_000, "under"), (0.75, 100, "neither")]
)
def test_a_gap_counts_once_the_samples_are_enough(confidence: float, n: int, expected: str) -> None:
    assert direction(0.7, confidence, n) == expected


SCORES = {"accuracy": 0.7, "confidence": 0.75, "ece": 0.05}


@pytest.mark.parametrize(
    ("changes", "n", "expected"),
    [
        ({}, 10_000, "over"),
        ({"confidence": 0.65}, 10_000, "under"),
        ({}, 100, "neither"),
        ({"ece_floor_high": 0.049}, 10_000, "over"),
        ({"ece_floor_high": 0.05}, 10_000, "floor"),
        ({"ece": 0.0, "ece_floor_high": 0.0}, 10_000, "floor"),
        ({"ece_floor_high": "high"}, 10_000, "over"),
        ({}, None, None),
        ({}, 0, None),
        ({"ece": None}, 10_000, None),
        ({"confidence": math.nan}, 10_000, None),
        ({"accuracy": 1.5}, 10_000, None),
    ],
)
def test_recorded_scores_tell_a_direction_where_they_can(
    changes: dict[str, object], n: object, expected: str | None
) -> None:
    assert direction_of({**SCORES, **changes}, n) == expected
