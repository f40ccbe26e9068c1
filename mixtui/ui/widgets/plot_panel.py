"""A framed picture that is drawn anew for the room it has."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.text import Text

from mixtui.ui.widgets.panel import Framed

Draw = Callable[[int, int], Sequence[Text]]
"""Draws a picture of at most so many columns and rows."""


class PlotPanel(Framed, can_focus=True):
    """Shows what `draw` makes; `redraw` has it made again.

    A picture takes some milliseconds, so one that is not seen is not drawn, and several wishes for one make one.
    """

    ALLOW_MAXIMIZE = True

    def __init__(self, draw: Draw, *, id: str) -> None:  # noqa: A002 - as Textual calls it
        super().__init__(id=id)
        self._draw = draw

    def redraw(self) -> None:
        self.refresh()

    def render(self) -> Text:
        columns, rows = self.size
        if columns < 1 or rows < 1:
            return Text()
        return Text("\n", no_wrap=True, overflow="crop").join(self._draw(columns, rows)[:rows])
