"""Short texts around and instead of pictures, fitted to the columns and rows there are."""

import textwrap
from collections.abc import Sequence

from rich.text import Text


def fill_lines(parts: Sequence[str], columns: int, separator: str) -> list[str]:
    """Join `parts` to as few lines as fit into `columns`, breaking only between them."""
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1] + separator + part) <= columns:
            lines[-1] += separator + part
        else:
            lines.append(part)
    return lines


def words_instead(sentence: str, columns: int, rows: int | None) -> list[Text]:
    """`sentence` wrapped to `columns` × `rows` (None: no limit), or something shorter where it does not fit."""
    if columns < 1 or (rows is not None and rows < 1):
        return []
    for text in (sentence, "too small"):
        lines = textwrap.wrap(text, columns, break_long_words=False)
        if all(len(line) <= columns for line in lines) and (rows is None or len(lines) <= rows):
            return [Text(line) for line in lines]
    return [Text("..."[:columns])]
