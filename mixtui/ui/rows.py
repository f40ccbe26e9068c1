"""What the table of runs shows, in order: live runs, the next of the queue, the rest of it folded, then the latest."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mixtui.presets import PRESETS
from mixtui.store.documents import LIVE, Document, has_scheduler, is_read_only, queue, study_tag, tags

if TYPE_CHECKING:
    from mixtui.store.query import Query

NEXT_SHOWN = 3  # queued runs above the fold


@dataclass(frozen=True)
class RunRow:
    """A run; `place` is its place in the queue, counted from 1, None for one that does not wait."""

    document: Document
    place: int | None = None

    @property
    def key(self) -> str:
        return str(self.document["id"])


@dataclass(frozen=True)
class FoldRow:
    """Runs of one tag in one row: those of a sweep further down the queue, or of a study that came with mixtui."""

    tag: str
    documents: tuple[Document, ...]

    @property
    def key(self) -> str:
        return f"fold {self.tag}" + " read-only" * self.read_only

    @property
    def read_only(self) -> bool:
        return is_read_only(self.documents[0])


Row = RunRow | FoldRow


@dataclass(frozen=True)
class SortBy:
    """A column that a person sorted by; without one the order is live, queued, newest.

    Runs without a value in that column come last either way.
    """

    column: str
    descending: bool = False


def rows(
    documents: Sequence[Document],
    query: Query | None = None,
    sort: SortBy | None = None,
    unfolded: Collection[str] = (),
    shipped: Sequence[Document] = (),
) -> list[Row]:
    """The rows of the runs that `query` fits; `shipped` ones, which came with mixtui, after all others.

    `unfolded` are the keys of the folds whose runs are all shown.
    """
    own = _own_rows(documents, query, sort, unfolded)
    here = {document["id"] for document in documents}  # whoever made them has them twice
    others = [one for one in shipped if one["id"] not in here and (query is None or query.matches(one))]
    return [*own, *_shipped_rows(others if sort is None else _sorted(others, sort), unfolded)]


def _own_rows(
    documents: Sequence[Document], query: Query | None, sort: SortBy | None, unfolded: Collection[str]
) -> list[Row]:
    here = [document for document in documents if not has_scheduler(document)]
    places = {document["id"]: place for place, document in enumerate(queue(here), 1)}
    shown = [document for document in documents if query is None or query.matches(document)]
    if sort is not None:
        return [RunRow(document, places.get(document["id"])) for document in _sorted(shown, sort)]
    live = [document for document in shown if document["state"] in LIVE]
    waiting = queue(shown)
    rest = [document for document in shown if document["state"] not in LIVE and document["state"] != "queued"]
    rest.sort(key=_ended, reverse=True)
    return [
        *(RunRow(document) for document in sorted(live, key=_started, reverse=True)),
        *_queued_rows(waiting, places, unfolded),
        *(RunRow(document) for document in rest),
    ]


def _queued_rows(waiting: list[Document], places: dict[str, int], unfolded: Collection[str]) -> Iterable[Row]:
    folds: dict[str, list[Document]] = {}
    for document in waiting[NEXT_SHOWN:]:
        folds.setdefault(study_tag(document), []).append(document)
    yield from (RunRow(document, places.get(document["id"])) for document in waiting[:NEXT_SHOWN])
    for tag, folded in folds.items():
        fold = FoldRow(tag, tuple(folded))
        if fold.key in unfolded or len(folded) == 1:
            yield from (RunRow(document, places.get(document["id"])) for document in folded)
        else:
            yield fold


def _shipped_rows(shipped: list[Document], unfolded: Collection[str]) -> Iterable[Row]:
    studies: dict[str, list[Document]] = {name: [] for name in PRESETS}
    for document in shipped:
        studies.setdefault(study_tag(document), []).append(document)
    for tag, documents in studies.items():
        if not documents:
            continue
        fold = FoldRow(tag, tuple(documents))
        yield from map(RunRow, documents) if fold.key in unfolded else (fold,)


def _sorted(documents: list[Document], sort: SortBy) -> list[Document]:
    key = _SORTED_BY[sort.column]
    known = [(value, document) for document in documents if (value := key(document)) is not None]
    unknown = [document for document in documents if key(document) is None]
    known.sort(key=lambda pair: pair[0], reverse=sort.descending)
    return [document for _, document in known] + unknown


def _ended(document: Document) -> str:
    """When, as far as is known: a crashed run has not told."""
    return str(document.get("ended") or document.get("epoch_ended") or document.get("created") or "")


def _started(document: Document) -> str:
    return str(document.get("started") or "")


def _of(*path: str, kind: type | tuple[type, ...]) -> Callable[[Document], Any]:
    def value(document: Document) -> Any:
        found: Any = document
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        return found if isinstance(found, kind) and found == found else None

    return value


_NUMBER = (int, float)
_SORTED_BY: dict[str, Callable[[Document], Any]] = {
    "state": _of("state", kind=str),
    "alpha": _of("config", "alpha", kind=_NUMBER),
    "seed": _of("config", "seed", kind=_NUMBER),
    "data": _of("dataset", kind=str),
    "model": _of("config", "model", kind=str),
    "epoch": _of("epoch", kind=_NUMBER),
    "loss": _of("train_loss", kind=_NUMBER),
    "accuracy": _of("metrics", "accuracy", kind=_NUMBER),
    "ece": _of("metrics", "ece", kind=_NUMBER),
    "time": _of("seconds", kind=_NUMBER),
    "tags": lambda document: " ".join(tags(document)) or None,
    "created": _of("created", kind=str),
}
SORTABLE = tuple(_SORTED_BY)
