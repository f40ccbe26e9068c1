"""The last line of a screen: the keys that count here, as many as fit, the less important ones left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.message import Message
from textual.widgets import Static

from mixtui.ui.commands import Command
from mixtui.ui.theme import themed


@dataclass(frozen=True)
class Entry:
    """A key as it is written, what it does here, and the command that a click gives."""

    key: str
    label: str
    command: Command

    def joined(self, other: Entry) -> Entry:
        """This entry with the key of another that does the contrary; a click gives this one's command."""
        gap = " " if self.key.isalnum() else ""
        return replace(self, key=f"{self.key}{gap}{other.key}")


class KeyLine(Static):
    """Shows commands and their keys; a click runs one."""

    class Chosen(Message):
        def __init__(self, command: Command) -> None:
            super().__init__()
            self.command = command

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._entries: Sequence[Entry] = ()
        self._ends: list[tuple[int, Command]] = []

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """The most important first; the last two are always kept."""
        if list(entries) != list(self._entries):
            self._entries = entries
            self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        room = self.size.width - 2
        chosen = list(self._entries)
        while len(chosen) > 2 and _width(chosen) > room:
            del chosen[-3]
        text, self._ends = Text(" ", no_wrap=True), []
        accent = themed(self.app, "primary")
        for entry in chosen:
            text.append(entry.key, accent).append(f" {entry.label}  ")
            self._ends.append((cell_len(text.plain), entry.command))
        self.update(text, layout=False)

    def on_click(self, event: events.Click) -> None:
        command = next((command for end, command in self._ends if event.x < end), None)
        if command is not None:
            self.post_message(self.Chosen(command))


def _width(entries: Sequence[Entry]) -> int:
    return sum(cell_len(f"{entry.key} {entry.label}  ") for entry in entries)
