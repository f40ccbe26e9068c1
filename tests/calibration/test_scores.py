import json
import math
from dataclasses import fields

import numpy as np
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtui.calibration import bin_scores
from mixtui.calibration.bin_scores import ece, mce, oe, ue
from mixtui.calibration.bins import EXACT_M, FINE_BINS, equal_mass, equal_width
from mixtui.calibration.checks import ROW_SUM_TOLERANCE
from mixtui.calibration.debiased import debiased_ece
from mixtui.calibration.ranking import auroc
from mixtui.calibration.scores import Scores, score_logits, score_probs, score_top_label
from mixtui.calibration.smooth_ece import smooth_ece
from mixtui.calibration.softmax import softmax
from mixtui.calibration.top_labels import top_label
from mixtui.errors import MixtuiError

# Few distinct values besides any others, so that ties and crowded bins are common.
confidences = st.one_of(st.sampled_from([0.0, 0.1, 0.35, 0.7, 0.7000001, 1.0]), st.floats(0, 1))
samples = st.lists(st.tuples(confidences, st.booleans()), min_size=1, max_size=60)
numbers_of_bins = st.integers(1, 40)

# Scoring everything draws a thousand times.
few = settings(max_examples=50)

# Rounding: sums over bins in a different order.
CLOSE = 1e-9


def split(pairs):
    return np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])


def random_logits(n, classes, seed=0):
    rng = np.random.default_rng(seed)
    return 3 * rng.standard_normal((n, classes)), rng.integers(0, classes, n)


OF_SAMPLE_SIZE = {"ece_low", "ece_high", "ece_floor", "ece_floor_low", "ece_floor_high", "debiased_ece"}


def assert_scores_close(actual, expected, but=frozenset()):
    for name in {field.name for field in fields(Scores)} - but:
        assert getattr(actual, name) == pytest.approx(getattr(expected, name), abs=CLOSE), name


@pytest.mark.parametrize(
    ("confidence", "correct", "expected"),
    [
        ([0.5, 0.45], [1, 0], 0.025),
        ([0.5, 0.55], [1, 0], 0.525),
        ([1.0] * 50 + [0.95] * 50, [1] * 48 + [0] * 2 + [1] * 50, 0.005),
        ([0.65] * 10 + [0.95] * 10, [1] * 10 + [1] * 5 + [0] * 5, 0.4),
        ([0.85, 0.85, 0.65, 0.65], [1, 0, 1, 1], 0.35),
    ],
)
def test_ece_of_exact_cases(confidence, correct, expected):
    assert ece(equal_width(confidence, correct, 10)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("confidence", "correct"),
    [
        ([0.2, 0.4, 0.6, 0.8], [0, 1, 0, 1]),
        ([0.7] * 4, [1, 1, 0, 0]),
        ([0.7] * 4, [1, 0, 1, 0]),
        ([0.7] * 4, [0, 0, 1, 1]),
    ],
)
def test_equal_mass_ece_of_exact_cases(confidence, correct):
    assert ece(equal_mass(confidence, correct, 2)) == pytest.approx(0.2, abs=1e-12)


def test_over_and_underconfidence_error_of_exact_case():
    bins = equal_width([0.85, 0.85, 0.65, 0.65], [1, 0, 1, 1], 10)
    assert oe(bins) == pytest.approx(0.14875, abs=1e-12)
    assert ue(bins) == pytest.approx(0.11375, abs=1e-12)
    assert mce(bins) == pytest.approx(0.35, abs=1e-12)


@few
@given(samples, numbers_of_bins)
def test_signed_gap_is_bounded_by_ece_and_ece_by_mce(pairs, m):
    s = score_top_label(*split(pairs), m).scores
    assert s.signed_gap == pytest.approx(s.confidence - s.accuracy, abs=CLOSE)
    assert abs(s.signed_gap) <= s.ece + CLOSE
    assert s.ece <= s.mce + CLOSE
    assert s.mce <= 1
    assert abs(s.signed_gap) <= s.equal_mass_ece + CLOSE


@few
@given(samples)
def test_signed_gap_ece_and_mce_are_equal_with_one_bin(pairs):
    s = score_top_label(*split(pairs), 1).scores
    assert abs(s.signed_gap) == pytest.approx(s.ece, abs=CLOSE)
    assert s.ece == pytest.approx(s.mce, abs=CLOSE)


@few
@given(samples, numbers_of_bins)
def test_over_and_underconfidence_errors_add_up_to_ece_at_most(pairs, m):
    s = score_top_label(*split(pairs), m).scores
    assert s.oe >= 0
    assert s.ue >= 0
    assert s.oe + s.ue <= s.ece + CLOSE


@few
@given(samples, numbers_of_bins, st.data())
def test_scores_do_not_depend_on_the_order_of_the_samples(pairs, m, data):
    shuffled = data.draw(st.permutations(pairs))
    assert_scores_close(score_top_label(*split(shuffled), m).scores, score_top_label(*split(pairs), m).scores)


