"""What is asked of the documents of runs, which `store.run_document` makes, whatever they hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mixtui.store.status import State

Document = dict[str, Any]
"""A run as its JSON, or one that cannot be read; only its `id` and `state` are sure to be there."""

LIVE = frozenset(state.value for state in State if state.is_live)
RESUMABLE = frozenset({"stopped", "paused", "failed", "crashed", "lost"})
TROUBLED = frozenset({"failed", "crashed", "lost", "broken"})


def tags(document: Document) -> list[str]:
    """Of a run; none of a broken one."""
    names = document.get("tags")
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def study_tag(document: Document) -> str:
    """The tag that names the sweep of a run: the last `study-N`, as a later one may build on it, else its first tag,
    else none."""
    names = tags(document)
    return next((name for name in reversed(names) if name.startswith("study-")), names[0] if names else "")


def part(document: Document, name: str) -> dict[str, Any]:
    """The object `name` of a run's document, such as its metrics; empty where there is none."""
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def is_read_only(document: Document) -> bool:
    """Whether the run came with mixtui: nothing changes it."""
    return bool(document.get("read_only"))


def needs_attention(document: Document) -> bool:
    """Whether something went wrong with a run, or a scheduler took its place away for good."""
    taken_away = document["state"] == "stopped" and document.get("reason") in ("timeout", "preempted")
    return taken_away or document["state"] in TROUBLED or document.get("stalled_for") is not None


def queue(documents: Iterable[Document]) -> list[Document]:
    """The queued ones: those of this host in the order they start in, then those that a cluster's scheduler has."""
    waiting = [document for document in documents if document["state"] == "queued"]
    return sorted(
        waiting,
        key=lambda d: (has_scheduler(d), -_number(d.get("priority")), str(d.get("queued") or ""), d["id"]),
    )


def has_scheduler(document: Document) -> bool:
    """Whether a cluster's scheduler has, or had, the run: then no place in the queue of a host is its own."""
    return document.get("launcher") is not None


def _number(value: Any) -> float:
    return value if isinstance(value, int | float) else 0.0
