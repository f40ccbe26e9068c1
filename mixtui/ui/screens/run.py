"""The screen of one run: its diagram, curves, mixing, scores, log and setup, a tab each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pkgutil import resolve_name

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.widgets import Static

from mixtui.plots.alpha_colors import SeriesStyle
from mixtui.store.documents import LIVE, Document
from mixtui.store.paths import RunPaths
from mixtui.store.shipped import folder_of
from mixtui.store.state_glyphs import state_word
from mixtui.terminal_text import printable
from mixtui.time_text import about, duration
from mixtui.ui.columns import shown_state
from mixtui.ui.commands import Command, Place, bindings
from mixtui.ui.ink import Ink
from mixtui.ui.report import ask_for_report, has_something_to_report
from mixtui.ui.run_names import title
from mixtui.ui.run_tabs import state_words
from mixtui.ui.run_tabs.certainties import Certainties, CertaintyComputed
from mixtui.ui.run_tabs.diagram import DiagramTab
from mixtui.ui.run_tabs.extras_reader import ExtrasRead, ExtrasReader
from mixtui.ui.run_tabs.facts import Facts, plausible
from mixtui.ui.run_tabs.log import LogTab
from mixtui.ui.run_tabs.scores import ScoresTab
from mixtui.ui.run_tabs.setup import NoteEditor, SetupTab
from mixtui.ui.run_tabs.shown import Shown, verdict, wanted_certainties
from mixtui.ui.run_tabs.tab import RunTab
from mixtui.ui.run_tabs.tabs import TABS
from mixtui.ui.screens.run_commands import RunCommandsScreen
from mixtui.ui.widgets.tab_line import TabLine
from mixtui.ui.widgets.top_line import TopLine

# Imported with this module, so that nobody waits for it who turns to a tab.
_WIDGETS: tuple[type[RunTab], ...] = tuple(resolve_name(tab.widget) for tab in TABS)


class RunScreen(RunCommandsScreen):
    """Shows the run `run_id`, and its neighbours in `ids` on request. Its result is the run shown last."""

    PLACES = (Place.RUN,)
    BINDINGS = bindings(Place.RUN)

    def __init__(self, run_id: str, ids: Sequence[str]) -> None:
        super().__init__()
        self._run_id = run_id
        self._ids = list(ids) if run_id in ids else [run_id]
        self._visits = 0  # of a run or a tab

    def compose(self) -> ComposeResult:
        self._extras, self._certainties = ExtrasReader(self), Certainties(self)
        self._tabs = [make() for make in _WIDGETS]
        for tab in self._tabs:
            tab.facts, tab.ink = Facts(self._document or {"id": self._run_id, "state": "queued"}), self._ink
        self._tab = self._tabs[0]
        tab_line = TabLine([tab.title for tab in TABS])
        yield from self.frame(tab_line, Static(id="run-verdict", markup=False), *self._tabs)

    def on_mount(self) -> None:
        self._show_run(self._run_id)
        self._to_tab(self._tabs[0])
        self.call_after_refresh(self.app.read_now)  # beside the first paint it would hold that up

    # What is shown

    def documents_changed(self) -> None:
        document = self.app.by_id.get(self._run_id)
        if document is None or document["state"] == "broken":
            self._leave_missing(document)
        else:
            self._show()

    def views_changed(self) -> None:
        self._show()

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
        now = self._diagram.now
        self._show_lines(facts, now, ink)
        self._tab.show(facts, now, ink)
        self._read_what_is_new(document)
        self.refresh_keys()

    def _show_lines(self, facts: Facts, now: Shown | None, ink: Ink) -> None:
        """The lines above the tab: where one is, the tabs, the verdict."""
        document = facts.document
        config = facts.config
        data = printable(document.get("dataset")) + " in place of cifar10" * bool(document.get("fallback"))
        where = f" › {title(document)} · {data} · {printable(config.get('model'))}"
        if document.get("name"):
            where += f" · {printable(document['name'])}"
        left = Text.assemble(("mixtui", "bold"), ink.glyphs.words(where))
        self.query_one(TopLine).set_texts(left, self._state_text(document, ink))
        tags = f"tags: {' '.join(map(printable, document.get('tags') or ()))}" if document.get("tags") else ""
        self.query_one(TabLine).set(self._tabs.index(self._tab), ink.glyphs.words(self._tab.note() or tags))
        lines = [ink.text(f" {trouble}", ink.error)] if (trouble := state_words.trouble(facts)) else []
        if now is not None:
            lines.append(ink.text(f" {verdict(facts, now, self.app.size.width - 1)}"))
            self._certainties.want(wanted_certainties(facts, now))
        elif not lines:
            lines.append(ink.text(f" {state_words.before_the_first(facts, None)}"))
        if warning := self._tab.warning():
            lines.append(ink.text(f" {warning}", ink.warning))
        self.query_one("#run-verdict", Static).update(Text("\n").join(lines))

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

    # What is read

    def _read_what_is_new(self, document: Document) -> None:
        if view := self.app.views.get(self._run_id):
            self._extras.look(document, view.history)
        if isinstance(self._tab, ScoresTab):
            self._extras.look_at_truth(document)
            self._extras.look_at_shifts(document, self._visits)

    def on_extras_read(self, message: ExtrasRead) -> None:
        self._extras.take(message)
        if message.run_id == self._run_id:
            self._show()

    def on_certainty_computed(self, message: CertaintyComputed) -> None:
        self._certainties.take(message.computed)
        self._show()

    # Tabs and runs

    @property
    def _diagram(self) -> DiagramTab:
        return self.query_one(DiagramTab)

    def _to_tab(self, tab: RunTab) -> None:
        self._tab = tab
        self._visits += 1
        for one in self._tabs:
            one.display = one is tab
        tab.focus()
        self._show()

    def action_tab(self, digit: int) -> None:
        self._to_tab(self._tabs[digit - 1])

    def on_tab_line_chosen(self, message: TabLine.Chosen) -> None:
        if self.query_one(SetupTab).is_editing:  # a key would be a letter of it
            self.app.say("A note is being written: ctrl+s saves it, esc leaves it as it was.")
        else:
            self._to_tab(self._tabs[message.index])

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

    def _show_run(self, run_id: str) -> None:
        self._run_id = run_id
        self._visits += 1
        paths = RunPaths(folder_of(self.app.store, run_id))
        for tab in self._tabs:
            tab.begin_anew(paths)
        self.app.follow([run_id])

    def on_run_tab_changed(self) -> None:
        document = self._document
        if document is not None:
            self._show_lines(self._facts(document), self._diagram.now, self._ink)
            self.refresh_keys()

    def on_resize(self, _event: events.Resize) -> None:
        self.call_after_refresh(self._show)

    def on_log_tab_search_asked(self, message: LogTab.SearchAsked) -> None:
        def done(text: str | None) -> None:
            if text:
                message.tab.search_all(text)

        self.prompt("/", message.tab.search.wanted, lambda _text: None, done)

    # Commands

    def chosen(self) -> list[Document]:
        document = self._document
        return [] if document is None else [document]

    def allows(self, command: Command) -> bool:
        if not self._tab.allows(command):
            return False
        match command.id:
            case "next-run":
                return self._neighbour(1) is not None
            case "previous-run":
                return self._neighbour(-1) is not None
            case "report":
                return has_something_to_report(self.chosen())
        return super().allows(command)

    def label_of(self, command: Command) -> str:
        return self._tab.label_of(command)

    def action_back(self) -> None:
        self.dismiss(self._run_id)

    def action_leave(self) -> None:
        """Back to where the tab showed all, then go back."""
        if self._tab.leave():
            self.call_after_refresh(self._show)
        else:
            self.action_back()

    def action_class(self) -> None:
        self._to_tab(self._diagram)
        self._diagram.action_class()

    def action_zoom(self) -> None:
        self._tab.toggle_class("-zoomed")
        self.call_after_refresh(self._show)

    def action_copy(self) -> None:
        if self._document is not None:
            self.app.copy(self._tab.copied())

    def action_report(self) -> None:
        ask_for_report(self, self.chosen())

    # The note

    def action_note(self) -> None:
        for document in self._fitting_or_say("note"):  # it has one run
            setup = self.query_one(SetupTab)
            self._to_tab(setup)
            setup.edit(document.get("note") or "")

    def on_note_editor_done(self, message: NoteEditor.Done) -> None:
        self.query_one(SetupTab).end_editing()
        document = self._document
        if document is None or message.note is None:
            return
        note = message.note.strip()
        if note != (document.get("note") or ""):
            self.app.act(lambda: self.app.actions.note([document["id"]], note))
