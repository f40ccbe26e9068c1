"""Lines that scroll, of which only those that are seen are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.text import Text
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from mixtui.ui.commands import Place, bindings

if TYPE_CHECKING:
    from mixtui.ui.app import MixtuiApp


class ScrollingLines(ScrollView, can_focus=True):
    """Shows lines; `line` makes the one of an index as it is seen."""

    PLACES: ClassVar[tuple[Place, ...]] = (Place.TABLE,)
    BINDINGS = bindings(Place.TABLE)
    app: MixtuiApp

    def __init__(self, *, id: str) -> None:  # noqa: A002 - as Textual calls it
        super().__init__(id=id)
        self._lines: Sequence[Text] = ()

    def show_lines(self, lines: Sequence[Text]) -> None:
        if lines != self._lines:
            self._lines = lines
            self.measure(len(lines), max((len(line) for line in lines), default=0))

    def line(self, index: int) -> Text:
        return self._lines[index]

    def measure(self, count: int, width: int) -> None:
        self.virtual_size = Size(width, count)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        left, top = self.scroll_offset
        width = self.scrollable_content_region.width
        index = top + y
        if index >= self.virtual_size.height:
            return Strip.blank(width, self.rich_style)
        parts = self.line(index).render(self.app.console)
        styled = [Segment(part.text, self.rich_style + part.style if part.style else self.rich_style) for part in parts]
        return Strip(styled).crop_extend(left, left + width, self.rich_style)

    @property
    def _seen(self) -> int:
        """Lines that are seen at once."""
        return max(1, self.scrollable_content_region.height)

    def to_line(self, index: float) -> None:
        self.scroll_to(y=index, animate=False, immediate=True)

    def action_cursor_up(self) -> None:
        self.to_line(self.scroll_offset.y - 1)

    def action_cursor_down(self) -> None:
        self.to_line(self.scroll_offset.y + 1)

    def action_half_up(self) -> None:
        self.to_line(self.scroll_offset.y - max(1, self._seen // 2))

    def action_half_down(self) -> None:
        self.to_line(self.scroll_offset.y + max(1, self._seen // 2))

    def action_first(self) -> None:
        self.to_line(0)

    def action_last(self) -> None:
        self.to_line(self.max_scroll_y)
