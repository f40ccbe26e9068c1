"""A sheet of character cells that are drawn on one by one."""

from collections.abc import Sequence

from mixtui.plots.palette import Cell, CellStyle

_BLANK = Cell(" ")


class CellSheet:
    """`height` rows of `width` cells, the rows counted from the bottom."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._cells: dict[tuple[int, int], Cell] = {}
        self._taken: set[tuple[int, int]] = set()

    def draw(self, row: int, column: int, glyph: str, style: CellStyle) -> None:
        """Put a glyph into a cell, over what was there."""
        self._cells[row, column] = Cell(glyph, style)
        self._taken.add((row, column))

    def shade(self, row: int, glyph: str) -> None:
        """Fill a row with what text may be written over."""
        self._cells |= {(row, column): Cell(glyph) for column in range(self.width)}

    def shade_column(self, column: int, glyph: str) -> None:
        """Fill a column with what text may be written over."""
        self._cells |= {(row, column): Cell(glyph) for row in range(self.height)}

    def write_first(self, start: int, rows: Sequence[int], text: str, style: CellStyle) -> None:
        """Write `text` from column `start`, or moved to lie inside, in the first of `rows` where it touches nothing.

        It is left out where there is no such row.
        """
        start = min(max(start, 0), self.width - len(text))
        if start < 0:
            return
        with_margins = range(start - 1, start + len(text) + 1)
        for row in rows:
            if 0 <= row < self.height and not any((row, cell) in self._taken for cell in with_margins):
                for offset, glyph in enumerate(text):
                    self.draw(row, start + offset, glyph, style)
                return

    def grid(self) -> list[list[Cell]]:
        """The cells, the top row first."""
        return [
            [self._cells.get((row, column), _BLANK) for column in range(self.width)]
            for row in reversed(range(self.height))
        ]
