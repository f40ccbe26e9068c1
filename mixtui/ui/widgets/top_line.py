"""The first line of a screen: where one is at the left, what lives at the right."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text
from textual.widgets import Static

from mixtui.ui.columns import fit

_LEAST_LEFT = 8  # cells that the left one keeps


class TopLine(Static):
    """Shows two texts; the left one gives way first."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._texts = (Text(), Text())

    def set_texts(self, left: Text, right: Text) -> None:
        if (left, right) != self._texts:
            self._texts = (left, right)
            self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        left, right = self._texts
        room = self.size.width - 2
        right = right.copy()
        right.truncate(max(room - _LEAST_LEFT, 0))
        right_width = cell_len(right.plain)
        name = left.copy()
        if cell_len(name.plain) > room - right_width - 1:
            more = self.app.glyphs.more  # type: ignore[attr-defined]
            name = Text(fit(name.plain, max(room - right_width - 1, 0), more=more), style=left.style)
        gap = " " * max(room - right_width - cell_len(name.plain), 0)
        self.update(Text.assemble(" ", name, gap, right, no_wrap=True), layout=False)
