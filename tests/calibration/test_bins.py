import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtui.calibration.bins import (
    EXACT_M,
    FINE_BINS,
    Bins,
    equal_mass,
    equal_width,
    equal_width_edges,
)
from mixtui.errors import MixtuiError

# Edges of every M that divides 300, their neighbours, and everything else from 0 to 1.
on_edges = st.integers(0, FINE_BINS).map(lambda k: k / FINE_BINS)
near_edges = st.builds(lambda v, to: float(np.nextafter(v, to)), on_edges, st.sampled_from([0.0, 1.0]))
confidences = st.one_of(on_edges, near_edges, st.floats(0, 1), st.sampled_from([0.0, 0.2, 0.7, 1.0]))
samples = st.lists(st.tuples(confidences, st.booleans()), min_size=1, max_size=60)
numbers_of_bins = st.integers(1, 40)


def split(pairs):
    return np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])


def assert_same(bins, expected):
    np.testing.assert_array_equal(bins.edges, expected.edges)
    np.testing.assert_array_equal(bins.count, expected.count)
    np.testing.assert_array_equal(bins.correct, expected.correct)
    np.testing.assert_allclose(bins.confidence_sum, expected.confidence_sum, rtol=1e-12)


def test_bins_hold_sums_and_means():
    bins = equal_width([0.85, 0.85, 0.65, 0.3], [1, 0, 1, 1], 4)
    assert (bins.m, bins.n) == (4, 4)
    assert bins.count.tolist() == [0, 1, 1, 2]
    assert bins.correct.tolist() == [0, 1, 1, 1]
    np.testing.assert_allclose(bins.confidence, [np.nan, 0.3, 0.65, 0.85])
    np.testing.assert_allclose(bins.accuracy, [np.nan, 1, 1, 0.5])
    np.testing.assert_allclose(bins.gap, [np.nan, -0.7, -0.35, 0.35])


def test_equal_width_bins_are_closed_on_the_right_and_the_first_one_at_zero():
    bins = equal_width([0.0, 0.1, np.nextafter(0.1, 1), 0.5, 1.0], [True] * 5, 10)
    assert bins.count.tolist() == [2, 1, 0, 0, 1, 0, 0, 0, 0, 1]


@given(samples, st.sampled_from([*EXACT_M, 1, 7, 300]))
def test_equal_width_agrees_with_comparing_to_its_own_edges(pairs, m):
    confidence, correct = split(pairs)
    bins = equal_width(confidence, correct, m)
    for b, (low, high) in enumerate(zip(bins.edges[:-1], bins.edges[1:], strict=True)):
        inside = (confidence > low) & (confidence <= high)
        if b == 0:
            inside |= confidence == 0
        assert bins.count[b] == inside.sum()
        assert bins.correct[b] == correct[inside].sum()
        assert bins.confidence_sum[b] == pytest.approx(confidence[inside].sum())


@pytest.mark.parametrize("m", EXACT_M)
def test_edges_are_correctly_rounded_and_nested_to_the_bit(m):
    edges = equal_width_edges(m)
    assert edges.tolist() == [float(Fraction(k, m)) for k in range(m + 1)]
    assert set(edges) <= set(equal_width_edges(FINE_BINS))


@given(samples, st.sampled_from(EXACT_M))
def test_coarsened_fine_bins_equal_direct_binning(pairs, m):
    assert_same(equal_width(*split(pairs), FINE_BINS).coarsen(m), equal_width(*split(pairs), m))


@pytest.mark.parametrize("m", [7, 600, 0, -5])
def test_coarsen_refuses_numbers_that_do_not_divide(m):
    with pytest.raises(MixtuiError):
        equal_width([0.5], [1], FINE_BINS).coarsen(m)


def test_coarsen_refuses_bins_that_are_not_of_equal_width():
    with pytest.raises(MixtuiError, match="equal-width"):
        equal_mass([0.2, 0.4, 0.6, 0.9], [0, 1, 0, 1], 4).coarsen(2)


def test_equal_mass_shares_samples_out_equally():
    bins = equal_mass([0.2, 0.4, 0.6, 0.8], [0, 1, 0, 1], 2)
    assert bins.count.tolist() == [2, 2]
    assert bins.edges.tolist() == [0, 0.4, 1]
    assert bins.correct.tolist() == [1, 1]


def test_equal_mass_keeps_one_bin_where_all_confidences_tie():
    bins = equal_mass([0.7] * 4, [1, 1, 0, 0], 2)
    assert bins.edges.tolist() == [0, 1]
    assert bins.count.tolist() == [4]


def test_equal_mass_puts_ties_where_the_middle_of_their_ranks_lies():
    bins = equal_mass([0.1, 0.5, 0.5, 0.5], [0, 1, 0, 1], 2)
    assert bins.edges.tolist() == [0, 0.1, 1]
    assert bins.count.tolist() == [1, 3]


