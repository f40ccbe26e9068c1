"""What a person has selected in the table, and what of it is plotted and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mixtui.store.documents import LIVE, Document, is_read_only, needs_attention, study_tag
from mixtui.ui.rows import FoldRow, Row, RunRow

MOST_PLOTTED = 30  # runs in one plot


@dataclass(frozen=True, eq=False)
class Selection:
    """The rows of the table; the ids of the marked runs, some of which the filter may hide; the row of the cursor."""

    rows: Sequence[Row]
    marked: frozenset[str]
    cursor: Row | None

    @property
    def at_cursor(self) -> Document | None:
        """The run under the cursor; of a fold the first."""
        return None if self.cursor is None else documents_of(self.cursor)[0]

    def chosen(self) -> list[Document]:
        """The marked runs that the filter shows, so that nothing happens to one that is out of sight; or else what is
        under the cursor."""
        if self.marked:  # asked for every command after every key: without marks the many rows are not gone through
            shown = (document for row in self.rows for document in documents_of(row))
            if marked := [document for document in shown if document["id"] in self.marked]:
                return marked
        return [] if self.cursor is None else documents_of(self.cursor)

    @property
    def chose_fold(self) -> bool:
        """Whether `chosen` are the runs of the fold under the cursor."""
        return isinstance(self.cursor, FoldRow) and self.chosen() == documents_of(self.cursor)

    def with_cursor_toggled(self) -> frozenset[str]:
        """The marks with those of the row under the cursor, or without them where all of it is marked."""
        ids = frozenset(document["id"] for document in documents_of(self.cursor)) if self.cursor else frozenset()
        return self.marked - ids if ids <= self.marked else self.marked | ids

    def with_all_toggled(self) -> frozenset[str]:
        """Marks of all runs that are shown, but folded reference runs; none where all are marked."""
        shown = [row for row in self.rows if not (isinstance(row, FoldRow) and row.read_only)]
        documents = (document for row in shown for document in documents_of(row))
        ids = frozenset(document["id"] for document in documents if document["state"] != "broken")
        return frozenset() if ids <= self.marked else ids

    def next_problem(self) -> str | None:
        """The key of the next run that needs attention, in the order of the table, round to its beginning."""
        at = next((index for index, row in enumerate(self.rows) if self.cursor and row.key == self.cursor.key), -1)
        in_turn = [*self.rows[at + 1 :], *self.rows[: at + 1]]
        return next((row.key for row in in_turn if isinstance(row, RunRow) and needs_attention(row.document)), None)

    def compared(
        self, by_id: Mapping[str, Document], own: Sequence[Document], shipped: Sequence[Document]
    ) -> list[Document]:
        """The marked runs, or else those of the study of the run under the cursor: that have its tag, or it alone."""
        marked = [by_id[run_id] for run_id in self.marked if run_id in by_id]
        at_cursor = self.at_cursor
        if marked or at_cursor is None:
            return marked
        tag, beside = study_tag(at_cursor), shipped if is_read_only(at_cursor) else own
        return [one for one in beside if tag and tag in one.get("tags", ())] or [at_cursor]


def documents_of(row: Row) -> list[Document]:
    return [row.document] if isinstance(row, RunRow) else list(row.documents)


def plotted(compared: Sequence[Document], at_cursor: Document | None) -> list[Document]:
    """The latest of the compared runs that have begun; the one under the cursor comes last, and so on top."""
    begun = [d for d in compared if (d.get("epoch") or d["state"] in LIVE) and d is not at_cursor]
    shown = sorted(begun, key=lambda d: str(d["id"]), reverse=True)[: MOST_PLOTTED - 1]  # ids sort by time
    if at_cursor is not None and at_cursor["state"] != "broken" and (not compared or at_cursor in compared):
        shown.append(at_cursor)
    return shown
