"""The ECE that a calibrated model scores by chance."""

from __future__ import annotations

import numpy as np
import pytest

from mixtui.calibration.bins import FINE_BINS, Bins, equal_mass, equal_width
from mixtui.calibration.noise_floor import Floor, noise_floor
from mixtui.calibration.scores import ece
from mixtui.errors import MixtuiError


def confidences(n: int = 10_000) -> np.ndarray:
    """Spread like those of a network that is right about 73 % of the time."""
    return 0.1 + 0.9 * np.random.default_rng(0).beta(2, 0.86, n)


def fine_bins(confidence: np.ndarray) -> Bins:
    return equal_width(confidence, np.ones(len(confidence), dtype=bool), FINE_BINS)


def brute_force(confidence: np.ndarray, m: int, redraws: int = 1000) -> np.ndarray:
    """ECEs of answers drawn sample by sample."""
    rng = np.random.default_rng(1)
    return np.array([ece(equal_width(confidence, rng.random(len(confidence)) < confidence, m)) for _ in range(redraws)])


@pytest.mark.parametrize("m", [5, 15, 100])
def test_it_equals_a_redraw_of_every_sample(m: int) -> None:
    confidence = confidences()
    floor, drawn = noise_floor(fine_bins(confidence), m), brute_force(confidence, m)
    error = drawn.std() * np.sqrt(2 / 1000)  # of the difference of two means
    assert floor.mean == pytest.approx(drawn.mean(), abs=4 * error)
    # The 2.5 % quantile of normal draws is known 2.7 times less exactly than their mean.
    assert (floor.low, floor.high) == pytest.approx(np.quantile(drawn, (0.025, 0.975)), abs=4 * 2.7 * error)


@pytest.mark.parametrize(("m", "expected"), [(15, 0.010), (100, 0.027)])
def test_a_calibrated_model_scores_the_known_figure(m: int, expected: float) -> None:
    assert confidences().mean() == pytest.approx(0.73, abs=0.01)
    assert noise_floor(fine_bins(confidences()), m).mean == pytest.approx(expected, abs=0.002)


def test_it_does_not_depend_on_which_answers_were_right() -> None:
    confidence = confidences(500)
    wrong = equal_width(confidence, np.zeros(500, dtype=bool), FINE_BINS)
    assert noise_floor(wrong, 15) == noise_floor(fine_bins(confidence), 15)


def test_it_is_the_same_at_every_call() -> None:
    fine = fine_bins(confidences(500))
    assert noise_floor(fine, 15) == noise_floor(fine, 15)


def test_bins_of_any_widths_are_taken_as_they_are() -> None:
    bins = equal_mass(confidences(), np.ones(10_000, dtype=bool), 15)
    assert noise_floor(bins, bins.m).mean == pytest.approx(0.010, abs=0.003)


def test_a_single_coin_always_misses_by_half() -> None:
    assert noise_floor(equal_width([0.5], [1], FINE_BINS), 15) == Floor(0.5, 0.5, 0.5)


def test_bins_that_cannot_be_merged_are_refused() -> None:
    with pytest.raises(MixtuiError, match="cannot be merged into 7"):
        noise_floor(fine_bins(confidences(10)), 7)
