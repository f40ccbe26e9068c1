"""The last lines that a run's process printed."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from mixtui.ui.columns import fit
from mixtui.ui.widgets.panel import Framed


class LogPanel(Framed, can_focus=True):
    """Shows as many of the last lines as it has room for."""

    ALLOW_MAXIMIZE = True

    def __init__(self, *, id: str) -> None:  # noqa: A002 - as Textual calls it
        super().__init__(id=id)
        self._lines: Sequence[str] = ()

    def show(self, lines: Sequence[str]) -> None:
        if lines != self._lines:
            self._lines = lines
            self.refresh()

    def render(self) -> Text:
        columns, rows = self.size
        if columns < 1 or rows < 1:
            return Text()
        framed = bool(self.styles.border_top[0])
        label = "" if framed else f"{self.border_title or ''}  "  # where there is no frame to hold it
        more = self.app.glyphs.more  # type: ignore[attr-defined]
        shown = [fit(line, columns - len(label), more=more) for line in self._lines[-rows:]]
        indent = "\n" + " " * len(label)
        return Text(label + indent.join(shown), no_wrap=True, overflow="crop")
