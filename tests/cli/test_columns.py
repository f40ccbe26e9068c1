"""Text in columns: aligned, as wide as the terminal at most, and nothing in it that a terminal takes for a command."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from mixtui.cli.columns import Column, in_columns
from mixtui.cli.console import shown

COLUMNS = [Column("id"), Column("data", least=6), Column("name", least=4), Column("ECE", right=True)]
ROWS = [
    ["k3f9", "folder:photographs", "first", ".164"],
    ["m2p7", "cifar10", "", "1.2"],
]


def lines(rows: list[list[str]], width: int, columns: list[Column] = COLUMNS) -> list[str]:
    return [" ".join(cells).rstrip() for cells in in_columns(columns, rows, width)]


def test_columns_are_as_wide_as_what_stands_in_them() -> None:
    assert lines(ROWS, 100) == [
        "id   data               name   ECE",
        "k3f9 folder:photographs first .164",
        "m2p7 cifar10                   1.2",
    ]


def test_without_rows_the_headings_remain() -> None:
    assert lines([], 100) == ["id data name ECE"]


def test_where_room_is_short_the_widest_that_can_gives_way() -> None:
    assert lines(ROWS, 28) == [
        "id   data         name   ECE",
        "k3f9 folder:phot… first .164",
        "m2p7 cifar10             1.2",
    ]
    assert lines(ROWS, 21)[1] == "k3f9 folde… fir… .164"


def test_where_nothing_gives_way_any_more_the_last_columns_are_cut() -> None:
    assert lines(ROWS, 19) == ["id   data   name E…", "k3f9 folde… fir… .…", "m2p7 cifar…      1…"]
    assert lines(ROWS, 10) == ["id   da…", "k3f9 fo…", "m2p7 ci…"]
    assert lines(ROWS, 0) == ["", "", ""]


def test_wide_characters_take_two_cells() -> None:
    rows = [["日本語のデータ", "x"], ["ascii", "y"]]
    columns = [Column("name", least=4), Column("end")]
    assert lines(rows, 80, columns) == ["name           end", "日本語のデータ x", "ascii          y"]
    assert lines(rows, 10, columns) == ["name   end", "日本 … x", "ascii  y"]


texts = st.text(max_size=12) | st.sampled_from(["", "✓ finished", "日本語", "e\u0301", "👩\u200d🔬", "a\x1b[31mb"])


@given(st.lists(st.lists(texts, min_size=4, max_size=4), max_size=4), st.integers(0, 60))
def test_whatever_stands_in_it_a_row_fits_and_its_columns_stand_under_each_other(
    rows: list[list[str]], width: int
) -> None:
    table = in_columns(COLUMNS, rows, width)
    assert len(table) == len(rows) + 1
    assert len({tuple(map(cell_len, cells)) for cells in table}) == 1
    for cells in table:
        line = " ".join(cells).rstrip(" ")
        assert cell_len(line) <= width
        assert line.isprintable()


@pytest.mark.parametrize("text", ["a\x1b[2Jb", "a\nb", "a\rb", "a\x9bb", "a\u202eb", "a\udcffb", "a\tb"])
def test_what_would_move_the_cursor_never_reaches_the_terminal(text: str) -> None:
    line = shown(text)
    assert line.isprintable()
    assert (line[0], line[-1]) == ("a", "b")


def test_ascii_where_the_terminal_has_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "POSIX")
    assert lines([["ä", "日本", "✓", "x"]], 80)[1] == "?  ??   v      x"
    assert lines([["k3f9", "folder:photographs", "", ""]], 20)[1] == "k3f9 fol..."


def test_ten_thousand_rows_are_no_matter() -> None:
    rows = [[f"r{n}", "folder:photographs", f"näme {n}", ".164"] for n in range(10_000)]
    started = time.perf_counter()
    assert len(in_columns(COLUMNS, rows, 80)) == 10_001
    assert time.perf_counter() - started < 2
