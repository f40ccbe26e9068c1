"""A framed picture that is drawn on the application's drawing thread, so that it never holds up a key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from mixtui.ui.widgets.panel import Framed

if TYPE_CHECKING:
    from mixtui.ui.app import MixtuiApp

Draw = Callable[[int, int], Sequence[Text]]
"""Draws a picture of at most so many columns and rows, on another thread: from what is immutable alone."""


class LivePlotPanel(Framed, can_focus=True):
    """Shows the picture that was drawn last; `redraw` asks for another."""

    ALLOW_MAXIMIZE = True
    app: MixtuiApp

    def __init__(self, *, id: str) -> None:  # noqa: A002 - as Textual calls it
        super().__init__(id=id)
        self._picture: Draw | None = None
        self._lines: Sequence[Text] = ()
        self._is_drawing = False
        self._is_stale = False  # it changed while it was drawn

    def redraw(self, picture: Draw) -> None:
        """Show `picture` from now on; of several wishes while one is drawn, the last counts."""
        self._picture = picture
        self._request()

    def on_resize(self) -> None:
        super().on_resize()
        self._request()

    def _request(self) -> None:
        columns, rows = self.size
        picture = self._picture
        if self._is_drawing:
            self._is_stale = True
        elif picture is not None and columns and rows:
            self._is_drawing = True
            self.app.draw(lambda: picture(columns, rows), self._show)

    def _show(self, lines: Sequence[Text]) -> None:
        self._is_drawing = False
        if lines != self._lines:
            self._lines = lines
            self.refresh()
        if self._is_stale:
            self._is_stale = False
            self._request()

    def render(self) -> Text:
        return Text("\n", no_wrap=True, overflow="crop").join(self._lines[: self.size.height])
