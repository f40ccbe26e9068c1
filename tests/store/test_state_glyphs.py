"""What a state looks like, wherever it is shown."""

from __future__ import annotations

import pytest

from mixtui.cli.summary import state_text
from mixtui.store.state_glyphs import STATE_GLYPHS
from mixtui.store.status import State
from mixtui.ui.theme import STATES


def test_every_state_has_a_glyph_of_its_own() -> None:
    assert STATE_GLYPHS.keys() == {*State, "stalled", "broken"}
    for shown in zip(*STATE_GLYPHS.values(), strict=True):
        assert len(set(shown)) == len(STATE_GLYPHS)
    assert all(shown.ascii.isascii() for shown in STATE_GLYPHS.values())


def test_the_interface_has_a_colour_for_each() -> None:
    assert STATES.keys() == STATE_GLYPHS.keys()


def test_the_command_line_says_each_with_its_glyph(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    told = [state_text(state, None, None)[0] for state in State]
    assert told == [f"{STATE_GLYPHS[state].glyph} {state}" for state in State]
