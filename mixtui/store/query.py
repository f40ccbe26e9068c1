"""The language in which a person selects runs: `state:running alpha>=0.2 (tag:paper OR tag:talk) -name:test`.

    either     = both {"OR" both}
    both       = negated {["AND"] negated}
    negated    = {"NOT" | "-"} one
    one        = "(" either ")" | comparison | values
    comparison = field operator values | "has" ":" field {"," field}
    values     = value {"," value}

A list of values means any of them, and none of them after `!=`. Values by themselves are looked for in the id, name,
tags, data set and model. Spaces may stand around operators and commas. A value with a space, a comma or a parenthesis,
one that begins with an operator, and a value by itself that holds an operator go in double quotes, within which a
backslash keeps the next character as it is. Case matters in OR, AND and NOT alone.

A value that is not known (None, or a key that a document lacks) fits no comparison, `!=` included; a negation turns
that round, so `-ece<0.05` matches a run without an ECE.
"""

from __future__ import annotations

import difflib
import math
import operator
import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mixtui.errors import MixtuiError

MAX_DEPTH = 50  # parentheses within parentheses
OPERATORS = (":", "=", "!=", "<", "<=", ">", ">=")

Test = Callable[[Any, Any], bool]  # of a document's value and the query's


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


# Fields


@dataclass(frozen=True, eq=False)
class Kind:
    """What the values of a field are, and how they compare."""

    parse: Callable[[str], Any]  # a word of the query; None where it is no such value
    read: Callable[[Any], tuple[Any, ...] | None]  # what stands in a document; None where it is not known
    tests: Mapping[str, Test]  # by operator; `!=` is the contrary of `=`
    refusal: str = ""  # the message for a word that `parse` does not take
    advice: str = ""
    choices: tuple[str, ...] = ()  # every word that `parse` takes, where they are few


