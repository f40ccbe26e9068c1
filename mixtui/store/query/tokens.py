"""The words and marks that a query is made of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mixtui.store.query.errors import QueryError


@dataclass(frozen=True)
class Token:
    """`type` is word, quoted, operator, `(`, `)`, `,`, AND, OR, NOT (for `-` too) or end."""

    type: str
    text: str
    start: int
    stop: int


_TOKEN = re.compile(
    r"""
      (?P<space> \s+)
    | (?P<quoted> "(?:[^"\\]|\\.)*")
    | (?P<operator> [:=<>!]+)
    | (?P<mark> [(),])
    | (?P<minus> -)
    | (?P<word> [^\s()",:=<>!]+)
    """,
    re.VERBOSE | re.DOTALL,
)
_VALUE = re.compile(r"""(?P<word>[^\s()",:=<>!][^\s()",]*)""")  # folder:birds, -0.1 and 23:15 need no quotes


def tokens(query: str) -> Iterator[Token]:
    """The tokens of `query`, an end after the last. Raises QueryError."""
    place, expects_value = 0, False
    while place < len(query):
        match = (_VALUE.match(query, place) if expects_value else None) or _TOKEN.match(query, place)
        if match is None:
            raise QueryError("This quote is never closed.", query, place, place + 1)
        place = match.end()
        if match.lastgroup != "space":
            token = _token(match)
            expects_value = token.type in ("operator", ",")
            yield token
    yield Token("end", "", place, place)


def quoted(text: str) -> str:
    """`text` as a value in a query: in quotes, unless it is plain."""
    if text and all(character.isalnum() or character in "-_." for character in text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _token(found: re.Match[str]) -> Token:
    text, kind = found.group(), str(found.lastgroup)
    match kind:
        case "quoted":
            text = re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
        case "mark":
            kind = text
        case "minus":
            kind = "NOT"
        case "word" if text in ("AND", "OR", "NOT"):
            kind = text
    return Token(kind, text, found.start(), found.end())
