"""What was removed: to bring back, or to delete for good."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from mixtui.store.trash import Trash
from mixtui.terminal_text import printable
from mixtui.ui.commands import Command, Place, bindings
from mixtui.ui.screens.ask import AskScreen
from mixtui.ui.screens.base import MixtuiScreen
from mixtui.ui.widgets.panel import Framed
from mixtui.ui.widgets.top_line import TopLine
from mixtui.wording import plural


class TrashList(OptionList):
    BINDINGS = bindings(Place.TABLE)

    def action_half_up(self) -> None:
        self.action_page_up()  # type: ignore[no-untyped-call]

    def action_half_down(self) -> None:
        self.action_page_down()  # type: ignore[no-untyped-call]


class TrashPanel(Framed):
    def compose(self) -> ComposeResult:
        yield Static("\n  The trash is empty.", id="empty", markup=False)
        yield TrashList(id="removed", compact=True, markup=False)


class TrashScreen(MixtuiScreen):
    """Lists the removed runs, the latest first."""

    PLACES = (Place.TRASH, Place.TABLE)
    BINDINGS = bindings(Place.TRASH)

    def compose(self) -> ComposeResult:
        yield from self.frame(TrashPanel())

    def on_mount(self) -> None:
        self.query_one(TopLine).set_texts(Text("mixtui › trash"), Text())
        self._load()

    def _load(self) -> None:
        self._trash = Trash(self.app.store.root)
        self._ids = list(reversed(self._trash.ids()))
        removed = self.query_one(TrashList)
        removed.clear_options()
        removed.add_options([Option(printable(run_id), id=run_id) for run_id in self._ids])
        removed.display, self.query_one("#empty").display = bool(self._ids), not self._ids
        self.query_one(TrashPanel).set_titles(
            f"Trash · {plural(len(self._ids), 'run')}", self._megabytes() if self._ids else ""
        )
        if self._ids:
            removed.highlighted = 0
            removed.focus()
        self.refresh_keys()

    def _megabytes(self) -> str:
        return f"{self._trash.size() / 1e6:,.0f} MB"

    def allows(self, command: Command) -> bool:
        if command.id in ("restore", "empty"):
            return bool(self._ids)
        return super().allows(command)

    def on_option_list_option_selected(self) -> None:
        self.action_restore()

    def action_restore(self) -> None:
        index = self.query_one(TrashList).highlighted
        if index is not None:
            run_id = self._ids[index]
            self.app.act(lambda: self.app.actions.restore([run_id]), lambda _done: self._load())

    def action_empty(self) -> None:
        count = len(self._ids)
        question = f"Delete {plural(count, 'run')} for good ({self._megabytes()})? Type {count}."

        def answered(yes: bool | None) -> None:
            if yes:
                self.app.act(self.app.actions.empty_trash, lambda _done: self._load())

        self.app.push_screen(AskScreen(question, "Keep", f"Delete {count}", typed=str(count)), answered)

    _ids: list[str] = []  # noqa: RUF012 - set when the screen is mounted
