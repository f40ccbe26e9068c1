"""Append-only logs: a line is whole or ignored, whatever happened to the file."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import tempfile
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mixtui.store import jsonl
from mixtui.store.files import encode_json, plain
from mixtui.store.jsonl import JsonlReader, JsonlWriter, parse_lines

integers = st.integers(-(2**63), 2**64 - 1)  # beyond 64 bits they are read as floats
values = st.none() | st.booleans() | integers | st.floats() | st.text() | st.lists(integers, max_size=3)
records = st.dictionaries(st.text(), values, max_size=4)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


@pytest.fixture(scope="module")
def scratch() -> Iterator[Path]:
    """One file for all examples of a property."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "steps.jsonl"


def write(path: Path, *new: dict[str, Any]) -> None:
    writer = JsonlWriter(path)
    writer.append(new)
    writer.close()


def test_no_file_is_no_records(path: Path) -> None:
    assert JsonlReader(path).read() == []


def test_a_reader_gets_what_was_appended_since_its_last_look(path: Path) -> None:
    reader = JsonlReader(path)
    writer = JsonlWriter(path)
    writer.append([{"step": 1}, {"step": 2}])
    assert reader.read() == [{"step": 1}, {"step": 2}]
    assert reader.read() == []
    writer.append([{"step": 3}])
    writer.sync()
    assert reader.read() == [{"step": 3}]
    writer.close()


@given(st.lists(records, max_size=5))
def test_records_are_read_as_they_were_written_but_for_what_is_not_finite(
    scratch: Path, new: list[dict[str, Any]]
) -> None:
    scratch.unlink(missing_ok=True)
    write(scratch, *new)
    assert JsonlReader(scratch).read() == plain(new)


def tear_and_go_on(
    path: Path, before: list[dict[str, Any]], torn: dict[str, Any], cut: int, after: dict[str, Any]
) -> None:
    """Check what a torn line costs: `torn` is cut after `cut` bytes, then another writer appends `after`."""
    path.write_bytes(b"".join(map(encode_json, before)) + encode_json(torn)[:cut])
    reader = JsonlReader(path)
    assert reader.read() == plain(before)
    write(path, after)
    assert reader.read() == [plain(after)]
    assert JsonlReader(path).read() == plain([*before, after])


def test_a_line_torn_at_any_byte_is_ended_and_ignored(path: Path) -> None:
    torn = {"type": "epoch", "message": 'a "quoted" näme\n', "metrics": {"ece": 0.25, "nll": None}, "bins": [1, [2]]}
    for cut in range(len(encode_json(torn)) - 1):  # without its newline alone, the line is whole
        tear_and_go_on(path, [{"step": 1}], torn, cut, {"step": 3})


@given(st.lists(records, max_size=3), records, records, st.data())
def test_any_line_torn_anywhere_is_ended_and_ignored(
    scratch: Path, before: list[dict[str, Any]], torn: dict[str, Any], after: dict[str, Any], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(encode_json(torn)) - 2))
    tear_and_go_on(scratch, before, torn, cut, after)


def test_a_line_that_lacks_only_its_newline_is_kept(path: Path) -> None:
    path.write_bytes(b'{"step": 1}')
    assert JsonlReader(path).read() == []
    write(path, {"step": 2})
    assert JsonlReader(path).read() == [{"step": 1}, {"step": 2}]


@given(st.lists(records, max_size=4), st.data())
def test_a_record_is_read_once_however_its_bytes_arrive(
    scratch: Path, new: list[dict[str, Any]], data: st.DataObject
) -> None:
    content = b"".join(map(encode_json, new))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=4)))
    scratch.write_bytes(b"")
    reader, seen = JsonlReader(scratch), []
    for start, stop in zip([0, *cuts], [*cuts, len(content)], strict=True):
        with scratch.open("ab") as file:
            file.write(content[start:stop])
        seen += reader.read()
    assert seen == plain(new)


def whole_alone(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line.decode()), dict)
    except (ValueError, RecursionError):
        return False


