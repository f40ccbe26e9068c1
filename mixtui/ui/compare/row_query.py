"""The filter that shows the runs of one α."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mixtui.store.documents import Document
from mixtui.store.query import parse, quoted
from mixtui.store.study import Row


def query_for(row: Row, tag: str, selection: Sequence[str], documents: Sequence[Document]) -> str:
    """The shortest filter that shows the runs of `row`, and of no run outside the `selection`."""
    wanted, chosen = {run.id for run in row.runs}, set(selection)
    for query in _queries(row, tag):
        test = parse(query)
        found = {document["id"] for document in documents if test.matches(document)}
        if wanted <= found <= chosen:
            return query
    return f"id={','.join(map(quoted, sorted(wanted)))}"


def _queries(row: Row, tag: str) -> Iterator[str]:
    alpha = f"alpha:{row.alpha:g}" if float(f"{row.alpha:g}") == row.alpha else f"alpha:{row.alpha!r}"
    if tag:
        yield f"tag:{quoted(tag)} {alpha}"
        yield f"tag={quoted(tag)} {alpha}"
    yield alpha
    yield f"id:{','.join(quoted(run.id.rpartition('-')[2]) for run in row.runs)}"
