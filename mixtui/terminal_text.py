"""Text made fit for a terminal: a line that moves no cursor, and in ASCII where the terminal has nothing else."""

from __future__ import annotations

LONGEST_LINE = 1000  # characters: no terminal shows more of a line

_ASCII = str.maketrans(
    {
        **{"α": "alpha", "λ": "lam", "±": "+-", "×": "x", "²": "2", "≈": "~", "–": "-", "−": "-"},
        **{"·": "-", "…": "...", "’": "'", "›": ">", "─": "-", "┄": "- -", "⏎": "enter"},
        **{"←": "<", "→": ">", "↑": "^", "↓": "v", "▲": "^", "▼": "v", "▴": "^", "▾": "v", "▸": ">"},
        **{"■": "#", "★": "*", "▰": "=", "▱": "."},
        # Of states, one of its own each: mixtui.store.state_glyphs.
        **{"○": "o", "◔": "~", "●": "*", "‖": "=", "◑": "%", "✓": "v"},
        **{"□": "s", "✗": "x", "†": "X", "⊘": "L", "◌": "?"},
    }
)


def in_ascii(text: str) -> str:
    """`text` with stand-ins for the signs that mixtui writes; whatever else is not ASCII stays."""
    return text.translate(_ASCII)


def printable(text: object, longest: int = LONGEST_LINE) -> str:
    """`text` on one line of at most `longest` characters, the last an ellipsis where it has more.

    A ? stands for each character that would move the cursor or has no look.
    """
    line = str(text)
    if len(line) > longest:
        line = f"{line[: longest - 1]}…"
    return line if line.isprintable() else "".join(c if c.isprintable() else "?" for c in line)
