"""The line that names what a screen shows in turn, and which of it is seen: tabs at the left, a note at the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.message import Message
from textual.widgets import Static

from mixtui.ui.columns import fit
from mixtui.ui.theme import themed


class TabLine(Static):
    """Shows the tabs with their digits, the chosen one in brackets; a click chooses one."""

    @dataclass
    class Chosen(Message):
        index: int

    def __init__(self, names: Sequence[str], *, id: str | None = None) -> None:  # noqa: A002 - as Textual calls it
        super().__init__(id=id, markup=False)
        self._names, self._index, self._note = names, 0, ""
        self._ends: list[int] = []  # the column behind each name

    def set(self, index: int, note: str = "") -> None:
        if (index, note) != (self._index, self._note):
            self._index, self._note = index, note
            self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        room = self.size.width - 1
        for gap in (" ", ""):
            text, self._ends = Text(" ", no_wrap=True), []
            for index, name in enumerate(self._names):
                words = f"{index + 1} {name}"
                chosen = index == self._index
                text.append(f"[{words}]" if chosen else f" {words} ", "bold" if chosen else "")
                text.append(gap)
                self._ends.append(cell_len(text.plain))
            if cell_len(text.plain) <= room:
                break
        rest = room - cell_len(text.plain)
        if self._note and rest > 8:
            text.append(fit(self._note, rest, right=True), themed(self.app, "text-secondary"))
        self.update(text, layout=False)

    def on_click(self, event: events.Click) -> None:
        index = next((index for index, end in enumerate(self._ends) if event.x < end), None)
        if index is not None:
            self.post_message(self.Chosen(index))
