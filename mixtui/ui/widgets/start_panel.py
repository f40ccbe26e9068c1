"""What the form starts, the same as a command, and the buttons."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Static

from mixtui.ui.new_runs import command
from mixtui.ui.widgets.panel import Framed

_HEADING = 11  # cells, of "24 runs", "2 at once" and so on
_BESIDE_LABELS = 5  # cells of two buttons in a row: their padding, and what is between them
_MOST_ROWS = 3  # of one line of the command, so that a thousand alphas leave the buttons on the screen


class StartPanel(Framed):
    """Its buttons have the ids `start`, `cancel` and `copy`."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - as Textual calls it
        super().__init__(id=id)
        self._told: Sequence[tuple[str, str]] = ()
        self._pieces: Sequence[Sequence[str]] = ()
        self._outlook, self._command, self._why_not = (
            Static(id=name, markup=False) for name in ("outlook", "command", "why-not")
        )
        self._start = Button(_label("Start"), id="start", compact=True)
        self._cancel = Button(_label("Cancel  esc"), id="cancel", compact=True)
        self._buttons = Horizontal(self._start, self._cancel, id="buttons")
        self._shell = Horizontal(id="shell")

    def compose(self) -> ComposeResult:
        yield self._outlook
        with self._shell:
            yield Static("The same from the shell", markup=False)
            yield Button(_label("copy  y"), id="copy", compact=True)
        yield self._command
        yield self._why_not
        yield self._buttons

    def on_mount(self) -> None:
        self.set_titles("This starts")

    def show_outlook(self, told: Sequence[tuple[str, str]]) -> None:
        if told != self._told:
            self._told = told
            self._draw()

    def show_command(self, pieces: Sequence[Sequence[str]]) -> None:
        if pieces != self._pieces:
            self._pieces = pieces
            self._draw()

    def on_resize(self) -> None:
        super().on_resize()
        self._draw()

    def _draw(self) -> None:
        outlook = Text("\n").join(
            Text.assemble((f"{heading:<{_HEADING}}", "" if at else "bold"), self._wrapped(words))
            for at, (heading, words) in enumerate(self._told)
        )
        self._outlook.update(outlook)
        self._outlook.set_class(not self._told, "-none")
        width = self.size.width - 2
        text = "\n".join(_cut(line, width) for line in command.lines(self._pieces, width)) if self._pieces else ""
        self._command.update(text)
        self._command.set_class(not text, "-none")
        self._shell.set_class(not text, "-none")
        self._lay_out_buttons()

    def _lay_out_buttons(self) -> None:
        """Below each other where they do not fit side by side."""
        together = sum(cell_len(str(button.label)) for button in (self._start, self._cancel)) + _BESIDE_LABELS
        self._buttons.set_class(together > self.size.width, "-stacked")

    def _wrapped(self, words: str) -> str:
        return f"\n{'':<{_HEADING}}".join(textwrap.wrap(words, max(self.size.width - _HEADING - 2, 20)))

    def show_start(self, label: str, why_not: str, *, error: bool = False) -> None:
        """The button's words, and above it why it is off."""
        if self._start.label != _label(label):
            self._start.label = _label(label)
            self._start.refresh(layout=True)
            self._lay_out_buttons()
        self._start.disabled = bool(why_not) and not error
        if self._why_not.content != why_not:
            self._why_not.update(why_not)
            self._why_not.display = bool(why_not)
            self._why_not.set_class(error, "-error")


def _cut(line: str, width: int) -> str:
    """What is seen of a line of the command; y copies all of it."""
    room = _MOST_ROWS * max(width, 20)
    return line if len(line) <= room else f"{line[: room - 6]} ... \\"


def _label(words: str) -> Content:
    """Brackets show a button where there are no colours; they are no markup."""
    return Content(f"[ {words} ]")
