"""A question with a few answers; the harmless one has the focus."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from mixtui.ui.widgets.typed_line import TypedLine


class AskScreen(ModalScreen[bool]):
    """Asks once before something is done; True for yes. The buttons name the act.

    Where `typed` is given, a person types it before the answer is yes: for what cannot be undone.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "no", show=False),
        Binding("left,h,right,l", "other", show=False),
    ]

    def __init__(self, question: str, no: str, yes: str, typed: str = "") -> None:
        super().__init__()
        self._question, self._no, self._yes, self._typed = question, no, yes, typed

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Static(self._question, markup=False)
            if self._typed:
                yield TypedLine(compact=True, id="typed")
            with Horizontal(id="answers"):
                yield Button(self._no, id="no", compact=True)
                yield Button(self._yes, id="yes", compact=True, disabled=bool(self._typed))

    def on_mount(self) -> None:
        self.query_one("#typed" if self._typed else "#no").focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        self.query_one("#yes", Button).disabled = event.value.strip() != self._typed

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.value.strip() == self._typed:
            self.dismiss(True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_no(self) -> None:
        self.dismiss(False)

    def action_other(self) -> None:
        self.focus_next()
