"""Differences of the scores of two sets of predictions, and their intervals."""

import numpy as np
import pytest

from mixtui.calibration.difference import differences
from mixtui.calibration.scores import score_logits, score_probs, score_top_label
from mixtui.errors import MixtuiError

N = 4000


def answers(rng, gap, hardness, luck):
    """Top labels whose confidence exceeds their accuracy by `gap`."""
    confidence = 0.3 + 0.5 * hardness
    return score_top_label(confidence, luck < confidence - gap)


def two(rng, gaps, paired):
    hardness, luck = rng.random(N), rng.random(N)
    first = answers(rng, gaps[0], hardness, luck)
    if paired:
        hardness = np.clip(hardness + 0.05 * rng.standard_normal(N), 0, 1)
        luck = np.where(rng.random(N) < 0.8, luck, rng.random(N))
    else:
        hardness, luck = rng.random(N), rng.random(N)
    return first, answers(rng, gaps[1], hardness, luck)


@pytest.mark.parametrize(
    ("gaps", "paired"),
    [((0.1, 0.05), True), ((0.1, 0.05), False), ((0.1, -0.1), True), ((0.1, 0.0), True), ((0.0, 0.0), True)],
)
def test_the_intervals_cover_the_true_differences(gaps, paired):
    # With a constant gap, the true ECE is its size, and the true accuracies differ by the gaps.
    true = {"ece": abs(gaps[1]) - abs(gaps[0]), "accuracy": gaps[0] - gaps[1]}
    rng, repeats = np.random.default_rng(1), 30
    covered = dict.fromkeys(true, 0)
    for _ in range(repeats):
        found = differences(*two(rng, gaps, paired), paired=paired)
        for name, value in true.items():
            low, high = found[name].interval
            covered[name] += low <= value <= high
    assert min(covered.values()) >= 0.83 * repeats  # which a coverage of .95 falls below once in sixty times


def test_pairing_narrows_the_intervals_of_alike_predictions():
    pair = two(np.random.default_rng(0), (0.1, 0.08), True)
    paired, unpaired = (differences(*pair, paired=paired) for paired in (True, False))
    for name in ("accuracy", "ece"):
        widths = [one[name].interval[1] - one[name].interval[0] for one in (paired, unpaired)]
        assert widths[0] < 0.8 * widths[1]
        assert paired[name].value == unpaired[name].value


def test_where_an_ece_is_at_its_floor_the_interval_reaches_from_end_to_end():
    pair = two(np.random.default_rng(0), (0.1, 0.0), True)
    (low_1, high_1), (low_2, high_2) = ((one.scores.ece_low, one.scores.ece_high) for one in pair)
    assert low_1 > low_2 == 0
    assert differences(*pair, paired=True)["ece"].interval == (low_2 - high_1, high_2 - low_1)


def test_nll_is_compared_by_its_samples():
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(500, 4)), rng.integers(4, size=500)
    first, second = score_logits(logits, labels), score_logits(1.1 * logits, labels)
    found = differences(first, second, paired=True)["nll"]
    assert found.value == pytest.approx(second.scores.nll - first.scores.nll)
    each = second.nll - first.nll
    assert found.interval[1] - found.value == pytest.approx(1.96 * each.std() / np.sqrt(500), rel=2e-3)


def test_the_same_predictions_do_not_differ():
    first, _ = two(np.random.default_rng(0), (0.1, 0.1), True)
    found = differences(first, first, paired=True)
    assert found["accuracy"].interval == pytest.approx((0, 0), abs=2e-3)
    assert found["ece"].value == 0
    assert found["ece"].interval == pytest.approx((0, 0), abs=2e-3)


def test_it_is_the_same_at_every_call_and_the_order_decides_its_sign():
    first, second = two(np.random.default_rng(0), (0.1, 0.05), True)
    one, again = (differences(first, second, paired=True) for _ in range(2))
    assert one == again
    assert differences(second, first, paired=True)["accuracy"].value == -one["accuracy"].value


def test_what_one_of_the_two_lacks_or_is_infinite_has_no_difference():
    top = score_top_label([0.5, 0.9], [0, 1])
    certain = score_probs([[1.0, 0.0], [0.5, 0.5]], [1, 0])
    assert differences(top, certain, paired=True)["nll"] is None
    assert differences(certain, certain, paired=True)["nll"] is None


@pytest.mark.parametrize("paired", [True, False])
def test_a_single_sample_leaves_nearly_everything_possible(paired):
    right, wrong = score_probs([[0.9, 0.1]], [0]), score_probs([[0.9, 0.1]], [1])
    found = differences(wrong, right, paired=paired)
    assert found["accuracy"].value == 1
    assert found["accuracy"].interval[0] < 0
    assert found["nll"] is None


def test_unequal_numbers_of_samples_do_not_pair():
    with pytest.raises(MixtuiError, match="2 predictions and 1"):
        differences(score_top_label([0.5, 0.9], [0, 1]), score_top_label([0.5], [0]), paired=True)
