"""A line to type into at the bottom of the screen, and above it what is wrong with what was typed."""

from __future__ import annotations

from collections.abc import Callable

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label, Static

from mixtui.ui.widgets.typed_line import TypedLine

Check = Callable[[str], Text | None]
"""What is wrong with a text, in one or two lines; None for one that can be taken. Called as one types."""


class Prompt(Vertical):
    """Asks for a line of text. `done` gets what was typed, or None where a person thought better of it."""

    def __init__(self, label: str, value: str, check: Check, done: Callable[[str | None], object]) -> None:
        super().__init__()
        self._label, self._check, self._done = label, check, done
        self._line = TypedLine(value, select_on_focus=False, compact=True)
        self._is_open = True

    def compose(self) -> ComposeResult:
        yield Static(id="prompt-error", markup=False)
        with Horizontal():
            yield Label(self._label, markup=False)
            yield self._line

    def on_mount(self) -> None:
        self._line.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._show_fault(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self._show_fault(event.value):
            return
        self._close(event.value)

    def take(self, event: events.Key) -> bool:
        """Take a key that went elsewhere since the line had no focus yet; False if it is for no line."""
        is_mine = self._is_open and (event.key == "escape" or self._line.takes(event))
        if is_mine:
            self._line._forward_event(events.Key(event.key, event.character))  # a new one: this one bubbles no more
        return is_mine

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            self._close(None)

    def _show_fault(self, text: str) -> bool:
        fault = self._check(text)
        error = self.query_one("#prompt-error", Static)
        error.display = fault is not None
        if fault is not None:
            error.update(fault)
        return fault is not None

    def _close(self, text: str | None) -> None:
        if not self._is_open:
            return
        self._is_open = False
        self.remove()
        self._done(text)
