"""Which runs the table lists, and in what order: as a person filtered, sorted and unfolded them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mixtui.store.documents import Document
from mixtui.ui.rows import SORTABLE, FoldRow, Row, SortBy, rows

if TYPE_CHECKING:
    from mixtui.store.query import Query


@dataclass(frozen=True)
class Listing:
    """`query` is a good one, empty for all runs; `unfolded` are the keys of folds."""

    query: str = ""
    sort: SortBy | None = None
    unfolded: frozenset[str] = frozenset()

    def rows(self, documents: Sequence[Document], shipped: Sequence[Document]) -> list[Row]:
        """Of a person's own runs, and of those that came with mixtui."""
        return rows(documents, parsed(self.query), self.sort, self.unfolded, shipped)

    def sorted_by(self, column: str) -> Listing:
        """Sorted by a column, or the other way round where it is the one already; as at first by what is no column."""
        if self.sort is not None and self.sort.column == column:
            return self.reversed()
        return replace(self, sort=SortBy(column) if column in SORTABLE else None)

    def reversed(self) -> Listing:
        """The other way round, where it is sorted."""
        return replace(self, sort=self.sort and replace(self.sort, descending=not self.sort.descending))

    def with_unfolded(self, shown: Iterable[Row]) -> Listing:
        """With all folds of the rows `shown` unfolded too."""
        return replace(self, unfolded=self.unfolded | {row.key for row in shown if isinstance(row, FoldRow)})

    def with_all_folded(self) -> Listing:
        return replace(self, unfolded=frozenset())


def parsed(query: str) -> Query | None:
    """What a query asks for; None for an empty one. Raises QueryError."""
    if not query.strip():
        return None
    from mixtui.store.query import parse  # its import takes a while, and few have a filter at the start

    return parse(query)


def fault(query: str) -> str:
    """What is wrong with a query, shown under the place; nothing for a good one."""
    from mixtui.store.query import QueryError

    try:
        parsed(query)
    except QueryError as error:
        where, advice = error.hint.split("\n", 1)[-1], error.message
        return f"{where}  {advice}"
    return ""
