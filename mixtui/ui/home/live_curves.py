"""Curves that are drawn again and again while runs train."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import zip_longest

from mixtui.plots.axes import Range
from mixtui.plots.curves import Drawing, Pane, draw_curves
from mixtui.ui.drawing import curve_glyphs
from mixtui.ui.glyphs import Glyphs


class LiveCurves:
    """Draws the curves of one panel, and remembers the ranges of its axes, so that they hold still.

    `give_way` is to be called between two pieces of work, for whatever is more urgent.
    """

    def __init__(self, give_way: Callable[[], None]) -> None:
        self.give_way = give_way
        self._ranges: tuple[Range, ...] = ()

    def draw(self, panes: Sequence[Pane], glyphs: Glyphs, columns: int, rows: int, *, x_name: str) -> Drawing:
        """The panes, one above the other, as `draw_curves` draws them."""
        self.give_way()
        held = [replace(pane, previous_range=before) for pane, before in zip_longest(panes, self._ranges[: len(panes)])]
        drawing = draw_curves(held, columns=columns, rows=rows, glyphs=curve_glyphs(glyphs), x_name=x_name)
        self._ranges = drawing.y_ranges
        return drawing
