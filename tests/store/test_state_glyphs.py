"""What a state looks like, wherever it is shown."""

from __future__ import annotations

import pytest

from mixtui.cli.summary import state_text
from mixtui.store.state_glyphs import REASON_WORDS, STATE_GLYPHS, state_word
from mixtui.store.status import State
from mixtui.terminal_text import in_ascii
from mixtui.ui.theme import STATES


def test_every_state_has_a_glyph_of_its_own() -> None:
    assert STATE_GLYPHS.keys() == {*State, "stalled", "broken"}
    for glyphs in (list(STATE_GLYPHS.values()), list(map(in_ascii, STATE_GLYPHS.values()))):
        assert [len(glyph) for glyph in glyphs] == [1] * len(STATE_GLYPHS)
        assert len(set(glyphs)) == len(STATE_GLYPHS)
    assert all(in_ascii(glyph).isascii() for glyph in STATE_GLYPHS.values())


def test_the_interface_has_a_colour_for_each() -> None:
    assert STATES.keys() == STATE_GLYPHS.keys()


def test_the_command_line_says_each_with_its_glyph(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    told = [state_text(state, None, None)[0] for state in State]
    assert told == [f"{STATE_GLYPHS[state]} {state}" for state in State]


@pytest.mark.parametrize(
    ("state", "reason", "word"),
    [
        ("crashed", "timeout", "timed out"),
        ("stopped", "timeout", "timed out"),
        ("stopped", "preempted", "preempted"),
        ("crashed", "node-failed", "node failed"),
        ("stopped", "cancelled", "cancelled"),
        ("stopped", "requested", "stopped"),
        ("crashed", "signal", "crashed"),
        ("crashed", None, "crashed"),
        ("crashed", ["timeout"], "crashed"),
        ("crashed", 3, "crashed"),
        ("failed", "timeout", "failed"),
        ("queued", "timeout", "queued"),
        ("finished", "cancelled", "finished"),
    ],
)
def test_an_end_that_was_nobodys_doing_here_has_a_word_of_its_own(state: str, reason: object, word: str) -> None:
    assert state_word(state, reason) == word


def test_no_such_word_is_that_of_a_state() -> None:
    assert not set(REASON_WORDS.values()) & set(STATE_GLYPHS)
