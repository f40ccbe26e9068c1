"""A line of a form: a label, what is entered, a note beside it, and under it a hint or what is wrong."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Static

from mixtui.ui.widgets.typed_line import TypedLine


class Entry(TypedLine):
    """A line to type into, `columns` wide."""

    ALLOW_MAXIMIZE = False

    def __init__(
        self,
        value: str,
        columns: int,
        *,
        placeholder: str = "",
        suggester: Suggester | None = None,
        id: str,  # noqa: A002 - as Textual calls it
    ) -> None:
        super().__init__(
            value, placeholder, compact=True, select_on_focus=True, suggester=suggester, max_length=1000, id=id
        )
        self.styles.width = columns


class Field(Widget):
    """Shows `control` with its label; `name` is the entry's, `edge` stands at both ends of what is typed."""

    DEFAULT_CSS = "Field { height: auto; } Field Horizontal { height: auto; }"

    def __init__(self, name: str, label: str, control: Widget, edge: str, *, note: str = "", hint: str = "") -> None:
        super().__init__(id=f"field-{name}")
        self.control = control
        self._beside = Static(note, classes="note", markup=False)
        self._below = Static(classes="below", markup=False)
        self._label, self._edge = label, edge
        self._note, self._hint, self._fault = note, hint, ""

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static(self._label, classes="label", markup=False)
            if isinstance(self.control, Entry):
                yield Static(self._edge, classes="edge", markup=False)
                yield self.control
                yield Static(self._edge, classes="edge", markup=False)
                yield self._beside
            else:
                yield self.control
        yield self._below

    def on_mount(self) -> None:
        self._show_below()

    def tell(self, *, note: str | None = None, hint: str | None = None, fault: str | None = None) -> None:
        """Change what stands beside and below it; what is None stays. An empty `fault`: the entry is right."""
        if note is not None and note != self._note:
            self._note = note
            self._beside.update(note)
        before = (self._hint, self._fault)
        self._hint = self._hint if hint is None else hint
        self._fault = self._fault if fault is None else fault
        if (self._hint, self._fault) != before:
            self._show_below()

    def _show_below(self) -> None:
        self._below.display = bool(self._fault or self._hint)
        self._below.set_class(bool(self._fault), "-fault")
        self._below.update(self._fault or self._hint)

    def on_click(self, event: events.Click) -> None:
        """A click on the label goes to what it labels."""
        if event.widget is not None and event.widget.has_class("label"):
            self.control.focus()
