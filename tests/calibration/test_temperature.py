import math
import warnings
from dataclasses import asdict

import numpy as np
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from mixtui.calibration.predictions import Predictions
from mixtui.calibration.scores import score_logits, score_probs
from mixtui.calibration.softmax import softmax
from mixtui.calibration.temperature import (
    HIGHEST,
    LOWEST,
    TemperatureFit,
    cross_fit,
    fit_temperature,
    logits_of,
)
from mixtui.errors import MixtuiError

TEMPERATURES = [0.3, 0.5, 0.7, 0.9, 1.5, 3, 8, 20]


def draw(probs, rng):
    """A label for each row of `probs`, drawn from it."""
    return (probs.cumsum(axis=1) < rng.random((len(probs), 1))).sum(axis=1).clip(max=probs.shape[1] - 1)


def logits_of_temperature(temperature, n, classes=10, seed=0):
    """Logits that are calibrated once divided by `temperature`, and labels."""
    rng = np.random.default_rng(seed)
    log_probs = scipy.special.log_softmax(2 * rng.standard_normal((n, classes)), axis=1)
    return temperature * log_probs, draw(np.exp(log_probs), rng)


def nll(logits, labels, temperature):
    return -scipy.special.log_softmax(logits / temperature, axis=1)[np.arange(len(labels)), labels].mean()


