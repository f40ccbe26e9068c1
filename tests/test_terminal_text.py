"""Texts that a terminal can be given, wherever they are from."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from mixtui.terminal_text import in_ascii, printable


@settings(max_examples=50)
@given(text=st.text())
def test_what_is_printable_stays_and_the_rest_moves_no_cursor(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert len(shown) == len(text)
    assert all(a == b or not b.isprintable() for a, b in zip(shown, text, strict=True))


def test_of_a_text_of_megabytes_the_beginning_is_enough() -> None:
    assert 200 < len(printable("\x1b[2J" * 1_000_000)) < 10_000


def test_what_is_longer_than_there_is_room_ends_in_an_ellipsis() -> None:
    assert [printable("abcd", 4), printable("abcde", 4), printable(None), printable("a\nb")] == [
        "abcd",
        "abc…",
        "None",
        "a?b",
    ]


def test_signs_have_stand_ins_and_letters_stay() -> None:
    assert in_ascii("α 0.2 ± λ … ü") == "alpha 0.2 +- lam ... ü"
