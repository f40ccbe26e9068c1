"""`index.html`: the report as a page that needs neither a network nor a script."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mixtui.report.commands import commands, report_command
from mixtui.report.content import Content
from mixtui.report.escape import html_text
from mixtui.report.figure_style import DARK, LIGHT, FigurePlan
from mixtui.report.latex import PREAMBLE, latex_name
from mixtui.report.made_with import made_with_lines
from mixtui.report.tables import Table

_PIXELS = 96  # an inch, in CSS

_CSS = f"""
:root {{ color-scheme: light dark; --paper: {LIGHT.paper}; --ink: {LIGHT.ink}; --quiet: {LIGHT.quiet};
  --faint: {LIGHT.faint}; --raised: #f4f4f2; --mark: {LIGHT.under}; }}
@media (prefers-color-scheme: dark) {{ :root {{ --paper: {DARK.paper}; --ink: {DARK.ink}; --quiet: {DARK.quiet};
  --faint: {DARK.faint}; --raised: #20232a; --mark: {DARK.under}; }} }}
* {{ box-sizing: border-box; }}
body {{ margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 64rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }}
h1 {{ font-size: 1.4rem; line-height: 1.3; margin: 0 0 1rem; }}
h2 {{ font-size: 1.1rem; margin: 2.5rem 0 .75rem; }}
.verdict {{ font-size: 1.1rem; margin: 0 0 1rem; padding: .75rem 1rem; background: var(--raised);
  border-left: 4px solid var(--mark); }}
.note {{ margin: .5rem 0; padding-left: 1rem; border-left: 4px solid var(--faint); }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; min-width: 100%; }}
th, td {{ padding: .3rem .6rem; text-align: right; white-space: nowrap; overflow-wrap: normal; }}
th:first-child, td:first-child {{ text-align: left; }}
thead th {{ border-top: 2px solid var(--ink); border-bottom: 1px solid var(--ink); white-space: normal;
  vertical-align: bottom; min-width: 3.2rem; }}
tbody tr:last-child > * {{ border-bottom: 2px solid var(--ink); }}
figure {{ margin: 0; }}
figure img {{ display: block; height: auto; max-width: 100%; margin: 0 auto; }}
.caption {{ font-size: .85rem; color: var(--quiet); margin: .75rem 0; }}
pre {{ background: var(--raised); padding: .75rem 1rem; overflow-x: auto; font-size: .85rem; }}
a {{ color: var(--mark); }}
ul {{ padding-left: 1.2rem; }}
@media (max-width: 40rem) {{ figure img {{ max-width: none; width: 42rem; }} figure img.small {{ width: 100%; }} }}
@media print {{ body {{ max-width: none; padding: 0; font-size: 10pt; }} .wide {{ overflow: visible; }}
  table {{ font-size: 7.5pt; }} th, td {{ padding: .15rem .3rem; }} h2 {{ break-after: avoid; }}
  figure, table, pre {{ break-inside: avoid; }} pre {{ white-space: pre-wrap; }} }}
"""


def html_page(content: Content, tables: Sequence[Table], figures: Sequence[FigurePlan], folder: str) -> str:
    """`folder` is where the figures lie, seen from the page."""
    calibration, after_t = tables
    response, *others = figures
    body = [
        f"<h1>{html_text(content.title)}</h1>",
        f'<p class="verdict">{html_text(content.verdict)}</p>',
        *(f'<p class="note">{html_text(note)}</p>' for note in content.notes),
        *_table(calibration),
        *_figure(response, folder),
        *_table(after_t),
        *(line for plan in others for line in _figure(plan, folder)),
        "<h2>How to reproduce</h2>",
        *_code(commands(content)),
        "<p>This report, from the runs that are here:</p>",
        *_code(report_command(content)),
        *_list(map(html_text, made_with_lines(content))),
        "<h2>Files</h2>",
        *_list(_files(tables, figures, folder)),
    ]
    return "\n".join([*_head(content), *body, "</body>", "</html>"]) + "\n"


def _head(content: Content) -> Iterator[str]:
    yield "<!DOCTYPE html>"
    yield '<html lang="en">'
    yield '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{html_text(content.title)}</title>"
    yield f"<style>{_CSS}</style></head>"
    yield "<body>"


def _table(table: Table) -> Iterator[str]:
    yield f"<h2>{html_text(table.title)}</h2>"
    headings = "".join(f'<th scope="col">{html_text(heading)}</th>' for heading in table.headings)
    yield f'<div class="wide" tabindex="0"><table><thead><tr>{headings}</tr></thead><tbody>'
    for first, *cells in table.lines:
        told = "".join(f"<td>{html_text(cell)}</td>" for cell in cells)
        yield f'<tr><th scope="row">{html_text(first)}</th>{told}</tr>'
    yield "</tbody></table></div>"
    yield f'<p class="caption">{html_text(table.caption)}</p>'
    yield f'<p class="caption">{" ".join(map(html_text, table.notes))}</p>'


def _figure(plan: FigurePlan, folder: str) -> Iterator[str]:
    width, height = (round(inches * _PIXELS * 1.3) for inches in (plan.width, plan.height))
    small = ' class="small"' if plan.width < 5 else ""  # readable on a phone as it is
    source = f"{folder}/{plan.name}"
    yield f"<h2>{html_text(plan.title)}</h2>"
    yield '<figure><div class="wide"><picture>'
    yield f'<source srcset="{source}-dark.svg" media="(prefers-color-scheme: dark)">'
    yield f'<img src="{source}.svg" alt="{html_text(plan.title)}" width="{width}" height="{height}"{small}>'
    formats = ", ".join(f'<a href="{source}.{kind}">{kind.upper()}</a>' for kind in ("svg", "pdf", "png"))
    yield "</picture></div>"
    yield f'<figcaption class="caption">{html_text(plan.caption)} {formats}</figcaption></figure>'


def _files(tables: Iterable[Table], figures: Iterable[FigurePlan], folder: str) -> Iterator[str]:
    latex = ", ".join(_link(latex_name(table)) for table in tables)
    yield f"{_link('figures.json')}: every figure above in full precision, with the bins of every diagram"
    yield f"{_link('table.csv')}: both tables in full precision"
    yield f"{latex}: for LaTeX, with <code>{html_text(PREAMBLE)}</code>; {_link('table.tex')} shows them alone"
    yield f"{_link('report.md')}: this page in Markdown"


def _link(name: str) -> str:
    return f'<a href="{name}">{name}</a>'


def _code(lines: Iterable[str]) -> Iterator[str]:
    yield "<pre>" + "\n".join(map(html_text, lines)) + "</pre>"


def _list(items: Iterable[str]) -> Iterator[str]:
    yield "<ul>"
    yield from (f"<li>{item}</li>" for item in items)
    yield "</ul>"
