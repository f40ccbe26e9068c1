"""The tables in LaTeX, for a paper: they need the package booktabs and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from mixtui.report.escape import latex_text
from mixtui.report.tables import Table

PREAMBLE = r"\usepackage{booktabs}"


def latex_table(table: Table) -> str:
    """A `table` environment with its caption and label, to be read in with `\\input`."""
    columns = "l" + "r" * (len(table.headings) - 1)
    lines = [
        f"% Needs {PREAMBLE} in the preamble; \\input{{{latex_name(table)}}} reads it in.",
        r"\begin{table}",
        r"  \centering",
        r"  \footnotesize",
        r"  \setlength{\tabcolsep}{4pt}\setlength{\belowcaptionskip}{6pt}",
        f"  \\caption{{{latex_text(table.title)}. {_paragraph((table.caption, *table.notes))}}}",
        f"  \\label{{tab:{table.name}}}",
        f"  \\begin{{tabular}}{{{columns}}}",
        r"    \toprule",
        f"    {_row(table.headings)}",
        r"    \midrule",
        *(f"    {_row(line)}" for line in table.lines),
        r"    \bottomrule",
        r"  \end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def latex_document(tables: Iterable[Table]) -> str:
    """A document of the tables alone, to look at them."""
    lines = [
        "% pdflatex table.tex shows the tables; for a paper, read in the files below.",
        r"\documentclass{article}",
        PREAMBLE,
        r"\usepackage[a4paper,landscape,margin=15mm]{geometry}",
        r"\pagestyle{empty}",
        r"\begin{document}",
        *(f"\\input{{{latex_name(table)}}}" for table in tables),
        r"\end{document}",
    ]
    return "\n".join(lines) + "\n"


def latex_name(table: Table) -> str:
    return f"table-{table.name}.tex"


def _row(cells: Iterable[str]) -> str:
    # Braced: a row that begins with [ would be taken for an argument of the \\ before it.
    return " & ".join(f"{{{latex_text(cell)}}}" for cell in cells) + r" \\"


def _paragraph(sentences: Iterable[str]) -> str:
    return " ".join(map(latex_text, sentences))
