"""A frame with a title at its upper left and a note at its upper right."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from mixtui.ui.columns import fit
from mixtui.ui.theme import themed

_LEAST_NOTE = 6  # cells that the note at the right must have to be worth showing


class Framed(Widget):
    """What every panel has: `set_titles`. Its frame is drawn by the style sheet."""

    _left = ""
    _right = ""

    def set_titles(self, left: str, right: str = "") -> None:
        if (left, right) != (self._left, self._right):
            self._left, self._right = left, right
            self._draw_titles()

    def on_resize(self) -> None:
        self._draw_titles()

    def _draw_titles(self) -> None:
        # Textual's frame has one title a side; the rule between the two is drawn as a part of it.
        room = self.size.width + self.gutter.width - self.styles.padding.width - 6
        glyphs = self.app.glyphs  # type: ignore[attr-defined]
        left = fit(self._left, min(cell_len(self._left), max(room, 0)), more=glyphs.more)
        rest = room - cell_len(left) - 2
        note = self._right
        while cell_len(note) >= rest and (parts := note.rpartition(f" {glyphs.dot} "))[1]:
            note = parts[0]  # the beginning whole says more than all of it cut
        right = fit(note, min(cell_len(note), rest - 1), more=glyphs.more) if rest > _LEAST_NOTE else ""
        if not right:
            self.border_title = Content(left)
            return
        rule = glyphs.rule * (rest - cell_len(right))
        frame = themed(self.app, "frame")
        self.border_title = Content.assemble(left, " ", (rule, frame), " ", (right, "$text-secondary"))