@dataclass(frozen=True)
class Field:
    """One thing to ask about a run, and where it stands in the run's listed document."""

    name: str
    kind: Kind
    path: tuple[str, ...]
    aliases: tuple[str, ...] = ()

    def values(self, document: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The field's values in `document`, several only of tags and states; None where they are not known."""
        value: Any = document
        try:
            for key in self.path:
                value = value[key]
        except KeyError:  # a broken run has few keys
            return None
        return self.kind.read(value)


def _read_text(value: object) -> tuple[str, ...] | None:
    return (value.casefold(),) if isinstance(value, str) else None


def _read_texts(value: object) -> tuple[str, ...] | None:
    return tuple(map(str.casefold, value)) if isinstance(value, list) else None


def _read_number(value: object) -> tuple[float, ...] | None:
    return (value,) if isinstance(value, (int, float)) else None


def _read_flag(value: object) -> tuple[bool, ...] | None:
    return (value,) if isinstance(value, bool) else None


# Every state with the groups that it is of. They agree with store.status.State, which takes 50 ms to import.
_STATES: dict[str, tuple[str, ...]] = {
    "queued": ("queued",),
    "paused": ("paused",),
    "starting": ("starting", "live"),
    "running": ("running", "live"),
    "stopping": ("stopping", "live"),
    "finished": ("finished", "ended"),
    "stopped": ("stopped", "ended"),
    "failed": ("failed", "ended"),
    "crashed": ("crashed", "ended"),
    "lost": ("lost",),  # not ended: its host may only be out of reach
    "broken": ("broken",),
}


def _read_state(document: Mapping[str, Any]) -> tuple[str, ...] | None:
    words = _STATES.get(document.get("state", ""))
    return (*words, "stalled") if words and document.get("stalled_for") is not None else words


def _parse_number(word: str) -> float | None:
    try:
        number = float(word)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


# ISO 8601 cut short after a whole part: 2026-1 would begin October, where January is meant.
_TIME = re.compile(
    r"""
    (\d{4} (-(0[1-9]|1[0-2]) (-(0[1-9]|[12]\d|3[01])              # year, month, day
        (t([01]\d|2[0-3]) (:[0-5]\d (:[0-5]\d (\.\d+)?)?)?)?)?)?)  # hour, minute, second
    (z|\+00:00)?
    """,
    re.ASCII | re.VERBOSE,
)


def _parse_time(word: str) -> str | None:
    match = _TIME.fullmatch(word.casefold().replace(" ", "t"))
    return match[1] if match else None


def _on_prefix(test: Test) -> Test:
    """`test` on as much of a document's time as the query gives: `>2026-11-23` is after that day's end."""
    return lambda time, prefix: test(time[: len(prefix)], prefix)


_SAME: dict[str, Test] = {":": operator.eq, "=": operator.eq}
_ORDER: dict[str, Test] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_FLAGS = {"yes": True, "no": False, "true": True, "false": False}


def _one_of(choices: tuple[str, ...], noun: str, read: Callable[[Any], tuple[str, ...] | None]) -> Kind:
    return Kind(
        parse=lambda word: word.casefold() if word.casefold() in choices else None,
        read=read,
        tests=_SAME,
        refusal=f"There is no {noun} {{word!r}}.",
        advice=f"use one of: {', '.join(choices)}",
        choices=choices,
    )


STATE = _one_of((*_STATES, "live", "stalled", "ended"), "state", _read_state)
REASON = _one_of(
    tuple("done requested signal oom disk-full nan error timeout preempted node-failed cancelled unknown".split()),
    "reason",
    _read_text,
)
TEXT = Kind(parse=str.casefold, read=_read_text, tests={":": operator.contains, "=": operator.eq})
TEXTS = Kind(parse=str.casefold, read=_read_texts, tests=TEXT.tests)
NUMBER = Kind(
    parse=_parse_number,
    read=_read_number,
    tests=_SAME | _ORDER,
    refusal="{field} is a number; {word!r} is not.",
    advice="write it as 0.25 or 1e-3",
)
TIME = Kind(
    parse=_parse_time,
    read=_read_text,
    tests={sign: _on_prefix(test) for sign, test in (_SAME | _ORDER).items()},
    refusal="{field} is a time; {word!r} is not.",
    advice="write 2026-11-23 or 2026-11-23T14:30, in UTC",
)
FLAG = Kind(
    parse=lambda word: _FLAGS.get(word.casefold()),
    read=_read_flag,
    tests=_SAME,
    refusal="{field} is yes or no; {word!r} is not.",
    advice="write yes or no",
    choices=("yes", "no"),
)

FIELDS = (
    Field("state", STATE, ()),  # the whole document, since `stalled` is a key of its own
    Field("reason", REASON, ("reason",)),
    Field("id", TEXT, ("id",)),
    Field("name", TEXT, ("name",)),
    Field("tag", TEXTS, ("tags",), aliases=("tags",)),
    Field("note", TEXT, ("note",)),
    Field("pinned", FLAG, ("pinned",)),
    Field("host", TEXT, ("host",)),
    Field("dataset", TEXT, ("dataset",), aliases=("data",)),
    Field("fallback", FLAG, ("fallback",)),
    Field("model", TEXT, ("config", "model")),
    Field("alpha", NUMBER, ("config", "alpha")),
    Field("seed", NUMBER, ("config", "seed")),
    Field("epochs", NUMBER, ("epochs",)),
    Field("epoch", NUMBER, ("epoch",)),
    Field("batch_size", NUMBER, ("config", "batch_size"), aliases=("batch",)),
    Field("lr", NUMBER, ("config", "lr")),
    Field("momentum", NUMBER, ("config", "momentum")),
    Field("weight_decay", NUMBER, ("config", "weight_decay")),
    Field("schedule", TEXT, ("config", "schedule")),
    Field("label_smoothing", NUMBER, ("config", "label_smoothing")),
    Field("augment", FLAG, ("config", "augment")),
    Field("mixup_per", TEXT, ("config", "mixup_per")),
    Field("stem", TEXT, ("config", "stem")),
    Field("bins", NUMBER, ("config", "bins")),
    Field("device", TEXT, ("config", "device")),
    Field("precision", TEXT, ("config", "precision")),
    Field("threads", NUMBER, ("config", "threads")),
    Field("created", TIME, ("created",)),
    Field("started", TIME, ("started",)),
    Field("ended", TIME, ("ended",)),
    Field("seconds", NUMBER, ("seconds",)),
    Field("accuracy", NUMBER, ("metrics", "accuracy"), aliases=("acc",)),
    *(
        Field(name, NUMBER, ("metrics", name))
        for name in "ece mce oe ue nll brier confidence signed_gap classwise_ece equal_mass_ece".split()
    ),
)
_FIELD_OF = {word: field for field in FIELDS for word in (field.name, *field.aliases)}
_HAS = "has"  # stands where a field does, and takes fields
_SEARCHED = tuple(_FIELD_OF[name] for name in ("id", "name", "tag", "dataset", "model"))


# What a query becomes


class Query(ABC):
    """A condition on a run."""

    @abstractmethod
    def matches(self, document: Mapping[str, Any]) -> bool:
        """True where the run of `document` meets it: one of `store.document`, a broken run's too. Never raises."""


@dataclass(frozen=True)
class And(Query):
    parts: tuple[Query, ...]  # none of them: every run

    def matches(self, document: Mapping[str, Any]) -> bool:
        return all(part.matches(document) for part in self.parts)


@dataclass(frozen=True)
class Or(Query):
    parts: tuple[Query, ...]

    def matches(self, document: Mapping[str, Any]) -> bool:
        return any(part.matches(document) for part in self.parts)


@dataclass(frozen=True)
class Not(Query):
    part: Query

    def matches(self, document: Mapping[str, Any]) -> bool:
        return not self.part.matches(document)


@dataclass(frozen=True)
class Comparison(Query):
    """One of the field's values passes `test` with one of `wanted`; the contrary where `negated`."""

    field: Field
    test: Test
    wanted: tuple[Any, ...]
    negated: bool = False

    def matches(self, document: Mapping[str, Any]) -> bool:
        values = self.field.values(document)
        if values is None:
            return False
        for value in values:
            for wanted in self.wanted:
                if self.test(value, wanted):
                    return not self.negated
        return self.negated


@dataclass(frozen=True)
class Has(Query):
    """The field is known and not empty; a flag that is off counts as empty."""

    field: Field

    def matches(self, document: Mapping[str, Any]) -> bool:
        return any(value is not False and value != "" for value in self.field.values(document) or ())


# Reading


def parse(query: str) -> Query:
    """What `query` asks for; an empty one matches every run. Raises QueryError."""
    return _Parser(query).parse()


@dataclass(frozen=True)
class _Token:
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


def _tokens(query: str) -> Iterator[_Token]:
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
    yield _Token("end", "", place, place)


def _token(found: re.Match[str]) -> _Token:
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
    return _Token(kind, text, found.start(), found.end())


class _Parser:
    """Recursive descent, a method for each rule of the grammar above. Each may raise QueryError."""

    def __init__(self, query: str) -> None:
        self.query = query
        self.tokens = list(_tokens(query))
        self.place = 0
        self.depth = 0

    @property
    def token(self) -> _Token:
        """The one to be read next."""
        return self.tokens[self.place]

    def advance(self) -> _Token:
        self.place += 1
        return self.tokens[self.place - 1]

    def take(self, *types: str) -> _Token | None:
        """The next token, if it is of one of `types`: then it is read."""
        return self.advance() if self.token.type in types else None

    def parse(self) -> Query:
        if self.token.type == "end":
            return And(())
        query = self.either()
        if self.token.type == ")":
            raise self.misplaced()
        return query

    def either(self) -> Query:
        parts = [self.both()]
        while self.take("OR"):
            parts.append(self.both())
        return _any_of(parts)

    def both(self) -> Query:
        parts = [self.negated()]
        while self.take("AND") or self.token.type not in ("OR", ")", "end"):
            parts.append(self.negated())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def negated(self) -> Query:
        negative = False
        while self.take("NOT"):
            negative = not negative
        part = self.one()
        return Not(part) if negative else part

    def one(self) -> Query:
        match self.token.type:
            case "(":
                return self.group()
            case "word" if self.tokens[self.place + 1].type == "operator":
                return self.has() if self.token.text.casefold() == _HAS else self.comparison()
            case "word" | "quoted":
                texts = tuple(TEXT.parse(token.text) for token in self.values())
                return _any_of([Comparison(field, TEXT.tests[":"], texts) for field in _SEARCHED])
            case _:
                raise self.misplaced()

    def group(self) -> Query:
        opening = self.advance()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(f"More than {MAX_DEPTH} parentheses stand within each other.", opening)
        query = self.either()
        if not self.take(")"):
            raise self.error("This ( is never closed.", opening)
        self.depth -= 1
        return query

    def comparison(self) -> Query:
        name, sign = self.advance(), self.advance()
        field = self.field(name, f"a text that holds {sign.text} goes in quotes")
        kind, negated = field.kind, sign.text == "!="
        if sign.text not in OPERATORS:
            raise self.error(f"There is no operator {sign.text!r}.", sign, advice=f"use one of: {' '.join(OPERATORS)}")
        test = kind.tests.get("=" if negated else sign.text)
        if test is None:
            raise self.error(f"{field.name} has no order.", sign, advice="use : = or !=")
        tokens = self.values()
        if sign.text in _ORDER and len(tokens) > 1:
            raise self.error(f"{sign.text!r} takes one value.", tokens[0], tokens[-1])
        return Comparison(field, test, tuple(self.value(field, token) for token in tokens), negated)

    def has(self) -> Query:
        _, sign = self.advance(), self.advance()
        if sign.text != ":":
            raise self.error(f"{sign.text!r} does not go with {_HAS}.", sign, advice=f"write {_HAS}: or -{_HAS}:")
        return _any_of([Has(self.field(token)) for token in self.values()])

    def values(self) -> list[_Token]:
        tokens: list[_Token] = []
        while not tokens or self.take(","):
            token = self.take("word", "quoted")
            if token is None:
                last = self.tokens[self.place - 1]
                raise self.error(f"No value follows {last.text!r}.", last)
            tokens.append(token)
        return tokens

    def field(self, token: _Token, advice: str = "") -> Field:
        field = _FIELD_OF.get(token.text.casefold().replace("-", "_"))
        if field is None:
            near = _did_you_mean(token.text, (*_FIELD_OF, _HAS))
            raise self.error(f"There is no field {token.text!r}.", token, advice=near or advice)
        return field

    def value(self, field: Field, token: _Token) -> Any:
        kind = field.kind
        value = kind.parse(token.text)
        if value is None:
            refusal = kind.refusal.format(field=field.name, word=token.text)
            raise self.error(refusal, token, advice=_did_you_mean(token.text, kind.choices) or kind.advice)
        return value

    def misplaced(self) -> QueryError:
        """Something begins at the next token that cannot begin there."""
        token = self.token
        match token.type:
            case ")" if not self.depth:
                return self.error("This ) closes nothing.", token)
            case ")" | "end":
                last = self.tokens[self.place - 1]
                return self.error(f"Nothing follows {last.text!r}.", last)
            case "operator":
                return self.error(f"No field stands before {token.text!r}.", token)
            case _:
                return self.error(f"Nothing stands before {token.text!r}.", token)

    def error(self, message: str, first: _Token, last: _Token | None = None, advice: str = "") -> QueryError:
        return QueryError(message, self.query, first.start, (last or first).stop, advice)


def _any_of(parts: Sequence[Query]) -> Query:
    return parts[0] if len(parts) == 1 else Or(tuple(parts))


def _did_you_mean(word: str, choices: Iterable[str]) -> str:
    close = difflib.get_close_matches(word.casefold(), list(choices), n=1)
    return f"did you mean {close[0]}?" if close else ""
