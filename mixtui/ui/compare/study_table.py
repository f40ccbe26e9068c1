"""The table of a study: a row for each α, and as many columns as there is room for, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual import events
from textual.geometry import Size
from textual.message import Message

from mixtui.plots.table_pages import Page, table_pages
from mixtui.store.study import Study
from mixtui.store.study_table import all_columns, heading, standard_columns
from mixtui.ui.commands import BY_ID, Place, bindings, key_names
from mixtui.ui.theme import themed
from mixtui.ui.widgets.panel import Framed

if TYPE_CHECKING:
    from mixtui.ui.app import MixtuiApp

GUTTER = 4  # columns: cursor, the mark in the α's colour


class StudyTable(Framed, can_focus=True):
    """Shows a page of the table, and as many rows as there is room for around the one of the cursor."""

    ALLOW_MAXIMIZE = True
    PLACES = (Place.TABLE,)
    BINDINGS = bindings(Place.TABLE)
    app: MixtuiApp

    @dataclass
    class Chosen(Message):
        """A row was clicked or gone to, `twice` with a double click."""

        index: int
        twice: bool = False

    class Paged(Message):
        """The columns were put on pages anew, perhaps on more or fewer of them."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - as Textual calls it
        super().__init__(id=id)
        self._study: Study | None = None
        self._marks: Sequence[Style] = ()
        self._cursor = 0
        self._top = 0  # the first row that is seen
        self._pages: list[Page] = []  # first those of what differs, then those of all else
        self._standard_pages = 0
        self._page = 0

    def show(self, study: Study, marks: Sequence[Style], cursor: int) -> None:
        """Show the rows of `study`, each with a mark in its style."""
        is_new, is_longer = study is not self._study, len(marks) != len(self._marks)
        self._study, self._marks, self._cursor = study, marks, cursor
        if is_new:
            self._make_pages()
        self.refresh(layout=is_longer)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Of the headings and all rows."""
        return len(self._marks) + 1

    def on_resize(self) -> None:
        super().on_resize()
        self._make_pages()

    def _make_pages(self) -> None:
        study, glyphs = self._study, self.app.glyphs
        if study is None or not self.size.width:
            return
        standard, room = standard_columns(study), self.size.width - GUTTER - 1  # a blank before the frame
        rest = [name for name in all_columns(study) if name not in standard]
        pages, more = (table_pages(study, each, room, glyphs.words, glyphs.direction) for each in (standard, rest))
        self._pages, self._standard_pages = [*pages, *more], len(pages)
        self._page = min(self._page, len(self._pages) - 1)
        self._show_titles()
        self.post_message(self.Paged())

    @property
    def shows_all_columns(self) -> bool:
        """Whether the page is one of those that show more than what differs."""
        return bool(self._pages) and self._page >= self._standard_pages

    @property
    def next_page(self) -> str:
        """What `turn_page` shows."""
        if self._page + 1 == len(self._pages):
            return "what differs"
        return "all columns" if self._page + 1 == self._standard_pages else "more columns"

    def turn_page(self) -> None:
        self._page = (self._page + 1) % max(len(self._pages), 1)
        self._show_titles()
        self.refresh()

    def _show_titles(self) -> None:
        if self._study is None:
            return
        differing = [heading(name) for name in ("alpha", *self._study.differing)]
        left = "All columns" if self.shows_all_columns else f"What differs: {', '.join(differing)}"
        first, last = 0, self._standard_pages
        if self.shows_all_columns:
            first, last = last, len(self._pages)
        if last - first > 1:
            left += f" · {self._page - first + 1} of {last - first}"
        key = self.app.keys_of(BY_ID["columns"])[:1]
        right = f"{key_names(key)} {self.next_page}" if len(self._pages) > 1 else ""
        self.set_titles(self.app.glyphs.words(left), self.app.glyphs.words(right))

    def render(self) -> Text:
        if self._study is None or not self._pages or not self.size.height:
            return Text()
        page = self._pages[self._page]
        rows = max(self.size.height - 1, 1)
        self._top = max(min(self._top, self._cursor, len(self._marks) - rows), self._cursor - rows + 1, 0)
        head = Text(" " * GUTTER + page.line(0), themed(self.app, "text-secondary"))
        seen = range(self._top, min(self._top + rows, len(self._marks)))
        return Text("\n", no_wrap=True, overflow="crop").join([head, *(self._row(page, index) for index in seen)])

    def _row(self, page: Page, index: int) -> Text:
        glyphs, at_cursor = self.app.glyphs, index == self._cursor
        line = Text(f" {glyphs.cursor if at_cursor else ' '}", no_wrap=True)
        line.append(glyphs.mark, self._marks[index])
        line.append(f" {page.line(index + 1)}")
        if at_cursor:
            line.pad_right(self.size.width - cell_len(line.plain))
            line.stylize(f"{'bold ' * self.has_focus}on {themed(self.app, 'raised')}")
        return line

    def on_click(self, event: events.Click) -> None:
        place = event.get_content_offset(self)
        if place is not None and place.y > 0 and self._top + place.y - 1 < len(self._marks):
            self.post_message(self.Chosen(self._top + place.y - 1, event.chain == 2))

    def action_cursor_up(self) -> None:
        self._go(-1)

    def action_cursor_down(self) -> None:
        self._go(1)

    def action_half_up(self) -> None:
        self._go(-max(1, self.size.height // 2))

    def action_half_down(self) -> None:
        self._go(max(1, self.size.height // 2))

    def action_first(self) -> None:
        self._go(-self._cursor)

    def action_last(self) -> None:
        self._go(len(self._marks))

    def _go(self, by: int) -> None:
        if self._marks:
            self.post_message(self.Chosen(min(max(self._cursor + by, 0), len(self._marks) - 1)))
