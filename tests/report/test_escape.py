"""Text from runs in HTML, Markdown, LaTeX and spreadsheets: it is shown, and nothing else comes of it."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mixtui.report.escape import LONGEST, html_text, latex_text, markdown_text, one_line, spreadsheet_text

hostile = st.text(max_size=30) | st.text("<>&\"'`*_[](){}#|~$\\^%-+=.:! 1a\n", max_size=30)
given_text = given(hostile)


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.text = ""
        self.title = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.title = dict(attrs).get("title") or ""

    def handle_data(self, data: str) -> None:
        self.text += data


@given_text
@settings(max_examples=50)
def test_html_shows_the_text_itself(text: str) -> None:
    page = _Texts()
    page.feed(f'<p title="{html_text(text)}">{html_text(text)}</p>')
    page.close()
    assert (page.tags, page.text, page.title) == (["p"], one_line(text), one_line(text))


@given_text
@example("1. one")
@example("--- ")
@example("# heading")
@example("    code")
@example("[a](b) <b> **c** &lt; https://d")
@settings(max_examples=50)
def test_markdown_shows_the_text_itself(text: str) -> None:
    shown = MarkdownIt("commonmark").render(markdown_text(text))
    expected = one_line(text).strip()
    assert html.unescape(shown) == (f"<p>{expected}</p>\n" if expected else "")


@given_text
@settings(max_examples=50)
def test_a_cell_of_a_markdown_table_stays_one(text: str) -> None:
    table = f"| a | b |\n| --- | --- |\n| {markdown_text(text)} | end |\n"
    cells = re.findall("<td>(.*?)</td>", MarkdownIt("commonmark").enable("table").render(table))
    assert [html.unescape(cell) for cell in cells] == [one_line(text).strip(), "end"]


@given_text
@settings(max_examples=50)
def test_latex_has_neither_a_command_nor_a_letter_that_it_could_not_set(text: str) -> None:
    told = latex_text(text)
    assert told.isascii()
    known = r"\\text(backslash|asciitilde|asciicircum)\{\}|\\ldots\{\}|\{`\}|\\[#$%&_{}]|\$[^$]*\$"
    assert not re.search(r"[\\#$%&_{}^~<>|\"`]", re.sub(known, "", told))


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("−.144 [−.149, −.139]", "$-$.144 [$-$.149, $-$.139]"),
        ("α 0.4 ± 5 %", r"$\alpha$ 0.4 $\pm$ 5 \%"),
        ("my_data & \\input{x}", r"my\_data \& \textbackslash{}input\{x\}"),
        ("école 東", "ecole ?"),
    ],
)
def test_latex_by_example(text: str, latex: str) -> None:
    assert latex_text(text) == latex


def test_a_cell_of_a_spreadsheet_is_no_formula() -> None:
    assert [spreadsheet_text(text) for text in ("=1+1", "@x", "a=1")] == ["'=1+1", "'@x", "a=1"]


def test_megabytes_are_cut() -> None:
    assert len(html_text("x" * 10**7)) == LONGEST
