"""What is said of the runs that are compared, and the filter that shows those of one α."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from mixtui.store.listing import Document
from mixtui.store.query import parse
from mixtui.store.study import Row
from mixtui.ui.compare.comparison import Comparison
from mixtui.ui.words import listing, plural, printable

_ORDER = ("running", "starting", "stopping", "queued")


def left_out(documents: Sequence[Document], comparison: Comparison) -> list[str]:
    """What a person should know of the runs before trusting the figures: which are not finished, which do not count."""
    study = comparison.study
    by_id = {document["id"]: document for document in documents}
    sentences = []
    unfinished = [
        f"α {row.alpha:g} · seed {run.seed} ({_progress(by_id[run.id])})"
        for row in study.rows
        for run in row.runs
        if not run.finished
    ]
    if unfinished:
        sentences.append(f"Not finished: {listing(unfinished)}.")
    if study.without_epoch:
        sentences.append(f"{plural(study.without_epoch, 'run')} without an epoch yet.")
    if study.broken:
        sentences.append(f"{plural(study.broken, 'run')} cannot be read.")
    repeats = len(documents) - len(study.runs) - study.without_epoch - study.broken
    if repeats:
        sentences.append(f"Of runs done twice one counts: {repeats} left out.")
    if comparison.lacking:
        at = f" at M {comparison.binning.m}" if comparison.binning else ""
        sentences.append(f"{plural(len(comparison.lacking), 'run')} without bins{at}.")
    return sentences


def waiting(documents: Sequence[Document]) -> list[str]:
    """Why there is nothing to compare yet, in lines."""
    if not documents:
        return ["These runs are not here any more.", "q goes back."]
    states = Counter(str(document.get("state")) for document in documents)
    if states["broken"] == len(documents):
        return [f"{plural(len(documents), 'run')} cannot be read. mixtui leaves them alone.", "q goes back."]
    told = [f"{states[state]} {printable(state)}" for state in sorted(states, key=_place)]
    return [f"No results yet: {', '.join(told)}.", "The first figures come after the first epoch."]


def query_for(row: Row, tag: str, selection: Sequence[str], documents: Sequence[Document]) -> str:
    """The shortest filter that shows the runs of `row`, and of no run outside the `selection`."""
    wanted, chosen = {run.id for run in row.runs}, set(selection)
    for query in _queries(row, tag):
        test = parse(query)
        found = {document["id"] for document in documents if test.matches(document)}
        if wanted <= found <= chosen:
            return query
    return f"id={','.join(map(_quoted, sorted(wanted)))}"


def _queries(row: Row, tag: str) -> Iterator[str]:
    alpha = f"alpha:{row.alpha:g}" if float(f"{row.alpha:g}") == row.alpha else f"alpha:{row.alpha!r}"
    if tag:
        yield f"tag:{_quoted(tag)} {alpha}"
        yield f"tag={_quoted(tag)} {alpha}"
    yield alpha
    yield f"id:{','.join(_quoted(run.id.rpartition('-')[2]) for run in row.runs)}"


def _quoted(text: str) -> str:
    """As the query language takes any text."""
    if text and all(character.isalnum() or character in "-_." for character in text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _progress(document: Document) -> str:
    """`running, 8 of 10`."""
    done, epochs, state = (document.get(name) for name in ("epoch", "epochs", "state"))
    return f"{_told(state)}, {_told(done)} of {_told(epochs)}"


def _told(value: Any) -> str:
    return printable(value) if isinstance(value, int | str) else "?"


def _place(state: str) -> tuple[int, str]:
    return (_ORDER.index(state) if state in _ORDER else len(_ORDER)), state
