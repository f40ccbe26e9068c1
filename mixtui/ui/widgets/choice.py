"""Options to choose from, one or several; the arrows move a cursor over them, space ticks the one under it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual import events
from textual.geometry import Offset, Size
from textual.message import Message
from textual.widget import Widget

from mixtui.ui.columns import fit
from mixtui.ui.commands import Place, bindings
from mixtui.ui.glyphs import Glyphs
from mixtui.ui.theme import themed

_GAP = 2  # cells between two options in a line


@dataclass(frozen=True)
class Option:
    """What can be chosen; `color` is that of its tick."""

    value: str
    label: str
    color: str = ""


class Choice(Widget, can_focus=True):
    """One of `options`, or with `several` any number of them, side by side where they fit, or one a line."""

    PLACES = (Place.CHOICE,)
    BINDINGS = bindings(Place.CHOICE)
    DEFAULT_CSS = "Choice { height: auto; width: 1fr; }"
    ALLOW_MAXIMIZE = False

    class Changed(Message):
        """Others are chosen than before."""

    class Moved(Message):
        """The cursor is on another option."""

    def __init__(
        self,
        options: Sequence[Option],
        chosen: Iterable[str],
        glyphs: Glyphs,
        *,
        several: bool = False,
        one_a_line: bool = False,
        id: str,  # noqa: A002 - as Textual calls it
    ) -> None:
        super().__init__(id=id)
        self._options, self._glyphs, self._several, self._one_a_line = options, glyphs, several, one_a_line
        self._chosen = set(chosen)
        self._notes: Mapping[str, str] = {}
        self._cursor = next((at for at, one in enumerate(options) if one.value in self._chosen and not several), 0)

    @property
    def chosen(self) -> list[str]:
        """In the order of the options."""
        return [option.value for option in self._options if option.value in self._chosen]

    @property
    def at_cursor(self) -> str:
        return self._options[self._cursor].value

    def set_options(self, options: Sequence[Option], notes: Mapping[str, str] | None = None) -> None:
        """Other labels, colours or notes for the same values; a note stands beside an option that has its own line."""
        notes = self._notes if notes is None else notes
        if (list(options), notes) != (list(self._options), self._notes):
            self._options, self._notes = options, notes
            self.refresh(layout=True)

    def move(self, by: int) -> bool:
        """Move the cursor up or down; False at the end, where it leaves."""
        if not self._one_a_line or not 0 <= self._cursor + by < len(self._options):
            return False
        self._put_cursor(self._cursor + by)
        return True

    def action_choice_back(self) -> None:
        self._put_cursor(max(self._cursor - 1, 0))

    def action_choice_on(self) -> None:
        self._put_cursor(min(self._cursor + 1, len(self._options) - 1))

    def action_tick(self) -> None:
        value = self.at_cursor
        before = set(self._chosen)
        self._chosen = self._chosen ^ {value} if self._several else {value}
        if self._chosen != before:
            self.refresh()
            self.post_message(self.Changed())

    def on_click(self, event: events.Click) -> None:
        for at, (place, width) in enumerate(self._places(self.size.width)):
            if event.y == place.y and place.x <= event.x < place.x + width:
                self._put_cursor(at)
                self.action_tick()

    def _put_cursor(self, at: int) -> None:
        if at != self._cursor:
            self._cursor = at
            self.refresh()
            self.post_message(self.Moved())

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return self._places(width)[-1][0].y + 1

    def _places(self, room: int) -> list[tuple[Offset, int]]:
        """Where each option begins, and its width; several are aligned as columns."""
        widths = [cell_len(f"{self._mark(option)} {option.label}") for option in self._options]
        if self._several:
            widths = [max(widths)] * len(widths)
        places, x, y = [], 0, 0
        for at, width in enumerate(widths):
            if at and (self._one_a_line or x + width > room):
                x, y = 0, y + 1
            places.append((Offset(x, y), room if self._one_a_line else width))
            x += width + _GAP
        return places

    def _mark(self, option: Option) -> str:
        inside = self._glyphs.ticked if option.value in self._chosen else self._glyphs.unticked
        if self._several:
            return f"[{inside}]"
        return f"({self._glyphs.state('running') if option.value in self._chosen else ' '})"

    def render(self) -> Text:
        label_width = max(cell_len(option.label) for option in self._options)
        text, line = Text(no_wrap=True), 0
        for at, (option, (place, _)) in enumerate(zip(self._options, self._places(self.size.width), strict=True)):
            if at:
                text.append("\n" if place.y > line else " " * _GAP)
            line = place.y
            at_cursor = self.has_focus and at == self._cursor
            chosen = option.value in self._chosen
            color = (option.color or themed(self.app, "primary")) if chosen else themed(self.app, "text-secondary")
            text.append(self._mark(option), Style(color=_color(color), bold=chosen, reverse=at_cursor))
            pad = self._several or self._one_a_line
            text.append(f" {fit(option.label, label_width) if pad else option.label}", "bold" if at_cursor else "")
            if note := self._notes.get(option.value):
                text.append(f"  {note}", themed(self.app, "text-secondary"))
        return text


def _color(name: str) -> str | None:
    """As Rich writes the colours that Textual leaves to the terminal."""
    name = name.removeprefix("ansi_")
    return None if name == "default" else name
