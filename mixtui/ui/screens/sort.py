"""The columns that the table of runs can be sorted by, to choose one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from mixtui.ui.rows import SORTABLE, SortBy
from mixtui.ui.widgets.panel import Framed

if TYPE_CHECKING:
    from mixtui.ui.app import MixtuiApp

UNSORTED = ""  # in place of a column: live runs, the queue, then the latest
_UNSORTED_LABEL = "live, queued, newest"


class ColumnList(OptionList):
    """The arrows move, and so does the first letter of a column."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", show=False),
        Binding("k", "cursor_up", show=False),
    ]

    def on_key(self, event: events.Key) -> None:
        labels = [str(option.prompt) for option in self.options]
        first = (self.highlighted or 0) + 1
        for at in (*range(first, len(labels)), *range(first)):
            if labels[at][0] == event.character:
                self.highlighted = at
                event.stop()
                return


class ColumnsPanel(Framed):
    """The list in its frame; `sort` is what the table is sorted by now."""

    app: MixtuiApp

    def __init__(self, sort: SortBy | None) -> None:
        super().__init__()
        self._sort = sort

    def compose(self) -> ComposeResult:
        columns = ColumnList(_UNSORTED_LABEL, *map(self._option, SORTABLE), compact=True, markup=False)
        columns.highlighted = 0 if self._sort is None else 1 + SORTABLE.index(self._sort.column)
        yield columns

    def on_mount(self) -> None:
        self.set_titles("Sort by", self.app.glyphs.words("⏎ again reverses"))

    def _option(self, column: str) -> Option:
        if self._sort is None or self._sort.column != column:
            return Option(column)
        glyphs = self.app.glyphs
        return Option(f"{column} {glyphs.under if self._sort.descending else glyphs.over}")


class SortScreen(ModalScreen[str]):
    """Its result: a column, UNSORTED, or None where a person thought better of it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss", show=False)]

    def __init__(self, sort: SortBy | None) -> None:
        super().__init__()
        self._sort = sort

    def compose(self) -> ComposeResult:
        yield ColumnsPanel(self._sort)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss((UNSORTED, *SORTABLE)[event.option_index])
