"""AUROC, risk–coverage and separation against pair counting, permutations and scipy."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from mixtui.calibration.ranking import Separation, auroc, risk_coverage, separation
from mixtui.errors import MixtuiError

# Few values, so that ties are common.
confidences = st.one_of(st.sampled_from([0.0, 0.4, 0.7, 1.0]), st.floats(0, 1))
samples = st.lists(st.tuples(confidences, st.booleans()), min_size=1, max_size=40)
some = st.lists(confidences, min_size=1, max_size=40)


def split(pairs):
    return np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])


@pytest.mark.parametrize(
    ("confidence", "correct", "expected"),
    [
        ([0.9, 0.8, 0.3], [1, 1, 0], 1),
        ([0.9, 0.8, 0.3], [0, 0, 1], 0),
        ([0.7, 0.7, 0.7], [1, 0, 0], 0.5),
        ([0.9, 0.7, 0.7, 0.1], [1, 1, 0, 0], 0.875),
        ([0.9, 0.8], [1, 1], None),
        ([0.9, 0.8], [0, 0], None),
    ],
)
def test_auroc_of_exact_cases(confidence, correct, expected):
    assert auroc(confidence, correct) == expected


@settings(max_examples=50)
@given(samples)
def test_auroc_counts_the_pairs(pairs):
    confidence, correct = split(pairs)
    right, wrong = confidence[correct], confidence[~correct]
    if not len(right) or not len(wrong):
        assert auroc(confidence, correct) is None
        return
    won = (right[:, None] > wrong).sum() + (right[:, None] == wrong).sum() / 2
    assert auroc(confidence, correct) == pytest.approx(won / (len(right) * len(wrong)), abs=1e-12)
    u = mannwhitneyu(right, wrong).statistic
    assert auroc(confidence, correct) == pytest.approx(u / (len(right) * len(wrong)), abs=1e-12)


@settings(max_examples=50)
@given(samples, st.data())
def test_neither_order_nor_duplicates_change_a_ranking(pairs, data):
    shuffled = split(data.draw(st.permutations(pairs)))
    assert auroc(*shuffled) == auroc(*split(pairs)) == auroc(*split(pairs + pairs))
    ours, others = risk_coverage(*split(pairs)), risk_coverage(*shuffled)
    np.testing.assert_array_equal(ours.coverage, others.coverage)
    np.testing.assert_array_equal(ours.risk, others.risk)
    assert ours.aurc == others.aurc


def test_risk_coverage_of_a_case_by_hand():
    curve = risk_coverage([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 0])
    assert curve.coverage.tolist() == [0.25, 0.5, 0.75, 1]
    assert curve.risk.tolist() == pytest.approx([0, 1 / 2, 1 / 3, 1 / 2])
    assert curve.aurc == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)


def test_a_confidence_that_tells_nothing_has_the_same_risk_at_every_coverage():
    curve = risk_coverage([0.7] * 8, [1, 0, 1, 1, 0, 1, 1, 1])
    np.testing.assert_allclose(curve.risk, 0.25)
    assert curve.aurc == pytest.approx(0.25)


@settings(max_examples=20)
@given(st.lists(st.tuples(st.sampled_from([0.2, 0.5, 0.9]), st.booleans()), min_size=1, max_size=6))
def test_risk_within_ties_is_the_mean_over_all_orders_of_them(pairs):
    confidence, correct = split(pairs)
    risks = [
        np.cumsum(~correct[list(order)]) / np.arange(1, len(pairs) + 1)
        for order in permutations(range(len(pairs)))
        if all(confidence[a] >= confidence[b] for a, b in pairwise(order))
    ]
    curve = risk_coverage(confidence, correct)
    np.testing.assert_allclose(curve.risk, np.mean(risks, axis=0), atol=1e-12)
    assert curve.aurc == pytest.approx(np.mean(risks))


@pytest.mark.parametrize("n", [1, 199, 200, 201, 5000])
def test_a_curve_keeps_few_points_and_its_end(n):
    rng = np.random.default_rng(n)
    confidence = rng.random(n)
    correct = rng.random(n) < confidence
    curve = risk_coverage(confidence, correct)
    assert len(curve.coverage) == len(curve.risk) == min(n, 200)
    assert (np.diff(curve.coverage) > 0).all()
    assert (curve.coverage[0], curve.coverage[-1]) == (1 / n, 1)
    assert curve.risk[-1] == pytest.approx(1 - correct.mean())
    all_risks = np.cumsum(~correct[np.argsort(-confidence)]) / np.arange(1, n + 1)
    assert curve.aurc == pytest.approx(all_risks.mean())
    assert curve.to_json() == {"coverage": list(curve.coverage), "risk": list(curve.risk), "aurc": curve.aurc}


def test_separation_of_exact_cases():
    assert separation([0.9, 0.8], [0.3, 0.2, 0.1]) == Separation(1, 0)
    assert separation([0.1, 0.2], [0.8, 0.9]) == Separation(0, 1)
    assert separation([0.5] * 3, [0.5] * 2) == Separation(0.5, 1)
    # 19 of 20 known inputs are 95 %: the one at .1 need not be taken.
    assert separation([0.9] * 19 + [0.1], [0.5, 0.9, 0.05, 0.2]) == Separation(pytest.approx(0.84375), 0.25)
    # 18 of 19 are not.
    assert separation([0.9] * 18 + [0.1], [0.5, 0.9, 0.05, 0.2]).fpr_at_95_tpr == 0.75


@settings(max_examples=50)
@given(some, some)
def test_separation_is_the_lowest_rate_at_any_threshold_that_keeps_enough(known, unknown):
    rates = [np.mean(np.array(unknown) >= t) for t in known if 100 * np.sum(np.array(known) >= t) >= 95 * len(known)]
    found = separation(known, unknown)
    assert found.fpr_at_95_tpr == min(rates)
    assert found.auroc == auroc(known + unknown, [1] * len(known) + [0] * len(unknown))


@pytest.mark.parametrize("rank", [auroc, risk_coverage])
def test_bad_samples_are_refused(rank):
    with pytest.raises(MixtuiError, match="row 1 "):
        rank([0.5, np.nan], [1, 0])
    with pytest.raises(MixtuiError, match="no samples"):
        rank([], [])


@pytest.mark.parametrize(("known", "unknown"), [([0.5], [2.0]), ([np.nan], [0.5]), ([], [0.5]), ([0.5], [])])
def test_bad_confidences_are_refused(known, unknown):
    with pytest.raises(MixtuiError):
        separation(known, unknown)
