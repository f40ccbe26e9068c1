"""What is said of runs that ended while nobody looked, or as one leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from mixtui.number_text import ece_margin
from mixtui.store.documents import LIVE, Document, needs_attention, part
from mixtui.terminal_text import printable
from mixtui.ui.columns import run_direction
from mixtui.ui.glyphs import Glyphs
from mixtui.ui.number_cells import fraction
from mixtui.ui.run_names import title
from mixtui.wording import listing, plural

_COUNTED = ("finished", "failed", "crashed", "stopped", "lost", "broken")  # in the order in which they are told


@dataclass(frozen=True)
class Notice:
    text: str
    severity: Literal["information", "error"] = "information"


def ended_notice(before: Mapping[str, Document], now: Iterable[Document], glyphs: Glyphs) -> Notice | None:
    """What to say of the runs that were live before and have ended now; stops that were asked for say nothing."""
    ended = [
        document
        for document in now
        if (document["state"] == "finished" or (needs_attention(document) and document["state"] not in LIVE))
        and before.get(document["id"], document)["state"] in (*LIVE, "queued")
    ]
    if not ended:
        return None
    severity: Literal["information", "error"] = (
        "error" if any(needs_attention(document) for document in ended) else "information"
    )
    if len(ended) > 1:
        hint = " ! shows it." if severity == "error" else ""
        return Notice(f"{counts(ended)}.{hint}", severity)
    document = ended[0]
    if severity == "error":
        told = f"{title(document)}: {printable(document.get('sentence', ''))} ! shows it."
        return Notice(glyphs.words(told), severity)
    metrics = part(document, "metrics")
    accuracy, ece = fraction(metrics.get("accuracy"), glyphs), fraction(metrics.get("ece"), glyphs)
    beside = filter(None, [ece_margin(metrics), glyphs.direction(run_direction(document)).strip()])
    return Notice(glyphs.words(f"{title(document)} finished: accuracy {accuracy}, {' '.join(['ECE', ece, *beside])}."))


def counts(documents: Iterable[Document]) -> str:
    """`4 finished, 1 crashed`."""
    states = [document["state"] for document in documents]
    return ", ".join(f"{states.count(state)} {state}" for state in _COUNTED if state in states)


def farewell(documents: Iterable[Document]) -> str:
    """The line for the shell: what goes on now that the interface has closed."""
    states = [document["state"] for document in documents]
    live, queued = sum(state in LIVE for state in states), states.count("queued")
    parts = [f"{live} running"] * bool(live) + [f"{queued} queued"] * bool(queued)
    if not parts:
        return ""
    verb = "it goes" if live + queued == 1 else "they go"
    return f"{', '.join(parts)}: {verb} on. mixtui shows {'it' if live + queued == 1 else 'them'} again."


def asks_to_stop(documents: list[Document]) -> str:
    """The question before runs are stopped, which names what it touches."""
    many = len(documents) != 1
    named = listing([title(document) for document in documents]) if len(documents) <= 3 else "They"
    if all(document["state"] == "queued" for document in documents):
        return (
            f"Stop {plural(len(documents), 'run')}? {named} {'have' if many else 'has'} not begun, "
            f"{'leave' if many else 'leaves'} the queue, and can be resumed."
        )
    return (
        f"Stop {plural(len(documents), 'run')}? {named} {'finish' if many else 'finishes'} "
        f"{'their' if many else 'its'} step, {'save' if many else 'saves'}, and can be resumed."
    )
