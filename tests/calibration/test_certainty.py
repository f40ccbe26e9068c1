"""How sure an ECE and a signed gap are."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtui.calibration.bins import FINE_BINS, Bins, equal_mass, equal_width, equal_width_edges
from mixtui.calibration.certainty import certainty, gap_interval
from mixtui.calibration.direction import direction
from mixtui.calibration.noise_floor import noise_floor
from mixtui.calibration.scores import accuracy, ece, mean_confidence, signed_gap
from mixtui.errors import MixtuiError

CELLS = 60  # fewer than FINE_BINS, to be quick
CONFIDENCE = (np.arange(CELLS) + 0.5) / CELLS
# Share of samples in a fine bin, of a network that is right about 80 % of the time and often sure.
SHARE = np.where(CONFIDENCE > 0.1, CONFIDENCE**4 * (1 - CONFIDENCE) ** -0.3, 0)
SHARE /= SHARE.sum()

samples = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40)


def draw(rng: np.random.Generator, overconfidence: float, n: int = 10_000) -> Bins:
    """Samples whose accuracy is `overconfidence` below their confidence, wherever that is possible."""
    chance = np.clip(CONFIDENCE - overconfidence, 0, 1)
    count = rng.multinomial(n, SHARE)
    return Bins(equal_width_edges(CELLS), count, count * CONFIDENCE, rng.binomial(count, chance))


def split(pairs: list[tuple[float, bool]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])


# 400 repeats of a coverage of 95 % spread by 1.1 %.
@pytest.mark.parametrize("true_ece", [0.03, 0.08])
def test_the_interval_covers_the_true_ece(true_ece: float) -> None:
    rng = np.random.default_rng(0)
    intervals = [certainty(draw(rng, true_ece), 15).interval for _ in range(400)]
    covered = np.mean([low <= true_ece <= high for low, high in intervals])
    assert 0.92 <= covered <= 0.98


def test_a_calibrated_model_is_at_the_floor() -> None:
    rng = np.random.default_rng(0)
    results = [certainty(draw(rng, 0), 15) for _ in range(100)]
    assert np.mean([result.at_floor for result in results]) >= 0.92
    assert all(result.interval[1] < 0.02 for result in results)


def test_where_the_ece_is_at_the_floor_the_interval_is_one_sided() -> None:
    rng = np.random.default_rng(0)
    for overconfidence in (0, 0.005, 0.01, 0.03):
        fine = draw(rng, overconfidence)
        result = certainty(fine, 15)
        low, high = result.interval
        assert result.floor == noise_floor(fine, 15)
        assert result.at_floor == (ece(fine.coarsen(15)) <= result.floor.high) == (low == 0)
        assert high > 0


def test_far_from_the_floor_it_is_about_the_normal_interval() -> None:
    fine = draw(np.random.default_rng(0), 0.2)
    low, high = certainty(fine, 15).interval
    measured = ece(fine.coarsen(15))
    half = 1.96 * 0.5 / np.sqrt(10_000)  # an answer has a standard deviation of a half at most
    assert (measured - low, high - measured) == pytest.approx((half, half), rel=0.3)


def test_a_few_right_answers_do_not_prove_a_high_confidence() -> None:
    # Of twenty, all right at an accuracy of .9 one time in eight.
    assert certainty(equal_width([0.999] * 20, [1] * 20, FINE_BINS), 15).interval[1] > 0.099


def test_a_few_right_answers_prove_what_they_prove_of_a_proportion() -> None:
    # By Clopper and Pearson's interval, eight of eight are right at an accuracy of .025 ** (1 / 8) and more.
    low, _ = certainty(equal_width([0.5] * 8, [1] * 8, FINE_BINS), 15).interval
    assert low == pytest.approx(0.025 ** (1 / 8) - 0.5, abs=0.01)


def test_a_lucky_draw_far_below_the_floor_does_not_prove_calibration() -> None:
    confidence = np.repeat([0.1, 0.3, 0.5, 0.7, 0.9], 20)
    right_as_often = np.tile(np.arange(20), 5) < np.rint(20 * confidence)
    result = certainty(equal_width(confidence, right_as_often, FINE_BINS), 15)
    assert result.interval[0] == 0
    assert result.interval[1] > 0.04


def test_how_many_samples_fall_into_each_bin_is_chance_too() -> None:
    # The answers of both bins are certain, and one bin is off by a half: its share alone decides the ECE.
    bins = equal_width([1.0] * 200 + [0.5] * 200, [1] * 200 + [0] * 200, FINE_BINS)
    low, _ = certainty(bins, 15).interval
    assert low == pytest.approx(0.5 * (0.5 - 1.96 * 0.5 / np.sqrt(400)), abs=0.005)


def test_more_samples_make_it_surer() -> None:
    few = draw(np.random.default_rng(0), 0.05)
    many = Bins(few.edges, few.count * 10_000, few.confidence_sum * 10_000, few.correct * 10_000)
    (low, high), (sure_low, sure_high) = certainty(few, 15).interval, certainty(many, 15).interval
    assert low < sure_low < ece(few.coarsen(15)) < sure_high < high
    assert (high - low) / (sure_high - sure_low) == pytest.approx(100, rel=0.2)


@given(samples, st.sampled_from([1, 15, 300]))
@settings(max_examples=50, deadline=None)
def test_any_samples_have_one(pairs: list[tuple[float, bool]], m: int) -> None:
    confidence, correct = split(pairs)
    result = certainty(equal_width(confidence, correct, FINE_BINS), m)
    assert 0 <= result.interval[0] <= result.interval[1] <= 1
    assert 0 <= result.floor.low <= result.floor.high <= 1


def test_it_is_the_same_at_every_call() -> None:
    fine = draw(np.random.default_rng(0), 0.03)
    assert certainty(fine, 15) == certainty(fine, 15)


def test_bins_of_equal_mass_are_taken_as_they_are() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.3, 1, 10_000)
    bins = equal_mass(confidence, rng.random(10_000) < confidence - 0.05, 15)
    low, high = certainty(bins, bins.m).interval
    assert 0.03 < low < ece(bins) < high < 0.07


def test_bins_that_cannot_be_merged_are_refused() -> None:
    with pytest.raises(MixtuiError, match="cannot be merged into 7"):
        certainty(draw(np.random.default_rng(0), 0), 7)


def test_it_takes_no_longer_for_a_million_samples() -> None:
    fine = draw(np.random.default_rng(0), 0.03, n=10**6)
    start = time.process_time()
    certainty(fine, 15)
    assert time.process_time() - start < 0.3


@given(samples)
@settings(max_examples=50)
def test_the_gap_is_told_from_0_where_its_direction_is(pairs: list[tuple[float, bool]]) -> None:
    bins = equal_width(*split(pairs), 15)
    low, high = gap_interval(bins)
    assert low <= signed_gap(bins) + 1e-12
    assert high >= signed_gap(bins) - 1e-12
    way = direction(accuracy(bins), mean_confidence(bins), bins.n)
    assert way == ("over" if low > 0 else "under" if high < 0 else "neither")
