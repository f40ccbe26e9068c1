"""The frame around the table of runs."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Static

from mixtui.ui.widgets.panel import Framed
from mixtui.ui.widgets.runs_table import RunsTable


class RunsPanel(Framed):
    """Holds the table, and above it, or in its place where it is empty, what to do."""

    def __init__(self, table: RunsTable) -> None:
        super().__init__(id="runs")
        self._table = table

    def compose(self) -> ComposeResult:
        yield Static(id="empty", markup=False)
        yield self._table

    def show_words(self, words: str) -> None:
        """What to do; nothing for no words."""
        empty = self.query_one("#empty", Static)
        empty.display = bool(words)
        self._table.display = bool(self._table.rows) or not words
        self.set_class(empty.display and self._table.display, "-above")
        if words:
            empty.update(words)
