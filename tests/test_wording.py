"""Counts and lists in sentences."""

from __future__ import annotations

import pytest

from mixtui.wording import listing, ordinal, plural


def test_nouns_and_places_are_counted_in_words() -> None:
    assert [plural(n, "run") for n in (0, 1, 2, 1200)] == ["0 runs", "1 run", "2 runs", "1,200 runs"]
    places = {1: "1st", 2: "2nd", 3: "3rd", 4: "4th", 11: "11th", 12: "12th", 13: "13th", 21: "21st", 112: "112th"}
    assert {place: ordinal(place) for place in places} == places


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (["a", "b", "c", "d", "e"], "a, b, c and 2 more"),
    ],
)
def test_a_list_reads_as_a_sentence_does(words: list[str], expected: str) -> None:
    assert listing(words) == expected
