"""The application: it holds what was read of the runs, and hands it to the screen that is shown.

It is a view and a remote control over the run directories: what it knows comes from `reader`, what it does goes through
`actions`, and it may end at any moment without a training taking notice.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual import work
from textual.app import App, SystemCommand
from textual.events import Event, Key
from textual.screen import Screen

from mixtui.errors import MixtuiError
from mixtui.launch.estimate import Pace
from mixtui.number_text import is_finite
from mixtui.store.documents import LIVE, Document, part
from mixtui.ui import theme
from mixtui.ui.columns import Look
from mixtui.ui.commands import Command, Place, bindings
from mixtui.ui.crash import write_crash
from mixtui.ui.folder_state import FolderState
from mixtui.ui.freed_memory import give_back_freed_memory
from mixtui.ui.glimpse import UNSEEN, Glimpse
from mixtui.ui.glyphs import SETS, Glyphs
from mixtui.ui.ink import Ink
from mixtui.ui.notices import ended_notice, farewell
from mixtui.ui.preferences import Preferences
from mixtui.ui.reader import FolderRead, FolderUnreadable, Reader, ReaderFailed, RunsRead
from mixtui.ui.screens.base import MixtuiScreen
from mixtui.ui.widgets.prompt import Prompt
from mixtui.ui.widgets.scroll_bar import draw_scroll_bars_with

if TYPE_CHECKING:
    from mixtui.launch.machine import Sample, Sampler
    from mixtui.plots.alpha_colors import SeriesStyle
    from mixtui.plots.palette import ColorDepth, Ground
    from mixtui.store.store import Store
    from mixtui.ui.actions import Actions, Done, Undo
    from mixtui.ui.run_view import RunView

SWITCH_EVERY = 0.001  # seconds: a key waits no longer for the threads that read and draw
SYSTEM_EVERY = 2.0  # seconds between two measurements of the machine, while something trains
NOTE_LASTS = 5.0  # seconds
MOST_NOTES = 3


class MixtuiApp(App[str]):
    """The interface over the runs of `store`. Its result is the line for the shell when it has closed."""

    TITLE = "mixtui"
    CSS_PATH = Path(__file__).with_name("app.tcss")
    BINDINGS = bindings(Place.ALL)
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-one"), (80, "-two"), (100, "-four"), (160, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (18, "-high")]  # noqa: RUF012
    NOTIFICATION_TIMEOUT = NOTE_LASTS

    def __init__(self, store: Store, preferences: Preferences, state: FolderState, first: Glimpse = UNSEEN) -> None:
        # Without colours Textual would send greys of its own; the terminal's are what NO_COLOR asks for.
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        for one in theme.THEMES:
            self.register_theme(one)
        self.theme = preferences.theme
        self.store = store
        self.preferences = preferences
        self.state = state
        self.glyphs: Glyphs = SETS[preferences.glyphs]
        self.set_class(self.glyphs.ascii, "-ascii")
        draw_scroll_bars_with(self.glyphs)
        self.documents: tuple[Document, ...] = ()  # of the runs of `store`
        self.shipped: tuple[Document, ...] | None = None  # of those that came with mixtui; until they were read, none
        self.by_id: dict[str, Document] = {}  # of both
        self.views: dict[str, RunView] = {}
        self.queue_note = ""
        self.loaded = False  # the folder was read at least once: before, there are only the newest runs
        self.machine: Sample | None = None
        self.last_command = ""
        self.host = socket.gethostname()
        self._undo: list[Undo] = []
        self.first = first
        self._painter = ThreadPoolExecutor(1, thread_name_prefix="painter")
        self._reader = Reader(store, self.post_message)
        self._pace: Pace | None = None
        self._alpha_styles: dict[float, SeriesStyle] | None = None
        self._sampler: Sampler | None = None

    # Start and end

    def on_mount(self) -> None:
        self._leave_on_signals()
        self.set_keymap(dict(self.preferences.keys))
        if self.first.is_whole:
            self.on_folder_read(FolderRead(self.first.documents, ""))
        else:
            self._set_documents(self.first.documents, None)
        from mixtui.ui.screens.home import HomeScreen

        self.push_screen(HomeScreen())
        self.call_after_refresh(self._reader.start)  # beside the first paint it would hold that up
        self.set_interval(SYSTEM_EVERY, self._measure_while_training)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """What our style sheet uses, for themes that are not ours."""
        return theme.variables_for(self.is_dark)

    def on_unmount(self) -> None:
        self._reader.close()
        self._painter.shutdown(wait=False, cancel_futures=True)

    def _leave_on_signals(self) -> None:
        """A closed terminal or a kill leaves the terminal as it was, and says what goes on."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):  # not the main thread: a test
                loop.add_signal_handler(number, self.leave)

    def leave(self) -> None:
        """Close the interface; the trainings go on."""
        for screen in self.screen_stack:
            if isinstance(screen, MixtuiScreen):
                self.state = screen.state_to_keep(self.state)
        self.exit(farewell(self.documents))

    async def action_quit(self) -> None:
        self.leave()

    def _fatal_error(self) -> None:
        """An error of our own: into a file, and a line for the person, in place of pages of traceback."""
        if self._exit_renderables:  # one that followed from the first
            return
        path = write_crash(sys.exc_info()[1])
        where = f" Details: {path}" if path else ""
        self._exit_renderables.append(
            Text(f"mixtui stopped on an error of its own. The trainings go on.{where}", style="red")
        )
        self._close_messages_no_wait()

    def action_help_quit(self) -> None:
        """Ctrl-C: people expect it to end a program, and it must not surprise them."""
        self.notify("q goes back, and quits on the first screen. Trainings go on.", timeout=NOTE_LASTS)

    async def on_event(self, event: Event) -> None:
        if isinstance(event, Key):
            self._reader.hold()
            if event.is_forwarded and self._is_for_prompt(event):
                return
        await super().on_event(event)

    def _is_for_prompt(self, event: Key) -> bool:
        """Hand a key that no widget took to the prompt that was opened by a key before it, as it had no focus yet."""
        screen = self.screen
        return isinstance(screen, MixtuiScreen) and any(prompt.take(event) for prompt in screen.query_children(Prompt))

    def give_way(self) -> None:
        """To be called by a thread that draws, between two pieces of its work: a key that just came goes first."""
        self._reader.give_way()

    @property
    def is_busy_with_keys(self) -> bool:
        """What can wait does so while this is true."""
        return self._reader.is_held

    # What was read

    def on_folder_read(self, message: FolderRead) -> None:
        before = self.by_id
        self._set_documents(message.documents, message.shipped)
        self.queue_note, self._pace, self._alpha_styles = message.note, None, None
        for gone in self.views.keys() - self.by_id.keys():
            del self.views[gone]
        if self.loaded and (told := ended_notice(before, self.documents, self.glyphs)):
            self.notify(told.text, severity=told.severity, markup=False)
        if not self.loaded:
            gc.freeze()  # what has come so far stays: not to be looked through again and again, 40 ms each time
            gc.enable()  # see start.py
            give_back_freed_memory()
        self.loaded = True
        if (screen := self.shown) is not None:
            screen.documents_changed()
            screen.refresh_keys()

    def _set_documents(self, documents: tuple[Document, ...], shipped: tuple[Document, ...] | None) -> None:
        self.documents, self.shipped = documents, shipped
        self.by_id = {document["id"]: document for document in (*(shipped or ()), *documents)}

    def on_folder_unreadable(self, message: FolderUnreadable) -> None:
        if not self.loaded:
            self.exit(return_code=2, message=message.error.message)

    def on_reader_failed(self, message: ReaderFailed) -> None:
        raise message.error

    def on_runs_read(self, message: RunsRead) -> None:
        self.views.update(message.views)
        if (screen := self.shown) is not None:
            screen.views_changed()

    @property
    def shown(self) -> MixtuiScreen | None:
        """The screen of ours that is on top, below any dialog; None while the application opens or closes."""
        screens = reversed(self.screen_stack) if self.is_running else ()
        return next((screen for screen in screens if isinstance(screen, MixtuiScreen) and screen.is_mounted), None)

    def follow(self, ids: Iterable[str]) -> None:
        """Have `views` of these runs kept up to date, and of no others."""
        self._reader.follow(tuple(ids))

    def read_now(self) -> None:
        """Have what is followed read at once: the keys that were pressed are for that."""
        self._reader.hurry()

    @property
    def pace(self) -> Pace:
        """How fast runs go here."""
        if self._pace is None:
            self._pace = Pace(self.documents, self.host)
        return self._pace

    def seconds_left(self, document: Document) -> float | None:
        """Of a live or a queued run."""
        view, per_epoch = self.views.get(document["id"]), (document.get("data") or {}).get("steps_per_epoch")
        if view is not None and per_epoch and len(view.steps.step):
            done = float(view.steps.step[-1]) / per_epoch - (document.get("epoch") or 0)
            return self.pace.left(document, fraction=done)
        began = document.get("epoch_ended") or document.get("started")
        with contextlib.suppress(TypeError, ValueError):
            return self.pace.left(document, epoch_began=datetime.fromisoformat(began or ""), now=datetime.now(UTC))
        return self.pace.left(document)

    @property
    def look(self) -> Look:
        """What the cells of a table depend on beside their run."""
        return Look(self.glyphs, self.is_dark, self.host, self.seconds_left, self.alpha_color)

    @property
    def is_dark(self) -> bool:
        return bool(self.current_theme.dark)

    def alpha_color(self, alpha: float) -> str:
        """The colour of an α's series, as Rich writes it; "" for the terminal's own."""
        style = self.alpha_styles.get(alpha)
        return "" if style is None or style.color is None else style.textual.removeprefix("ansi_")

    @property
    def alpha_styles(self) -> dict[float, SeriesStyle]:
        """How each α is drawn, which is the same on every screen."""
        from mixtui.plots.alpha_colors import alpha_styles

        if self._alpha_styles is None:
            alphas = [part(document, "config").get("alpha") for document in self.by_id.values()]
            self._alpha_styles = alpha_styles(filter(is_finite, alphas), self.color_depth, self.ground)
        return self._alpha_styles

    def state_color(self, state: str) -> str:
        return theme.STATES[state].color(self.is_dark)

    @property
    def ground(self) -> Ground:
        return "dark" if self.is_dark else "light"

    @property
    def color_depth(self) -> ColorDepth:
        """Of plots: themes that leave the colours to the terminal have sixteen."""
        return "none" if self.no_color else "16" if self.native_ansi_color else "256"

    @property
    def ink(self) -> Ink:
        """What texts and pictures are drawn with."""
        return Ink(
            self.glyphs,
            self.color_depth,
            self.ground,
            secondary=theme.themed(self, "text-secondary"),
            warning=theme.themed(self, "text-warning"),
            accent=theme.themed(self, "primary"),
            error=self.state_color("failed"),
        )

    def draw(self, picture: Callable[[], Sequence[Text]], show: Callable[[Sequence[Text]], object]) -> None:
        """Have a picture drawn on the one thread that draws, and shown when it is done."""
        with contextlib.suppress(RuntimeError):  # it has closed
            self._painter.submit(self._drawn, picture, show)

    def _drawn(self, picture: Callable[[], Sequence[Text]], show: Callable[[Sequence[Text]], object]) -> None:
        self._reader.let_keys_go_first()
        try:
            self.call_later(show, picture())
        except Exception as error:  # it must not vanish with its thread
            self.call_later(self._handle_exception, error)

    @work(thread=True, exit_on_error=False)
    def import_run_screen(self) -> None:
        """While nothing else happens, so that the first run that is opened need not wait for it."""
        self._reader.let_keys_go_first()
        import mixtui.ui.screens.run  # noqa: F401

        gc.freeze()  # all that was imported stays: to look through it in the midst of a run takes 30 ms

    # The machine

    def measure_machine(self) -> None:
        """Once, and then again while something trains; at rest no byte is written."""
        self._measure_machine()

    @work(thread=True, exclusive=True, group="machine", exit_on_error=False)
    def _measure_machine(self) -> None:
        from mixtui.launch.machine import Sampler

        if self._sampler is None:
            self._sampler = Sampler(self.store.root)
        sample = self._sampler.sample()
        self.call_later(self._machine_measured, sample)

    def _machine_measured(self, sample: Sample) -> None:
        self.machine = sample
        if (screen := self.shown) is not None:
            screen.system_changed()

    def _measure_while_training(self) -> None:
        if any(document["state"] in LIVE for document in self.documents):
            self._measure_machine()

    # Acts

    @functools.cached_property
    def actions(self) -> Actions:
        from mixtui.ui.actions import Actions  # not before the first runs are shown

        return Actions(self.store)

    def act(self, act: Callable[[], Done], then: Callable[[Done], object] | None = None) -> None:
        """Do something to runs on a thread; say what was done, or why not."""
        self._act(act, then)

    @work(thread=True, group="acts", exit_on_error=False)
    def _act(self, act: Callable[[], Done], then: Callable[[Done], object] | None) -> None:
        try:
            done = act()
        except MixtuiError as error:
            self.call_later(self.say_error, error)
            return
        self.call_later(self._done, done, then)

    def _done(self, done: Done, then: Callable[[Done], object] | None) -> None:
        if done.undo is not None:
            self._undo.append(done.undo)
        self.last_command = done.command or self.last_command
        self._reader.look_now()
        self.say(done.sentence)
        if done.problem:
            self.say(done.problem)
        if done.new and (screen := self.shown) is not None:
            screen.go_to(done.new[0])
        if then is not None:
            then(done)

    def notify(self, message: str, **options: Any) -> None:
        """As Textual's, with at most so many notes at once, the oldest of which goes."""
        for note in list(self._notifications)[: 1 - MOST_NOTES]:
            self._unnotify(note, refresh=False)
        super().notify(message, **options)

    def say(self, sentence: str) -> None:
        self.notify(self.glyphs.words(sentence), markup=False)

    def say_error(self, error: MixtuiError) -> None:
        hint = error.hint.split("mixtui ")[0].rstrip(" :") if "mixtui " in error.hint else error.hint
        self.notify(self.glyphs.words(f"{error.message}\n{hint}".strip()), severity="error", markup=False)

    def remember_removed(self, ids: Sequence[str]) -> None:
        """So that u brings them back after a restart too."""
        self.state = replace(self.state, removed=tuple(ids))

    @property
    def can_undo(self) -> bool:
        return bool(self._undo) or bool(self.state.removed)

    def action_undo(self) -> None:
        if self._undo:
            undo = self._undo.pop()

            def act() -> Done:
                from mixtui.ui.actions import Done

                undo.act()
                return Done(undo.what)

            self.act(act)
            if undo.restores:
                self.remember_removed(())
        elif self.state.removed:
            self.act(functools.partial(self.actions.restore, self.state.removed))
            self.remember_removed(())

    # Commands that count everywhere

    def keys_of(self, command: Command) -> tuple[str, ...]:
        """The keys that give the command, as a person has set them."""
        remapped = self.preferences.keys.get(command.id)
        return command.keys if remapped is None else tuple(remapped.split(","))

    def run_command(self, command: Command) -> None:
        """Give a command as its key would: to the widget that has the focus, its screen, or the application."""
        self.call_later(self._run_command, command)

    async def _run_command(self, command: Command) -> None:
        for target in (self.focused, self.screen, self):
            if target is not None and hasattr(target, command.method):
                await self.run_action(command.action, default_namespace=target)
                return

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette: every command that can be given here, by its name."""
        if isinstance(screen, MixtuiScreen):
            for command in screen.commands():
                if command.palette:
                    yield SystemCommand(command.label, command.help, functools.partial(self.run_command, command))
        yield SystemCommand("theme", "Choose other colours", self.action_change_theme)

    async def action_back(self) -> None:
        self._of_screen("back")

    def action_leave(self) -> None:
        self._of_screen("leave")

    def action_zoom(self) -> None:
        self._of_screen("zoom")

    def action_copy(self) -> None:
        self._of_screen("copy")

    def _of_screen(self, action: str) -> None:
        """Have the screen do what is its own to do, unless a dialog stands before it."""
        if self.screen is self.shown:
            getattr(self.screen, f"action_{action}", lambda: None)()

    def action_palette(self) -> None:
        self.action_command_palette()

    def action_redraw(self) -> None:
        self.refresh(layout=True)

    def action_suspend(self) -> None:
        self.action_suspend_process()

    def copy(self, text: str) -> None:
        self.copy_to_clipboard(text)
        hint = " Nothing to paste in tmux? set -s set-clipboard on" if os.environ.get("TMUX") else ""
        self.say(f"Copied {text if len(text) < 60 else text[:57] + '…'}.{hint}")

    def action_copy_command(self) -> None:
        if self.last_command:
            self.copy(self.last_command)
        else:
            self.say("Nothing was done yet that could be copied as a command.")

    def action_keys(self) -> None:
        from mixtui.ui.screens.keys import KeysScreen

        if (screen := self.shown) is not None:
            self.push_screen(KeysScreen(screen))
