"""The compare screen: a study's diagrams, its scores against α, and its table; one cursor moves in all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
from mixtui.store.listing import Document
from mixtui.store.study import Row
from mixtui.store.study_table import all_columns, cells, markdown, row_name, standard_columns, title, verdict
from mixtui.ui.commands import Command, Place, bindings
from mixtui.ui.compare.bins_reader import BinsReader
from mixtui.ui.compare.comparison import Binning, Comparison, common_m, compare
from mixtui.ui.compare.diagram_grid import Card, DiagramGrid
from mixtui.ui.compare.response import SCORES, draw_response, response_titles
from mixtui.ui.compare.study_table import StudyTable
from mixtui.ui.compare.view_line import ViewLine
from mixtui.ui.compare.words import left_out, query_for, waiting
from mixtui.ui.screens.base import MixtuiScreen
from mixtui.ui.theme import themed
from mixtui.ui.widgets.plot_panel import PlotPanel
from mixtui.ui.widgets.top_line import TopLine
from mixtui.ui.words import printable

VIEWS = {"diagrams": "Diagrams", "response": "Against α", "study": "Table"}
WIDE = "-wide"  # the class of a terminal that shows all three at once
_LEGEND = "ECE: mean over seeds. Bars: pooled over seeds. ▲ over-, ▼ underconfident"
_LEGEND_OF_BINS = "; under the bars, bins whose 95 % interval excludes 0."


class CompareScreen(MixtuiScreen):
    """Compares the runs `ids`; `tag` is that of their study, empty for marked ones.

    Dismissed with the filter that shows the runs of one α, or with None.
    """

    PLACES: ClassVar[tuple[Place, ...]] = (Place.COMPARE,)
    BINDINGS = bindings(Place.COMPARE)
    ALLOW_IN_MAXIMIZED_VIEW = "#compare-note, KeyLine"

    class Read(Message):
        """A thread has put the runs together again, with their bins."""

        def __init__(self, comparison: Comparison, verdict: str) -> None:
            super().__init__()
            self.comparison, self.verdict = comparison, verdict

    def __init__(self, ids: Sequence[str], tag: str) -> None:
        super().__init__()
        self._ids, self._tag = ids, tag
        self._documents: list[Document] | None = None
        self._comparison = compare([], None, _unread)
        self._own_m: int | None = None  # the number of bins that all runs were scored with
        self._binning: Binning | None = None
        self._score = SCORES[0]
        self._cursor = 0
        self._view = next(iter(VIEWS))
        self._verdict: str | None = None  # until the runs were read for the first time

    def compose(self) -> ComposeResult:
        self._reader = BinsReader(self.app.store.root)
        self._diagrams = DiagramGrid(id="diagrams")
        self._table = StudyTable(id="study")
        self._plots = (PlotPanel(self._draw_ece, id="ece"), PlotPanel(self._draw_score, id="score"))
        yield from self.frame(
            Static(id="verdict", markup=False),
            ViewLine(id="views"),
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
        unread = compare(documents, None, _unread)
        self._own_m = common_m(unread.study)
        if is_first:
            self._show(unread)
        self._read(documents, self._binning)

    @work(thread=True, exclusive=True, group="compare", exit_on_error=False)
    def _read(self, documents: list[Document], binning: Binning | None) -> None:
        worker = get_current_worker()

        def sample_of(document: Document) -> Any:
            return None if worker.is_cancelled else self._reader.sample(document, binning)

        comparison = compare(documents, binning, sample_of)
        if not worker.is_cancelled:
            # Its intervals, and those of the table, need SciPy, which takes some tenths of a second to import.
            self.post_message(self.Read(comparison, verdict(comparison.study)))

    def on_compare_screen_read(self, message: Read) -> None:
        comparison = message.comparison
        if comparison.binning != self._binning:
            return
        if self._binning is not None and self._binning.equal_mass and comparison.lacking:
            lacking, all_runs = len(comparison.lacking), len(comparison.study.runs)
            self.app.say(f"Equal mass needs the predictions after the last epoch; {lacking} of {all_runs} have none.")
            self._rebin(self._binning.m, equal_mass=False)
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
        where = " · ".join(["compare", *named, title(study)])
        self.query_one(TopLine).set_texts(
            Text.assemble(("mixtui", "bold"), words(f" › {where}")), Text(words(self._binning_words()), secondary)
        )
        self.query_one("#verdict", Static).update(Text(words("…" if self._verdict is None else self._verdict)))
        self.query_one("#waiting", Static).update(Text(words("\n\n".join(waiting(documents)))))
        self.query_one("#compare-note", Static).update(self._note())

    def _binning_words(self) -> str:
        m = self._m
        if m is None:
            return "M of each run"
        return f"M {m} · equal {'mass' if self._binning is not None and self._binning.equal_mass else 'width'}"

    @property
    def _m(self) -> int | None:
        return self._own_m if self._binning is None else self._binning.m

    def _note(self) -> Text:
        """What is special about the runs; then what the figures mean, where there is room for it."""
        comparison = self._comparison if self._verdict is not None else replace(self._comparison, lacking=())
        sentences = left_out(self._documents or [], comparison)
        words, room = self.app.glyphs.words, self.size.width - 2
        text = Text(words(" ".join(sentences)), themed(self.app, "text-warning"))
        for legend in (_LEGEND + _LEGEND_OF_BINS, f"{_LEGEND}."):
            told = words(f"{'   ' * bool(sentences)}{legend}")
            if cell_len(text.plain + told) <= room:
                return text.append(told, themed(self.app, "text-secondary"))
        return text

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
        (ece,) = cells(study, row, ["ece"])
        words = "…" if self._verdict is None else "No bins of its runs can be read."
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
        names = [self.app.glyphs.words(name) for name in VIEWS.values()]
        self.query_one(ViewLine).show(names, list(VIEWS).index(self._view))
        if self._documents is not None:
            self.query_one("#compare-note", Static).update(self._note())
        self.call_after_refresh(self.refresh_keys)  # the table then knows how many pages it has

    def on_descendant_focus(self) -> None:
        """The view that has the focus is the one that is seen where there is room for one."""
        for view in VIEWS:
            if self.focused in self.query_one(f"#{view}").walk_children(with_self=True):
                self._view = view
        super().on_descendant_focus()

    def on_view_line_chosen(self, message: ViewLine.Chosen) -> None:
        self._to_view(list(VIEWS)[message.index])

    def action_view_1(self) -> None:
        self._to_view("diagrams")

    def action_view_2(self) -> None:
        self._to_view("response")

    def action_view_3(self) -> None:
        self._to_view("study")

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
                return bool(self._rows) and self._m != EXACT_M[0]
            case "more-bins":
                return bool(self._rows) and self._m != EXACT_M[-1]
            case "its-runs" | "mass" | "copy":
                return bool(self._rows)
            case "score":
                return bool(self._rows) and self.query_one("#response").display
            case "columns":
                return bool(self._rows) and self._table.display
        return super().allows(command)

    def label_of(self, command: Command) -> str:
        label = command.label
        if command.id == "mass" and self._binning is not None and self._binning.equal_mass:
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

    def _choose(self, index: int, twice: bool) -> None:
        self._move_to(index)
        if twice:
            self.action_its_runs()

    def action_its_runs(self) -> None:
        if self._row is not None:
            self.dismiss(query_for(self._row, self._tag, self._ids, self.app.documents))

    def action_fewer_bins(self) -> None:
        m = self._m or DEFAULT_M + 1
        self._rebin(max((exact for exact in EXACT_M if exact < m), default=EXACT_M[0]))

    def action_more_bins(self) -> None:
        m = self._m or DEFAULT_M - 1
        self._rebin(min((exact for exact in EXACT_M if exact > m), default=EXACT_M[-1]))

    def action_mass(self) -> None:
        self._rebin(self._m or DEFAULT_M, equal_mass=self._binning is None or not self._binning.equal_mass)

    def _rebin(self, m: int, equal_mass: bool | None = None) -> None:
        if equal_mass is None:
            equal_mass = self._binning is not None and self._binning.equal_mass
        self._binning = None if m == self._own_m and not equal_mass else Binning(m, equal_mass)
        self._read(self._documents or [], self._binning)

    def action_score(self) -> None:
        self._score = SCORES[(SCORES.index(self._score) + 1) % len(SCORES)]
        self._show_figures()

    def action_columns(self) -> None:
        self._table.turn_page()
        self.refresh_keys()

    def action_copy(self) -> None:
        study = self._comparison.study
        if not study.rows:
            return
        columns = all_columns(study) if self._table.shows_all_columns else standard_columns(study)
        self.app.copy(f"{markdown(study, columns)}\n{self._binning_words()}; mean ± sd over seeds\n")


def _unread(_document: Document) -> None:
    return None


def _place(row: Row) -> tuple[float, frozenset[tuple[str, Any]]]:
    """What stays the same of a row when its runs get on, or are put into other bins."""
    return row.alpha, frozenset((name, value) for name, value in row.recipe.items() if name != "bins")
