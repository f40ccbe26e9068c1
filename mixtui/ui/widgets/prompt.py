"""A line to type into at the bottom of the screen, and above it what is wrong with what was typed."""

from __future__ import annotations

from collections.abc import Callable

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label, Static

Check = Callable[[str], Text | None]
"""What is wrong with a text, in one or two lines; None for one that can be taken. Called as one types."""


class Prompt(Vertical):
    """Asks for a line of text. `done` gets what was typed, or None where a person thought better of it."""

    def __init__(self, label: str, value: str, check: Check, done: Callable[[str | None], object]) -> None:
        super().__init__()
        self._label, self._value, self._check, self._done = label, value, check, done

    def compose(self) -> ComposeResult:
        yield Static(id="prompt-error", markup=False)
        with Horizontal():
            yield Label(self._label, markup=False)
            yield Input(self._value, select_on_focus=False, compact=True)

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._show_fault(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self._show_fault(event.value):
            return
        self._close(event.value)

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
        self.remove()
        self._done(text)
