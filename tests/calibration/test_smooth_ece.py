"""Smooth ECE against cases by hand and a plain sum over kernels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mixtui.calibration.smooth_ece import smooth_ece
from mixtui.errors import MixtuiError

confidences = st.one_of(st.sampled_from([0.0, 0.3, 0.7, 0.70001, 1.0]), st.floats(0, 1))
samples = st.lists(st.tuples(confidences, st.booleans()), min_size=1, max_size=40)


def split(pairs):
    return np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])


def summed_kernels(confidence, correct, sigma, points):
    """∫ |1/n Σ (correct − confidence) · K_σ| by the midpoint rule, the images of each sample written out."""
    t = (np.arange(points) + 0.5) / points
    smoothed = np.zeros(points)
    for position, residual in zip(confidence, correct - confidence, strict=True):
        for shift in range(-8, 9, 2):
            for image in (shift + position, shift - position):
                smoothed += residual * np.exp(-(((t - image) / sigma) ** 2) / 2)
    return np.abs(smoothed).mean() / (len(confidence) * sigma * np.sqrt(2 * np.pi))


@pytest.mark.parametrize("edge", [0.0, 1.0])
@pytest.mark.parametrize("wrong", [0.0001, 0.01, 0.5, 1.0])
def test_mass_on_an_edge_counts_in_full(edge, wrong):
    n = 10_000
    correct = np.arange(n) >= wrong * n if edge == 1 else np.arange(n) < wrong * n
    assert smooth_ece(np.full(n, edge), correct) == pytest.approx(wrong, abs=1e-8)


def test_an_edge_weighs_no_less_than_the_inside():
    # 1,000 samples, of which 100 at confidence 1 are wrong for nothing, and the rest is calibrated.
    confidence = np.repeat([1.0, 0.6], 500)
    correct = np.repeat([True, False, True, False], [400, 100, 300, 200])
    assert smooth_ece(confidence, correct) == pytest.approx(0.1, abs=1e-8)


@pytest.mark.parametrize("confidence", [0.0001, 0.25, 0.7, 0.9999])
def test_samples_of_one_confidence_score_their_gap(confidence):
    assert smooth_ece([confidence] * 4, [1, 1, 0, 0]) == pytest.approx(abs(0.5 - confidence), abs=1e-8)


def test_perfect_calibration_scores_zero():
    assert smooth_ece([0.7] * 10 + [0.0, 1.0], [1] * 7 + [0] * 3 + [0, 1]) == 0


def test_gaps_of_near_neighbours_cancel_as_they_do_not_in_bins():
    # Either side of an edge of ten bins, each wrong by a half: ECE .5, whatever the distance.
    assert smooth_ece([0.5, 0.5001], [1, 0]) < 0.005


@settings(max_examples=15, deadline=None)
@given(samples)
@example([(1.0, False), (0.999, True), (0.99, True)])
@example([(0.0, True), (1.0, False)])
def test_it_is_the_fixed_point_of_the_summed_kernels(pairs):
    confidence, correct = split(pairs)
    low, high = 0.0, 1.0
    while high - low > 2e-5 and high > 1e-3:  # a finer kernel would need too fine a grid
        sigma = (low + high) / 2
        points = min(20_000, int(40 / sigma))
        low, high = (sigma, high) if summed_kernels(confidence, correct, sigma, points) > sigma else (low, sigma)
    assert low - 5e-5 < smooth_ece(confidence, correct) < high + 5e-5


@settings(max_examples=50)
@given(samples)
def test_it_lies_between_the_gap_and_the_sum_of_the_gaps(pairs):
    confidence, correct = split(pairs)
    score = smooth_ece(confidence, correct)
    assert abs((confidence - correct).mean()) - 1e-5 <= score <= np.abs(confidence - correct).mean() + 1e-5


@settings(max_examples=20)
@given(samples, st.data())
def test_neither_order_nor_duplicates_change_it(pairs, data):
    expected = smooth_ece(*split(pairs))
    assert smooth_ece(*split(data.draw(st.permutations(pairs)))) == pytest.approx(expected, abs=1e-7)
    assert smooth_ece(*split(pairs + pairs)) == pytest.approx(expected, abs=1e-7)


def test_a_sample_without_number_is_refused():
    with pytest.raises(MixtuiError, match="row 1 "):
        smooth_ece([0.5, np.nan], [1, 0])