@given(samples, numbers_of_bins)
def test_equal_mass_never_splits_ties_nor_leaves_a_bin_empty(pairs, m):
    confidence, correct = split(pairs)
    bins = equal_mass(confidence, correct, m)
    assert 1 <= bins.m <= m
    assert bins.count.min() > 0
    # Each bin holds all samples between its edges, so samples that tie are together.
    inner = bins.edges[1:-1]
    assert bins.count.cumsum()[:-1].tolist() == [(confidence <= edge).sum() for edge in inner]
    assert (bins.n, bins.correct.sum()) == (len(confidence), correct.sum())


@given(st.lists(st.floats(0, 1), unique=True, min_size=1, max_size=60), numbers_of_bins)
def test_equal_mass_counts_differ_by_one_at_most_without_ties(confidence, m):
    count = equal_mass(confidence, [True] * len(confidence), m).count
    assert len(count) == min(m, len(confidence))
    assert count.max() - count.min() <= 1


@pytest.mark.parametrize("binning", [equal_width, equal_mass])
@given(pairs=samples, m=numbers_of_bins, data=st.data())
def test_bins_do_not_depend_on_the_order_of_the_samples(binning, pairs, m, data):
    shuffled = data.draw(st.permutations(pairs))
    assert_same(binning(*split(shuffled), m), binning(*split(pairs), m))


@pytest.mark.parametrize("binning", [equal_width, equal_mass])
@given(pairs=samples, m=numbers_of_bins)
def test_duplicated_samples_double_every_bin(binning, pairs, m):
    once, twice = binning(*split(pairs), m), binning(*split(pairs + pairs), m)
    assert_same(twice, Bins(once.edges, 2 * once.count, 2 * once.confidence_sum, 2 * once.correct))


def test_to_json_has_null_for_empty_bins():
    shown = json.loads(json.dumps(equal_width([0.75, 0.25], [1, 0], 3).to_json(), allow_nan=False))
    assert shown == {
        "edges": [0, 1 / 3, 2 / 3, 1],
        "count": [1, 0, 1],
        "confidence": [0.25, None, 0.75],
        "accuracy": [0, None, 1],
    }


@given(samples)
def test_compact_json_is_read_back_exactly(pairs):
    bins = equal_width(*split(pairs), FINE_BINS)
    read = Bins.from_compact_json(json.loads(json.dumps({"epoch": 3, **bins.to_compact_json()})))
    for name in ("edges", "count", "confidence_sum", "correct"):
        np.testing.assert_array_equal(getattr(read, name), getattr(bins, name))
        assert getattr(read, name).dtype == getattr(bins, name).dtype


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"count": [1], "confidence_sum": [0.5]},
        {"count": [1, 0], "confidence_sum": [0.5], "correct": [1]},
        {"count": [], "confidence_sum": [], "correct": []},
        {"count": [0], "confidence_sum": [0.0], "correct": [0]},
        {"count": ["x"], "confidence_sum": [0.5], "correct": [1]},
        {"count": 1, "confidence_sum": 0.5, "correct": 1},
        {"count": None, "confidence_sum": [0.5], "correct": [1]},
    ],
)
def test_damaged_compact_json_is_refused(record):
    with pytest.raises(MixtuiError, match="damaged"):
        Bins.from_compact_json(record)


@pytest.mark.parametrize("binning", [equal_width, equal_mass])
@pytest.mark.parametrize(
    ("confidence", "correct", "m", "message"),
    [
        ([0.5], [1], 0, "number of bins is 0"),
        ([0.5], [1], 10**9, "number of bins is 1000000000"),  # more than memory holds
        ([], [], 15, "no samples"),
        ([0.5, 0.5], [1], 15, "shape"),
        ([[0.5]], [[1]], 15, "shape"),
        (["high"], [1], 15, "type"),
        ([0.5], [1.0], 15, "type"),
        ([0.5, 0.6, np.nan], [1, 1, 1], 15, "confidence: row 2 "),
        ([0.5, np.inf], [1, 1], 15, "confidence: row 1 "),
        ([-0.1, 0.5], [1, 1], 15, "confidence: row 0 "),
        ([0.5, 1.1], [1, 1], 15, "confidence: row 1 "),
        ([0.5, 0.6], [1, 2], 15, "correct: row 1 "),
    ],
)
def test_bad_samples_are_refused(binning, confidence, correct, m, message):
    with pytest.raises(MixtuiError, match=message):
        binning(confidence, correct, m)


def test_bins_of_samples_are_possible_and_a_damaged_record_of_them_is_not() -> None:
    document = equal_width([0.3, 0.9, 0.95], [1, 0, 1], 5).to_json()
    assert Bins.from_json(document).are_possible
    damaged = [
        {"edges": [0.0, 0.4, 0.2, 0.6, 0.8, 1.0]},
        {"edges": [0.0, 1.0]},
        {"count": [0, -1, 0, 0, 2]},
        {"count": [0, 0, 0, 0, 0]},
        {"count": [0, 2**50, 0, 0, 2]},
        {"accuracy": [None, 2.0, None, None, 0.5]},
        {"confidence": [None, -0.3, None, None, 0.9]},
    ]
    for change in damaged:
        assert not Bins.from_json(document | change).are_possible
