"""The glyph of each state of a run, the same on the command line and in the interface; each adds its own colours."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

# Every `store.status.State` by its value, and two more that are shown as states: a live run that has gone silent is
# stalled, one whose files cannot be read is broken.
STATE_GLYPHS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "queued": "○",
        "starting": "◔",
        "running": "●",
        "paused": "‖",
        "stopping": "◑",
        "finished": "✓",
        "stopped": "□",
        "failed": "✗",
        "crashed": "†",
        "lost": "⊘",
        "stalled": "◌",
        "broken": "!",
    }
)


class ReasonWord(NamedTuple):
    """A word, and one of eight letters at most, for a table."""

    word: str
    short: str


# Ends that were nobody's doing here, in a word that says more than `stopped` or `crashed`.
REASON_WORDS: Final[Mapping[str, ReasonWord]] = MappingProxyType(
    {
        "timeout": ReasonWord("timed out", "timeout"),
        "preempted": ReasonWord("preempted", "evicted"),
        "node-failed": ReasonWord("node failed", "nodefail"),
        "cancelled": ReasonWord("cancelled", "canceled"),
    }
)


def state_word(state: str, reason: object, *, short: bool = False) -> str:
    """What a state is called, given its reason."""
    ended = state in ("stopped", "crashed") and isinstance(reason, str)
    known = REASON_WORDS.get(str(reason)) if ended else None
    return state if known is None else known.short if short else known.word