@few
@given(samples, numbers_of_bins)
def test_scores_do_not_depend_on_the_samples_being_there_twice(pairs, m):
    twice, once = score_top_label(*split(pairs + pairs), m).scores, score_top_label(*split(pairs), m).scores
    assert_scores_close(twice, once, but=OF_SAMPLE_SIZE)


def test_class_scores_do_not_depend_on_order_or_duplication():
    logits, labels = random_logits(200, 4)
    expected = score_logits(logits, labels).scores
    order = np.random.default_rng(1).permutation(200)
    assert_scores_close(score_logits(logits[order], labels[order]).scores, expected)
    twice = score_logits(np.tile(logits, (2, 1)), np.tile(labels, 2)).scores
    assert_scores_close(twice, expected, but=OF_SAMPLE_SIZE)


@given(samples, st.sampled_from(EXACT_M), st.sampled_from(EXACT_M))
def test_refining_nested_bins_never_lowers_ece(pairs, m, finer):
    if finer % m:
        finer = FINE_BINS
    bins = equal_width(*split(pairs), FINE_BINS)
    assert ece(bins.coarsen(m)) <= ece(bins.coarsen(finer)) + CLOSE


@pytest.mark.parametrize("labels", [[3, 3, 3, 3], [0, 9, 0, 9], [5]])
def test_batches_with_one_or_two_distinct_labels_are_scored(labels):
    logits = random_logits(len(labels), 10)[0]
    s = score_logits(logits, labels).scores
    assert s.accuracy == np.mean(logits.argmax(axis=1) == labels)
    unknown = {"auroc"} if s.accuracy in (0, 1) else set()
    assert {name for name, value in s.to_json().items() if value is None} == unknown


@given(st.lists(st.lists(st.floats(-1e4, 1e4), min_size=3, max_size=3), min_size=1, max_size=20))
def test_softmax_agrees_with_scipy_and_rows_sum_to_one(logits):
    probs = softmax(logits)
    np.testing.assert_allclose(probs, scipy.special.softmax(logits, axis=1), rtol=1e-12)
    np.testing.assert_allclose(probs.sum(axis=1), 1)


def test_softmax_of_float32_is_float64():
    assert softmax(np.zeros((2, 3), dtype=np.float32)).dtype == np.float64


@pytest.mark.filterwarnings("error")
def test_softmax_of_logits_too_far_apart_for_a_float_is_0_and_1():
    assert softmax([[-1e308, 1e308]]).tolist() == [[0, 1]]
    assert score_logits([[-1e308, 1e308]], [1]).scores.nll == 0
    assert score_logits([[-1e308, 1e308]], [0]).scores.nll == math.inf


def test_top_label_takes_the_first_of_tied_classes():
    confidence, correct = top_label(np.array([[0.4, 0.4, 0.2], [0.2, 0.4, 0.4]]), np.array([0, 2]))
    assert confidence.tolist() == [0.4, 0.4]
    assert correct.tolist() == [True, False]


# 30,000 rows are more than are worked on at a time.
@pytest.mark.parametrize(("n", "classes"), [(7, 2), (500, 10), (30_000, 12)])
def test_class_scores_agree_with_their_definitions(n, classes):
    logits, labels = random_logits(n, classes)
    evaluation = score_logits(logits, labels, 15)
    probs, one_hot = scipy.special.softmax(logits, axis=1), np.eye(classes)[labels]
    log_probs = scipy.special.log_softmax(logits, axis=1)
    s = evaluation.scores
    assert s.accuracy == np.mean(logits.argmax(axis=1) == labels)
    assert s.confidence == pytest.approx(probs.max(axis=1).mean())
    assert s.nll == pytest.approx(-np.mean(log_probs[np.arange(n), labels]))
    assert s.brier == pytest.approx(((probs - one_hot) ** 2).sum(axis=1).mean())
    assert s.classwise_ece == pytest.approx(
        np.mean([ece(equal_width(probs[:, c], labels == c, 15)) for c in range(classes)])
    )
    expected = equal_width(probs.max(axis=1), logits.argmax(axis=1) == labels, 15)
    np.testing.assert_array_equal(evaluation.bins.count, expected.count)
    np.testing.assert_array_equal(evaluation.bins.correct, expected.correct)
    assert s.ece == pytest.approx(ece(expected))
    assert s.debiased_ece == pytest.approx(debiased_ece(expected))
    top = probs.max(axis=1), logits.argmax(axis=1) == labels
    assert s.equal_mass_ece == pytest.approx(ece(equal_mass(*top, 15)))
    assert (s.smooth_ece, s.auroc) == pytest.approx((smooth_ece(*top), auroc(*top)))


def test_logits_their_probabilities_and_their_top_labels_score_the_same():
    logits, labels = random_logits(300, 5)
    from_logits, from_probs = score_logits(logits, labels, 12), score_probs(softmax(logits), labels, 12)
    assert_scores_close(from_probs.scores, from_logits.scores)
    from_top = score_top_label(*top_label(softmax(logits), labels), 12).scores
    assert (from_top.nll, from_top.brier, from_top.classwise_ece) == (None, None, None)
    for name in ("accuracy", "ece", "mce", "oe", "ue", "confidence", "signed_gap", "equal_mass_ece"):
        assert getattr(from_top, name) == pytest.approx(getattr(from_logits.scores, name), abs=CLOSE), name


