"""The form for new runs: choose alphas and the rest, see what it starts, start it."""

from __future__ import annotations

from datetime import datetime

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.containers import Container
from textual.widgets import Button, Input, Static

from mixtui.datasets.catalog import CATALOG
from mixtui.errors import MixtuiError
from mixtui.launch.devices import cores
from mixtui.launch.grid import next_study
from mixtui.launch.sweep import Sweep
from mixtui.store.documents import LIVE, has_scheduler, queue
from mixtui.terminal_text import printable
from mixtui.ui.actions import runs_dir_option
from mixtui.ui.commands import Command, Place, bindings
from mixtui.ui.new_runs import command, remarks
from mixtui.ui.new_runs.densities import draw_mixing
from mixtui.ui.new_runs.form import OWN, Checked, Entries, Plan, check, fault_of
from mixtui.ui.new_runs.here import Here, Point
from mixtui.ui.new_runs.lookup import Found, Wish, data_sets_here, look_up, wish_of
from mixtui.ui.new_runs.outlook import Outlook, look_ahead, tell, tell_briefly
from mixtui.ui.new_runs.queueing import queue_plan
from mixtui.ui.screens.base import MixtuiScreen
from mixtui.ui.widgets.choice import Choice
from mixtui.ui.widgets.plot_panel import PlotPanel
from mixtui.ui.widgets.run_form import RunForm
from mixtui.ui.widgets.start_panel import StartPanel
from mixtui.ui.widgets.top_line import TopLine
from mixtui.wording import plural

TWO_COLUMNS_FROM = 100  # columns of the terminal
TALL_FROM = 36  # lines of a terminal that has some to spare
UNFOLDED_FROM = (160, 44)  # columns and lines of a terminal that has room for all groups


