"""Means with their spread as they are drawn on a sheet."""

from mixtui.plots.cell_sheet import CellSheet
from mixtui.plots.diagram_glyphs import Glyphs
from mixtui.plots.palette import CellStyle
from mixtui.plots.score_axis import ScoreAxis

_LARGEST = 1e100  # a figure beyond it is a mistake, and would overflow when added or multiplied
_LEFT_DOTS = (0x40, 0x04, 0x02, 0x01)  # of a braille cell, from the bottom up


def drawable(value: object) -> float | None:
    """`value` if it is a number that can be drawn."""
    return float(value) if isinstance(value, int | float) and abs(value) <= _LARGEST else None  # nan fails, too


def draw_upright(
    sheet: CellSheet, column: int, ends: tuple[float, float], axis: ScoreAxis, style: CellStyle, glyphs: Glyphs
) -> None:
    """A bar between two scores, to a quarter of a row."""
    low, high = (axis.quarter_row(end, sheet.height) for end in ends)
    for row in range(low // 4, high // 4 + 1):
        dots = sum(dot for quarter, dot in enumerate(_LEFT_DOTS, start=4 * row) if low <= quarter <= high)
        sheet.draw(row, column, "|" if glyphs.ascii else chr(0x2800 + dots), style)
