"""Two columns of lines."""

from __future__ import annotations

import itertools

from rich.cells import cell_len
from rich.text import Text


def beside(left: list[Text], right: list[Text], columns: int, gap: int = 3) -> list[Text] | None:
    """The lines of both, `right` in the room beside `left`; None where there is too little."""
    width = max((cell_len(line.plain) for line in left), default=0) + gap
    if width + max((cell_len(line.plain) for line in right), default=0) > columns:
        return None
    lines = []
    for one, other in itertools.zip_longest(left, right, fillvalue=Text()):
        blanks = " " * (width - cell_len(one.plain))
        lines.append(Text.assemble(one, blanks, other, no_wrap=True, overflow="crop"))
    return lines
