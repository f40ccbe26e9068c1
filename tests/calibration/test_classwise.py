"""Bins of each class, one against the rest."""

from __future__ import annotations

import numpy as np
import pytest

from mixtui.calibration.bin_scores import ece
from mixtui.calibration.bins import equal_width
from mixtui.calibration.scores import score_logits, score_probs, score_top_label
from mixtui.calibration.softmax import softmax


def random_logits(n, classes, seed=0):
    rng = np.random.default_rng(seed)
    return 3 * rng.standard_normal((n, classes)), rng.integers(0, classes, n)


# 30,000 rows are more than are worked on at a time.
@pytest.mark.parametrize(("n", "classes"), [(1, 2), (500, 10), (30_000, 12)])
def test_bins_of_a_class_are_those_of_its_probability(n, classes):
    logits, labels = random_logits(n, classes)
    classwise, probs = score_logits(logits, labels, 15).classwise, softmax(logits)
    assert classwise.ece.shape == (classes,)
    for k in range(classes):
        bins, expected = classwise.of(k), equal_width(probs[:, k], labels == k, 15)
        np.testing.assert_array_equal(bins.edges, expected.edges)
        np.testing.assert_array_equal(bins.count, expected.count)
        np.testing.assert_array_equal(bins.correct, expected.correct)
        np.testing.assert_allclose(bins.confidence_sum, expected.confidence_sum, rtol=1e-12)
        assert ece(bins) == pytest.approx(classwise.ece[k], rel=1e-12)
        assert bins.are_possible


@pytest.mark.parametrize("m", [1, 15])
def test_classwise_ece_is_their_mean_exactly(m):
    evaluation = score_logits(*random_logits(700, 7), m)
    assert evaluation.scores.classwise_ece == evaluation.classwise.ece.mean()


def test_a_case_by_hand_the_worst_class_first():
    # Class 0 is always given .6 and never comes, class 1 gets .1 and comes half the time, class 2 .3 and half.
    classwise = score_probs([[0.6, 0.1, 0.3]] * 4, [1, 1, 2, 2], 10).classwise
    np.testing.assert_allclose(classwise.ece, [0.6, 0.4, 0.2])
    assert classwise.worst_first.tolist() == [0, 1, 2]
    flipped = score_probs([[0.3, 0.1, 0.6]] * 4, [1, 1, 0, 0], 10).classwise
    assert flipped.worst_first.tolist() == [2, 1, 0]


def test_of_classes_that_tie_the_first_comes_first():
    assert score_probs(np.eye(4), [0, 1, 2, 3]).classwise.worst_first.tolist() == [0, 1, 2, 3]


def test_top_labels_alone_have_no_classes():
    assert score_top_label([0.9, 0.8], [1, 0]).classwise is None


def test_order_and_duplicates_do_not_change_it():
    logits, labels = random_logits(200, 4)
    order = np.random.default_rng(1).permutation(200)
    expected = score_logits(logits, labels).classwise.ece
    np.testing.assert_allclose(score_logits(logits[order], labels[order]).classwise.ece, expected, rtol=1e-9)
    np.testing.assert_allclose(score_logits(np.tile(logits, (2, 1)), np.tile(labels, 2)).classwise.ece, expected)
