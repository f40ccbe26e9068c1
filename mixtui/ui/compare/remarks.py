"""What is said of the runs that are compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from textwrap import wrap
from typing import Any

from mixtui.store import study_verdict
from mixtui.store.documents import Document
from mixtui.terminal_text import printable
from mixtui.ui.compare.comparison import Comparison, Scoring
from mixtui.ui.glyphs import Glyphs
from mixtui.wording import listing, plural

_ORDER = ("running", "starting", "stopping", "queued")


def not_saved(comparison: Comparison, saved: Sequence[int]) -> str:
    """Why no run has an ECE at these bins, and at which of the numbers of bins `saved` they have; empty if one has."""
    runs, scoring = comparison.study.runs, comparison.scoring
    if scoring.m is None or not runs or any("ece" in run.metrics for run in runs):
        return ""
    why = f"No run here has an ECE at M {scoring.m}: no such bins were saved, nor predictions to make them from."
    return f"{why} Saved: {_numbers(saved)}; b and B lead there." if saved else why


def left_out(documents: Sequence[Document], comparison: Comparison, saved: Sequence[int]) -> list[str]:
    """What a person should know of the runs before trusting the figures: which are not finished, which do not count.

    `saved` are the numbers of bins that they were scored with.
    """
    study, scoring = comparison.study, comparison.scoring
    by_id = {document["id"]: document for document in documents}
    sentences = []
    unfinished = [
        f"α {row.alpha:g} · seed {run.seed} ({_progress(by_id[run.id])})"
        for row in study.rows
        for run in row.runs
        if not run.finished and run.id in by_id  # not removed since
    ]
    if unfinished:
        sentences.append(f"Not finished: {listing(unfinished)}.")
    sentences += study_verdict.left_out(study, len(documents))
    if comparison.lacking and not not_saved(comparison, saved):
        told = plural(len(comparison.lacking), "run")
        if scoring.after_t:
            sentences.append(f"{told} without predictions, so without a diagram after temperature scaling.")
        else:
            at = f" at M {scoring.m}" if scoring.m else ""
            instead = f" (saved: {_numbers(saved)})" if saved and scoring.m else ""
            sentences.append(f"{told} without bins{at}{instead}.")
    return sentences


def first_sentences(sentences: Sequence[str], columns: int, lines: int) -> str:
    """The first of the sentences, and the next ones as far as all fit into `lines`."""
    told = sentences[0]
    for sentence in sentences[1:]:
        if len(wrap(f"{told} {sentence}", max(columns, 1))) > lines:
            break
        told += f" {sentence}"
    return told


def no_bins(scoring: Scoring) -> str:
    """What stands in place of a diagram."""
    if scoring.after_t:
        return "No predictions of its runs to scale."
    return "No bins of its runs can be read." if scoring.m is None else f"No bins were saved at M {scoring.m}."


def _numbers(saved: Sequence[int]) -> str:
    return f"M {listing(list(map(str, saved)))}"


def legends(glyphs: Glyphs) -> list[str]:
    """What the figures and marks mean, at length and ever shorter."""
    over, under, neither, floor = (glyphs.direction(way) for way in ("over", "under", "neither", "floor"))
    ways = f"{over} over-, {under} underconfident, {neither} neither"
    at_length = f"ECE: mean over seeds. Bars: pooled. {ways}, {floor} at the noise floor"
    told = [
        f"{at_length}; under the bars, bins whose 95 % interval excludes 0.",
        f"{at_length}.",
        f"ECE: mean over seeds. {ways}, {floor} at the floor.",
    ]
    return list(map(glyphs.words, told))


def waiting(documents: Sequence[Document]) -> list[str]:
    """Why there is nothing to compare yet, in lines."""
    if not documents:
        return ["These runs are not here any more.", "q goes back."]
    states = Counter(str(document.get("state")) for document in documents)
    if states["broken"] == len(documents):
        return [f"{plural(len(documents), 'run')} cannot be read. mixtui leaves them alone.", "q goes back."]
    told = [f"{states[state]} {printable(state)}" for state in sorted(states, key=_place)]
    return [f"No results yet: {', '.join(told)}.", "The first figures come after the first epoch."]


def _progress(document: Document) -> str:
    """`running, 8 of 10`."""
    done, epochs, state = (document.get(name) for name in ("epoch", "epochs", "state"))
    return f"{_told(state)}, {_told(done)} of {_told(epochs)}"


def _told(value: Any) -> str:
    return printable(value) if isinstance(value, int | str) else "?"


def _place(state: str) -> tuple[int, str]:
    return (_ORDER.index(state) if state in _ORDER else len(_ORDER)), state
