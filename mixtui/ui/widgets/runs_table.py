"""The table of runs. It draws only the lines that are seen, so that thousands of runs cost no more than twenty.

Textual's DataTable keeps a widget's worth of state for every cell, holds its cursor by index and has no folded rows;
here the cursor belongs to a run, and stays on it and on its line of the screen while runs come, end and are sorted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from mixtui.store.documents import part
from mixtui.terminal_text import printable
from mixtui.ui.columns import NARROW_BELOW, PLAIN, Column, Look, Span, fit, gutter, run_columns
from mixtui.ui.commands import Place, bindings
from mixtui.ui.rows import FoldRow, Row, RunRow
from mixtui.ui.run_names import shipped_name
from mixtui.ui.theme import themed
from mixtui.wording import plural

_HEADER = 1  # lines


@dataclass(frozen=True)
class _Line:
    spans: tuple[Span, ...]
    style: Style = PLAIN


class RunsTable(ScrollView, can_focus=True):
    """Shows rows; tells where its cursor is, and what was opened."""

    BINDINGS = bindings(Place.TABLE)

    @dataclass
    class CursorMoved(Message):
        """The cursor is on another row now; None where there is none."""

        row: Row | None

    @dataclass
    class Opened(Message):
        """A row was double-clicked."""

        row: Row

    @dataclass
    class HeadingClicked(Message):
        column: str

    def __init__(self, look: Look) -> None:
        super().__init__(id="table")
        self.look = look
        self.marked: frozenset[str] = frozenset()
        self.new: frozenset[str] = frozenset()  # runs that ended unseen: bold until the cursor has passed
        self.sorted_by: tuple[str, bool] | None = None  # column, descending
        self._rows: Sequence[Row] = ()
        self._index: dict[str, int] = {}
        self._cursor: str | None = None
        self._shown: dict[int, _Line] = {}  # by line of the widget
        self._left: tuple[str, int] | None = None  # the row that went from under the cursor, and its line

    @property
    def cursor_row(self) -> Row | None:
        index = self._cursor_index
        return None if index is None else self._rows[index]

    @property
    def _cursor_index(self) -> int | None:
        return self._index.get(self._cursor) if self._cursor is not None else None

    @property
    def rows(self) -> Sequence[Row]:
        return self._rows

    def show(self, rows: Sequence[Row]) -> None:
        """Show these rows. The cursor stays on its row and on its line; where the row is gone, on its line, until it is
        back: while a filter is typed, few rows fit what it begins with."""
        before = self._cursor_index
        line = None if before is None else before - self.scroll_offset.y
        self._rows, self._index = rows, {row.key: index for index, row in enumerate(rows)}
        if self._left is not None and self._left[0] in self._index:
            (self._cursor, line), self._left = self._left, None
        elif self._left is None and self._cursor is not None and line is not None and self._cursor not in self._index:
            self._left = self._cursor, line
        after = self._cursor_index
        if after is None and rows:
            after = min(before or 0, len(rows) - 1)
            self._cursor = rows[after].key
        self._measure()
        if after is not None and line is not None:
            self.scroll_to(y=after - line, animate=False, immediate=True)
        self._refresh_lines()
        if not rows:
            self._cursor = None
        self.post_message(self.CursorMoved(self.cursor_row))

    def put_cursor(self, key: str) -> bool:
        """Put the cursor on the row of that key; False where there is none."""
        if key not in self._index:
            return False
        self._move_to(self._index[key])
        return True

    def _measure(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._rows) + _HEADER)

    def on_resize(self) -> None:
        self._measure()
        self._scroll_to_cursor()

    @property
    def _lines(self) -> int:
        """Rows that are seen at once."""
        return max(1, self.scrollable_content_region.height - _HEADER)

    def _move_to(self, index: int) -> None:
        if not self._rows:
            return
        before, top = self._cursor_index, self.scroll_offset.y
        self._cursor = self._rows[min(max(index, 0), len(self._rows) - 1)].key
        self._left = None
        self.new -= {self._cursor}
        self._scroll_to_cursor()
        if self.scroll_offset.y == top:  # else all lines are others
            self._refresh_rows(before, self._cursor_index)
        self.post_message(self.CursorMoved(self.cursor_row))

    def _scroll_to_cursor(self) -> None:
        index = self._cursor_index
        if index is None:
            return
        top = self.scroll_offset.y
        if index < top or index >= top + self._lines:
            target = index if index < top else index - self._lines + 1
            self.scroll_to(y=target, animate=False, immediate=True)

    def action_cursor_up(self) -> None:
        self._step(-1)

    def action_cursor_down(self) -> None:
        self._step(1)

    def action_half_up(self) -> None:
        self._step(-max(1, self._lines // 2))

    def action_half_down(self) -> None:
        self._step(max(1, self._lines // 2))

    def action_first(self) -> None:
        self._move_to(0)

    def action_last(self) -> None:
        self._move_to(len(self._rows) - 1)

    def _step(self, by: int) -> None:
        self._move_to((self._cursor_index or 0) + by)

    def on_click(self, event: events.Click) -> None:
        line = event.get_content_offset(self)
        if line is None:
            return
        if line.y == 0:
            self._click_heading(line.x)
            return
        index = self.scroll_offset.y + line.y - _HEADER
        if index < len(self._rows):
            self._move_to(index)
            if event.chain == 2:
                self.post_message(self.Opened(self._rows[index]))

    def _click_heading(self, x: int) -> None:
        start = self._gutter_width
        columns, gap = self._columns()
        for column in columns:
            if start <= x < start + column.width + gap and column.key:
                self.post_message(self.HeadingClicked(column.key))
                return
            start += column.width + gap

    @property
    def _narrow(self) -> bool:
        return self.app.size.width < NARROW_BELOW

    @property
    def _gutter_width(self) -> int:
        return 2 if self._narrow else 3

    def _columns(self) -> tuple[tuple[Column, ...], int]:
        """The columns, and the blanks between them."""
        return run_columns(self.scrollable_content_region.width - self._gutter_width, self._narrow)

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        line = self._line(y)
        self._shown[y] = line
        base = self.rich_style + line.style
        return Strip([Segment(span.text, base + span.style) for span in line.spans]).adjust_cell_length(width, base)

    def _refresh_rows(self, *indices: int | None) -> None:
        """Draw the lines of these rows again: the cursor moves for each key, and the whole table takes milliseconds."""
        width = self.scrollable_content_region.width
        for index in indices:
            if index is not None:
                self.refresh(Region(0, index - self.scroll_offset.y + _HEADER, width, 1))

    def _refresh_lines(self) -> None:
        """Draw the lines again that are others than those shown: each costs bytes on a slow connection."""
        width = self.scrollable_content_region.width
        for y in range(self.scrollable_content_region.height):
            if self._line(y) != self._shown.get(y):
                self.refresh(Region(0, y, width, 1))

    def _line(self, y: int) -> _Line:
        """What stands in line `y` of the widget."""
        index = self.scroll_offset.y + y - _HEADER
        if y == 0:
            return _Line(tuple(self._header()))
        if index >= len(self._rows):
            return _Line(())
        row = self._rows[index]
        at_cursor = row.key == self._cursor
        spans = self._fold(row, at_cursor) if isinstance(row, FoldRow) else self._run(row, at_cursor)
        style = Style(bold=True) if row.key in self.new else PLAIN
        if at_cursor:
            style += Style(bgcolor=themed(self.app, "raised"), bold=self.has_focus)
        return _Line(tuple(spans), style)

    def _header(self) -> list[Span]:
        dim = Style(color=themed(self.app, "text-secondary"))
        spans = [Span(" " * self._gutter_width, dim)]
        columns, gap = self._columns()
        for column in columns:
            heading = self.look.glyphs.words(column.heading) if column.width > 4 else column.heading
            heading = "a" if self.look.glyphs.ascii and column.heading == "α" else heading
            if self.sorted_by and self.sorted_by[0] == column.key:
                glyphs = self.look.glyphs
                heading += glyphs.under if self.sorted_by[1] else glyphs.over
            spans += [Span(fit(heading, column.width, column.right, ""), dim), Span(" " * gap)]
        return spans

    def _run(self, row: RunRow, at_cursor: bool) -> list[Span]:
        marked = row.key in self.marked
        spans = gutter(row, self.look, at_cursor=at_cursor, marked=marked, narrow=self._narrow)
        columns, gap = self._columns()
        if row.document["state"] == "broken":
            room = self.scrollable_content_region.width - self._gutter_width
            state, complaint = columns[0].cell(row, self.look), printable(row.document.get("sentence", ""))
            return [*spans, Span(fit(f"{state.text}  {complaint}", room, more=self.look.glyphs.more), state.style)]
        for column in columns:
            cell = column.cell(row, self.look)
            text = fit(cell.text, column.width, column.right, self.look.glyphs.more)
            spans += [Span(text, cell.style), Span(" " * gap)]
        return spans

    def _fold(self, row: FoldRow, at_cursor: bool) -> list[Span]:
        if row.read_only:
            return self._shipped(row, at_cursor)
        glyphs = self.look.glyphs
        what = f": {printable(row.tag)}" if row.tag else ""
        words = f"{glyphs.state('queued')} {len(row.documents)} more queued{what}"
        if self._narrow:
            words = f"{glyphs.state('queued')} {plural(len(row.documents), 'more')} queued".replace("mores", "more")
        return self._fold_line(words, "⏎ unfold ", at_cursor)

    def _shipped(self, row: FoldRow, at_cursor: bool) -> list[Span]:
        """`✓ reference study  18 runs  cifar10-jpeg  resnet18`"""
        config = part(row.documents[0], "config")
        what = [printable(str(config.get(name, ""))).removeprefix("folder:") for name in ("dataset", "model")]
        named = [shipped_name(row.tag), plural(len(row.documents), "run"), *([] if self._narrow else what)]
        return self._fold_line(f"{self.look.glyphs.state('finished')} {'  '.join(named)}", "⏎ compare ", at_cursor)

    def _fold_line(self, words: str, hint: str, at_cursor: bool) -> list[Span]:
        glyphs = self.look.glyphs
        dim = Style(color=themed(self.app, "text-secondary"))
        hint = glyphs.words(hint)
        room = self.scrollable_content_region.width - self._gutter_width - len(hint)
        return [
            Span((glyphs.cursor if at_cursor else " ").ljust(self._gutter_width)),
            Span(fit(words, max(room, 0), more=glyphs.more), dim),
            Span(hint, dim),
        ]
