"""The debiased average: against the recursion that defines it, over gaps, and quickly."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtui.plots.smoothing import ema
from mixtui.ui.smoothing_factors import SMOOTHING_FACTORS


def recursion(y: list[float], factor: float) -> list[float]:
    average, count, smooth = 0.0, 0, []
    for value in y:
        if np.isfinite(value):
            average, count = factor * average + (1 - factor) * value, count + 1
            smooth.append(average / (1 - factor**count))
        else:
            smooth.append(float("nan"))
    return smooth


@pytest.mark.parametrize("factor", SMOOTHING_FACTORS)
@pytest.mark.parametrize("n", [0, 1, 2, 63, 64, 65, 1000])
def test_it_is_the_recursion(n: int, factor: float) -> None:
    y = np.random.default_rng(n).normal(size=n)
    y[::7] = np.nan
    np.testing.assert_allclose(ema(y, factor), recursion(y.tolist(), factor), rtol=1e-9, atol=1e-12)


def test_a_constant_is_left_alone_from_the_first_value_on() -> None:
    np.testing.assert_allclose(ema(np.full(300, 2.5), 0.97), 2.5)


def test_factor_0_leaves_the_values() -> None:
    np.testing.assert_array_equal(ema(np.array([1.0, np.inf, 3.0]), 0.0), [1.0, np.nan, 3.0])


def test_the_average_goes_on_after_a_gap() -> None:
    with_gap = ema(np.array([1.0, 2.0, np.nan, -np.inf, 3.0]), 0.9)
    assert np.isnan(with_gap[2:4]).all()
    np.testing.assert_allclose(with_gap[[0, 1, 4]], ema(np.array([1.0, 2.0, 3.0]), 0.9))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(), max_size=200), st.sampled_from(SMOOTHING_FACTORS))
def test_it_never_raises_and_stays_between_the_extremes(y: list[float], factor: float) -> None:
    smooth = ema(np.array(y, dtype=float), factor)
    finite = [value for value in y if np.isfinite(value)]
    assert len(smooth) == len(y)
    inside = smooth[np.isfinite(smooth)]
    if finite and len(inside):
        slack = 1e-9 * max(map(abs, finite)) + 5e-322
        assert inside.min() >= min(finite) - slack
        assert inside.max() <= max(finite) + slack


def test_a_million_values_are_smoothed_quickly() -> None:
    y = np.random.default_rng(0).normal(size=1_000_000)
    started = time.perf_counter()
    ema(y, 0.97)
    assert time.perf_counter() - started < 0.5  # 0.06 s on an idle core
