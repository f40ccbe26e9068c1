"""The reliability diagrams of a study side by side, one for each α: small multiples that share size and axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual import events
from textual.message import Message
from textual.widget import Widget

from mixtui.calibration.bins import DEFAULT_M, Bins
from mixtui.plots.reliability import reliability_picture
from mixtui.plots.reliability_size import FRAME_HEIGHT, FRAME_WIDTH, STANDARD_WIDTHS, fit_size, lowest_height
from mixtui.ui.columns import fit
from mixtui.ui.drawing import diagram_glyphs
from mixtui.ui.theme import themed

if TYPE_CHECKING:
    from mixtui.ui.app import MixtuiApp

INDENT = 2  # columns left of a diagram, where its title has the cursor
MARGIN = 1  # columns right of it
TITLE_ROWS = 1
LEAST_WIDTH = 20  # of a diagram; narrower ones tell little, so that rather fewer are seen at once


@dataclass(frozen=True)
class GridLayout:
    """`across` × `down` diagrams are seen at once, each in a cell of `columns` × `rows` with its title."""

    across: int
    down: int
    columns: int
    rows: int

    @property
    def seen(self) -> int:
        return self.across * self.down


def grid_layout(count: int, m: int, columns: int, rows: int) -> GridLayout:
    """The layout with the largest diagrams that shows all `count`; fewer at once where they would be too small."""
    layouts = [_even(across, ceil(count / across), columns, rows) for across in range(1, count + 1)]
    sizes = {layout: size for layout in layouts if (size := _picture(layout, m)) is not None}
    best = max(sizes, key=lambda layout: (sizes[layout], -layout.seen), default=None)
    if best is not None and sizes[best][0] >= LEAST_WIDTH:
        return best
    width = min(STANDARD_WIDTHS)
    across = min(columns // (width + FRAME_WIDTH + INDENT + MARGIN), count)
    down = rows // (lowest_height(width) + FRAME_HEIGHT + TITLE_ROWS)
    if across and down:
        return _even(across, min(down, ceil(count / across)), columns, rows)
    return best or _even(1, 1, columns, rows)


def _even(across: int, down: int, columns: int, rows: int) -> GridLayout:
    return GridLayout(across, down, columns // across, rows // down)


def _picture(layout: GridLayout, m: int) -> tuple[int, int] | None:
    return fit_size(m, layout.columns - INDENT - MARGIN, layout.rows - TITLE_ROWS)


@dataclass(frozen=True, eq=False)  # see Bins
class Card:
    """A diagram and its title: `name` and `ece` in words, `mark` the α's style. `words` stand in for missing bins."""

    name: str
    ece: str
    mark: Style
    bins: Bins | None
    words: str = ""


