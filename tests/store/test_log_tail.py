"""The end of a log as a person may see it: always the same text, however it was written and read."""

from __future__ import annotations

import tempfile
import tracemalloc
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mixtui.errors import MixtuiError
from mixtui.store.log_tail import LONGEST_LINE, MOST_LINES, LogTail


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "output.log"


@pytest.fixture(scope="module")
def scratch() -> Iterator[Path]:
    """One file for all examples of a property."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "output.log"


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def numbered(*numbers: int) -> bytes:
    return b"".join(b"line %d\n" % number for number in range(*numbers))


def read(path: Path, count: int = 1000) -> list[str]:
    tail = LogTail(path, count)
    tail.look()
    return list(tail.lines)


# What is shown of a line


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (b"", []),
        (b"\n\n", ["", ""]),
        (b"a\nb", ["a", "b"]),
        (b"a\r\nb\r\n", ["a", "b"]),
        (b" 10 %\r 50 %\r100 %\n", ["100 %"]),
        (b" 10 %\r 50 %\r", [" 50 %"]),
        (b"\x1b[1;31mred\x1b[0m [bold]as it is[/]\n", ["red [bold]as it is[/]"]),
        (b"\x1b]0;title\x07a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\n", ["alink"]),
        (b"\x1b(B\x1b7a\x1b\n", ["a"]),
        (b"a\x1b[\n\x1b]0;no end\nb\n", ["a", "", "b"]),
        (b"a\x00\x07\x08\x0b\x0cb\x7f\n", ["ab"]),
        (b"a\tb\n", ["a       b"]),
        ("\u202eevil\u2028\u200b\x9b\x85 é 漢 🙂\u3000\n".encode(), ["evil é 漢 🙂\u3000"]),
        (b"\xff\xc3\n", ["��"]),
        (b"x" * 5000 + b"\ny\n", ["x" * LONGEST_LINE, "y"]),
    ],
)
def test_a_line_as_it_is_shown(path: Path, written: bytes, shown: list[str]) -> None:
    path.write_bytes(written)
    assert read(path) == shown


# What is read


def test_no_log_has_nothing_to_tell(path: Path) -> None:
    tail = LogTail(path)
    assert not tail.look()
    assert tail.earlier(10) == 0
    assert tail.lines == ()


def test_a_log_that_grows(path: Path) -> None:
    tail = LogTail(path)
    append(path, b"one\ntw")
    assert tail.look()
    assert tail.lines == ("one", "tw")
    assert not tail.look()
    append(path, b"o\r")
    assert tail.look()
    append(path, b"2")
    assert tail.look()
    assert tail.lines == ("one", "2")
    append(path, b"\n")
    assert not tail.look()
    path.unlink()
    assert not tail.look()
    assert tail.lines == ("one", "2")


def test_the_last_lines_and_those_before_them(path: Path) -> None:
    path.write_bytes(numbered(100_000) + b"and")
    tail = LogTail(path, 3)
    tail.look()
    assert tail.lines == ("line 99997", "line 99998", "line 99999", "and")
    assert tail.earlier(2) == 2
    assert tail.lines[:3] == ("line 99995", "line 99996", "line 99997")
    append(path, b" more\n")
    tail.look()
    assert tail.lines[-2:] == ("line 99999", "and more")
    assert tail.earlier(5000) == 5000
    assert tail.lines[0] == "line 94995"
    while tail.earlier(5000):
        pass
    assert tail.lines == (*(f"line {n}" for n in range(100_001 - MOST_LINES, 100_000)), "and more")


def test_lines_that_fill_what_is_read_at_once(path: Path) -> None:
    path.write_bytes(b"".join(b"%063d\n" % number for number in range(5000)))
    tail = LogTail(path, 1024)
    tail.look()
    assert tail.lines == tuple(f"{number:063}" for number in range(5000 - 1024, 5000))


def test_a_line_that_never_ends_takes_little_memory(path: Path) -> None:
    tail = LogTail(path)
    tracemalloc.start()
    for _ in range(30):
        append(path, b"x" * 100_000)
        tail.look()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert tail.lines == ("x" * LONGEST_LINE,)
    assert taken < 200_000


def test_the_first_line_has_none_before_it(path: Path) -> None:
    path.write_bytes(numbered(10))
    tail = LogTail(path, 4)
    tail.look()
    assert [tail.earlier(4) for _ in range(3)] == [4, 2, 0]
    assert tail.lines == tuple(f"line {n}" for n in range(10))


def test_no_more_lines_are_kept_than_may_be(path: Path) -> None:
    tail = LogTail(path)
    for begin in range(0, 4 * MOST_LINES, MOST_LINES // 2):
        append(path, numbered(begin, begin + MOST_LINES // 2))
        tail.look()
        assert len(tail.lines) <= MOST_LINES
    assert tail.lines[-1] == f"line {4 * MOST_LINES - 1}"
    assert tail.earlier(10) == 0


def test_a_flood_is_read_from_its_end(path: Path) -> None:
    append(path, numbered(10))
    tail = LogTail(path, 5)
    tail.look()
    append(path, numbered(10, 1_000_000))
    assert tail.look()
    assert tail.lines == tuple(f"line {n}" for n in range(999_995, 1_000_000))
    assert tail.earlier(1) == 1


def test_a_line_of_many_megabytes(path: Path) -> None:
    path.write_bytes(b"first\n" + b" 50 %\r" * 500_000 + b"100 %\nlast\n")
    tail = LogTail(path)
    tail.look()
    assert tail.lines == ("last",)
    while tail.earlier(1000):
        pass
    assert tail.lines[0] == "first"
    assert tail.lines[-2:] == ("100 %", "last")
    assert len(tail.lines) < 10
    path.write_bytes(b" 50 %\r" * 500_000 + b"100 %")
    tail.look()
    assert tail.lines == ("100 %",)


@pytest.mark.parametrize("in_place", [True, False])
def test_a_log_cut_short_or_replaced_begins_again(path: Path, in_place: bool) -> None:
    path.write_bytes(b"one\ntwo\n")
    tail = LogTail(path)
    tail.look()
    if in_place:
        path.write_bytes(b"three\n")
    else:
        other = path.with_name("other")
        other.write_bytes(b"three\nand a longer one\n")
        other.replace(path)
    assert tail.look()
    assert tail.lines == (("three",) if in_place else ("three", "and a longer one"))


def test_a_log_that_cannot_be_read(path: Path) -> None:
    path.mkdir()
    with pytest.raises(MixtuiError, match=r"output\.log cannot be read"):
        LogTail(path).look()


# Any bytes


pieces = st.sampled_from(
    [b"\r", b"\n", b"\r\n", b"\x1b[31m", b"\x1b", b"\xc3\xa9", b"\xc3", b"a" * 20_000, b"b", b"\t"]
)
logs = st.lists(pieces | st.binary(max_size=5), max_size=30).map(b"".join)


@settings(max_examples=50)
@given(logs, st.lists(st.integers(0, 100), max_size=5))
@example(b"a" * 20_000 + b"\r" + b"b", [20_001])
def test_however_a_log_comes_its_lines_are_the_same(scratch: Path, data: bytes, cuts: list[int]) -> None:
    scratch.write_bytes(b"")
    tail = LogTail(scratch)
    begin = 0
    for cut in [*sorted(cuts), len(data)]:
        append(scratch, data[begin:cut])
        begin = max(begin, cut)
        tail.look()
    assert list(tail.lines) == read(scratch)
    for line in tail.lines:
        assert len(line) <= LONGEST_LINE
        assert not any(unicodedata.category(character) == "Cc" for character in line)


def test_it_tells_whether_it_has_all(path: Path) -> None:
    append(path, numbered(50))
    tail = LogTail(path, 20)
    tail.look()
    assert not tail.has_all
    tail.earlier(1000)
    assert tail.has_all
    append(path, numbered(MOST_LINES))
    tail.look()
    assert len(tail.lines) == MOST_LINES
    assert not tail.has_all


@settings(max_examples=50)
@given(logs, st.lists(st.integers(1, 7), min_size=1, max_size=5))
def test_line_by_line_from_the_end_is_the_whole_log(scratch: Path, data: bytes, counts: list[int]) -> None:
    scratch.write_bytes(data)
    tail = LogTail(scratch, counts[0])
    tail.look()
    for count in [*counts[1:], 1000]:
        tail.earlier(count)
    assert list(tail.lines) == read(scratch)
