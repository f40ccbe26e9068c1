"""Steps as arrays: what the log of steps holds and no resumed attempt made void, however it came to be read."""

from __future__ import annotations

import json
import math
import tracemalloc
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mixtui.store.files import encode_json
from mixtui.store.history import History, Rewind
from mixtui.store.jsonl import JsonlReader
from mixtui.store.paths import RunPaths
from mixtui.store.run import BrokenRunError
from mixtui.store.steps import StepSeries

NOTHING = History()


def line(step: int, attempt: int = 1, **more: Any) -> bytes:
    return encode_json({"attempt": attempt, "step": step, "lam": 0.5, "loss": 1.5, "images_per_second": 8.0, **more})


def append(paths: RunPaths, *data: bytes) -> None:
    with paths.steps.open("ab") as file:
        file.write(b"".join(data))


def rewound(*rewinds: tuple[int, int]) -> History:
    return History(rewinds=tuple(Rewind(*rewind) for rewind in rewinds))


def as_lists(series: StepSeries) -> tuple[list[float], list[float | None], list[float | None]]:
    step, loss, lam = (
        [None if math.isnan(value) else value for value in column.tolist()]
        for column in (series.steps.step, series.steps.loss, series.steps.lam)
    )
    return step, loss, lam


# Reading


def test_no_file_is_no_steps(paths: RunPaths) -> None:
    series = StepSeries(paths)
    assert not series.look(NOTHING)
    assert len(series.steps.step) == 0
    assert math.isnan(series.steps.images_per_second)
    paths.steps.touch()
    assert not series.look(NOTHING)


def test_steps_as_they_come(paths: RunPaths) -> None:
    series = StepSeries(paths)
    append(paths, line(1), line(2, lam=None, images_per_second=9), b'{"step":3')
    assert series.look(NOTHING)
    assert as_lists(series) == ([1, 2], [1.5, 1.5], [0.5, None])
    assert series.steps.images_per_second == 9
    assert not series.look(NOTHING)
    append(paths, b',"loss":2}\n')
    assert series.look(NOTHING)
    assert as_lists(series) == ([1, 2, 3], [1.5, 1.5, 2], [0.5, None, None])
    assert math.isnan(series.steps.images_per_second)


def test_a_look_reads_no_more_than_its_limit(paths: RunPaths) -> None:
    append(paths, *map(line, range(20_000)))
    series, counts = StepSeries(paths), [0]
    while series.look(NOTHING, limit_bytes=1):
        counts.append(len(series.steps.step))
    assert counts[-1] == 20_000
    assert max(np.diff(counts)) < 5000
    assert (series.steps.step == np.arange(20_000)).all()


def test_odd_records_are_skipped_and_odd_numbers_are_none(paths: RunPaths) -> None:
    for step in (None, "1", True, 1.0, -1, 2**31, 2**60, 10**30, [1]):
        append(paths, json.dumps({"step": step, "loss": 1.0}).encode() + b"\n")
    append(paths, b"[1]\n", b"null\n", b"\xff\n", b"\n", b'{"loss":1}\n', b'{"step":1,"attempt":"x"}\n')
    odd = ["text", True, None, [], {}, 10**400]
    append(paths, *(json.dumps({"step": n, "loss": value}).encode() + b"\n" for n, value in enumerate(odd)))
    append(paths, b'{"step":6,"loss":NaN}\n{"step":7,"loss":-1e300}\n{"step":2147483647,"loss":3}\n')
    series = StepSeries(paths)
    with warnings.catch_warnings(action="error"):
        series.look(NOTHING)
    step, loss, lam = as_lists(series)
    assert step == [*range(8), 2**31 - 1]
    assert loss[:5] + loss[6:] == [None] * 6 + [-math.inf, 3]
    assert lam == [None] * 9


def test_torn_lines_do_not_make_one_record_together(paths: RunPaths) -> None:
    append(paths, b'{"step":1,"loss":2.0\n"lam":1.0}\n', line(2))
    series = StepSeries(paths)
    series.look(NOTHING)
    assert as_lists(series)[0] == [2]