class DiagramGrid(Widget, can_focus=True):
    """Shows cards; those around the cursor where there is no room for all, and that one alone when it is zoomed."""

    ALLOW_MAXIMIZE = True
    app: MixtuiApp

    @dataclass
    class Chosen(Message):
        """A card was clicked, `twice` with a double click."""

        index: int
        twice: bool

    def __init__(self, *, id: str) -> None:  # noqa: A002 - as Textual calls it
        super().__init__(id=id)
        self._cards: Sequence[Card] = ()
        self._cursor = 0
        self._top = 0  # the first row of cards that is seen
        self._pictures: dict[tuple[object, ...], list[Text]] = {}

    def show(self, cards: Sequence[Card], cursor: int) -> None:
        if [card.bins for card in cards] != [card.bins for card in self._cards]:
            self._pictures = {}
        self._cards, self._cursor = cards, cursor
        self.refresh()

    @property
    def _is_zoomed(self) -> bool:
        return self.screen.maximized is self

    def render(self) -> Text:
        if not self._cards or not all(self.size):
            return Text()
        rows = self.size.height
        layout = self._grid()
        indexes = self._seen(layout)
        lines: list[Text] = []
        for start in range(0, len(indexes), layout.across):
            lines += self._line_of_cards(indexes[start : start + layout.across], layout)
        if not self._is_zoomed:
            self._tell_of_others(lines, indexes, layout)
        return Text("\n", no_wrap=True, overflow="crop").join(lines[:rows])

    def _grid(self) -> GridLayout:
        count = 1 if self._is_zoomed else len(self._cards)
        most = max((card.bins.m for card in self._cards if card.bins is not None), default=DEFAULT_M)
        return grid_layout(count, most, *self.size)

    def _seen(self, layout: GridLayout) -> range:
        """The cards that are seen: the row of the cursor, and its neighbours as the cursor found them."""
        if self._is_zoomed:
            return range(self._cursor, self._cursor + 1)
        row = self._cursor // layout.across
        last = ceil(len(self._cards) / layout.across) - layout.down
        self._top = max(min(self._top, row, last), row - layout.down + 1, 0)
        first = self._top * layout.across
        return range(first, min(first + layout.seen, len(self._cards)))

    def _line_of_cards(self, indexes: Sequence[int], layout: GridLayout) -> list[Text]:
        drawn = [[self._title(index, layout.columns), *self._picture(index, layout)] for index in indexes]
        lines = []
        for row in range(layout.rows):
            line = Text(no_wrap=True)
            for position, picture in enumerate(drawn):
                line.pad_right(position * layout.columns - cell_len(line.plain))
                if row < len(picture):
                    line.append_text(picture[row])
            lines.append(line)
        return lines

    def _title(self, index: int, columns: int) -> Text:
        card, glyphs = self._cards[index], self.app.glyphs
        at_cursor = index == self._cursor
        room = columns - 4
        words = fit(glyphs.words(f"{card.name}   {card.ece}"), room, more=glyphs.more).rstrip()
        text = Text(f"{glyphs.cursor if at_cursor else ' '}", no_wrap=True)
        text.append(glyphs.mark, card.mark)
        text.append(f" {words}")
        if at_cursor:
            text.stylize("bold")
        return text

    def _picture(self, index: int, layout: GridLayout) -> list[Text]:
        card, app = self._cards[index], self.app
        key = (index, layout, app.ground, app.color_depth, app.glyphs.ascii)
        if key not in self._pictures:
            if card.bins is None:
                lines = [Text(), Text(app.glyphs.words(f"  {card.words}"), themed(app, "text-secondary"))]
            else:
                lines = reliability_picture(
                    card.bins,
                    layout.columns - INDENT - MARGIN,
                    layout.rows - TITLE_ROWS,
                    colors=app.color_depth,
                    ground=app.ground,
                    glyphs=diagram_glyphs(app.glyphs),
                )
                lines = [Text.assemble(" " * INDENT, line) for line in lines]
            self._pictures[key] = lines
        return self._pictures[key]

    def _tell_of_others(self, lines: list[Text], seen: range, layout: GridLayout) -> None:
        """At the end of the upper and of the lower titles: how many cards come before and after."""
        before, after = seen.start, len(self._cards) - seen.stop
        lower = (len(seen) - 1) // layout.across * layout.rows
        told = {0: f" ▴{before}" * (before > 0)}
        told[lower] = told.get(lower, "") + f" ▾{after}" * (after > 0)
        for row, words in told.items():
            room = self.size.width - cell_len(lines[row].plain) - len(words)
            lines[row].pad_right(max(room, 0))
            lines[row].append(self.app.glyphs.words(words), themed(self.app, "text-secondary"))

    def on_click(self, event: events.Click) -> None:
        if not self._cards:
            return
        layout = self._grid()
        across, down = event.x // layout.columns, event.y // layout.rows
        position = down * layout.across + across
        indexes = self._seen(layout)
        if across < layout.across and position < len(indexes):
            self.post_message(self.Chosen(indexes[position], event.chain == 2))
