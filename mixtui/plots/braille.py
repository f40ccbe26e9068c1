"""Lines as dots, several to a character cell."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixtui.calibration.bins import BoolArray, IntArray
from mixtui.plots.alpha_colors import LineKind
from mixtui.plots.palette import Cell, CellStyle

Segments = NDArray[np.float64]
"""Straight pieces of a line, (n, 4): first column and row, last column and row, in dots from the upper left."""


@dataclass(frozen=True)
class DotGlyphs:
    """A way to show dots, and the marks that go with it.

    A cell holds `shape` (rows, columns) of dots; `table` has its glyph for each combination, dot (row, column)
    being bit `bits[row][column]`.
    """

    shape: tuple[int, int]
    bits: tuple[tuple[int, ...], ...]
    table: str
    faint_table: str  # for a layer that lies under the others
    above: str  # the line goes on beyond the upper edge
    below: str
    gap: str  # a value that is not finite, on the axis
    cursor: str
    axis: str
    tick: str
    bar: str  # rises from the bottom of a cell
    ascii: bool = False


_BRAILLE_TABLE = " " + "".join(map(chr, range(0x2801, 0x2900)))
_BLOCK_TABLE = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"

BRAILLE = DotGlyphs(
    shape=(4, 2),
    bits=((0, 3), (1, 4), (2, 5), (6, 7)),
    table=_BRAILLE_TABLE,
    faint_table=_BRAILLE_TABLE,
    above="▴",
    below="▾",
    gap="×",
    cursor="▏",
    axis="─",
    tick="┬",
    bar=" ▁▂▃▄▅▆▇█",
)
BLOCKS = DotGlyphs(
    shape=(2, 2),
    bits=((0, 1), (2, 3)),
    table=_BLOCK_TABLE,
    faint_table=_BLOCK_TABLE,
    above="^",
    below="v",
    gap="×",
    cursor="│",
    axis="─",
    tick="┬",
    bar=" ▄█",
)
ASCII = DotGlyphs(
    shape=(1, 1),
    bits=((0,),),
    table=" *",
    faint_table=" .",
    above="^",
    below="v",
    gap="x",
    cursor="|",
    axis="-",
    tick="+",
    bar=" #",
    ascii=True,
)


@dataclass(frozen=True)
class Layer:
    """Dots of one style, (rows, columns); a faint layer gives way to every other."""

    dots: BoolArray
    style: CellStyle
    faint: bool = False


def draw_segments(segments: Segments, shape: tuple[int, int], line: LineKind = "solid") -> BoolArray:
    """The dots, (rows, columns) = `shape`, of segments in the order in which the line runs through them.

    What lies outside is left out. Segments must be finite; rows far outside are brought near first, so that the
    work is bounded by the shape.
    """
    rows, columns = shape
    dots = np.zeros(shape, dtype=np.bool_)
    if not len(segments):
        return dots
    column, row, to_column, to_row = np.rint(np.clip(segments.T, -3 * max(shape), 4 * max(shape)))
    across, down = to_column - column, to_row - row
    steps = np.maximum(np.abs(across), np.abs(down)).astype(np.int64)
    which = np.repeat(np.arange(len(segments)), steps + 1)
    step = np.arange(len(which)) - np.repeat(np.cumsum(steps + 1) - steps - 1, steps + 1)
    part = step / np.maximum(steps, 1)[which]
    x = np.rint(column[which] + part * across[which]).astype(np.int64)
    y = np.rint(row[which] + part * down[which]).astype(np.int64)
    shown = (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
    if line != "solid":
        # Counted along the line; the first dot of a segment is the last one of the segment before.
        travelled = (np.cumsum(steps) - steps)[which] + step
        drawn: BoolArray = travelled % 3 == 0 if line == "dotted" else travelled % 6 < 4
        shown &= drawn
    dots[y[shown], x[shown]] = True
    return dots


def touched_cells(dots: BoolArray, glyphs: DotGlyphs) -> BoolArray:
    """Which cells, (rows, columns), hold a dot."""
    touched: BoolArray = np.logical_or.reduce(_by_cell(dots, glyphs), axis=(1, 3))
    return touched


def overlay(layers: Sequence[Layer], rows: int, columns: int, glyphs: DotGlyphs) -> list[list[Cell]]:
    """The cells of several layers, the last one on top.

    Lines that cross in a cell share its dots, so that neither breaks, in the style of the upper one.
    """
    height, width = glyphs.shape
    shape = (rows * height, columns * width)
    codes: IntArray = np.zeros((rows, columns), dtype=np.int64)
    owner = np.full((rows, columns), -1)
    for faint in (True, False):
        dots = np.zeros(shape, dtype=np.bool_)
        for index, layer in enumerate(layers):
            if layer.faint == faint:
                dots |= layer.dots
                owner[touched_cells(layer.dots, glyphs)] = index
        packed = _pack(dots, glyphs)
        codes = np.where(packed > 0, packed, codes)
    grid = [[Cell(" ")] * columns for _ in range(rows)]
    tables = [glyphs.faint_table if layer.faint else glyphs.table for layer in layers]
    cells: dict[tuple[int, int], Cell] = {}  # most look like another one
    drawn = np.nonzero(codes)
    for row, column, *look in zip(*drawn, owner[drawn].tolist(), codes[drawn].tolist(), strict=True):
        index, code = look
        if (index, code) not in cells:
            cells[index, code] = Cell(tables[index][code], layers[index].style)
        grid[row][column] = cells[index, code]
    return grid


def _pack(dots: BoolArray, glyphs: DotGlyphs) -> IntArray:
    weights = 1 << np.array(glyphs.bits, dtype=np.int64)
    packed: IntArray = np.einsum("rhcw,hw->rc", _by_cell(dots, glyphs).astype(np.int64), weights)
    return packed


def _by_cell(dots: BoolArray, glyphs: DotGlyphs) -> BoolArray:
    height, width = glyphs.shape
    return dots.reshape(len(dots) // height, height, dots.shape[1] // width, width)
