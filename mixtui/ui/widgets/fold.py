"""A heading that folds and unfolds the fields below it; folded, it shows their values."""

from __future__ import annotations

import textwrap

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from mixtui.ui.commands import Place, bindings
from mixtui.ui.glyphs import Glyphs
from mixtui.ui.theme import themed

_INDENT = 13  # cells, of what stands beside the title


class _Heading(Static, can_focus=True):
    PLACES = (Place.FOLD,)
    BINDINGS = bindings(Place.FOLD)
    ALLOW_MAXIMIZE = False

    class Chosen(Message):
        pass

    def action_open_group(self) -> None:
        self.post_message(self.Chosen())

    def on_click(self) -> None:
        self.action_open_group()


class Fold(Widget):
    """`fields` under a heading."""

    DEFAULT_CSS = "Fold, Fold Vertical { height: auto; }"
    open: reactive[bool] = reactive(False)

    def __init__(self, title: str, fields: list[Widget], glyphs: Glyphs, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._title, self._glyphs, self._summary = title, glyphs, ""
        self._heading, self._body = _Heading(classes="heading", markup=False), Vertical(*fields)

    def compose(self) -> ComposeResult:
        yield self._heading
        yield self._body

    def watch_open(self) -> None:
        if self.is_mounted:
            self._draw()

    def on_resize(self) -> None:
        self._draw()

    def set_summary(self, words: str) -> None:
        if words != self._summary:
            self._summary = words
            self._draw()

    def on__heading_chosen(self) -> None:
        self.open = not self.open

    def _draw(self) -> None:
        mark = self._glyphs.unfolded if self.open else self._glyphs.folded
        heading = Text(f"{mark} {self._title:<{_INDENT - 2}}")
        if not self.open:
            lines = textwrap.wrap(self._summary, max(self.size.width - _INDENT - 1, 20))
            summary = f"\n{'':<{_INDENT}}".join(lines)
            heading.append(summary, themed(self.app, "text-secondary"))
        if heading != self._heading.content:
            self._heading.update(heading)
        self._body.display = self.open
