"""The bins of every epoch, as diagrams need them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtui.calibration.bins import EXACT_M, FINE_BINS, Bins, equal_width
from mixtui.store.epoch_bins import read_epoch_bins
from mixtui.store.files import encode_json
from mixtui.store.history import History, Rewind
from mixtui.store.paths import RunPaths
from mixtui.store.run import BrokenRunError

NOTHING = History()


def bins_of(seed: int) -> Bins:
    random = np.random.default_rng(seed)
    confidence = random.random(50)
    return equal_width(confidence, random.random(50) < confidence, FINE_BINS)


def record(epoch: int, seed: int = 0, attempt: int = 1, **more: Any) -> dict[str, Any]:
    return {"attempt": attempt, "step": 10 * epoch, "epoch": epoch, **bins_of(seed).to_compact_json(), **more}


def write(paths: RunPaths, *records: Any) -> None:
    paths.bins.write_bytes(b"".join(map(encode_json, records)))


def assert_same(bins: Bins, expected: Bins) -> None:
    for name in ("edges", "count", "confidence_sum", "correct"):
        np.testing.assert_array_equal(getattr(bins, name), getattr(expected, name))


def test_no_file_is_no_bins(paths: RunPaths) -> None:
    assert read_epoch_bins(paths, NOTHING) == {}


def test_every_epoch_in_order_at_any_number_of_bins(paths: RunPaths) -> None:
    write(paths, record(2, seed=2), record(1, seed=1), record(3, seed=3))
    bins = read_epoch_bins(paths, NOTHING)
    assert list(bins) == [1, 2, 3]
    for epoch, found in bins.items():
        assert_same(found, bins_of(epoch))
        assert all(found.coarsen(m).n == 50 for m in EXACT_M)


def test_the_last_whole_record_of_an_epoch_counts(paths: RunPaths) -> None:
    write(paths, record(1, seed=1), record(1, seed=2), record(1, count=[1]))
    assert_same(read_epoch_bins(paths, NOTHING)[1], bins_of(2))


def test_what_a_resumed_attempt_made_void_is_left_out(paths: RunPaths) -> None:
    write(paths, *(record(epoch, seed=1) for epoch in (1, 2, 3)), record(2, seed=2, attempt=2))
    bins = read_epoch_bins(paths, History(rewinds=(Rewind(attempt=2, from_step=10),)))
    assert list(bins) == [1, 2]
    assert_same(bins[1], bins_of(1))
    assert_same(bins[2], bins_of(2))


@pytest.mark.parametrize(
    "damage",
    [
        {"epoch": None},
        {"epoch": "1"},
        {"epoch": True},
        {"attempt": "1"},
        {"step": None},
        {"count": None},
        {"count": [0] * FINE_BINS},
        {"count": [-1] * FINE_BINS},
        {"count": [2**62] * FINE_BINS},
        {"correct": [10**30] * FINE_BINS},
        {"correct": [51] * FINE_BINS},
        {"correct": [-1] * FINE_BINS},
        {"confidence_sum": [1e300] * FINE_BINS},
        {"confidence_sum": [None] * FINE_BINS},
        {"confidence_sum": "text"},
        {"count": [1] * 15, "confidence_sum": [0.5] * 15, "correct": [1] * 15},
    ],
)
def test_a_damaged_record_is_skipped(paths: RunPaths, damage: dict[str, Any]) -> None:
    write(paths, record(1) | damage, record(2))
    paths.bins.write_bytes(b"\xff{\n" + paths.bins.read_bytes() + b'{"epoch":3')
    assert list(read_epoch_bins(paths, NOTHING)) == [2]


odd = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.lists(st.floats(), max_size=2)
odd_sums = st.lists(odd, min_size=FINE_BINS, max_size=FINE_BINS) | odd


@settings(max_examples=50)
@given(
    st.dictionaries(st.sampled_from(["epoch", "attempt", "step"]), odd),
    st.dictionaries(st.sampled_from(["count", "correct", "confidence_sum"]), odd_sums),
    st.integers(0, 3),
)
def test_whatever_a_record_holds_what_is_read_can_be_shown(
    scratch: RunPaths, place: dict[str, Any], sums: dict[str, Any], attempt: int
) -> None:
    write(scratch, record(1) | place | sums)
    for bins in read_epoch_bins(scratch, History(rewinds=(Rewind(attempt, 5),))).values():
        coarse = bins.coarsen(15)
        assert coarse.n > 0
        assert np.nanmin(coarse.accuracy) >= 0
        assert np.nanmax(coarse.confidence) <= 1


def test_bins_that_cannot_be_read(paths: RunPaths) -> None:
    paths.bins.mkdir()
    with pytest.raises(BrokenRunError, match=r"bins\.jsonl cannot be read"):
        read_epoch_bins(paths, NOTHING)
