"""The table of a study as columns of text, page by page where they do not fit side by side."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from mixtui.store.study import Study
from mixtui.store.study_table import Mark, cells, heading

GAPS = (3, 2)  # columns between columns, the wider one where there is room
_FIGURE = re.compile(r"[+\-−]?\d*(?=\.\d)")


@dataclass(frozen=True)
class TableColumn:
    """A column as it is shown, its texts of one width: the heading, then a cell for each row."""

    texts: tuple[str, ...]

    @property
    def width(self) -> int:
        return cell_len(self.texts[0])


@dataclass(frozen=True)
class Page:
    """Columns that fit side by side, with `gap` blanks between them."""

    columns: tuple[TableColumn, ...]
    gap: int

    def line(self, index: int) -> str:
        """The headings for 0, else a row of the study, counted from 1."""
        return (" " * self.gap).join(column.texts[index] for column in self.columns)


def table_pages(study: Study, wanted: Sequence[str], room: int, words: Callable[[str], str], mark: Mark) -> list[Page]:
    """The columns `wanted` on as few pages as it takes, on each of them those that name a row.

    `room` is the width there is, `words` makes a text fit for the terminal, `mark` gives what stands beside an ECE.
    """
    names = ("alpha", *study.differing)
    fixed = [_column(study, name, words, mark) for name in names]
    others = [_column(study, name, words, mark) for name in wanted if name not in names]
    while len(fixed) > 1 and _width(fixed, GAPS[-1]) > room // 2:
        others.insert(0, fixed.pop())
    return list(_pages(fixed, others, room))


def _pages(fixed: Sequence[TableColumn], others: Sequence[TableColumn], room: int) -> Iterator[Page]:
    gap = GAPS[0] if _width([*fixed, *others], GAPS[0]) <= room else GAPS[-1]
    page = [*fixed]
    for column in others:
        if len(page) > len(fixed) and _width([*page, column], gap) > room:
            yield Page(tuple(page), gap)
            page = [*fixed]
        page.append(column)
    yield Page(tuple(page), gap)


def _width(columns: Sequence[TableColumn], gap: int) -> int:
    return sum(column.width for column in columns) + gap * (len(columns) - 1)


def _column(study: Study, name: str, words: Callable[[str], str], mark: Mark) -> TableColumn:
    told = [words(cells(study, row, [name], mark)[0]) for row in study.rows]
    texts = [words(heading(name)), *_aligned(told)]
    width = max(map(cell_len, texts))
    return TableColumn(tuple(set_cell_size(text, width) for text in texts))


def _aligned(texts: Sequence[str]) -> list[str]:
    """The texts with the decimal points of their first figures below each other."""
    before = [len(found[0]) if (found := _FIGURE.match(text)) else None for text in texts]
    most = max((length for length in before if length is not None), default=0)
    return [
        " " * (most - length) + text if length is not None else text for text, length in zip(texts, before, strict=True)
    ]