class NewRunsScreen(MixtuiScreen):
    """Its result: the ids of the runs that were queued, None where a person thought better of it."""

    PLACES = (Place.FORM,)
    BINDINGS = bindings(Place.FORM)

    def __init__(self) -> None:
        super().__init__()
        self._entries = Entries()
        self._checked = Checked(None)
        self._found: Found | None = None
        self._wish: Wish | None = None
        self._present: dict[str, bool] = {}
        self._here = Here(())
        self._here_of: list[tuple[str, str]] = []
        self._outlook: Outlook | None = None
        self._tag = ""
        self._queueing = False
        self._error = ""
        self._result: tuple[str, ...] | None = None
        self._drawing: object = None
        self._picture: list[Text] = []

    def compose(self) -> ComposeResult:
        self._form, self._panel = RunForm(id="run-form"), StartPanel(id="this-starts")
        self._density = PlotPanel(self._draw_densities, id="density")
        ahead = Container(self._density, self._panel, id="ahead")
        yield from self.frame(Container(self._form, ahead, id="new-runs"), Static(id="goes-on"))

    def on_mount(self) -> None:
        self._density.can_focus = False
        self._density.set_titles(self.app.glyphs.words("Mixing: density of λ"), self.app.glyphs.words("Beta(α, α)"))
        self.query_one("#goes-on", Static).update(f" {remarks.goes_on()}")
        if self.app.size.width >= UNFOLDED_FROM[0] and self.app.size.height >= UNFOLDED_FROM[1]:
            self._form.open_groups()
        self.query_one("#ticked").focus()
        self._look_for_data()

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        if self._result is not None:
            self.dismiss(self._result)

    # What was entered

    def on_choice_changed(self) -> None:
        self._update()

    def on_choice_moved(self) -> None:
        self._density.redraw()

    def on_input_changed(self) -> None:
        self._update()

    def on_input_submitted(self) -> None:
        self.focus_next()

    def on_resize(self) -> None:
        size = self.app.size
        self.query_one("#new-runs").set_class(size.height < TALL_FROM or size.width < TWO_COLUMNS_FROM, "-short")
        self._show_outlook()

    def documents_changed(self) -> None:
        done = [(document["id"], document["state"]) for document in self.app.documents]
        if done != self._here_of:  # while runs train, their documents change several times a second
            self._here_of, self._here = done, Here(self.app.documents)
        self._tag = next_study(tag for document in self.app.documents for tag in document.get("tags", ()))
        self._form.show_tag(self._tag)
        self._form.show_alpha_colors()
        self._update()

    def _update(self) -> None:
        """Check what was entered, and show what follows from it."""
        entries, before = self._form.entries, self._checked
        if entries != self._entries:
            self._entries, self._error = entries, ""
        self._checked = check(entries)
        self._look_up()
        faults = {**self._checked.faults, **self._faults_here()}
        self._form.show_faults(faults)
        self._show_notes()
        self._show_here()
        self._look_ahead()
        self._show_outlook()
        self.call_after_refresh(self._keep_field_in_view)
        if self._checked.alphas != before.alphas:
            self._density.redraw()

    def _keep_field_in_view(self) -> None:
        """Faults and what is here already come and go, and with them the room for the fields."""
        if self.focused is not None and self._form in self.focused.ancestors:
            self.focused.scroll_visible(animate=False)

    def _faults_here(self) -> dict[str, str]:
        return self._found.faults if self._found is not None and self._found.wish == self._wish else {}

    def _show_notes(self) -> None:
        form, entries = self._form, self._entries
        changed = remarks.preset(entries)
        self.query_one(TopLine).set_texts(Text(self.app.glyphs.words("mixtui › new runs")), self.app.ink.quiet(changed))
        seeds = ("", "") if self._checked.seeds is None else remarks.seeds_note(self._checked.seeds)
        form.show_note("seeds", *seeds)
        plan = self._checked.plan
        form.show_note("model", "" if plan is None else remarks.model_note(plan.config(), self.app.documents))
        form.show_group("training", remarks.training(entries))
        form.show_group("evaluation", remarks.evaluation(entries))
        device = "" if self._found is None or self._faults_here() else self._found.device
        form.show_group("machine", remarks.machine(entries, device, cores()))
        notes = {name: remarks.data_note(info, self._present[name]) for name, info in CATALOG.items() if self._present}
        form.show_data_sets({**notes, OWN: "images in a folder"})

    # What is here already, and what the rest will take

    def _states_here(self) -> dict[Point, str]:
        return {} if self._checked.plan is None else self._here.states(self._checked.plan)

    def _show_here(self) -> None:
        here, plan = self._states_here(), self._checked.plan
        wanted = 0 if plan is None else len(plan.points)
        self._form.show_here(remarks.here_already(here, wanted), wanted - len(here) if here else 0)

    def _look_ahead(self) -> None:
        plan = self._checked.plan
        if plan is None:
            self._outlook = None
            return
        hosts = (None, self.app.host)
        ours = [one for one in self.app.documents if one.get("host") in hosts and not has_scheduler(one)]
        live, waiting = [document for document in ours if document["state"] in LIVE], queue(ours)
        # What was found for the wish before counts for a moment: lines that come and go would flicker.
        runs = len(plan.points) + len(live) + len(waiting)
        machine = None if self._found is None else self._found.machine(runs)
        left = self.app.seconds_left
        here = self._states_here()
        self._outlook = look_ahead(
            plan, here, self.app.pace, machine, [left(document) for document in live], [left(one) for one in waiting]
        )

    def _show_outlook(self) -> None:
        outlook = self._outlook
        now = datetime.now().astimezone()
        lines: list[tuple[str, str]] = []
        if outlook is not None:
            lines = tell(outlook, now)
            if self.app.size.width < TWO_COLUMNS_FROM:
                lines = [lines[0], ("", tell_briefly(outlook, now))]
        said = self.app.glyphs.words
        self._panel.show_outlook([(said(heading), said(sentence)) for heading, sentence in lines])
        self._panel.show_command([] if outlook is None else self._command(outlook.plan))
        self._show_start()
        self.refresh_keys()

    def _command(self, plan: Plan, tag: str = "") -> list[list[str]]:
        return command.sweep_command(plan, tag or plan.tag or self._tag, runs_dir_option(self.app.store.root))

    def _show_start(self) -> None:
        words_of, runs = self.app.glyphs.words, 0 if self._outlook is None else self._outlook.runs
        label = f"Start {plural(runs, 'run')}  ^s" if runs else "Start  ^s"
        if self._queueing:
            self._panel.show_start(label, words_of(f"Queueing {plural(runs, 'run')} …"))
        elif self._error:
            self._panel.show_start(label, words_of(self._error), error=True)
        else:
            self._panel.show_start(label, words_of(self._why_not()))

    def _why_not(self) -> str:
        """Why nothing can be started now; empty where something can."""
        faults = {**self._checked.faults, **self._faults_here()}
        return remarks.why_not(faults, None if self._outlook is None else self._outlook.runs)

    # Looked up on threads: files, drivers

    @work(thread=True, group="data", exit_on_error=False)
    def _look_for_data(self) -> None:
        self.call_later(self._looked_for_data, data_sets_here())

    def _looked_for_data(self, present: dict[str, bool]) -> None:
        self._present = present
        self._show_notes()

    def _look_up(self) -> None:
        plan = self._checked.plan
        if plan is not None and (wish := wish_of(plan)) != self._wish:
            self._wish = wish
            self._look_at_machine(wish)

    @work(thread=True, exclusive=True, group="machine", exit_on_error=False)
    def _look_at_machine(self, wish: Wish) -> None:
        self.call_later(self._looked_at_machine, look_up(wish, self.app.documents, self.app.store.root))

    def _looked_at_machine(self, found: Found) -> None:
        if found.wish == self._wish:
            self._found = found
            self._update()

    # The density of λ

    def _draw_densities(self, columns: int, rows: int) -> list[Text]:
        told = remarks.mixing(self._checked.alphas, self._form.alpha_at_cursor, self._entries.dataset)
        drawing = (columns, rows, self._checked.alphas, told, self.app.theme, self.app.alpha_styles)
        if drawing != self._drawing:  # it takes some milliseconds, and is asked for at every change of the layout
            alphas, known = self._checked.alphas, self.app.alpha_styles
            self._drawing, self._picture = drawing, draw_mixing(alphas, told, known, self.app.ink, columns, rows)
        return self._picture

    # Commands

    def allows(self, command: Command) -> bool:
        match command.id:
            case "start":
                return not self._queueing and self._outlook is not None and not self._why_not()
            case "cancel" | "leave":
                return not self._queueing
            case "back":
                return not self._queueing and not isinstance(self.focused, Input)
            case "copy":
                return self._outlook is not None
            case "zoom":
                return False
        return super().allows(command)

    def action_back(self) -> None:
        if not self._queueing:
            self.dismiss(None)

    def action_cancel(self) -> None:
        self.action_back()

    def action_next_field(self) -> None:
        self.focus_next()

    def action_previous_field(self) -> None:
        self.focus_previous()

    def action_field_down(self) -> None:
        if not (isinstance(self.focused, Choice) and self.focused.move(1)):
            self.focus_next()

    def action_field_up(self) -> None:
        if not (isinstance(self.focused, Choice) and self.focused.move(-1)):
            self.focus_previous()

    def on_descendant_focus(self) -> None:
        super().on_descendant_focus()
        self._density.redraw()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "start":
                self.action_start()
            case "cancel":
                self.action_cancel()
            case "copy":
                self.action_copy()

    def action_copy(self) -> None:
        if self._outlook is not None:
            self.app.copy(command.one_line(self._command(self._outlook.plan)))

    def action_start(self) -> None:
        outlook = self._outlook
        if outlook is not None and not self._queueing and not self._why_not():
            self._queueing, self._error = True, ""
            self._show_start()
            self.refresh_keys()
            self._queue(outlook)

    @work(thread=True, group="queue", exit_on_error=False)
    def _queue(self, outlook: Outlook) -> None:
        try:
            made = queue_plan(self.app.store, outlook.plan)
        except MixtuiError as error:
            self.call_later(self._failed, error)
        else:
            self.call_later(self._started, outlook, made)

    def _failed(self, error: MixtuiError) -> None:
        self._queueing = False
        self._error = (
            f"{printable(fault_of(MixtuiError(error.message)))}\n{printable(fault_of(MixtuiError(error.hint)))}"
        )
        self._show_start()
        self.refresh_keys()

    def _started(self, outlook: Outlook, made: Sweep) -> None:
        """`outlook` is from before: by now these runs may be among those that wait."""
        self._queueing = False
        self.app.last_command = command.one_line(self._command(outlook.plan, ",".join(made.tags)))
        self.app.say(remarks.queued(made, outlook.now))
        self._result = tuple(paths.id for paths in made.runs)
        if self.is_current:
            self.dismiss(self._result)
