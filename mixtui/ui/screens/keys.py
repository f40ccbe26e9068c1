"""Every key that counts on a screen."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from mixtui.ui.commands import Command, Place, key_name, of_places
from mixtui.ui.screens.base import MixtuiScreen
from mixtui.ui.theme import themed

_KEYS_WIDTH = 16
_NOTES = (
    "Beside an ECE: ▲ overconfident, ▼ underconfident, where the 95 % interval of the signed gap leaves out 0, · where "
    "it does not; ≈ where a calibrated model may score as much by chance: the noise floor. ±.007 is the farther end of "
    "the ECE's 95 % interval; at the floor <.014 is its upper end. "
    "Under the bins of a diagram: the same marks; one calibrated bin in twenty has one by chance."
)


class KeysScreen(ModalScreen[None]):
    """Shows the commands of `of`, those that cannot be given now in grey."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "dismiss", show=False),
        Binding("j", "scroll('down')", show=False),
        Binding("k", "scroll('up')", show=False),
    ]

    def __init__(self, of: MixtuiScreen) -> None:
        super().__init__()
        self._of = of

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="keys") as scroll:
            scroll.border_title = "Keys"
            yield Static(self._text(), markup=False)

    def _text(self) -> Text:
        text = Text()
        places = [*self._of.PLACES, *getattr(self._of.focused, "PLACES", ()), Place.ALL]
        for place in dict.fromkeys(places):
            text.append(f"{place.value}\n", "bold")
            for command in of_places([place]):
                self._append(text, command)
            text.append("\n")
        return text.append(self._of.app.glyphs.words(_NOTES))

    def _append(self, text: Text, command: Command) -> None:
        app = self._of.app
        keys = app.glyphs.words("  ".join(map(key_name, app.keys_of(command))))
        style = "" if self._of.allows(command) else themed(app, "text-secondary")
        text.append(f"  {keys:<{_KEYS_WIDTH}}", style or themed(app, "primary"))
        text.append(f"{app.glyphs.words(command.help)}\n", style)

    def action_scroll(self, where: str) -> None:
        scroll = self.query_one(VerticalScroll)
        (scroll.scroll_down if where == "down" else scroll.scroll_up)(animate=False)