def test_a_line_too_long_for_any_step_is_skipped(paths: RunPaths) -> None:
    append(paths, line(1), b"x" * 600_000, line(2), line(3))
    series = StepSeries(paths)
    while series.look(NOTHING, limit_bytes=1) or len(series.steps.step) < 2:
        pass
    assert as_lists(series)[0] == [1, 3]


def test_a_file_that_cannot_be_read(paths: RunPaths) -> None:
    paths.steps.mkdir()
    with pytest.raises(BrokenRunError, match=r"steps\.jsonl cannot be read"):
        StepSeries(paths).look(NOTHING)


@pytest.mark.parametrize("in_place", [True, False])
def test_a_file_cut_short_or_replaced_begins_again(paths: RunPaths, in_place: bool) -> None:
    append(paths, line(1), line(2))
    series = StepSeries(paths)
    series.look(rewound((2, 5)))
    if in_place:
        paths.steps.write_bytes(line(7))
    else:
        other = paths.root / "other"
        other.write_bytes(b"".join(map(line, (4, 7, 5))))
        other.replace(paths.steps)
    assert series.look(rewound((2, 7)) if in_place else rewound((2, 5)))
    assert as_lists(series)[0] == ([7] if in_place else [4, 5])


# Snapshots and memory


def test_a_snapshot_stays_as_it_is(paths: RunPaths) -> None:
    append(paths, *map(line, range(1000)))
    series = StepSeries(paths)
    series.look(NOTHING)
    before = series.steps
    with pytest.raises(ValueError, match="read-only"):
        before.loss[0] = 0
    append(paths, *map(line, range(1000, 3000)))
    series.look(NOTHING)
    append(paths, line(11, attempt=2, loss=7.0))
    series.look(rewound((2, 10)))
    paths.steps.write_bytes(line(0, loss=9.0))
    series.look(NOTHING)
    assert (before.step == np.arange(1000)).all()
    assert (before.loss == 1.5).all()
    assert as_lists(series) == ([0], [9], [0.5])


def test_steps_take_little_memory(paths: RunPaths) -> None:
    append(paths, *map(line, range(2**17)))
    series = StepSeries(paths)
    tracemalloc.start()
    while series.look(NOTHING, limit_bytes=2**20):
        pass
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < 16 * 2**17


# Rewinds


def test_a_rewind_told_of_before_or_after_the_steps(paths: RunPaths) -> None:
    append(paths, *map(line, range(1, 6)))
    late, early = StepSeries(paths), StepSeries(paths)
    late.look(NOTHING)
    append(paths, line(4, attempt=2, loss=4.0))
    late.look(NOTHING)
    assert late.look(rewound((2, 3)))
    assert not late.look(rewound((2, 3)))
    early.look(rewound((2, 3)))
    assert as_lists(late)[0] == as_lists(early)[0] == [1, 2, 3, 4]
    assert as_lists(late)[1] == [1.5, 1.5, 1.5, 4.0]


def test_a_rewind_that_voids_nothing_takes_no_new_reading(paths: RunPaths) -> None:
    append(paths, *map(line, range(10_000)))
    series = StepSeries(paths)
    while series.look(NOTHING):
        pass
    assert not series.look(rewound((2, 9_999)), limit_bytes=1)
    assert len(series.steps.step) == 10_000


def test_rewinds_that_are_taken_back(paths: RunPaths) -> None:
    append(paths, *map(line, range(1, 6)))
    series = StepSeries(paths)
    series.look(rewound((2, 3)))
    assert series.look(NOTHING)
    assert as_lists(series)[0] == [1, 2, 3, 4, 5]


