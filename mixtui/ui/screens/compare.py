"""The compare screen: a study's diagrams, its scores against α, and its table; one cursor moves in all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from textwrap import wrap
from typing import Any, ClassVar

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual import events, work
from textual.app import ComposeResult
from textual.containers import Container
from textual.message import Message
from textual.widgets import Static
from textual.worker import get_current_worker

from mixtui.calibration.bins import DEFAULT_M, EXACT_M
from mixtui.plots.alpha_colors import SeriesStyle
from mixtui.store.documents import Document, is_read_only
from mixtui.store.study import Row
from mixtui.store.study_bins import common_m, saved_m
from mixtui.store.study_table import all_columns, cells, markdown, row_name, standard_columns, title
from mixtui.store.study_verdict import findings
from mixtui.terminal_text import printable
from mixtui.ui.commands import Command, Place, bindings
from mixtui.ui.compare.bins_reader import BinsReader
from mixtui.ui.compare.comparison import Comparison, Scoring, compare
from mixtui.ui.compare.diagram_grid import Card, DiagramGrid
from mixtui.ui.compare.remarks import first_sentences, left_out, legends, no_bins, not_saved, waiting
from mixtui.ui.compare.response import SCORES, draw_response, response_titles
from mixtui.ui.compare.row_query import query_for
from mixtui.ui.compare.study_table import StudyTable
from mixtui.ui.report import ask_for_report, has_something_to_report
from mixtui.ui.run_names import shipped_name
from mixtui.ui.screens.base import MixtuiScreen
from mixtui.ui.theme import themed
from mixtui.ui.widgets.plot_panel import PlotPanel
from mixtui.ui.widgets.tab_line import TabLine
from mixtui.ui.widgets.top_line import TopLine

VIEWS = {"diagrams": "Diagrams", "response": "Against α", "study": "Table"}
WIDE = "-wide"  # the class of a terminal that shows all three at once


class CompareScreen(MixtuiScreen):
    """Compares the runs `ids`; `tag` is that of their study, empty for marked ones.

    Dismissed with the filter that shows the runs of one α, or with None.
    """

    PLACES: ClassVar[tuple[Place, ...]] = (Place.COMPARE,)
    BINDINGS = bindings(Place.COMPARE)
    ALLOW_IN_MAXIMIZED_VIEW = "#compare-note, KeyLine"

    class Read(Message):
        """A thread has put the runs together again, with their bins; `verdict` is in sentences, the first first."""

        def __init__(self, comparison: Comparison, verdict: list[str]) -> None:
            super().__init__()
            self.comparison, self.verdict = comparison, verdict

    def __init__(self, ids: Sequence[str], tag: str) -> None:
        super().__init__()
        self._ids, self._tag = ids, tag
        self._documents: list[Document] | None = None
        self._comparison = compare([], Scoring(), _unread)
        self._own_m: int | None = None  # the number of bins that all runs were scored with
        self._saved_m: tuple[int, ...] = ()  # those that the runs were scored with, where they differ
        self._scoring = Scoring()
        self._score = SCORES[0]
        self._cursor = 0
        self._view = next(iter(VIEWS))
        self._verdict: list[str] | None = None  # in sentences; until the runs were read for the first time, none

    def compose(self) -> ComposeResult:
        self._reader = BinsReader()
        self._diagrams = DiagramGrid(id="diagrams")
        self._table = StudyTable(id="study")
        self._plots = (PlotPanel(self._draw_ece, id="ece"), PlotPanel(self._draw_score, id="score"))
        yield from self.frame(
            Static(id="verdict", markup=False),
            TabLine([self.app.glyphs.words(name) for name in VIEWS.values()], id="views"),
            Container(self._diagrams, Container(*self._plots, id="response"), id="figures"),
            self._table,
            Static(id="waiting", markup=False),
            Static(id="compare-note", markup=False),
        )

    def on_mount(self) -> None:
        self._diagrams.focus()
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._show_all())

    # What is shown

    def documents_changed(self) -> None:
        documents = [self.app.by_id[run_id] for run_id in self._ids if run_id in self.app.by_id]
        if documents == self._documents:
            return
        is_first, self._documents = self._documents is None, documents
        unread = compare(documents, Scoring(), _unread)
        self._own_m, self._saved_m = common_m(unread.study), saved_m(unread.study)
        if is_first:
            self._show(unread)
        self._read(documents, self._scoring)

    @work(thread=True, exclusive=True, group="compare", exit_on_error=False)
    def _read(self, documents: list[Document], scoring: Scoring) -> None:
        worker = get_current_worker()

        def sample_of(document: Document) -> Any:
            return None if worker.is_cancelled else self._reader.sample(document, scoring)

        comparison = compare(documents, scoring, sample_of)
        if not worker.is_cancelled:
            # Its intervals, and those of the table, need SciPy, which takes some tenths of a second to import.
            lacking = not_saved(comparison, self._saved_m)
            self.post_message(self.Read(comparison, [lacking] if lacking else findings(comparison.study)))

    def on_compare_screen_read(self, message: Read) -> None:
        comparison, scoring = message.comparison, self._scoring
        if comparison.scoring != scoring:
            return
        lacking, all_runs = len(comparison.lacking), len(comparison.study.runs)
        if scoring.equal_mass and lacking:
            self.app.say(f"Equal mass needs the predictions after the last epoch; {lacking} of {all_runs} have none.")
            self._rescore(equal_mass=False)
            return
        if scoring.after_t and all_runs and not any("ece" in run.metrics for run in comparison.study.runs):
            self.app.say("No run here has predictions at these bins to scale: they are saved after the last epoch.")
            self._rescore(after_t=False)
            return
        self._verdict = message.verdict
        self._show(comparison)

    def _show(self, comparison: Comparison) -> None:
        """Show the study, the cursor on the row it was on."""
        before = self._row
        self._comparison = comparison
        places = [_place(row) for row in comparison.study.rows]
        if before is not None and _place(before) in places:
            self._cursor = places.index(_place(before))
        self._cursor = max(min(self._cursor, len(places) - 1), 0)
        self._show_all()
        self._lay_out()

    def _show_all(self) -> None:
        self._show_words()
        self._show_figures()

    @property
    def _rows(self) -> tuple[Row, ...]:
        return self._comparison.study.rows

    @property
    def _row(self) -> Row | None:
        """The row of the cursor."""
        return self._rows[self._cursor] if self._rows else None

    def _show_words(self) -> None:
        study, documents = self._comparison.study, self._documents or []
        words = self.app.glyphs.words
        secondary = themed(self.app, "text-secondary")
        named = [printable(f"tag:{self._tag}")] * bool(self._tag)
        if documents and all(map(is_read_only, documents)):
            named = [shipped_name(self._tag), "read-only"] if self._tag else ["read-only"]
        where = " · ".join(["compare", *named, title(study)])
        self.query_one(TopLine).set_texts(
            Text.assemble(("mixtui", "bold"), words(f" › {where}")), Text(words(self._scoring_words()), secondary)
        )
        self.query_one("#verdict", Static).update(Text(words(self._verdict_words())))
        self.query_one("#waiting", Static).update(Text(words("\n\n".join(waiting(documents)))))
        self.query_one("#compare-note", Static).update(self._note())

    def _verdict_words(self) -> str:
        """As much of the verdict as leaves the diagrams their room."""
        if self._verdict is None:
            return "…"
        rows = self.size.height
        lines = 1 + (rows >= 48) if self.has_class(WIDE) else 2 + (rows >= 36)
        return first_sentences(self._verdict, self.size.width - 2, lines)

    def _scoring_words(self) -> str:
        m, scoring = self._m, self._scoring
        bins = "M of each run" if m is None else f"M {m} · equal {'mass' if scoring.equal_mass else 'width'}"
        is_read = self._comparison.scoring == scoring
        return f"{bins} · T {'on' if scoring.after_t else 'off'}{'' if is_read else ' …'}"

    @property
    def _numbers_of_bins(self) -> list[int]:
        """Those to choose from."""
        return sorted({*EXACT_M, *self._saved_m})

    @property
    def _m(self) -> int | None:
        return self._own_m if self._scoring.m is None else self._scoring.m

    def _note(self) -> Text:
        """What is special about the runs; then what the figures mean, where there is room for it."""
        comparison = self._comparison if self._verdict is not None else replace(self._comparison, lacking=())
        glyphs, width = self.app.glyphs, max(self.size.width - 2, 20)
        told = glyphs.words(" ".join(left_out(self._documents or [], comparison, self._saved_m)))
        special = wrap(told, width, max_lines=2, placeholder=glyphs.words(" …"))
        lines = [Text(line, themed(self.app, "text-warning")) for line in special]
        legend = next((legend for legend in legends(glyphs) if cell_len(legend) <= width), "")
        return Text("\n").join([*lines, Text(legend, themed(self.app, "text-secondary"))])

    def _show_figures(self) -> None:
        study = self._comparison.study
        marks = [self.app.alpha_styles.get(row.alpha, SeriesStyle()).rich for row in self._rows]
        self._diagrams.show([self._card(index, marks[index]) for index in range(len(marks))], self._cursor)
        if self._verdict is not None:
            self._table.show(study, marks, self._cursor)
        for plot, score in zip(self._plots, ("ece", self._score), strict=True):
            plot.set_titles(*map(self.app.glyphs.words, response_titles(study, self._row, score)))
            plot.redraw()

    def _card(self, index: int, mark: Style) -> Card:
        study, row = self._comparison.study, self._rows[index]
        (ece,) = cells(study, row, ["ece"], self.app.glyphs.direction)
        words = "…" if self._verdict is None else no_bins(self._comparison.scoring)
        return Card(row_name(study, row), f"ECE {ece}", mark, self._comparison.bins[index], words)

    def _draw_ece(self, columns: int, rows: int) -> list[Text]:
        return self._draw("ece", columns, rows)

    def _draw_score(self, columns: int, rows: int) -> list[Text]:
        return self._draw(self._score, columns, rows)

    def _draw(self, score: str, columns: int, rows: int) -> list[Text]:
        if self._row is None:
            return []
        return draw_response(self.app, self._comparison.study, self._row, score, columns, rows)

    # Layout

    def on_resize(self, _event: events.Resize) -> None:
        self.call_after_refresh(self._lay_out)

    def _lay_out(self) -> None:
        """All three views where there is room for them, else one."""
        wide, some = self.has_class(WIDE), bool(self._rows)
        self.query_one("#views").display = some and not wide
        self.query_one("#waiting").display = not some
        self.query_one("#figures").display = some and (wide or self._view != "study")
        self._diagrams.display = wide or self._view == "diagrams"
        self.query_one("#response").display = wide or self._view == "response"
        self._table.display = some and (wide or self._view == "study")
        self.query_one(TabLine).set(list(VIEWS).index(self._view))
        if self._documents is not None:
            self._show_words()
        self.refresh_keys()

    def on_descendant_focus(self) -> None:
        """The view that has the focus is the one that is seen where there is room for one."""
        for view in VIEWS:
            if self.focused in self.query_one(f"#{view}").walk_children(with_self=True):
                self._view = view
        super().on_descendant_focus()

    def on_tab_line_chosen(self, message: TabLine.Chosen) -> None:
        self._to_view(list(VIEWS)[message.index])

    def action_view(self, digit: int) -> None:
        self._to_view(list(VIEWS)[digit - 1])

    def _to_view(self, view: str) -> None:
        self.minimize()
        self._view = view
        self._lay_out()
        panel = self._plots[0] if view == "response" else self.query_one(f"#{view}")
        panel.focus()

    # Commands

    def allows(self, command: Command) -> bool:
        match command.id:
            case "alpha-back" | "alpha-on":
                return len(self._rows) > 1
            case "fewer-bins":
                return bool(self._rows) and self._m != self._numbers_of_bins[0]
            case "more-bins":
                return bool(self._rows) and self._m != self._numbers_of_bins[-1]
            case "its-runs" | "mass" | "temperature" | "copy":
                return bool(self._rows)
            case "score":
                return bool(self._rows) and self.query_one("#response").display
            case "report":
                return has_something_to_report(self._documents or ())
            case "columns":
                return bool(self._rows) and self._table.display
        return super().allows(command)

    def label_of(self, command: Command) -> str:
        label = command.label
        if command.id == "mass" and self._scoring.equal_mass:
            label = "equal width"
        elif command.id == "columns":
            label = self._table.next_page
        return self.app.glyphs.words(label)

    def action_alpha_back(self) -> None:
        self._move_to(self._cursor - 1)

    def action_alpha_on(self) -> None:
        self._move_to(self._cursor + 1)

    def _move_to(self, index: int) -> None:
        index = max(min(index, len(self._rows) - 1), 0)
        if index != self._cursor:
            self._cursor = index
            self._show_figures()

    def on_diagram_grid_chosen(self, message: DiagramGrid.Chosen) -> None:
        self._choose(message.index, message.twice)

    def on_study_table_chosen(self, message: StudyTable.Chosen) -> None:
        self._choose(message.index, message.twice)

    def on_study_table_paged(self) -> None:
        self.refresh_keys()

    def _choose(self, index: int, twice: bool) -> None:
        self._move_to(index)
        if twice:
            self.action_its_runs()

    def action_its_runs(self) -> None:
        if self._row is not None:
            self.dismiss(query_for(self._row, self._tag, self._ids, tuple(self.app.by_id.values())))

    def action_fewer_bins(self) -> None:
        m, offered = self._m or DEFAULT_M + 1, self._numbers_of_bins
        self._rescore(max((fewer for fewer in offered if fewer < m), default=offered[0]))

    def action_more_bins(self) -> None:
        m, offered = self._m or DEFAULT_M - 1, self._numbers_of_bins
        self._rescore(min((more for more in offered if more > m), default=offered[-1]))

    def action_mass(self) -> None:
        self._rescore(self._m or DEFAULT_M, equal_mass=not self._scoring.equal_mass)

    def action_temperature(self) -> None:
        self._rescore(after_t=not self._scoring.after_t)

    def _rescore(self, m: int | None = None, **change: bool) -> None:
        """Score the runs in another way, with `m` bins where it is given."""
        scoring = replace(self._scoring, m=m or self._scoring.m, **change)
        if scoring.m == self._own_m and not scoring.equal_mass:
            scoring = replace(scoring, m=None)
        self._scoring = scoring
        self._show_words()
        self._read(self._documents or [], scoring)

    def action_score(self) -> None:
        self._score = SCORES[(SCORES.index(self._score) + 1) % len(SCORES)]
        self._show_figures()

    def action_columns(self) -> None:
        self._table.turn_page()
        self.refresh_keys()

    def action_report(self) -> None:
        ask_for_report(self, self._documents or [])

    def action_copy(self) -> None:
        study = self._comparison.study
        if not study.rows:
            return
        columns = all_columns(study) if self._table.shows_all_columns else standard_columns(study)
        self.app.copy(f"{markdown(study, columns)}\n{self._scoring_words()}; mean ± sd over seeds\n")


def _unread(_document: Document) -> None:
    return None


def _place(row: Row) -> tuple[float, frozenset[tuple[str, Any]]]:
    """What stays the same of a row when its runs get on, or are put into other bins."""
    return row.alpha, frozenset((name, value) for name, value in row.recipe.items() if name != "bins")
