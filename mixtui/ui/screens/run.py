"""The screen of one run: its diagram, curves, mixing, scores, log and setup, a tab each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Static

from mixtui.launch.estimate import about, duration
from mixtui.plots.alpha_colors import SeriesStyle
from mixtui.store.documents import LIVE, Document, queue
from mixtui.store.log_tail import MOST_LINES
from mixtui.store.paths import RunPaths
from mixtui.store.shipped import folder_of
from mixtui.store.state_glyphs import state_word
from mixtui.ui.actions import runs_dir_option
from mixtui.ui.columns import shown_state
from mixtui.ui.commands import Command, Place, bindings
from mixtui.ui.ink import Ink
from mixtui.ui.notices import title
from mixtui.ui.report import ask_for_report, has_something_to_report
from mixtui.ui.run_tabs import epoch_table, log_reader, setup, state_words
from mixtui.ui.run_tabs.certainties import Certainties, CertaintyComputed
from mixtui.ui.run_tabs.curves import CurvesTab
from mixtui.ui.run_tabs.diagram import DiagramTab
from mixtui.ui.run_tabs.extras_reader import ExtrasRead, ExtrasReader
from mixtui.ui.run_tabs.facts import Facts, plausible
from mixtui.ui.run_tabs.log import LogTab
from mixtui.ui.run_tabs.log_reader import LogRead, LogReader
from mixtui.ui.run_tabs.mixup import MixupTab
from mixtui.ui.run_tabs.scores import ScoresTab
from mixtui.ui.run_tabs.scrolling import ScrollingLines
from mixtui.ui.run_tabs.setup import NoteEditor, SetupTab
from mixtui.ui.run_tabs.shown import verdict, wanted_certainties
from mixtui.ui.run_tabs.tab import PlotTab
from mixtui.ui.screens.run_commands import RunCommandsScreen
from mixtui.ui.widgets.tab_line import TabLine
from mixtui.ui.widgets.top_line import TopLine
from mixtui.ui.words import printable

TABS = ("Diagram", "Curves", "Mixup", "Scores", "Log", "Setup")


class RunScreen(RunCommandsScreen):
    """Shows the run `run_id`, and its neighbours in `ids` on request. Its result is the run shown last."""

    PLACES = (Place.RUN,)
    BINDINGS = bindings(Place.RUN)

    def __init__(self, run_id: str, ids: Sequence[str]) -> None:
        super().__init__()
        self._run_id = run_id
        self._ids = list(ids) if run_id in ids else [run_id]
        self._tab = 0
        self._wanted = ""  # what to search for as soon as the log is read
        self._visits = 0  # of a run or a tab

    def compose(self) -> ComposeResult:
        self._extras, self._certainties = ExtrasReader(self), Certainties(self)
        self._diagram, self._curves, self._mixup = DiagramTab(), CurvesTab(), MixupTab()
        self._scores, self._log, self._setup = ScoresTab(), LogTab(), SetupTab()
        self._tabs: tuple[Widget, ...] = (
            *(self._diagram, self._curves, self._mixup),
            *(self._scores, self._log, self._setup),
        )
        for tab in (self._diagram, self._curves, self._mixup):
            tab.facts, tab.ink = Facts(self._document or {"id": self._run_id, "state": "queued"}), self._ink
        yield from self.frame(TabLine(TABS), Static(id="run-verdict", markup=False), *self._tabs)

    def on_mount(self) -> None:
        self._show_run(self._run_id)
        self._to_tab(0)
        self.call_after_refresh(self.app.read_now)  # beside the first paint it would hold that up

    # What is shown

    def documents_changed(self) -> None:
        document = self.app.by_id.get(self._run_id)
        if document is None or document["state"] == "broken":
            self._leave_missing(document)
        else:
            self._show()

    def views_changed(self) -> None:
        if self._document is not None:
            self._show()
            self._read_what_is_new()

    def _leave_missing(self, document: Document | None) -> None:
        if not self.is_current or not self.app.loaded:  # a dialog goes first; then this is called again
            return
        if document is None:
            self.app.say("This run is not here any more. U on the first screen shows the trash.")
        else:
            self.app.say(f"{document.get('sentence', '')} mixtui leaves this run alone.")
        self.dismiss(None)

    @property
    def _document(self) -> Document | None:
        document = self.app.by_id.get(self._run_id)
        return None if document is None or document["state"] == "broken" else document

    def _facts(self, document: Document) -> Facts:
        view, extras = self.app.views.get(self._run_id), self._extras.known(self._run_id)
        if view is None:
            return Facts(document, extras=extras, certainties=self._certainties)
        history = plausible(view.history)
        return Facts(document, history, view.steps, view.log, True, extras, self._certainties)

    @property
    def _ink(self) -> Ink:
        document = self._document
        if document is None:
            return self.app.ink
        alpha = document["config"].get("alpha")
        return replace(self.app.ink, series=self.app.alpha_styles.get(alpha, SeriesStyle()))

    def _show(self) -> None:
        document = self._document
        if document is None:
            return
        facts, ink = self._facts(document), self._ink
        self._diagram.facts, self._diagram.ink = facts, ink
        self._show_lines(facts, ink)
        tab = self._tabs[self._tab]
        now = self._diagram.now
        if tab is self._diagram:
            place = next((n for n, d in enumerate(queue(self.app.documents), 1) if d["id"] == self._run_id), None)
            self._diagram.waiting = state_words.before_the_first(facts, place)
        if isinstance(tab, PlotTab):
            tab.show(facts, ink)
        elif tab is self._scores:
            self._scores.show(facts, ink, now)
            self._extras.look_at_truth(document)
            self._extras.look_at_shifts(document, self._visits)
        elif tab is self._log and not self._log_reader.has_begun:
            self._log.show(facts.log, ink)
        elif tab is self._setup:
            self._setup.show(facts, self._again(facts), ink)
        self.refresh_keys()

    def _show_lines(self, facts: Facts, ink: Ink) -> None:
        """The lines above the tab: where one is, the tabs, the verdict."""
        document = facts.document
        config = facts.config
        where = f" › {title(document)} · {printable(document.get('dataset'))} · {printable(config.get('model'))}"
        if document.get("name"):
            where += f" · {printable(document['name'])}"
        left = Text.assemble(("mixtui", "bold"), ink.glyphs.words(where))
        self.query_one(TopLine).set_texts(left, self._state_text(document, ink))
        note = f"tags: {' '.join(map(printable, document.get('tags') or ()))}" if document.get("tags") else ""
        found = self._log.search
        if self._tabs[self._tab] is self._log and found.wanted:
            count = f"match {found.at + 1:,} of {len(found.matches):,}" if found.at is not None else "no match"
            note = f"{count}: {printable(found.wanted)}"
        self.query_one(TabLine).set(self._tab, ink.glyphs.words(note))
        now = self._diagram.now
        lines = [ink.text(f" {trouble}", ink.error)] if (trouble := state_words.trouble(facts)) else []
        if now is not None:
            lines.append(ink.text(f" {verdict(facts, now, self.app.size.width - 1)}"))
            self._certainties.want(wanted_certainties(facts, now))
        elif not lines:
            lines.append(ink.text(f" {state_words.before_the_first(facts, None)}"))
        if self._tabs[self._tab] is self._log and (searched := self._log.lines_searched) is not None:
            tail = self._run_id.rpartition("-")[2]
            told = f" Searched: the last {searched:,} lines. mixtui logs {tail} prints all."
            lines.append(ink.text(told, ink.warning))
        line = self.query_one("#run-verdict", Static)
        line.update(Text("\n").join(lines))

    def _state_text(self, document: Document, ink: Ink) -> Text:
        state = shown_state(document)
        dot = f" {ink.glyphs.dot} "
        word = state_word(state, document.get("reason"))
        text = Text(f"{ink.glyphs.state(state)} {word}", self.app.state_color(state))
        done = f" {document.get('epoch')}/{document.get('epochs')}"
        if document["state"] in LIVE:
            left = self.app.seconds_left(document)
            rest = f"{dot}{about(left)} left" if left is not None else ""
        else:
            rest = f"{dot}{duration(document.get('seconds'))}" if document.get("seconds") else ""
        ids = self._present()
        place = f"{dot}run {ids.index(self._run_id) + 1} of {len(ids)}" if self._run_id in ids else ""
        return text.append(ink.glyphs.words(f"{done}{rest}{place}"), "default")

    def _again(self, facts: Facts) -> str:
        return setup.again_command(facts, runs_dir_option(self.app.store.root))

    # What is read

    def _read_what_is_new(self) -> None:
        document, view = self._document, self.app.views.get(self._run_id)
        if document is None or view is None:
            return
        self._extras.look(document, view.history)
        if self._tabs[self._tab] is self._log:
            self._log_reader.look(view.log)

    def on_extras_read(self, message: ExtrasRead) -> None:
        self._extras.take(message)
        if message.run_id == self._run_id:
            self._show()

    def on_certainty_computed(self, message: CertaintyComputed) -> None:
        self._certainties.take(message.computed)
        self._show()

    def on_log_read(self, message: LogRead) -> None:
        if message.run_id != self._run_id:
            return
        self._log.show(message.lines, self._ink, added_before=message.added_before, has_all=message.has_all)
        if self._wanted:
            wanted, self._wanted = self._wanted, ""
            self._log.find(wanted)

    # Tabs and runs

    def _to_tab(self, index: int) -> None:
        self._tab = index
        self._visits += 1
        for tab in self._tabs:
            tab.display = tab is self._tabs[index]
        if index != 0:
            self._diagram.pause()
        target = self._tabs[index]
        (self._setup.query_one(ScrollingLines) if target is self._setup else target).focus()
        self._show()
        self._read_what_is_new()

    def on_tab_line_chosen(self, message: TabLine.Chosen) -> None:
        self._to_tab(message.index)

    def action_tab_1(self) -> None:
        self._to_tab(0)

    def action_tab_2(self) -> None:
        self._to_tab(1)

    def action_tab_3(self) -> None:
        self._to_tab(2)

    def action_tab_4(self) -> None:
        self._to_tab(3)

    def action_tab_5(self) -> None:
        self._to_tab(4)

    def action_tab_6(self) -> None:
        self._to_tab(5)

    def _present(self) -> list[str]:
        """The runs of the table that are still there."""
        return [run_id for run_id in self._ids if self.app.by_id.get(run_id, {"state": "broken"})["state"] != "broken"]

    def _neighbour(self, by: int) -> str | None:
        ids = self._present()
        index = ids.index(self._run_id) + by if self._run_id in ids else -1
        return ids[index] if 0 <= index < len(ids) else None

    def action_next_run(self) -> None:
        self._to_neighbour(1)

    def action_previous_run(self) -> None:
        self._to_neighbour(-1)

    def _to_neighbour(self, by: int) -> None:
        run_id = self._neighbour(by)
        if run_id is not None:
            self._show_run(run_id)
            self._show()
            self._read_what_is_new()

    def _show_run(self, run_id: str) -> None:
        self._run_id, self._wanted = run_id, ""
        self._visits += 1
        self._log_reader = LogReader(RunPaths(folder_of(self.app.store, run_id)), self)
        self._log.begin_anew()
        self._curves.window = replace(self._curves.window, steps=None, cursor=None)
        if self._setup.has_class("-editing"):
            self._setup.end_editing()
        self.app.follow([run_id])

    def on_diagram_tab_changed(self) -> None:
        document = self._document
        if document is not None:
            self._show_lines(self._facts(document), self._ink)
            self.refresh_keys()

    def on_resize(self, _event: events.Resize) -> None:
        self.call_after_refresh(self._show)

    # Log

    def on_log_tab_beginning_seen(self) -> None:
        self._log_reader.read(log_reader.LINES)

    def on_log_tab_search_moved(self) -> None:
        self.on_diagram_tab_changed()

    def on_log_tab_search_asked(self) -> None:
        def done(text: str | None) -> None:
            if text:
                self._wanted = text
                self._log_reader.read(MOST_LINES)

        self.prompt("/", self._log.search.wanted, lambda _text: None, done)

    # Commands

    def chosen(self) -> list[Document]:
        document = self._document
        return [] if document is None else [document]

    def allows(self, command: Command) -> bool:
        if self._setup.has_class("-editing") and Place.NOTE not in command.places:
            return False
        match command.id:
            case "next-run":
                return self._neighbour(1) is not None
            case "previous-run":
                return self._neighbour(-1) is not None
            case "zoom":
                return self._tabs[self._tab] in (self._diagram, self._mixup)
            case "class":
                return self._tabs[self._tab] in (self._diagram, self._scores)
            case "report":
                return has_something_to_report(self.chosen())
            case "next-match" | "previous-match":
                return bool(self._log.search.matches)
        return super().allows(command)

    def label_of(self, command: Command) -> str:
        if command.id == "play" and self._diagram.is_playing:
            return "pause"
        if command.id == "mass" and self._diagram.chosen.equal_mass:
            return "equal width"
        if command.id == "temperature" and self._diagram.chosen.scaled:
            return "no temperature"
        return command.label

    def action_back(self) -> None:
        self.dismiss(self._run_id)

    def action_leave(self) -> None:
        """Un-zoom, then back to all classes, then forget the search, then go back."""
        tab = self._tabs[self._tab]
        if tab.has_class("-zoomed"):
            self.action_zoom()
        elif tab is self._diagram and self._diagram.chosen.class_rank is not None:
            self._diagram.show_all_classes()
        elif tab is self._log and self._log.search.wanted:
            self._log.find("")
        else:
            self.action_back()

    def action_class(self) -> None:
        self._to_tab(TABS.index("Diagram"))
        self._diagram.action_class()

    def action_zoom(self) -> None:
        tab = self._tabs[self._tab]
        if isinstance(tab, PlotTab):
            tab.toggle_zoom()
            self.call_after_refresh(self._show)

    def action_copy(self) -> None:
        document = self._document
        if document is None:
            return
        tab = self._tabs[self._tab]
        if tab is self._setup:
            self.app.copy(str(document["path"]))
        elif tab is self._scores and document.get("epoch"):
            self.app.copy(epoch_table.markdown(self._facts(document)))
        else:
            self.app.copy(self._run_id)

    def action_report(self) -> None:
        ask_for_report(self, self.chosen())

    # The note

    def action_note(self) -> None:
        for document in self._fitting_or_say("note"):  # it has one run
            self._to_tab(TABS.index("Setup"))
            self._setup.edit(document.get("note") or "")

    def on_note_editor_done(self, message: NoteEditor.Done) -> None:
        self._setup.end_editing()
        document = self._document
        if document is None or message.note is None:
            return
        note = message.note.strip()
        if note != (document.get("note") or ""):
            self.app.act(lambda: self.app.actions.note([document["id"]], note))