numbers = st.integers(0, 6)
records = st.fixed_dictionaries(
    {"step": numbers},
    optional={"attempt": st.integers(1, 4), "loss": st.floats(allow_nan=False) | st.none(), "lam": st.floats(0, 1)},
)
lines = st.one_of(
    records.map(encode_json),
    st.binary(max_size=30).map(lambda data: data + b"\n"),
    records.map(lambda record: encode_json(record)[:-5] + b"\n"),
    st.dictionaries(st.sampled_from(["step", "attempt", "loss"]), st.integers() | st.text() | st.none()).map(
        lambda record: json.dumps(record).encode() + b"\n"
    ),
)
odd_integers = st.integers(-3, 8) | st.sampled_from([2**53, 2**64, 10**400, -(10**400)])
histories = st.lists(st.tuples(odd_integers, odd_integers), max_size=3)


@settings(max_examples=50)
@given(st.lists(lines, max_size=8), st.lists(st.integers(0, 300), max_size=4), histories)
@example([b'{"step":1,"loss":1.0}\n', b'{"step":2}\n'], [5], [(2, 1)])
@example([b'{"attempt":2147483648,"step":0}\n', b'{"step":2147483648}\n'], [], [])
def test_however_it_is_read_it_is_what_is_in_force(
    scratch: RunPaths, content: list[bytes], cuts: list[int], rewinds: list[tuple[int, int]]
) -> None:
    data = b"".join(content)
    scratch.steps.unlink(missing_ok=True)
    series = StepSeries(scratch)
    begin = 0
    for turn, cut in enumerate([*sorted(cuts), len(data)]):
        append(scratch, data[begin:cut])
        begin = max(begin, cut)
        series.look(rewound(*rewinds[:turn]))
    series.look(rewound(*rewinds))
    sound = [
        record
        for record in JsonlReader(scratch.steps).read()
        if all(type(record.get(name, 0)) is int and record.get(name, 0) >= 0 for name in ("step", "attempt"))
        and "step" in record
        and record["step"] < 2**31  # an int32; of the attempt nothing is kept
    ]
    expected = rewound(*rewinds).in_force(sound)
    assert series.steps.step.tolist() == [record["step"] for record in expected]
    for record, loss in zip(expected, series.steps.loss, strict=True):
        if isinstance(record.get("loss"), float):
            assert loss == pytest.approx(record["loss"]) or not np.isfinite(loss)


figures = st.floats() | st.integers(-(2**70), 2**70) | st.sampled_from([None, True, "1", [], {}])


@settings(max_examples=50)
@given(
    st.lists(st.tuples(numbers, st.integers(1, 4), figures | st.floats(0, 1), figures | st.floats(0, 1)), max_size=40),
    st.lists(st.tuples(st.integers(0, 5), numbers), max_size=3),
)
@example([(1, 1, 1e300, 0.5), (2, 1, -1e300, math.nan)], [])
@example([(1, 1, 2.0, 0.5), (2, 1, 2.0, 0.5), (1, 2, 3.0, 0.5)], [(2, 1)])
def test_records_all_of_one_kind_or_not_are_the_same_steps(
    scratch: RunPaths, content: list[tuple[int, int, Any, Any]], rewinds: list[tuple[int, int]]
) -> None:
    names = ("step", "attempt", "loss", "lam")
    records = [dict(zip(names, values, strict=True)) for values in content]
    scratch.steps.write_bytes(b"".join(json.dumps(record).encode() + b"\n" for record in records))
    series = StepSeries(scratch)
    with warnings.catch_warnings(action="error"):
        series.look(rewound(*rewinds))
    expected = rewound(*rewinds).in_force(JsonlReader(scratch.steps).read())
    assert series.steps.step.tolist() == [record["step"] for record in expected]
    for name, column in (("loss", series.steps.loss), ("lam", series.steps.lam)):
        np.testing.assert_array_equal(column, [as_float32(record[name]) for record in expected])


def as_float32(value: object) -> np.float32:
    is_number = type(value) is float or (type(value) is int and abs(value) <= 2**53)
    with np.errstate(over="ignore"):
        return np.float32(value if is_number else math.nan)
