"""The home screen: the table of runs, and beside it what the marked ones do."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container
from textual.timer import Timer
from textual.widgets import Static

from mixtui.launch.estimate import clock
from mixtui.store.documents import LIVE, Document, is_read_only, needs_attention, study_tag
from mixtui.ui.columns import NARROW_BELOW
from mixtui.ui.commands import Command, Place, bindings
from mixtui.ui.folder_state import FolderState
from mixtui.ui.home.view import HomeView, PlottedRun
from mixtui.ui.home.words import ended_since, news, seconds_until_empty, short_path, tally
from mixtui.ui.notices import title
from mixtui.ui.rows import SORTABLE, FoldRow, RunRow, SortBy, rows
from mixtui.ui.screens.home_layout import HomeLayoutScreen
from mixtui.ui.smoothing_factors import FIRST_SMOOTHING, next_smoothing
from mixtui.ui.theme import themed
from mixtui.ui.widgets.home_panels import HomePanels
from mixtui.ui.widgets.panel import Framed
from mixtui.ui.widgets.runs_table import RunsTable
from mixtui.ui.widgets.system_line import SystemLine
from mixtui.ui.widgets.top_line import TopLine
from mixtui.ui.words import plural, printable, shipped_name

if TYPE_CHECKING:
    from mixtui.store.query import Query

MEASURE_AFTER = 0.5  # seconds: the runs come first
IMPORT_AFTER = 0.3  # seconds: the panels come before what the next screen needs
PANELS_FOLLOW = 0.15  # seconds after the cursor came to rest
MOST_PLOTTED = 30  # runs in one plot
_TOO_SMALL = "mixtui needs 60 columns and 18 lines."


class RunsPanel(Framed):
    """The frame around the table, and in its place what to do where there is nothing to show."""

    def __init__(self, table: RunsTable) -> None:
        super().__init__(id="runs")
        self._table = table

    def compose(self) -> ComposeResult:
        yield Static(id="empty", markup=False)
        yield self._table


class HomeScreen(HomeLayoutScreen):
    """Runs, live panels, the system line."""

    PLACES = (Place.HOME, Place.TABLE)
    BINDINGS = bindings(Place.HOME)

    def __init__(self) -> None:
        super().__init__()
        self._query = ""
        self._sort: SortBy | None = None
        self._unfolded: frozenset[str] = frozenset()
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
        self._query = state.filter if state.filter and _fault(state.filter) is None else ""
        if state.sort in SORTABLE:
            self._sort = SortBy(str(state.sort), state.reverse)
        self._table.marked = frozenset(state.marks)
        self._table.focus()
        self.set_timer(MEASURE_AFTER, self.app.measure_machine)

    # What is shown

    def documents_changed(self) -> None:
        if not (self.app.loaded or self.app.documents):
            return
        table = self._table
        table.look = self.app.look
        table.sorted_by = (self._sort.column, self._sort.descending) if self._sort else None
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
        self._show_empty()
        self._show_titles()

    def _rows(self) -> list[RunRow | FoldRow]:
        return rows(self.app.documents, _parsed(self._query), self._sort, self._unfolded, self.app.shipped or ())

    def _show_empty(self) -> None:
        """What to do, where a person has no runs yet, above those that came with mixtui; or that none is found."""
        empty = self.query_one("#empty", Static)
        none_yet = self.app.loaded and not self.app.documents and not self._query
        empty.display = none_yet or (self.app.loaded and not self._table.rows)
        self._table.display = bool(self._table.rows) or not empty.display
        empty.set_class(self._table.display, "-above")
        if none_yet:
            folder = printable(short_path(self.app.store.root))
            lines = [f"No runs in {folder} yet.", "", "n  choose alphas and start"]
            if fold := next((row for row in self._table.rows if isinstance(row, FoldRow)), None):
                lines.append(f"⏎  see the {shipped_name(fold.tag)}, {plural(len(fold.documents), 'run')}")
            lines += ["D  check this machine", "?  all keys"]
            empty.update(self.app.glyphs.words("".join(f"\n  {line}" for line in lines)))
        elif empty.display:
            text = f"\n  No run matches {printable(self._query)}. esc shows all {len(self.app.by_id)}."
            empty.update(self.app.glyphs.words(text))

    def _show_titles(self) -> None:
        held = len(self.app.documents) if self.app.loaded else self.app.first.folder_size
        shown = sum(not is_read_only(document) for row in self._table.rows for document in _documents(row))
        dot = f" {self.app.glyphs.dot} "
        narrow = self.app.size.width < NARROW_BELOW
        parts = ["Runs", f"{shown} of {held}" if shown != held else f"{held}"]
        parts += [printable(self._query)] * bool(self._query)
        parts += [f"{len(self._table.marked)} marked"] * bool(self._table.marked)
        sort = self._sort
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
        at_cursor = self._at_cursor()
        plotted = self._plotted()
        self.app.follow([document["id"] for document in [*([at_cursor] if at_cursor else []), *plotted]])
        self._show_panels()
        self.refresh_keys()

    def _at_cursor(self) -> Document | None:
        row = self._table.cursor_row
        if row is None:
            return None
        return row.document if isinstance(row, RunRow) else row.documents[0]

    def _plotted(self) -> list[Document]:
        """The marked runs that have begun, or else those of the sweep of the run under the cursor; that one comes last,
        and so on top."""
        at_cursor = self._at_cursor()
        marked = [self.app.by_id[run_id] for run_id in self._table.marked if run_id in self.app.by_id]
        if not marked and at_cursor is not None:
            marked = self._study_of(at_cursor)
        begun = [d for d in marked if (d.get("epoch") or d["state"] in LIVE) and d is not at_cursor]
        shown = sorted(begun, key=lambda d: str(d["id"]), reverse=True)[: MOST_PLOTTED - 1]  # ids sort by time
        if at_cursor is not None and at_cursor["state"] != "broken" and (not marked or at_cursor in marked):
            shown.append(at_cursor)
        return shown

    def _show_panels(self, *, at_once: bool = True) -> None:
        if not self._ready:
            return
        at_cursor, plotted = self._at_cursor(), self._plotted()
        app = self.app
        pace = app.pace.of_epoch(at_cursor["config"]) if at_cursor and at_cursor["state"] in LIVE else None
        view = HomeView(
            ink=app.ink,
            at_cursor=at_cursor,
            view=app.views.get(at_cursor["id"]) if at_cursor else None,
            runs=tuple(
                PlottedRun(one, app.views[one["id"]], app.alpha_styles[one["config"]["alpha"]])
                for one in plotted
                if one["id"] in app.views
            ),
            wanted=len(plotted),
            smoothing=self._smoothing,
            log_scale=self._log_scale,
            seconds_per_epoch=pace.value if pace else None,
            queue_note=self._queue_note(),
        )
        self.query_one(HomePanels).show(view, at_once=at_once)

    # Commands

    def chosen(self) -> list[Document]:
        """The marked runs that the filter shows, so that nothing happens to one that is out of sight; or else what is
        under the cursor."""
        marks = self._table.marked
        if marks:  # asked for every command after every key: without marks the many rows are not gone through
            shown = (document for row in self._table.rows for document in _documents(row))
            if marked := [document for document in shown if document["id"] in marks]:
                return marked
        row = self._table.cursor_row
        return [] if row is None else _documents(row)

    @property
    def chose_fold(self) -> bool:
        row = self._table.cursor_row
        return isinstance(row, FoldRow) and self.chosen() == _documents(row)

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
                return bool(self._unfolded) or any(isinstance(row, FoldRow) for row in self._table.rows)
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
        elif self._query:
            self._query = ""
            self.documents_changed()

    def action_new(self) -> None:
        from mixtui.ui.screens.new_runs import NewRunsScreen

        self.app.push_screen(NewRunsScreen(), self._started)

    def _started(self, ids: tuple[str, ...] | None) -> None:
        """The first of the runs that were started gets the cursor, as soon as the table has it."""
        if ids:
            self._query = ""
            self.go_to(ids[0])

    def action_open(self) -> None:
        row = self._table.cursor_row
        if isinstance(row, FoldRow) and row.read_only:
            self.action_compare()
        elif isinstance(row, FoldRow):
            self._unfolded |= {row.key}
            self.documents_changed()
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
        row = self._table.cursor_row
        if row is None:
            return
        ids = {row.key} if isinstance(row, RunRow) else {document["id"] for document in row.documents}
        self._table.marked = self._table.marked - ids if ids <= self._table.marked else self._table.marked | ids
        self._table.action_cursor_down()
        self._marks_changed()

    def action_mark_all(self) -> None:
        rows = (row for row in self._table.rows if not (isinstance(row, FoldRow) and row.read_only))
        documents = (document for row in rows for document in _documents(row))
        shown = frozenset(document["id"] for document in documents if document["state"] != "broken")
        self._table.marked = frozenset() if shown <= self._table.marked else shown
        self._marks_changed()

    def _marks_changed(self) -> None:
        self._table.refresh()
        self._show_titles()
        self._follow()

    def _compared(self) -> list[Document]:
        """The runs to compare: the marked ones, or the study of the one under the cursor."""
        marked = [self.app.by_id[run_id] for run_id in self._table.marked if run_id in self.app.by_id]
        at_cursor = self._at_cursor()
        if marked or at_cursor is None:
            return marked
        return self._study_of(at_cursor)

    def _study_of(self, document: Document) -> list[Document]:
        """The runs that have its tag, or it alone."""
        tag, beside = study_tag(document), self.app.shipped or () if is_read_only(document) else self.app.documents
        return [one for one in beside if tag and tag in one.get("tags", ())] or [document]

    def action_compare(self) -> None:
        from mixtui.ui.screens.compare import CompareScreen

        at_cursor = self._at_cursor()
        name = "" if self._table.marked or at_cursor is None else study_tag(at_cursor)
        ids = [document["id"] for document in self._compared()]
        self.app.push_screen(CompareScreen(ids, name), self._back_from_compare)

    def _back_from_compare(self, query: str | None) -> None:
        """With the runs of one α, if a person asked for them there, one by one."""
        if query is not None:
            self._query = query
            self._unfolded |= {row.key for row in self._rows() if isinstance(row, FoldRow)}
            self.documents_changed()

    def action_filter(self) -> None:
        before = self._query

        def check(text: str) -> Text | None:
            fault = _fault(text)
            if fault is None:
                self._query = text.strip()
                self.documents_changed()
            return fault

        def done(text: str | None) -> None:
            from mixtui.ui.actions import runs_dir_option

            self._query = before if text is None else text.strip()
            if text is not None:
                runs_dir = runs_dir_option(self.app.store.root)
                self.app.last_command = shlex.join(["mixtui", "list", "--filter", self._query, *runs_dir])
            self.documents_changed()

        self.prompt("/", before, check, done)

    def action_sort(self) -> None:
        from mixtui.ui.screens.sort import SortScreen

        self.app.push_screen(SortScreen(self._sort), self._sort_by)

    def on_runs_table_heading_clicked(self, message: RunsTable.HeadingClicked) -> None:
        self._sort_by(message.column)

    def _sort_by(self, column: str | None) -> None:
        """Sort by a column, or the other way round where it is the one already; None changes nothing."""
        if column is None:
            return
        if self._sort is not None and self._sort.column == column:
            self.action_reverse()
            return
        self._sort = SortBy(column) if column in SORTABLE else None
        self.documents_changed()

    def action_reverse(self) -> None:
        if self._sort is not None:
            self._sort = replace(self._sort, descending=not self._sort.descending)
            self.documents_changed()

    def action_unfold(self) -> None:
        folded = {row.key for row in self._table.rows if isinstance(row, FoldRow)}
        self._unfolded = frozenset(folded) | self._unfolded if folded else frozenset()
        self.documents_changed()

    def action_problem(self) -> None:
        """To the next run that needs attention, in the order of the table, round to its beginning."""
        troubled = [row.key for row in self._table.rows if isinstance(row, RunRow) and needs_attention(row.document)]
        row = self._table.cursor_row
        if not troubled:
            self.app.say("Nothing else needs you.")
            return
        keys = [row.key for row in self._table.rows]
        at = keys.index(row.key) if row is not None else -1
        following = [key for key in troubled if keys.index(key) > at]
        key = (following or troubled)[0]
        if row is not None and key == row.key:
            self.app.say("Nothing else needs you.")
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
        row = self._table.cursor_row
        return replace(
            state,
            cursor=row.key if isinstance(row, RunRow) else None,
            marks=tuple(self._table.marked),
            filter=self._query,
            sort=self._sort.column if self._sort else None,
            reverse=bool(self._sort and self._sort.descending),
            seen=datetime.now(UTC),
        )


def _documents(row: RunRow | FoldRow) -> list[Document]:
    return [row.document] if isinstance(row, RunRow) else list(row.documents)


def _parsed(query: str) -> Query | None:
    """What a query asks for; None for an empty one. Raises QueryError."""
    if not query.strip():
        return None
    from mixtui.store.query import parse  # its import takes a while, and few have a filter at the start

    return parse(query)


def _fault(query: str) -> Text | None:
    """What is wrong with a query, shown under the place; None for a good one."""
    from mixtui.store.query import QueryError

    try:
        _parsed(query)
    except QueryError as error:
        where, advice = error.hint.split("\n", 1)[-1], error.message
        return Text(f"  {where}  {advice}")  # after the prompt and the blank before it
    return None
