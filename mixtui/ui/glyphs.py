"""The characters that the interface draws with, and their stand-ins where the terminal has ASCII alone."""

from __future__ import annotations

from dataclasses import dataclass

from mixtui.calibration.direction import Direction, direction_mark
from mixtui.store.state_glyphs import STATE_GLYPHS
from mixtui.terminal_text import in_ascii


@dataclass(frozen=True)
class Glyphs:
    """One character for each thing that is not a letter; `plots` names the set that plots are drawn with."""

    plots: str  # "braille", "blocks" or "ascii"
    cursor: str
    mark: str
    pin: str
    bar_done: str
    bar_left: str
    none: str
    over: str
    under: str
    neither: str
    rule: str
    dot: str
    folded: str
    unfolded: str
    more: str
    ticked: str
    unticked: str

    @property
    def ascii(self) -> bool:
        return self.plots == "ascii"

    def state(self, state: str) -> str:
        return self.words(STATE_GLYPHS[state])

    def direction(self, way: Direction | None) -> str:
        """The mark beside an ECE; a blank where the direction is not known."""
        return self.neither if way == "neither" else self.words(direction_mark(way))

    def words(self, text: str) -> str:
        """`text` as this terminal can show it."""
        return in_ascii(text) if self.ascii else text


_UNICODE = {
    "cursor": "▸",
    "mark": "■",
    "pin": "★",
    "bar_done": "▰",
    "bar_left": "▱",
    "none": "–",
    "over": "▲",
    "under": "▼",
    "neither": direction_mark("neither"),
    "rule": "─",
    "dot": "·",
    "folded": "▸",
    "unfolded": "▾",
    "more": "…",
    "ticked": "■",
    "unticked": " ",
}
# Where the stand-in of a glyph takes more than a cell, or is that of another one beside it.
_ASCII = {"neither": ".", "more": "~", "ticked": "x"}

BRAILLE = Glyphs(plots="braille", **_UNICODE)
BLOCKS = Glyphs(plots="blocks", **_UNICODE)
ASCII = Glyphs(plots="ascii", **{name: in_ascii(glyph) for name, glyph in _UNICODE.items()} | _ASCII)
SETS = {glyphs.plots: glyphs for glyphs in (BRAILLE, BLOCKS, ASCII)}
