"""From the text of a query to its conditions."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

from mixtui.store.query.conditions import And, Comparison, Has, Not, Or, Query
from mixtui.store.query.errors import QueryError
from mixtui.store.query.fields import FIELD_OF, ORDER, SEARCHED, TEXT, Field
from mixtui.store.query.tokens import Token, tokens

MAX_DEPTH = 50  # parentheses within parentheses
OPERATORS = (":", "=", "!=", "<", "<=", ">", ">=")
_HAS = "has"  # stands where a field does, and takes fields


def parse(query: str) -> Query:
    """What `query` asks for; an empty one matches every run. Raises QueryError."""
    return _Parser(query).parse()


class _Parser:
    """Recursive descent, a method for each rule of the grammar. Each may raise QueryError."""

    def __init__(self, query: str) -> None:
        self.query = query
        self.tokens = list(tokens(query))
        self.place = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        """The one to be read next."""
        return self.tokens[self.place]

    def advance(self) -> Token:
        self.place += 1
        return self.tokens[self.place - 1]

    def take(self, *types: str) -> Token | None:
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
                return _any_of([Comparison(field, TEXT.tests[":"], texts) for field in SEARCHED])
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
        if sign.text in ORDER and len(tokens) > 1:
            raise self.error(f"{sign.text!r} takes one value.", tokens[0], tokens[-1])
        return Comparison(field, test, tuple(self.value(field, token) for token in tokens), negated)

    def has(self) -> Query:
        _, sign = self.advance(), self.advance()
        if sign.text != ":":
            raise self.error(f"{sign.text!r} does not go with {_HAS}.", sign, advice=f"write {_HAS}: or -{_HAS}:")
        return _any_of([Has(self.field(token)) for token in self.values()])

    def values(self) -> list[Token]:
        tokens: list[Token] = []
        while not tokens or self.take(","):
            token = self.take("word", "quoted")
            if token is None:
                last = self.tokens[self.place - 1]
                raise self.error(f"No value follows {last.text!r}.", last)
            tokens.append(token)
        return tokens

    def field(self, token: Token, advice: str = "") -> Field:
        field = FIELD_OF.get(token.text.casefold().replace("-", "_"))
        if field is None:
            near = _did_you_mean(token.text, (*FIELD_OF, _HAS))
            raise self.error(f"There is no field {token.text!r}.", token, advice=near or advice)
        return field

    def value(self, field: Field, token: Token) -> Any:
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

    def error(self, message: str, first: Token, last: Token | None = None, advice: str = "") -> QueryError:
        return QueryError(message, self.query, first.start, (last or first).stop, advice)


def _any_of(parts: Sequence[Query]) -> Query:
    return parts[0] if len(parts) == 1 else Or(tuple(parts))


def _did_you_mean(word: str, choices: Iterable[str]) -> str:
    close = difflib.get_close_matches(word.casefold(), list(choices), n=1)
    return f"did you mean {close[0]}?" if close else ""
