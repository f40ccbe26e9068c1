"""What every screen has: the first line, the line of keys, and the commands that count on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from textual.screen import Screen
from textual.widget import Widget

from mixtui.ui.commands import Command, Place, command_of, key_name, of_places
from mixtui.ui.widgets.key_line import Entry, KeyLine
from mixtui.ui.widgets.prompt import Check, Prompt
from mixtui.ui.widgets.top_line import TopLine

if TYPE_CHECKING:
    from mixtui.ui.app import MixtuiApp
    from mixtui.ui.folder_state import FolderState


class MixtuiScreen(Screen[Any]):
    """A screen of the application. `PLACES` are those whose commands its BINDINGS hold."""

    PLACES: ClassVar[tuple[Place, ...]] = ()
    AUTO_FOCUS = None
    app: MixtuiApp

    def on_screen_resume(self) -> None:
        self.documents_changed()
        self.views_changed()
        self.refresh_keys()

    def documents_changed(self) -> None:
        """The runs in `app.documents` are others than before. Called while the screen is shown, and when it comes."""

    def views_changed(self) -> None:
        """What `app.views` holds of the runs that this screen asked to follow is newer."""

    def system_changed(self) -> None:
        """`app.machine` was measured anew."""

    def go_to(self, run_id: str) -> None:
        """A person has just made or brought back that run; called while the screen is shown."""

    def state_to_keep(self, state: FolderState) -> FolderState:
        """`state` with what this screen remembers from one time to the next."""
        return state

    def allows(self, command: Command) -> bool:
        """Whether the command can be given now; the key line and the palette show no others."""
        return True

    def label_of(self, command: Command) -> str:
        """What the key line calls the command now."""
        return command.label

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        command = command_of(action, parameters)
        return True if command is None else self.allows(command)

    def commands(self) -> list[Command]:
        """Those that can be given now: the screen's, and those of the widget that has the focus."""
        places = [Place.ALL, *self.PLACES, *getattr(self.focused, "PLACES", ())]
        return [command for command in of_places(places) if self.allows(command)]

    def refresh_keys(self) -> None:
        """Show the keys that count now; two commands of one rank and label, such as ← and →, stand together."""
        ranked = sorted((command for command in self.commands() if command.rank), key=lambda command: command.rank)
        entries: dict[tuple[int, str], Entry] = {}
        for command in ranked:
            if keys := self.app.keys_of(command):
                label = self.label_of(command)
                entry = Entry(self.app.glyphs.words(key_name(keys[0])), label, command)
                known = entries.get((command.rank, label))
                entries[command.rank, label] = known.joined(entry) if known else entry
        for line in self.query(KeyLine):
            line.set_entries(list(entries.values()))

    def on_descendant_focus(self) -> None:
        self.refresh_keys()

    def on_key_line_chosen(self, message: KeyLine.Chosen) -> None:
        self.app.run_command(message.command)

    def frame(self, *body: Widget) -> list[Widget]:
        """The body between the first and the last line, for `compose`."""
        return [TopLine(), *body, KeyLine()]

    def prompt(self, label: str, value: str, check: Check, done: Callable[[str | None], object]) -> None:
        """Ask for a line at the bottom of the screen; the focus comes back afterwards."""
        focused = self.focused

        def finish(text: str | None) -> None:
            if focused is not None:
                focused.focus()
            done(text)

        self.mount(Prompt(self.app.glyphs.words(label), value, check, finish))

    def action_back(self) -> None:
        self.dismiss()

    def action_leave(self) -> None:
        if self.maximized is not None:
            self.minimize()
        else:
            self.action_back()

    def action_zoom(self) -> None:
        if self.maximized is not None:
            self.minimize()
        elif self.focused is not None:
            self.maximize(self.focused)
