"""Small files: whole or not at all, JSON without NaN, and any content read without surprises."""

from __future__ import annotations

import errno
import json
import math
import os
import threading
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mixtui.store.files import encode_json, plain, read_json, remove_unfinished, write_atomically, write_json

# Text as it comes from the file system: any, and bytes that are no UTF-8 as lone surrogates (PEP 383).
texts = st.text(st.characters() | st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF, categories=["Cs"]))
integers = st.integers(-(2**63), 2**64 - 1)
json_values = st.recursive(
    st.none() | st.booleans() | integers | st.floats() | texts,
    lambda values: st.lists(values, max_size=4) | st.dictionaries(texts, values, max_size=4),
    max_leaves=10,
)
same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@same_folder
@given(st.dictionaries(texts, json_values, max_size=4))
def test_a_document_is_read_as_it_was_written_but_for_what_is_not_finite(
    tmp_path: Path, document: dict[str, Any]
) -> None:
    path = tmp_path / "document.json"
    write_json(path, document)
    assert read_json(path) == plain(document)


def test_a_whole_number_beyond_64_bits_is_read_as_a_float(tmp_path: Path) -> None:
    path = tmp_path / "document.json"
    write_json(path, {"n": 2**64})
    assert read_json(path) == {"n": 2.0**64}


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b'{"a": "\\udcff"}', "\udcff"),
        (b'{"a": 1e999}', math.inf),
        (b'{"a": 1' + b"0" * 400 + b"}", math.inf),
        (b'\xef\xbb\xbf{"a": 1}', 1),
    ],
    ids=["a lone surrogate", "beyond a float", "a whole number beyond a float", "a byte order mark"],
)
def test_what_only_the_standard_library_takes_is_taken_too(content: bytes, value: Any, tmp_path: Path) -> None:
    path = tmp_path / "document.json"
    path.write_bytes(content)
    assert read_json(path) == {"a": value}


@given(json_values)
def test_json_is_one_line_of_valid_utf8_without_nan(value: Any) -> None:
    line = encode_json(value)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    json.loads(line.decode("utf-8"), parse_constant=refuse)


def test_what_is_not_finite_becomes_null_at_any_depth() -> None:
    assert plain({"a": (math.nan, [math.inf, {"b": -math.inf}]), "c": 1.5}) == {
        "a": [None, [None, {"b": None}]],
        "c": 1.5,
    }


def test_a_missing_file_is_none(tmp_path: Path) -> None:
    assert read_json(tmp_path / "none.json") is None


@same_folder
@given(st.binary())
@example(b"")
@example(b"\0" * 64)
@example(b"[]")
@example(b"null")
@example(b'{"a": 1')
@example(b'{"a": "\xff"}')
@example(b"[" * 100_000)
@example(b'{"a": ' + b"9" * 5000 + b"}")
def test_any_other_content_is_a_value_error_with_the_name_of_the_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "process.json"
    path.write_bytes(content)
    try:
        assert isinstance(read_json(path), dict)
    except ValueError as error:
        assert "process.json" in str(error)


def test_the_line_of_a_mistake_is_named(tmp_path: Path) -> None:
    path = tmp_path / "control.json"
    path.write_text('{\n"want": "run",\n}')
    with pytest.raises(ValueError, match=r"control\.json is not JSON \(line 3\)"):
        read_json(path)


def test_a_write_that_fails_leaves_the_old_content_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(b"old")

    def fill_the_disk(file: BinaryIO) -> None:
        file.write(b"new, but only a part of it")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match="No space"):
        write_atomically(path, fill_the_disk)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_can_be_read_by_others_than_its_writer(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_json(tmp_path / "meta.json", {})
    finally:
        os.umask(before)
    assert (tmp_path / "meta.json").stat().st_mode & 0o777 == 0o644


def test_writers_at_once_neither_fail_nor_tear(tmp_path: Path) -> None:
    path = tmp_path / "control.json"
    documents = [{"writer": writer, "filling": [writer] * 1000} for writer in range(4)]
    write_json(path, documents[0])
    failures: list[BaseException] = []

    def write(document: dict[str, Any]) -> None:
        try:
            for _ in range(20):
                write_json(path, document)
                assert read_json(path) in documents
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=[document]) for document in documents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_writer_left_can_be_removed(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(b"old")
    pid = os.fork()
    if pid == 0:
        write_atomically(path, lambda _: os._exit(0))
    os.waitpid(pid, 0)
    (tmp_path / "other.tmp").touch()
    assert len(list(tmp_path.iterdir())) == 3
    remove_unfinished(path)
    assert {p.name for p in tmp_path.iterdir()} == {"checkpoint.pt", "other.tmp"}
