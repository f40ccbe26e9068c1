"""`report.md`: the report where Markdown is read, such as in a repository."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mixtui.report.commands import commands, report_command
from mixtui.report.content import Content
from mixtui.report.escape import markdown_text, one_line
from mixtui.report.figure_style import FigurePlan
from mixtui.report.made_with import made_with_lines
from mixtui.report.tables import Table


def markdown_page(content: Content, tables: Sequence[Table], figures: Sequence[FigurePlan], folder: str) -> str:
    """`folder` is where the figures lie."""
    lines = [f"# {markdown_text(content.title)}", "", f"**{markdown_text(content.verdict)}**", ""]
    for note in content.notes:
        lines += [f"> {markdown_text(note)}", ""]
    for table in tables:
        lines += [f"## {markdown_text(table.title)}", "", *_table(table), ""]
        lines += [markdown_text(" ".join([table.caption, *table.notes])), ""]
    for plan in figures:
        title = markdown_text(plan.title)
        lines += [f"## {title}", "", f"![{title}]({folder}/{plan.name}.svg)", "", markdown_text(plan.caption), ""]
    lines += ["## How to reproduce", "", *_code(commands(content)), ""]
    lines += ["This report, from the runs that are here:", "", *_code(report_command(content)), ""]
    lines += [f"- {markdown_text(line)}" for line in made_with_lines(content)]
    return "\n".join(lines) + "\n"


def _table(table: Table) -> Iterator[str]:
    yield _row(table.headings)
    yield _row(["---:"] * len(table.headings), escape=False)
    yield from map(_row, table.lines)


def _row(cells: Iterable[str], *, escape: bool = True) -> str:
    return f"| {' | '.join(map(markdown_text, cells) if escape else cells)} |"


def _code(lines: Iterable[str]) -> list[str]:
    """Indented code, out of which no text can break, whatever it holds."""
    return [f"    {one_line(line)}" for line in lines]
