"""What a person is told of a query that cannot be read."""

from __future__ import annotations

import unicodedata
from typing import Final

from mixtui.errors import MixtuiError


class QueryError(MixtuiError):
    """A query that cannot be read. The wrong place is `query[start:stop]`, never empty.

    The hint is two lines, the query and carets under the wrong place, both as wide as a terminal shows them.
    """

    def __init__(self, message: str, query: str, start: int, stop: int, advice: str = "") -> None:
        shown = _printable(query)
        carets = " " * _columns(shown[:start]) + "^" * max(1, _columns(shown[start:stop]))
        super().__init__(message, f"{shown}\n{carets} {advice}".rstrip(" "))
        self.start: Final = start
        self.stop: Final = stop


def _printable(text: str) -> str:
    """`text` on one line, a space for each character that would move the cursor or that has no look."""
    return "".join(character if character.isprintable() else " " for character in text)


def _columns(text: str) -> int:
    """The cells that a terminal takes for printable `text`."""
    return sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):  # an accent over what stands before it
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
