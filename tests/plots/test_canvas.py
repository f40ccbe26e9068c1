"""Cells through plotext: each in its place, whatever the input, and nothing of an earlier picture left."""

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtui.plots.canvas import place_lines
from mixtui.plots.palette import Cell, CellStyle, Palette, Role, diagram_palette

PLAIN: Palette = {}
GLYPHS = " █▄▁░▒·─▔#:+.-^v▲▼┬A"


def cells(picture: str, role: Role = Role.PLAIN) -> list[list[Cell]]:
    return [[Cell(glyph, role) for glyph in line] for line in picture.splitlines()]


def placed(picture: str, **axes: Any) -> list[str]:
    return [line.plain for line in place_lines(cells(picture), PLAIN, **axes)]


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(1, 120), st.integers(1, 40)).flatmap(
        lambda size: st.lists(st.text(GLYPHS, min_size=size[0], max_size=size[0]), min_size=size[1], max_size=size[1])
    )
)
def test_every_glyph_lands_in_its_cell(rows: list[str]) -> None:
    drawn = placed("\n".join(rows), y_ticks={0: "0.0"}, x_ticks={0: "0"})
    assert [line[4:] for line in drawn[:-2]] == rows
    assert drawn[-2].startswith("   └┬")
    assert drawn[-1].rstrip() == "    0"


def test_ticks_and_axes_frame_the_grid() -> None:
    drawn = placed("ab\ncd", y_ticks={0: "0.0", 1: "1.0"}, x_ticks={1: "x"})
    assert drawn == ["1.0┤ab", "0.0┤cd", "   └─┬", "     x"]


def test_without_x_ticks_there_is_no_x_axis() -> None:
    assert placed("ab\ncd", y_ticks={1: "9%"}) == ["9%┤ab", "  │cd"]


def test_an_x_axis_of_ones_own_replaces_the_line() -> None:
    drawn = placed("abc", y_ticks={}, x_ticks={0: "0"}, x_axis=cells("─▲C")[0])
    assert drawn == ["│abc", "└─▲C", " 0  "]


def test_the_ascii_frame_is_ascii() -> None:
    drawn = placed("ab", y_ticks={0: "0"}, x_ticks={0: "0"}, ascii_frame=True)
    assert drawn == ["0+ab", " ++-", "  0 "]


def test_nothing_is_left_of_an_earlier_picture() -> None:
    first = placed("##\n##", y_ticks={0: "0.0"}, x_ticks={1: "1"})
    place_lines(cells("+++++\n" * 9), diagram_palette("256", "dark", filled=True), y_ticks={3: "three"})
    assert placed("##\n##", y_ticks={0: "0.0"}, x_ticks={1: "1"}) == first
    assert placed("  \n  ", y_ticks={}) == ["│  ", "│  "]


def test_the_size_of_the_terminal_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "10")
    monkeypatch.setenv("LINES", "3")
    lines = placed("#" * 100 + "\n" + "#" * 100, y_ticks={0: "0"})
    assert [len(line) for line in lines] == [102, 102]


def test_roles_become_colours_and_everything_else_keeps_the_terminals_own() -> None:
    palette = {Role.BAR: CellStyle(247), Role.OVER: CellStyle(3, 173, reverse=True)}
    grid = [[Cell("█", Role.BAR), Cell("░", Role.OVER), Cell("·"), Cell(" ")]]
    lines = place_lines(grid, palette, y_ticks={0: "0"}, x_ticks={0: "0"}, x_axis=[Cell("▲", Role.BAR)])
    styled = {(line.plain[span.start : span.end], str(span.style)) for line in lines for span in line.spans}
    assert styled == {("█", "color(247)"), ("░", "reverse color(3) on color(173)"), ("▲", "color(247)")}


@pytest.mark.parametrize(
    "grid",
    [
        [],
        [[]],
        [[Cell("a")], [Cell("a"), Cell("b")]],
        [[Cell("heart")]],  # the name of a plotext marker
        [[Cell("")]],
        [[Cell("界")]],
        [[Cell("\n")]],
    ],
)
def test_a_grid_that_would_not_line_up_is_refused(grid: list[list[Cell]]) -> None:
    with pytest.raises(ValueError, match="cell"):
        place_lines(grid, PLAIN, y_ticks={})


def test_ticks_off_the_grid_are_left_out_and_cannot_end_the_process() -> None:
    # In a process of its own, since plotext aborts the whole process on NaN.
    script = """
from mixtui.plots.canvas import place_lines
from mixtui.plots.palette import Cell
nowhere = {position: "?" for position in (float("nan"), float("inf"), -float("inf"), -1, 2, 1e300)}
for line in place_lines([[Cell("a"), Cell("b")]] * 2, {}, y_ticks={**nowhere, 0: "0"}, x_ticks=nowhere):
    print(line.plain)
"""
    child = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        encoding="utf-8",
        env={"PYTHONUTF8": "1"},
        timeout=60,
        check=True,
    )
    assert child.stdout.splitlines() == [" │ab", "0┤ab", " └──"]
