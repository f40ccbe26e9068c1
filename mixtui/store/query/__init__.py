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

from mixtui.store.query.conditions import Query
from mixtui.store.query.errors import QueryError
from mixtui.store.query.fields import FIELDS
from mixtui.store.query.parser import MAX_DEPTH, OPERATORS, parse
from mixtui.store.query.tokens import quoted

__all__ = ["FIELDS", "MAX_DEPTH", "OPERATORS", "Query", "QueryError", "parse", "quoted"]
