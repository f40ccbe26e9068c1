"""Text that comes from runs, made fit for HTML, Markdown, LaTeX and spreadsheets, whatever is in it."""

from __future__ import annotations

import html
import re
import unicodedata

from mixtui.terminal_text import printable

LONGEST = 20_000  # characters of a text
LONGEST_VALUE = 200  # characters of a value that a person chose

_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~&$])")
_MARKDOWN_START = re.compile(r"^(\d*)([-+=#.)])(?=[\s\-=#]|$)")  # of a line: a list, a heading, a rule
_LATEX = {
    **{character: f"\\{character}" for character in "#$%&_{}"},
    **{"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"},
    **{"<": "$<$", ">": "$>$", "|": "$|$"},
    **{'"': "''", "`": "{`}"},  # one sign of its own each, in any font encoding
    **{"α": r"$\alpha$", "λ": r"$\lambda$", "±": r"$\pm$", "−": "$-$", "×": r"$\times$", "≈": r"$\approx$"},
    **{"·": r"$\cdot$", "–": "--", "…": r"\ldots{}", "→": r"$\to$", "≤": r"$\le$", "≥": r"$\ge$", "◇": r"$\diamond$"},
    **{"▲": r"$\scriptstyle\bigtriangleup$", "▼": r"$\scriptstyle\bigtriangledown$"},
}
_FORMULA = ("=", "+", "-", "@")


def one_line(text: object) -> str:
    """`text` without control characters, and not too long."""
    return printable(text, LONGEST)


def html_text(text: object) -> str:
    """For an element's content and for a quoted attribute."""
    return html.escape(one_line(text))


def markdown_text(text: object) -> str:
    """For a paragraph or a cell of a table: every character that would mean something is escaped."""
    return _MARKDOWN_START.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\1", one_line(text).strip()))


def latex_text(text: object) -> str:
    """For a paragraph or a cell, in any font encoding: accents are left off, and what LaTeX cannot set is a `?`."""
    return "".join(map(_latex_character, one_line(text)))


def spreadsheet_text(text: object) -> str:
    """For a cell of a CSV file that a spreadsheet may open: it is no formula."""
    line = one_line(text)
    return f"'{line}" if line.startswith(_FORMULA) else line


def _latex_character(character: str) -> str:
    if character in _LATEX:
        return _LATEX[character]
    letters = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return "".join(_LATEX.get(letter, letter) for letter in letters if letter.isprintable()) or "?"