@given(st.lists(st.binary().map(lambda line: line.replace(b"\n", b"")) | records.map(lambda r: encode_json(r)[:-1])))
@example([b'{"a": 1', b'"b": 2}'])
@example([b'{"a": [1', b"2]}"])
@example([b'{"a": 1}, {"b": 2}'])
@example([b'{"a": 1}, {"b": 2', b'"c": 3}'])
@example([b'{"a": 1}{"b": 2}', b'{"c": 3}'])
@example([b"\0" * 512, b'{"a": 1}', b'\0\0{"b": 2}'])
@example(['{"a": 1}'.encode("utf-16"), '{"a": 1}'.encode("utf-32-le")])
@example([b'{"a": "\xff"}', b'{"b": "\xc3"}', b'{"c": "\xed\xa0\x80"}'])
@example([b"[" * 100_000, b'{"a":' * 100_000, b'{"a": 1}'])
@example([b'{"a": ' + b"9" * 5000 + b"}"])
@example([b"null", b"1", b"[]", b'"text"', b"true", b"", b"   ", b'{"a": 1}\r'])
def test_each_line_stands_for_itself(lines: list[bytes]) -> None:
    expected = [json.loads(line.decode()) for line in lines if whole_alone(line)]
    assert encode_json(parse_lines(b"\n".join(lines))) == encode_json(expected)  # as text, in which NaN equals NaN


def test_a_file_cut_short_is_read_anew(path: Path) -> None:
    write(path, {"step": 1}, {"step": 2})
    reader = JsonlReader(path)
    reader.read()
    path.write_bytes(b'{"step":9}\n')
    assert reader.read() == [{"step": 9}]


def test_a_batch_is_one_write(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def write_and_count(file: int, data: bytes) -> int:
        sizes.append(os.write(file, data))
        return sizes[-1]

    monkeypatch.setattr(jsonl, "os", types.SimpleNamespace(**{**vars(os), "write": write_and_count}))
    write(path, *({"step": step} for step in range(100)))
    assert sizes == [path.stat().st_size]


def test_a_record_that_is_no_json_writes_nothing(path: Path) -> None:
    writer = JsonlWriter(path)
    with pytest.raises(TypeError):
        writer.append([{"step": 1}, {"step": object()}])
    writer.append([{"step": 2}])
    writer.close()
    assert JsonlReader(path).read() == [{"step": 2}]


def test_a_disk_that_fills_in_the_middle_of_a_line_costs_that_line(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = 30

    def write_while_there_is_room(file: int, data: bytes) -> int:
        free = room - os.fstat(file).st_size
        if free <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return os.write(file, data[:free])

    monkeypatch.setattr(jsonl, "os", types.SimpleNamespace(**{**vars(os), "write": write_while_there_is_room}))
    writer, reader = JsonlWriter(path), JsonlReader(path)
    writer.append([{"step": 1}])
    with pytest.raises(OSError, match="No space"):
        writer.append([{"step": 2}, {"step": 3}, {"step": 4}])
    with pytest.raises(OSError, match="No space"):
        writer.append([{"step": 5}])
    room = 1000
    writer.append([{"step": 6}])
    writer.close()
    assert reader.read() == [{"step": 1}, {"step": 2}, {"step": 6}]


def test_a_limit_of_the_system_itself_tears_no_more_than_a_line(path: Path) -> None:
    code = """
import resource, sys
from pathlib import Path
from mixtui.store.jsonl import JsonlWriter

resource.setrlimit(resource.RLIMIT_FSIZE, (30, resource.RLIM_INFINITY))
writer = JsonlWriter(Path(sys.argv[1]))
try:
    writer.append({"step": step} for step in range(1, 10))
except OSError:
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
    writer.append([{"step": 10}])
"""
    subprocess.run([sys.executable, "-c", code, str(path)], check=True, timeout=60)
    assert JsonlReader(path).read() == [{"step": 1}, {"step": 2}, {"step": 10}]
