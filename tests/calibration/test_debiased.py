"""The debiased L2 error against its definition and a simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtui.calibration.bins import equal_mass, equal_width
from mixtui.calibration.debiased import debiased_ece

samples = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


def test_a_case_by_hand():
    # One bin: gap .9 − .5, and noise .25/3.
    bins = equal_width([0.9] * 4, [1, 1, 0, 0], 10)
    assert debiased_ece(bins) == pytest.approx(math.sqrt(0.4**2 - 0.25 / 3))


def test_a_total_below_zero_is_clipped():
    assert debiased_ece(equal_width([0.5] * 4, [1, 1, 0, 0], 10)) == 0


def test_a_bin_of_one_sample_counts_zero():
    assert debiased_ece(equal_width([0.2], [1], 10)) == 0
    bins = equal_width([0.95] * 3 + [0.2], [0, 0, 0, 1], 10)
    assert debiased_ece(bins) == pytest.approx(math.sqrt(3 / 4 * 0.95**2))


@settings(max_examples=50)
@given(samples, st.integers(1, 20), st.sampled_from([equal_width, equal_mass]))
def test_it_follows_its_definition(pairs, m, binning):
    confidence, correct = (np.array(column) for column in zip(*pairs, strict=True))
    bins = binning(confidence, correct, m)
    total, below = 0.0, np.zeros(len(pairs), dtype=bool)
    for high in bins.edges[1:]:
        inside = (confidence <= high) & ~below
        below |= inside
        if inside.sum() >= 2:
            unbiased_variance_of_the_mean = correct[inside].var(ddof=1) / inside.sum()
            gap = confidence[inside].mean() - correct[inside].mean()
            total += inside.mean() * (gap**2 - unbiased_variance_of_the_mean)
    assert debiased_ece(bins) ** 2 == pytest.approx(max(total, 0), abs=1e-9)


def test_its_square_is_right_on_average_where_the_plain_one_is_too_high():
    rng = np.random.default_rng(3)
    bin_means = (np.arange(10) + 0.5) / 10
    confidence = np.repeat(bin_means, 30)
    truth = np.clip(confidence - 0.1, 0, 1)
    squares, plain = [], []
    for _ in range(400):
        bins = equal_width(confidence, rng.random(300) < truth, 10)
        squares.append(debiased_ece(bins) ** 2)
        plain.append(np.sum(bins.count * bins.gap**2) / bins.n)
    expected = np.mean((confidence - truth) ** 2)
    assert np.mean(squares) == pytest.approx(expected, rel=0.05)
    assert np.mean(plain) > 1.3 * expected
