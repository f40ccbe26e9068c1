"""The glyph of each state of a run, the same on the command line and in the interface; each adds its own colours."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple


class StateGlyph(NamedTuple):
    """One character, and its stand-in where the terminal has ASCII alone."""

    glyph: str
    ascii: str


# Every `store.status.State` by its value, and two more that are shown as states: a live run that has gone silent is
# stalled, one whose files cannot be read is broken.
STATE_GLYPHS: Final[Mapping[str, StateGlyph]] = MappingProxyType(
    {
        "queued": StateGlyph("○", "o"),
        "starting": StateGlyph("◔", "~"),
        "running": StateGlyph("●", "*"),
        "paused": StateGlyph("‖", "="),
        "stopping": StateGlyph("◑", "%"),
        "finished": StateGlyph("✓", "v"),
        "stopped": StateGlyph("□", "s"),
        "failed": StateGlyph("✗", "x"),
        "crashed": StateGlyph("†", "X"),
        "lost": StateGlyph("⊘", "L"),
        "stalled": StateGlyph("◌", "?"),
        "broken": StateGlyph("!", "!"),
    }
)
