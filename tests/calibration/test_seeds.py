"""A score over seeds, against cases by hand and scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mixtui.calibration.bins import equal_mass, equal_width
from mixtui.calibration.seeds import (
    Difference,
    Summary,
    paired_difference,
    place_of,
    pool,
    prediction_interval,
    summary,
)

scores = st.lists(st.floats(0, 1), min_size=2, max_size=12)
by_seed = st.dictionaries(st.integers(0, 6), st.floats(), max_size=7)


def test_the_standard_deviation_is_that_of_a_sample():
    assert summary([0.1, 0.2, 0.3]) == Summary(pytest.approx(0.2), pytest.approx(0.1), 3)


def test_one_seed_has_no_spread_and_no_interval():
    one = summary([0.25])
    assert one == Summary(0.25, None, 1)
    assert prediction_interval(one) is None
    assert summary([]) is None


def test_a_difference_is_of_the_seeds_that_both_have():
    difference = paired_difference({0: 0.1, 1: 0.2, 7: 0.9}, {0: 0.3, 1: 0.6, 5: 0.0})
    half = 12.706204736 * 0.1  # t of one degree of freedom; differences -.2 and -.4 have s/√n = .1
    assert difference == Difference(pytest.approx(-0.3), pytest.approx((-0.3 - half, -0.3 + half)), 2)
    assert not difference.is_clear


def test_fewer_than_two_pairs_have_no_interval():
    assert paired_difference({0: 0.5}, {0: 0.25, 1: 0.3}) == Difference(0.25, None, 1)
    assert not Difference(0.25, None, 1).is_clear
    assert paired_difference({0: 0.5}, {1: 0.25}) is None


def test_a_difference_that_every_seed_shares_is_clear():
    assert paired_difference({0: 0.5, 1: 0.75}, {0: 0.25, 1: 0.5}) == Difference(0.25, (0.25, 0.25), 2)
    assert paired_difference({0: 0.5, 1: 0.75}, {0: 0.25, 1: 0.5}).is_clear
    assert paired_difference({0: 0.25, 1: 0.5}, {0: 0.5, 1: 0.75}).is_clear
    assert not paired_difference({0: 0.5, 1: 0.5}, {0: 0.5, 1: 0.5}).is_clear


@settings(max_examples=50)
@given(scores, scores)
def test_the_interval_is_that_of_scipys_paired_t_test(ours, others):
    n = min(len(ours), len(others))
    differences = np.array(ours[:n]) - np.array(others[:n])
    found = paired_difference(dict(enumerate(ours[:n])), dict(enumerate(others[:n])))
    assert found.n == n
    sem = stats.sem(differences)
    if sem > 1e-12:
        assert found.interval == pytest.approx(stats.t.interval(0.95, n - 1, differences.mean(), sem), abs=1e-12)


@settings(max_examples=50)
@given(scores)
def test_the_prediction_interval_is_for_one_more_run(values):
    seeds = summary(values)
    low, high = prediction_interval(seeds)
    half = stats.t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) * math.sqrt(1 + 1 / len(values))
    assert (low, high) == pytest.approx((np.mean(values) - half, np.mean(values) + half), abs=1e-12)


@pytest.mark.parametrize(
    ("mean", "sd", "deck", "place"), [(0.167, 0.004, 0.196, "above"), (0.098, 0.023, 0.089, "inside")]
)
def test_the_reference_study_against_its_deck(mean, sd, deck, place):
    assert place_of(deck, prediction_interval(Summary(mean, sd, 5))) == place


def test_the_ends_of_an_interval_are_inside():
    assert [place_of(value, (1.0, 2.0)) for value in (0.9, 1.0, 2.0, 2.1)] == ["below", "inside", "inside", "above"]


@settings(max_examples=50)
@given(by_seed, by_seed)
def test_any_float_is_taken(ours, others):
    with np.errstate(all="raise"):
        difference = paired_difference(ours, others)
        seeds = summary(list(ours.values()))
        interval = seeds and prediction_interval(seeds)
    assert (difference.n if difference else 0) == len(ours.keys() & others.keys())
    assert (seeds.n if seeds else 0) == len(ours)
    assert (interval is None) == (len(ours) < 2)


def test_pooled_bins_are_those_of_all_the_samples():
    first, second = ([0.3, 0.9], [1, 0]), ([0.95, 0.2, 0.6], [1, 1, 0])
    pooled = pool([equal_width(*first, 5), equal_width(*second, 5)])
    together = equal_width(first[0] + second[0], first[1] + second[1], 5)
    assert pooled.n == 5
    np.testing.assert_array_equal(pooled.count, together.count)
    np.testing.assert_array_equal(pooled.correct, together.correct)
    np.testing.assert_allclose(pooled.confidence_sum, together.confidence_sum)


def test_bins_of_other_edges_are_not_pooled():
    one = equal_width([0.3, 0.9], [1, 0], 5)
    assert pool([one, equal_width([0.3, 0.9], [1, 0], 10)]) is None
    assert pool([one, equal_mass([0.3, 0.9, 0.1, 0.2, 0.7], [1, 0, 1, 1, 0], 5)]) is None
    assert pool([]) is None
