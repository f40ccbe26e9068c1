"""What is kept of a network's scores on other test sets."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtui.store.paths import RunPaths
from mixtui.store.shifts import Shifts, ShiftScores, read_shifts, record_shifts

KNOWN = ShiftScores("noise", 2, "known", 12, (8, 8, 3), "k", 0.75, 0.5, 0.25, 0.25, 1.5, 0.75)
UNKNOWN = ShiftScores(None, None, "unknown", 7, (28, 28, 1), "u", 0.5, auroc=0.9, fpr95=0.25)
SHIFTS = Shifts(epoch=2, step=6, m=15, sets={"noise-2": KNOWN, "svhn": UNKNOWN})
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def paths(tmp_path: Path) -> RunPaths:
    return RunPaths(tmp_path)


def test_nothing_is_read_before_anything_is_recorded(paths: RunPaths) -> None:
    assert read_shifts(paths) is None


def test_what_is_recorded_is_read_again(paths: RunPaths) -> None:
    record_shifts(paths, SHIFTS)
    assert read_shifts(paths) == SHIFTS


def test_sets_of_the_same_network_are_added(paths: RunPaths) -> None:
    record_shifts(paths, SHIFTS)
    again = dataclasses.replace(KNOWN, accuracy=0.6)
    record_shifts(paths, dataclasses.replace(SHIFTS, sets={"noise-2": again, "blur-1": KNOWN}))
    found = read_shifts(paths)
    assert found is not None
    assert dict(found.sets) == {"noise-2": again, "svhn": UNKNOWN, "blur-1": KNOWN}


@pytest.mark.parametrize("changes", [{"step": 9, "epoch": 3}, {"m": 10}])
def test_what_was_known_of_another_state_of_the_network_is_dropped(paths: RunPaths, changes: dict[str, Any]) -> None:
    record_shifts(paths, SHIFTS)
    new = dataclasses.replace(SHIFTS, sets={"blur-1": KNOWN}, **changes)
    record_shifts(paths, new)
    assert read_shifts(paths) == new


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"{}", b"[" * 100_000])
def test_a_damaged_file_counts_as_none_and_is_replaced(paths: RunPaths, content: bytes) -> None:
    paths.shifts.write_bytes(content)
    assert read_shifts(paths) is None
    record_shifts(paths, SHIFTS)
    assert read_shifts(paths) == SHIFTS


@given(st.data())
@settings(max_examples=50)
def test_any_field_of_another_kind_is_refused_never_a_crash(data: st.DataObject) -> None:
    document = SHIFTS.to_json()
    place = data.draw(st.sampled_from([document, document["sets"], document["sets"]["svhn"]]))
    field = data.draw(st.sampled_from(sorted(place)) | st.text(max_size=3))
    place[field] = data.draw(JSON)
    try:
        found = Shifts.from_json(document)
    except ValueError:
        return
    json.dumps(found.to_json(), allow_nan=False)
    assert Shifts.from_json(found.to_json()) == found
