"""The line that names the views of a terminal too narrow for all of them, and shows which one is seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.message import Message
from textual.widgets import Static


class ViewLine(Static):
    """Shows names with their digits; a click chooses one."""

    @dataclass
    class Chosen(Message):
        index: int

    def __init__(self, *, id: str) -> None:  # noqa: A002 - as Textual calls it
        super().__init__(id=id, markup=False)
        self._ends: list[int] = []  # the column behind each name

    def show(self, names: Sequence[str], current: int) -> None:
        text, self._ends = Text(" ", no_wrap=True), []
        for index, name in enumerate(names):
            label = f"{index + 1} {name}"
            text.append(f"[{label}]" if index == current else f" {label} ", "bold" if index == current else "")
            text.append(" ")
            self._ends.append(cell_len(text.plain))
        self.update(text, layout=False)

    def on_click(self, event: events.Click) -> None:
        index = next((index for index, end in enumerate(self._ends) if event.x < end), None)
        if index is not None:
            self.post_message(self.Chosen(index))
