"""Segments become dots, and dots become glyphs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from rich.cells import cell_len

from mixtui.plots.alpha_colors import LineKind
from mixtui.plots.braille import ASCII, BLOCKS, BRAILLE, DotGlyphs, Layer, draw_segments, overlay, touched_cells
from mixtui.plots.palette import CellStyle

BLUE, RED = CellStyle(4), CellStyle(1)


def picture(rows: list[str], glyphs: DotGlyphs) -> list[str]:
    dots = np.array([[char == "o" for char in row] for row in rows])
    height, width = glyphs.shape
    grid = overlay([Layer(dots, BLUE)], len(rows) // height, len(rows[0]) // width, glyphs)
    return ["".join(cell.glyph for cell in row) for row in grid]


def test_dots_in_braille() -> None:
    assert picture(["o..o", ".o..", "....", "...o"], BRAILLE) == ["⠑⢈"]


def test_dots_in_quarter_blocks() -> None:
    assert picture(["o.oo", ".o.."], BLOCKS) == ["▚▀"]


def test_dots_in_ascii() -> None:
    assert picture(["o.o"], ASCII) == ["* *"]


@pytest.mark.parametrize("glyphs", [BRAILLE, BLOCKS, ASCII])
def test_each_combination_of_dots_has_a_glyph_of_one_cell(glyphs: DotGlyphs) -> None:
    assert len(glyphs.table) == len(glyphs.faint_table) == 2 ** (glyphs.shape[0] * glyphs.shape[1])
    assert len(set(glyphs.table)) == len(glyphs.table)
    marks = (glyphs.above, glyphs.below, glyphs.gap, glyphs.cursor, glyphs.axis, glyphs.tick)
    assert {cell_len(char) for char in (*glyphs.table, *glyphs.bar, *marks)} == {1}
    assert not glyphs.ascii or "".join((glyphs.table, *marks, glyphs.bar)).isascii()


def test_a_line_has_no_holes() -> None:
    dots = draw_segments(np.array([[0.0, 0.0, 9.0, 4.0], [9.0, 4.0, 9.0, 0.0]]), (5, 10))
    assert dots[0, 0]
    assert dots[4, 9]
    assert dots.any(axis=0).all()
    assert dots[:, 9].all()


def test_dashes_and_points_leave_gaps() -> None:
    line = np.array([[0.0, 0.0, 11.0, 0.0]])
    drawn = {kind: "".join("o" if dot else "." for dot in draw_segments(line, (1, 12), kind)[0]) for kind in KINDS}
    assert drawn == {"solid": "oooooooooooo", "dashed": "oooo..oooo..", "dotted": "o..o..o..o.."}


KINDS: tuple[LineKind, ...] = ("solid", "dashed", "dotted")


@settings(max_examples=50, deadline=None)
@given(
    arrays(np.float64, st.tuples(st.integers(0, 8), st.just(4)), elements=st.floats(-1e300, 1e300)),
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from(KINDS),
)
def test_any_finite_segment_can_be_drawn(segments: np.ndarray, rows: int, columns: int, line: LineKind) -> None:
    assert draw_segments(segments, (rows, columns), line).shape == (rows, columns)


def test_lines_that_cross_share_a_cell_and_the_upper_one_colours_it() -> None:
    left, right = np.zeros((4, 2), dtype=bool), np.zeros((4, 2), dtype=bool)
    left[:, 0], right[:, 1] = True, True
    [[cell]] = overlay([Layer(left, BLUE), Layer(right, RED)], 1, 1, BRAILLE)
    assert cell == ("⣿", RED)


def test_a_faint_layer_gives_way() -> None:
    left, right = np.zeros((4, 4), dtype=bool), np.zeros((4, 4), dtype=bool)
    left[:, 0], right[:, :] = True, True
    [[first, second]] = overlay([Layer(left, BLUE), Layer(right, RED, faint=True)], 1, 2, BRAILLE)
    assert first == ("⡇", BLUE)
    assert second == ("⣿", RED)


def test_touched_cells() -> None:
    dots = np.zeros((4, 4), dtype=bool)
    dots[2, 3] = True
    assert touched_cells(dots, BRAILLE).tolist() == [[False, True]]
