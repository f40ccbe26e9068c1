"""The characters that the interface draws with, and their stand-ins in ASCII."""

from __future__ import annotations

import string
from dataclasses import fields

import pytest
from rich.cells import cell_len

from mixtui.ui.commands import COMMANDS, key_name
from mixtui.ui.glyphs import ASCII, BRAILLE, SETS, Glyphs
from mixtui.ui.theme import STATES, THEMES

CHARACTERS = [field.name for field in fields(Glyphs) if field.name != "plots"]


@pytest.mark.parametrize("glyphs", SETS.values(), ids=SETS)
def test_every_glyph_takes_one_cell(glyphs: Glyphs) -> None:
    assert [name for name in CHARACTERS if cell_len(getattr(glyphs, name)) != 1] == []
    assert [state for state in STATES if cell_len(glyphs.state(state)) != 1] == []


@pytest.mark.parametrize("glyphs", SETS.values(), ids=SETS)
def test_states_and_directions_have_glyphs_of_their_own(glyphs: Glyphs) -> None:
    assert len({glyphs.state(state) for state in STATES}) == len(STATES)
    assert len({glyphs.direction(way) for way in ("over", "under", "neither", None)}) == 4
    assert glyphs.direction(None) == " "


def test_ascii_has_nothing_else() -> None:
    characters = [getattr(ASCII, name) for name in CHARACTERS] + [ASCII.state(state) for state in STATES]
    assert set("".join(characters)) <= set(string.printable)
    assert ASCII.ascii
    assert not BRAILLE.ascii


def test_every_text_of_the_table_of_commands_can_be_shown_in_ascii() -> None:
    texts = [text for c in COMMANDS for text in (c.label, c.help, *map(key_name, c.keys))]
    assert [text for text in texts if not ASCII.words(text).isascii()] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("α 0.2 · seed 1", "alpha 0.2 - seed 1"),
        ("ECE .022 ± .007 ▼", "ECE .022 +- .007 v"),
        ("‖ paused, ⏎ opens…", "= paused, enter opens..."),
        ("the seeds’ bins: test ─, train ┄", "the seeds' bins: test -, train - -"),
        ("plain", "plain"),
    ],
)
def test_words_are_kept_or_spelt_out(text: str, expected: str) -> None:
    assert ASCII.words(text) == expected
    assert BRAILLE.words(text) == text


def _luminance(color: str) -> float:
    """WCAG 2's relative luminance of `#rrggbb`."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_texts_and_states_stand_out_from_every_ground(theme: object) -> None:
    dark = bool(theme.dark)  # type: ignore[attr-defined]
    grounds = [getattr(theme, name) for name in ("background", "surface", "panel")]
    texts = [*(getattr(theme, n) for n in ("foreground", "secondary", "primary", "warning", "error", "success"))]
    texts += [look.color(dark) for look in STATES.values()]
    assert min(_contrast(text, ground) for text in texts for ground in grounds) >= 4.5


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_every_colour_is_one_of_the_256(theme: object) -> None:
    steps = {"00", "5f", "87", "af", "d7", "ff"}
    greys = {f"{8 + 10 * n:02x}" * 3 for n in range(24)}
    dark = bool(theme.dark)  # type: ignore[attr-defined]
    names = ("primary", "secondary", "warning", "error", "success", "accent", "foreground", "background", "surface")
    colors = {getattr(theme, name) for name in names} | {look.color(dark) for look in STATES.values()}
    for color in colors:
        value = color.removeprefix("#")
        assert value in greys or {value[:2], value[2:4], value[4:]} <= steps, color