def test_nll_of_logits_is_finite_where_the_probability_underflows():
    s = score_logits([[0.0, 1e4], [0.0, 0.0]], [0, 1]).scores
    assert s.nll == pytest.approx((1e4 + math.log(2)) / 2)


def test_nll_of_a_zero_probability_is_infinite_and_null_in_json():
    s = score_probs([[0.0, 1.0], [0.5, 0.5]], [0, 1]).scores
    assert s.nll == math.inf
    assert s.to_json()["nll"] is None


def test_to_json_has_every_score_and_null_where_it_cannot_be_computed():
    shown = score_top_label([0.8, 0.6], [1, 0]).scores.to_json()
    assert tuple(shown) == tuple(field.name for field in fields(Scores))
    assert [name for name, value in shown.items() if value is None] == ["nll", "brier", "classwise_ece"]
    json.dumps(shown, allow_nan=False)


def test_perfect_predictions_score_zero_without_a_minus_sign():
    shown = score_probs([[1, 0], [0, 1]], [0, 1]).scores.to_json()
    assert (shown.pop("accuracy"), shown.pop("confidence")) == (1, 1)
    assert shown.pop("auroc") is None  # of no wrong answer
    assert [str(value) for value in shown.values()] == ["0.0"] * len(shown)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble])
def test_other_float_types_are_computed_in_float64(dtype):
    logits, labels = random_logits(500, 10)
    given_logits = logits.astype(dtype)
    kept = given_logits.copy()
    s = score_logits(given_logits, labels.astype(np.uint8)).scores
    assert_scores_close(s, score_logits(given_logits.astype(np.float64), labels).scores)
    np.testing.assert_array_equal(given_logits, kept)
    given_probs = softmax(logits).astype(dtype)
    kept = given_probs.copy()
    score_probs(given_probs, labels)
    np.testing.assert_array_equal(given_probs, kept)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("score", [score_logits, score_probs])
def test_a_value_that_is_not_finite_is_refused_with_its_row(score, bad):
    values = np.full((40, 4), 0.25)
    values[[17, 30], 2] = bad
    with pytest.raises(MixtuiError, match=r"row 17 \(counted from 0\) holds nan or infinity"):
        score(values, np.zeros(40, dtype=int))


@pytest.mark.parametrize("score", [score_logits, score_probs])
@pytest.mark.parametrize(
    ("outputs", "labels", "m", "message"),
    [
        ([0.5, 0.5], [0, 1], 15, "shape"),
        ([[0.5, 0.5]], [0, 1], 15, "shape"),
        ([[0.5, 0.5]], [[0]], 15, "shape"),
        (np.empty((0, 3)), np.empty(0, dtype=int), 15, "no samples"),
        ([[1.0]], [0], 15, "single class"),
        ([["a", "b"]], [0], 15, "type"),
        ([[0.5, 0.5]], [0.0], 15, "labels is of type"),
        ([[0.5, 0.5]] * 3, [0, 1, 2], 15, "labels: row 2 .* 0 to 1"),
        ([[0.5, 0.5]] * 3, [0, -1, 1], 15, "labels: row 1 "),
        ([[0.5, 0.5]], [0], 0, "number of bins is 0"),
    ],
)
def test_bad_input_is_refused(score, outputs, labels, m, message):
    with pytest.raises(MixtuiError, match=message):
        score(outputs, labels, m)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([1.5, -0.5], "probability outside"),
        ([1 + ROW_SUM_TOLERANCE / 2, 0.0], "probability outside"),
        ([0.5, 0.5 + 2 * ROW_SUM_TOLERANCE], "sum to one"),
        ([0.0, 0.0], "sum to one"),
    ],
)
def test_rows_that_are_no_probabilities_are_refused(row, message):
    with pytest.raises(MixtuiError, match=f"probs: row 1 .*{message}") as refused:
        score_probs([[0.5, 0.5], row], [0, 0])
    assert "logits" in refused.value.hint


@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_probabilities_rounded_to_half_precision_are_accepted(classes):
    logits, labels = random_logits(200, classes)
    exact, rounded = (score_probs(softmax(logits).astype(dtype), labels).scores for dtype in (np.float64, np.float16))
    assert rounded.confidence == pytest.approx(exact.confidence, abs=1e-3)
    assert rounded.brier == pytest.approx(exact.brier, abs=2e-3)


@few
@given(samples)
def test_functions_of_bins_agree_with_scores(pairs):
    s, bins = score_top_label(*split(pairs)).scores, equal_width(*split(pairs), 15)
    for name in ("accuracy", "ece", "mce", "oe", "ue", "signed_gap"):
        assert getattr(s, name) == getattr(bin_scores, name)(bins)
    assert s.confidence == bin_scores.mean_confidence(bins)
