"""The home screen: the table of runs, and beside it what the marked ones do."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import UTC, datetime

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container
from textual.timer import Timer
from textual.widgets import Static

from mixtui.store.documents import LIVE, Document, is_read_only, needs_attention, study_tag
from mixtui.terminal_text import printable
from mixtui.time_text import clock
from mixtui.ui.columns import NARROW_BELOW
from mixtui.ui.commands import Command, Place, bindings
from mixtui.ui.folder_state import FolderState
from mixtui.ui.home.first_steps import first_steps
from mixtui.ui.home.listing import Listing, fault
from mixtui.ui.home.selection import Selection, documents_of, plotted
from mixtui.ui.home.tally import ended_since, news, seconds_until_empty, short_path, tally
from mixtui.ui.home.view import HomeView, PlottedRun
from mixtui.ui.rows import SORTABLE, FoldRow, Row, RunRow, SortBy
from mixtui.ui.run_names import title
from mixtui.ui.screens.home_layout import HomeLayoutScreen
from mixtui.ui.smoothing_factors import FIRST_SMOOTHING, next_smoothing
from mixtui.ui.theme import themed
from mixtui.ui.widgets.home_panels import HomePanels
from mixtui.ui.widgets.runs_panel import RunsPanel
from mixtui.ui.widgets.runs_table import RunsTable
from mixtui.ui.widgets.system_line import SystemLine
from mixtui.ui.widgets.top_line import TopLine

MEASURE_AFTER = 0.5  # seconds: the runs come first
IMPORT_AFTER = 0.3  # seconds: the panels come before what the next screen needs
PANELS_FOLLOW = 0.15  # seconds after the cursor came to rest
_TOO_SMALL = "mixtui needs 60 columns and 18 lines."


class HomeScreen(HomeLayoutScreen):
    """Runs, live panels, the system line."""

    PLACES = (Place.HOME, Place.TABLE)
    BINDINGS = bindings(Place.HOME)

    def __init__(self) -> None:
        super().__init__()
        self._listing = Listing()
        self._follow_timer: Timer | None = None
        self._has_views = False
        self._ready = False  # the table shows what the folder holds, not only its newest runs
        self._first_cursor: str | None = None  # where the cursor was put among those
        self._smoothing = FIRST_SMOOTHING
        self._log_scale = False
        self._wanted_cursor: str | None = None  # a run that was made just now

    def compose(self) -> ComposeResult:
        self._table = RunsTable(self.app.look)
        body = Container(RunsPanel(self._table), HomePanels(), id="body")
        yield from self.frame(Static(_TOO_SMALL, id="too-small"), body, SystemLine())

    def on_mount(self) -> None:
        state = self.app.state
        query = state.filter if state.filter and not fault(state.filter) else ""
        sort = SortBy(state.sort, state.reverse) if state.sort in SORTABLE else None
        self._listing = Listing(query, sort)
        self._table.marked = frozenset(state.marks)
        self._table.focus()
        self.set_timer(MEASURE_AFTER, self.app.measure_machine)

    # What is shown

    def documents_changed(self) -> None:
        if not (self.app.loaded or self.app.documents):
            return
        table = self._table
        table.look = self.app.look
        sort = self._listing.sort
        table.sorted_by = (sort.column, sort.descending) if sort else None
        if self.app.shipped is not None:  # until then a mark may be of one of those
            table.marked &= self.app.by_id.keys()
        if not self._ready:
            self._ready = self.app.loaded
            table.new = frozenset(document["id"] for document in self._ended_since())
            was_moved = table.cursor_row is not None and table.cursor_row.key != self._first_cursor
            table.show(self._rows())
            if self.app.state.cursor and not was_moved:
                table.put_cursor(self.app.state.cursor)
            self._first_cursor = table.cursor_row.key if table.cursor_row else None
        else:
            table.show(self._rows())
        if self._wanted_cursor and table.put_cursor(self._wanted_cursor):
            self._wanted_cursor = None
        self._show_advice()
        self._show_titles()

    def _rows(self) -> list[Row]:
        return self._listing.rows(self.app.documents, self.app.shipped or ())

    def _show_advice(self) -> None:
        self.query_one(RunsPanel).show_words(self.app.glyphs.words(self._advice()))

    def _advice(self) -> str:
        """What to do, where a person has no runs yet, above those that came with mixtui; or that none is found."""
        query, rows = self._listing.query, self._table.rows
        if self.app.loaded and not self.app.documents and not query:
            folder = printable(short_path(self.app.store.root))
            fold = next((row for row in rows if isinstance(row, FoldRow)), None)
            return first_steps(folder, fold, upright=self._size_class == "-four")
        if self.app.loaded and not rows:
            return f"\n  No run matches {printable(query)}. esc shows all {len(self.app.by_id)}."
        return ""

    def _show_titles(self) -> None:
        """Those that came with mixtui count only while a filter may have found them."""
        query = self._listing.query
        all_runs = self.app.by_id if query else self.app.documents
        held = len(all_runs) if self.app.loaded else self.app.first.folder_size
        documents = [document for row in self._table.rows for document in documents_of(row)]
        shown = sum(bool(query) or not is_read_only(document) for document in documents)
        dot = f" {self.app.glyphs.dot} "
        narrow = self.app.size.width < NARROW_BELOW
        parts = ["Runs", f"{shown} of {held}" if shown != held else f"{held}"]
        parts += [printable(query)] * bool(query)
        parts += [f"{len(self._table.marked)} marked"] * bool(self._table.marked)
        sort = self._listing.sort
        order = "live first" if narrow else "live, queued, newest"
        if sort is not None:
            order = f"{sort.column} {self.app.glyphs.under if sort.descending else self.app.glyphs.over}"
        self.query_one(RunsPanel).set_titles(dot.join(parts), order)
        self.query_one(TopLine).set_texts(self._where(), self._lives(narrow))
        self._show_system()

    def _where(self) -> Text:
        folder = printable(short_path(self.app.store.root))
        return Text.assemble(("mixtui", "bold"), "  ", (folder, themed(self.app, "text-secondary")))

    def _lives(self, narrow: bool) -> Text:
        """How many runs there are of each kind, and when the queue will be empty."""
        app = self.app
        counted = tally(app.documents if app.loaded else ())
        text = Text()
        for state, count in counted.items():
            if count:
                text.append(app.glyphs.state(state), app.state_color(state))
                text.append(f"{count} " if narrow else f" {count} {state}   ")
        if counted["running"] or counted["queued"]:
            gpus = len(app.machine.gpus) if app.machine else 0
            seconds = seconds_until_empty(app.documents, app.host, gpus, app.seconds_left)
            if end := clock(seconds, datetime.now().astimezone(), none=""):
                text.append(f"  {end}" if narrow else f"queue empty {end}")
        text.rstrip()
        return text

    def laid_out(self) -> None:
        if self.app.documents or self.app.loaded:
            self._show_advice()
            self._show_titles()

    def system_changed(self) -> None:
        self._show_system()

    def _show_system(self) -> None:
        """The machine; and what the queue waits for, else what ended since the person left."""
        seen = self.app.state.seen
        told = self._queue_note() or news(self._ended_since(), seen, datetime.now())
        self.query_one(SystemLine).show(self.app.machine, self.app.glyphs.words(told))

    def _queue_note(self) -> str:
        """What the queue waits for, with runs by the names that a person knows."""
        note = printable(self.app.queue_note)
        for document in self.app.documents if note else ():
            if document["id"] in note:
                note = note.replace(document["id"], title(document))
        return note

    def _ended_since(self) -> list[Document]:
        return ended_since(self.app.documents, self.app.state.seen)

    # Panels

    def views_changed(self) -> None:
        self._show_panels(at_once=False)
        if self.app.views and not self._has_views:
            self._has_views = True
            self.set_timer(IMPORT_AFTER, self.app.import_run_screen)

    def on_runs_table_cursor_moved(self) -> None:
        """The panels follow when the cursor has come to rest, so that they never lag behind a held key."""
        if self._follow_timer is not None:
            self._follow_timer.stop()
        self._follow_timer = self.set_timer(PANELS_FOLLOW, self._follow)

    def _follow(self) -> None:
        self._follow_timer = None
        if self.app.shown is not self:  # the screen that came says what it follows; this one asks again when it is back
            return
        at_cursor, shown = self._selection.at_cursor, self._plotted()
        self.app.follow([document["id"] for document in [*([at_cursor] if at_cursor else []), *shown]])
        self._show_panels()
        self.refresh_keys()

    @property
    def _selection(self) -> Selection:
        return Selection(self._table.rows, self._table.marked, self._table.cursor_row)

    def _compared(self) -> list[Document]:
        return self._selection.compared(self.app.by_id, self.app.documents, self.app.shipped or ())

    def _plotted(self) -> list[Document]:
        return plotted(self._compared(), self._selection.at_cursor)

    def _show_panels(self, *, at_once: bool = True) -> None:
        if not self._ready:
            return
        at_cursor, shown = self._selection.at_cursor, self._plotted()
        app = self.app
        pace = app.pace.of_epoch(at_cursor["config"]) if at_cursor and at_cursor["state"] in LIVE else None
        view = HomeView(
            ink=app.ink,
            at_cursor=at_cursor,
            view=app.views.get(at_cursor["id"]) if at_cursor else None,
            runs=tuple(
                PlottedRun(one, app.views[one["id"]], app.alpha_styles[one["config"]["alpha"]])
                for one in shown
                if one["id"] in app.views
            ),
            wanted=len(shown),
            smoothing=self._smoothing,
            log_scale=self._log_scale,
            seconds_per_epoch=pace.value if pace else None,
            queue_note=self._queue_note(),
        )
        self.query_one(HomePanels).show(view, at_once=at_once)

    # Commands

    def chosen(self) -> list[Document]:
        return self._selection.chosen()

    @property
    def chose_fold(self) -> bool:
        return self._selection.chose_fold

    def allows(self, command: Command) -> bool:
        row = self._table.cursor_row
        match command.id:
            case "open":
                return row is not None
            case "mark" | "mark-all" | "sort" | "reverse" | "log-scale" | "smoothing" | "reset":
                return bool(self._table.rows)
            case "compare":
                return row is not None or bool(self._table.marked)
            case "filter":
                return bool(self.app.by_id)
            case "unfold":
                return bool(self._listing.unfolded) or any(isinstance(row, FoldRow) for row in self._table.rows)
            case "problem":
                return any(map(needs_attention, self.app.documents))
        return super().allows(command)

    def label_of(self, command: Command) -> str:
        if command.id == "back":
            return "quit"
        row = self._table.cursor_row
        if command.id == "open" and isinstance(row, FoldRow):
            return "compare" if row.read_only else "unfold"
        return command.label

    def action_back(self) -> None:
        self.app.leave()

    def action_leave(self) -> None:
        """Un-zoom, then clear the marks, then the filter; never quit."""
        if self.maximized is not None:
            self.action_zoom()
        elif self._table.marked:
            self._table.marked = frozenset()
            self._marks_changed()
        elif self._listing.query:
            self._list(replace(self._listing, query=""))

    def action_new(self) -> None:
        from mixtui.ui.screens.new_runs import NewRunsScreen

        self.app.push_screen(NewRunsScreen(), self._started)

    def _started(self, ids: tuple[str, ...] | None) -> None:
        """The first of the runs that were started gets the cursor, as soon as the table has it."""
        if ids:
            self._listing = replace(self._listing, query="")
            self.go_to(ids[0])

    def action_open(self) -> None:
        row = self._table.cursor_row
        if isinstance(row, FoldRow) and row.read_only:
            self.action_compare()
        elif isinstance(row, FoldRow):
            self._list(self._listing.with_unfolded([row]))
            self._table.put_cursor(row.documents[0]["id"])
        elif row is not None and row.document["state"] == "broken":
            self.app.say(f"{row.document.get('sentence', '')} mixtui leaves this run alone.")
        elif row is not None:
            from mixtui.ui.screens.run import RunScreen

            ids = [row.key for row in self._table.rows if isinstance(row, RunRow) and row.document["state"] != "broken"]
            self.app.push_screen(RunScreen(row.key, ids), self._back_from_run)

    def go_to(self, run_id: str) -> None:
        self._wanted_cursor = run_id
        self.documents_changed()

    def _back_from_run(self, run_id: str | None) -> None:
        """The cursor is on the run that was looked at last."""
        if run_id is not None:
            self._table.put_cursor(run_id)

    def on_runs_table_opened(self) -> None:
        self.action_open()

    def action_mark(self) -> None:
        if self._table.cursor_row is not None:
            self._table.marked = self._selection.with_cursor_toggled()
            self._table.action_cursor_down()
            self._marks_changed()

    def action_mark_all(self) -> None:
        self._table.marked = self._selection.with_all_toggled()
        self._marks_changed()

    def _marks_changed(self) -> None:
        self._table.refresh()
        self._show_titles()
        self._follow()

    def action_compare(self) -> None:
        from mixtui.ui.screens.compare import CompareScreen

        at_cursor = self._selection.at_cursor
        name = "" if self._table.marked or at_cursor is None else study_tag(at_cursor)
        ids = [document["id"] for document in self._compared()]
        self.app.push_screen(CompareScreen(ids, name), self._back_from_compare)

    def _back_from_compare(self, query: str | None) -> None:
        """With the runs of one α, if a person asked for them there, one by one."""
        if query is not None:
            self._listing = replace(self._listing, query=query)
            self._list(self._listing.with_unfolded(self._rows()))

    def action_filter(self) -> None:
        before = self._listing.query

        def check(text: str) -> Text | None:
            if told := fault(text):
                return Text(f"  {told}")  # after the prompt and the blank before it
            self._list(replace(self._listing, query=text.strip()))
            return None

        def done(text: str | None) -> None:
            from mixtui.ui.actions import runs_dir_option

            query = before if text is None else text.strip()
            if text is not None:
                runs_dir = runs_dir_option(self.app.store.root)
                self.app.last_command = shlex.join(["mixtui", "list", "--filter", query, *runs_dir])
            self._list(replace(self._listing, query=query))

        self.prompt("/", before, check, done)

    def action_sort(self) -> None:
        from mixtui.ui.screens.sort import SortScreen

        self.app.push_screen(SortScreen(self._listing.sort), self._sort_by)

    def on_runs_table_heading_clicked(self, message: RunsTable.HeadingClicked) -> None:
        self._sort_by(message.column)

    def _sort_by(self, column: str | None) -> None:
        """Nothing changes without a column."""
        if column is not None:
            self._list(self._listing.sorted_by(column))

    def action_reverse(self) -> None:
        self._list(self._listing.reversed())

    def action_unfold(self) -> None:
        has_folds = any(isinstance(row, FoldRow) for row in self._table.rows)
        self._list(self._listing.with_unfolded(self._table.rows) if has_folds else self._listing.with_all_folded())

    def _list(self, listing: Listing) -> None:
        self._listing = listing
        self.documents_changed()

    def action_problem(self) -> None:
        key = self._selection.next_problem()
        row = self._table.cursor_row
        if key is None or (row is not None and key == row.key):
            self.app.say("Nothing else needs you.")
        else:
            self._table.put_cursor(key)

    def action_doctor(self) -> None:
        from mixtui.ui.screens.doctor import DoctorScreen

        self.app.push_screen(DoctorScreen())

    def action_trash(self) -> None:
        from mixtui.ui.screens.trash import TrashScreen

        self.app.push_screen(TrashScreen())

    def action_copy(self) -> None:
        ids = [document["id"] for document in self.chosen()]
        if ids:
            self.app.copy(" ".join(ids))

    def action_smoothing(self) -> None:
        self._smoothing = next_smoothing(self._smoothing)
        self._show_panels()

    def action_log_scale(self) -> None:
        self._log_scale = not self._log_scale
        self._show_panels()

    def action_reset(self) -> None:
        self._smoothing, self._log_scale = FIRST_SMOOTHING, False
        self.reset_layout()
        self._show_panels()

    def state_to_keep(self, state: FolderState) -> FolderState:
        row, sort = self._table.cursor_row, self._listing.sort
        return replace(
            state,
            cursor=row.key if isinstance(row, RunRow) else None,
            marks=tuple(self._table.marked),
            filter=self._listing.query,
            sort=sort.column if sort else None,
            reverse=bool(sort and sort.descending),
            seen=datetime.now(UTC),
        )