def scipy_temperature(logits, labels):
    found = minimize_scalar(
        lambda log_t: nll(logits, labels, math.exp(log_t)),
        bounds=(math.log(LOWEST), math.log(HIGHEST)),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return math.exp(found.x)


@st.composite
def small_sets(draw_from, largest=20):
    n, classes = draw_from(st.integers(1, 12)), draw_from(st.integers(2, 4))
    values = st.one_of(st.sampled_from([0.0, 1.0, -1.0, largest]), st.floats(-largest, largest))
    logits = draw_from(st.lists(st.lists(values, min_size=classes, max_size=classes), min_size=n, max_size=n))
    labels = draw_from(st.lists(st.integers(0, classes - 1), min_size=n, max_size=n))
    return np.array(logits), np.array(labels)


def assert_sound(fit):
    low, high = fit.interval
    assert LOWEST <= low <= fit.temperature <= high <= HIGHEST


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_the_temperature_is_recovered(temperature):
    fit = fit_temperature(*logits_of_temperature(temperature, 40_000))
    assert fit.temperature == pytest.approx(temperature, rel=0.02)
    assert fit.interval[0] < temperature < fit.interval[1]
    assert fit.interval[1] / fit.interval[0] < 1.04
    assert fit.direction == ("over" if temperature > 1 else "under")


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_scaling_keeps_the_accuracy_and_does_not_raise_the_nll(temperature):
    logits, labels = logits_of_temperature(temperature, 4000)
    fit = cross_fit(logits, labels)
    before = score_logits(logits, labels).scores
    for fitted in (fit.whole.temperature, fit.sample_temperature):
        after = score_logits(logits, labels, temperature=fitted).scores
        assert after.accuracy == before.accuracy
        assert after.nll <= before.nll
        assert after.ece < 0.03


@pytest.mark.parametrize("temperature", TEMPERATURES)
@pytest.mark.parametrize("classes", [2, 10, 100])
def test_scipy_agrees(temperature, classes):
    logits, labels = logits_of_temperature(temperature, 500, classes)
    assert fit_temperature(logits, labels).temperature == pytest.approx(scipy_temperature(logits, labels), rel=1e-6)


def test_scipy_agrees_where_a_part_of_the_rows_gives_the_first_guess():
    logits, labels = logits_of_temperature(2.5, 40_000, 4)
    assert fit_temperature(logits, labels).temperature == pytest.approx(scipy_temperature(logits, labels), rel=1e-6)
    # That part is of no use: its rows are constant.
    logits[::16] = 0
    assert fit_temperature(logits, labels).temperature == pytest.approx(scipy_temperature(logits, labels), rel=1e-6)


@settings(max_examples=50, deadline=None)
@given(small_sets())
def test_no_other_temperature_has_a_lower_nll(logits_and_labels):
    logits, labels = logits_and_labels
    fit = fit_temperature(logits, labels)
    assert_sound(fit)
    lowest = nll(logits, labels, fit.temperature)
    for other in np.geomspace(LOWEST, HIGHEST, 200):
        assert lowest <= nll(logits, labels, other) + 1e-6


@settings(max_examples=50, deadline=None)
@given(small_sets(), st.data())
def test_constants_added_to_rows_and_the_order_of_classes_and_samples_change_nothing(logits_and_labels, data):
    logits, labels = logits_and_labels
    n, classes = logits.shape
    # Whole numbers, so that the sums are nearly exact.
    constants = np.array(data.draw(st.lists(st.integers(-8, 8), min_size=n, max_size=n)))
    of_classes = np.array(data.draw(st.permutations(range(classes))))
    of_samples = np.array(data.draw(st.permutations(range(n))))
    changed = np.round(logits, 3) + constants[:, np.newaxis]
    changed[:, of_classes] = changed.copy()
    fit = fit_temperature(np.round(logits, 3), labels)
    again = fit_temperature(changed[of_samples], of_classes[labels][of_samples])
    # Where the NLL is nearly flat, rounding decides which T is the best; its NLL is the same.
    flat = nll(logits, labels, fit.temperature) == pytest.approx(nll(logits, labels, again.temperature), abs=1e-9)
    assert flat or again.temperature == pytest.approx(fit.temperature, rel=1e-4)


EXTREME = {
    "a sample, right": ([[2.0, 1.0]], [0]),
    "a sample, wrong": ([[2.0, 1.0]], [1]),
    "a sample between": ([[0.0, 3.0, 4.0]], [1]),
    "two samples": ([[2.0, 1.0], [2.0, 1.0]], [0, 1]),
    "three samples": ([[2.0, 1.0], [0.0, 5.0], [2.0, 1.0]], [0, 1, 1]),
    "constant rows": (np.ones((40, 3)), np.arange(40) % 3),
    "one constant row": ([[7.0, 7.0]], [1]),
    "one label": (np.random.default_rng(0).standard_normal((50, 4)), np.zeros(50, dtype=int)),
    "far, all right": (1e4 * np.eye(5)[np.arange(50) % 5], np.arange(50) % 5),
    "far, all wrong": (1e4 * np.eye(5)[np.arange(50) % 5], (np.arange(50) + 1) % 5),
    "far, some right": (1e4 * np.eye(5)[np.arange(50) % 5], np.arange(50) % 3),
    "near, all right": (1e-9 * np.eye(5)[np.arange(50) % 5], np.arange(50) % 5),
    "the farthest": ([[1.7e308, -1.7e308], [-1.7e308, 1.7e308], [0, 5e-324]], [0, 0, 1]),
    "both far and near": ([[1e300, 0.0], [0.0, 1e-300], [1.0, 0.0], [1.0, 0.0]], [0, 0, 1, 0]),
    "nearly balanced": ([[0.0, 1e-3], [0.0, 0.999e-3]], [1, 0]),
    "whole numbers": (np.array([[3, -2], [100, 4], [-128, 127]], dtype=np.int8), [0, 1, 1]),
}


@pytest.mark.parametrize("case", EXTREME)
def test_extreme_logits_have_a_temperature(case):
    logits, labels = np.array(EXTREME[case][0]), np.array(EXTREME[case][1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit = cross_fit(logits, labels)
    assert_sound(fit.whole)
    assert all(LOWEST <= half <= HIGHEST for half in fit.halves)
    assert fit.sample_temperature.shape == labels.shape
    after = score_logits(logits, labels, temperature=fit.sample_temperature).scores
    assert not any(math.isnan(score) for score in asdict(after).values() if score is not None)


@settings(max_examples=50, deadline=None)
@given(small_sets(largest=1e308))
def test_no_finite_logits_crash_the_fit(logits_and_labels):
    assert_sound(fit_temperature(*logits_and_labels))


def test_all_right_is_fitted_by_the_lowest_temperature_and_all_wrong_by_the_highest():
    logits = np.tile([[0.5, 0.0], [0.0, 0.5]], (200, 1))
    right, wrong = np.tile([0, 1], 200), np.tile([1, 0], 200)
    under, over = fit_temperature(logits, right), fit_temperature(logits, wrong)
    assert (under.temperature, under.interval[0], under.direction) == (LOWEST, LOWEST, "under")
    assert (over.temperature, over.interval[1], over.direction) == (HIGHEST, HIGHEST, "over")
    # The interval ends where Wilson's interval of 400 right of 400 begins: at p = 400 / (400 + 1.96²).
    refused = 0.5 / math.log(400 / 1.96**2)
    assert refused <= under.interval[1] <= 1.05 * refused


def test_a_temperature_beyond_the_lowest_is_said_to_be_the_lowest():
    logits = 1e-3 * np.tile([[1.0, 0.0], [0.0, 1.0]], (200, 1))
    assert fit_temperature(logits, np.tile([0, 1], 200)) == TemperatureFit(LOWEST, (LOWEST, LOWEST))


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_few_samples_tell_no_direction(n):
    for labels in ([0, 0, 0], [1, 1, 1], [1, 0, 1]):
        fit = fit_temperature([[0.0, 0.1], [0.0, 0.2], [0.0, 0.1]][:n], labels[:n])
        assert fit.interval[0] <= 1 <= fit.interval[1]
        assert fit.direction == "neither"


def test_samples_that_agree_by_chance_do_not_make_it_certain():
    # At the best T the label's logit is the mean one in each row, so that every gradient is 0.
    fit = fit_temperature([[0.0, 3.0, 4.0]] * 10, [1] * 10)
    z = np.array([0.0, 3.0, 4.0]) / fit.temperature
    probs = scipy.special.softmax(z)
    information = 10 * (probs @ z**2 - (probs @ z) ** 2)
    assert math.log(fit.interval[1] / fit.temperature) == pytest.approx(1.96 / math.sqrt(information), rel=1e-3)


def test_where_no_temperature_is_better_than_another_it_is_one():
    assert fit_temperature(np.ones((40, 3)), np.arange(40) % 3) == TemperatureFit(1.0, (LOWEST, HIGHEST))


def covers(log_probs, true_probs, temperature, repeats=1000, n=400):
    """How often the interval holds `temperature`, of rows drawn from `log_probs` with labels of `true_probs`."""
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(repeats):
        rows = rng.integers(0, len(log_probs), n)
        low, high = fit_temperature(log_probs[rows], draw(true_probs[rows], rng)).interval
        held += low <= temperature <= high
    return held / repeats


@pytest.mark.parametrize("temperature", [0.3, 1, 8])
def test_the_interval_covers_the_temperature(temperature):
    log_probs = scipy.special.log_softmax(1.5 * np.random.default_rng(1).standard_normal((300, 3)), axis=1)
    assert 0.93 <= covers(temperature * log_probs, np.exp(log_probs), temperature) <= 0.975


def test_the_interval_covers_where_no_temperature_makes_the_logits_right():
    # Sure ones are wrong too often, unsure ones too seldom; the best T is that of the expected NLL.
    logits = np.array([[6.0, 0.0], [3.0, 0.0], [1.0, 0.0], [0.5, 0.0]])
    true_probs = np.array([[0.80, 0.20], [0.85, 0.15], [0.90, 0.10], [0.80, 0.20]])
    best = minimize_scalar(
        lambda log_t: -(true_probs * scipy.special.log_softmax(logits / math.exp(log_t), axis=1)).sum(),
        bounds=(math.log(LOWEST), math.log(HIGHEST)),
        method="bounded",
    )
    assert 0.93 <= covers(logits, true_probs, math.exp(best.x)) <= 0.975


def test_each_half_is_scaled_by_the_temperature_of_the_other():
    logits, labels = logits_of_temperature(2, 1001)
    fit = cross_fit(logits, labels)
    in_first = np.isin(np.arange(1001), np.random.default_rng(0).permutation(1001)[:500])
    first, second = (fit_temperature(logits[half], labels[half]).temperature for half in (in_first, ~in_first))
    assert fit.halves == pytest.approx((first, second), rel=1e-6)
    np.testing.assert_allclose(fit.sample_temperature, np.where(in_first, second, first), rtol=1e-6)
    assert fit.whole == fit_temperature(logits, labels)


def test_the_halves_are_the_same_at_every_call():
    logits, labels = logits_of_temperature(2, 400)
    assert cross_fit(logits, labels).halves == cross_fit(logits, labels).halves


def test_a_single_sample_is_not_scaled():
    assert cross_fit([[2.0, 1.0]], [1]).sample_temperature.tolist() == [1.0]


def test_bad_logits_are_refused():
    with pytest.raises(MixtuiError, match="row 1 "):
        fit_temperature([[0.0, 1.0], [0.0, np.nan]], [0, 1])
    with pytest.raises(MixtuiError, match="no samples"):
        cross_fit(np.empty((0, 3)), np.empty(0, dtype=int))
    beyond_float64 = np.array([[0, 1], [0, 1]], dtype=np.longdouble) * np.longdouble("1e400")
    with pytest.raises(MixtuiError, match="row 0 "):
        fit_temperature(beyond_float64, [0, 1])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_probabilities_have_the_temperature_of_their_logits(dtype):
    logits, labels = logits_of_temperature(2, 2000, 4)
    from_probs = logits_of(Predictions("probs", softmax(logits).astype(dtype), labels))
    expected = fit_temperature(logits, labels).temperature
    assert fit_temperature(from_probs, labels).temperature == pytest.approx(expected, rel=0.01)
    assert from_probs.dtype == np.result_type(dtype, np.float32)


@pytest.mark.parametrize(
    ("dtype", "smallest"),
    [(np.float16, 2.0**-24), (np.float32, 2.0**-149), (np.float64, 5e-324), (np.int64, 5e-324)],
)
def test_a_probability_of_zero_counts_as_the_smallest_above_it(dtype, smallest):
    probs = np.array([[1, 0], [0, 1]], dtype=dtype)
    logits = logits_of(Predictions("probs", probs, np.array([0, 1])))
    assert logits[0].tolist() == pytest.approx([0, math.log(smallest)])
    assert probs.tolist() == [[1, 0], [0, 1]]


def test_logits_are_given_back_as_they_are_and_top_labels_have_none():
    logits = np.zeros((2, 3))
    assert logits_of(Predictions("logits", logits, np.array([0, 1]))) is logits
    assert logits_of(Predictions("top-label", np.array([0.5, 0.6]), np.array([0, 1]))) is None


def test_a_temperature_divides_the_logits_that_are_scored():
    logits, labels = logits_of_temperature(2, 30_000, 12)  # more rows than are worked on at a time
    each = np.random.default_rng(0).uniform(0.3, 20, len(labels))
    for temperature, divided in ((2.0, logits / 2), (each, logits / each[:, np.newaxis])):
        scored = score_logits(logits, labels, temperature=temperature).scores.to_json()
        assert scored == pytest.approx(score_logits(divided, labels).scores.to_json())
    probs = score_probs(softmax(logits), labels).scores.to_json()
    assert score_logits(logits, labels, temperature=1.0).scores.to_json() == pytest.approx(probs)
