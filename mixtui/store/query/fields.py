"""The fields that a query may name: where each stands in a run's document, and how its values compare."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mixtui.store.metrics import METRICS
from mixtui.store.status import State

Test = Callable[[Any, Any], bool]  # of a document's value and the query's


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


# Every state with the groups that it is of.
_STATES: dict[str, tuple[str, ...]] = {
    **{state.value: (state.value, *["live"] * state.is_live, *["ended"] * state.has_ended) for state in State},
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
ORDER: dict[str, Test] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
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
    tests=_SAME | ORDER,
    refusal="{field} is a number; {word!r} is not.",
    advice="write it as 0.25 or 1e-3",
)
TIME = Kind(
    parse=_parse_time,
    read=_read_text,
    tests={sign: _on_prefix(test) for sign, test in (_SAME | ORDER).items()},
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
    Field("holdout", NUMBER, ("config", "holdout")),
    Field("device", TEXT, ("config", "device")),
    Field("precision", TEXT, ("config", "precision")),
    Field("threads", NUMBER, ("config", "threads")),
    Field("created", TIME, ("created",)),
    Field("started", TIME, ("started",)),
    Field("ended", TIME, ("ended",)),
    Field("seconds", NUMBER, ("seconds",)),
    Field("accuracy", NUMBER, ("metrics", "accuracy"), aliases=("acc",)),
    *(Field(name, NUMBER, ("metrics", name)) for name in METRICS if name != "accuracy"),
)
FIELD_OF = {word: field for field in FIELDS for word in (field.name, *field.aliases)}
# Where a value by itself is looked for.
SEARCHED = tuple(FIELD_OF[name] for name in ("id", "name", "tag", "dataset", "model"))
