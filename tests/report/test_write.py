"""The folder of a report: its files, what it may replace, and that it is fit to be opened whatever runs hold."""

from __future__ import annotations

import csv
import errno
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mixtui.cli.main import app
from mixtui.report import write
from mixtui.report.content import content_of
from mixtui.report.figures import figure_plans
from mixtui.report.html_page import html_page
from mixtui.report.latex import latex_document, latex_table
from mixtui.report.markdown_page import markdown_page
from mixtui.report.tables import tables_of
from mixtui.report.write import default_folder, write_report
from mixtui.store.documents import Document
from mixtui.store.files import write_atomically
from tests.report.conftest import MakeStudy, no_progress


class _Page(HTMLParser):
    """The tags of a page, and what it refers to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.references: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.references += [value or "" for name, value in attrs if name in ("src", "srcset", "href")]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, make_study: MakeStudy) -> tuple[Path, list[Path]]:
    """A report of a small study, and what was said to be written."""
    root = tmp_path_factory.mktemp("report")
    folder = root / "out"
    return folder, write_report(make_study(root / "runs"), folder, no_progress)


def test_all_that_was_said_to_be_written_is_there_and_nothing_else(made: tuple[Path, list[Path]]) -> None:
    folder, files = made
    assert sorted(files) == sorted(path for path in folder.rglob("*") if path.is_file())
    names = {str(path.relative_to(folder)) for path in files}
    assert {"index.html", "report.md", "table.csv", "table.tex", "figures.json"} <= names
    for figure in ("alpha-response", "accuracy-ece", "reliability", "reliability-after-temperature"):
        endings = (".svg", "-dark.svg", ".pdf", ".png")
        assert {f"figures/{figure}{ending}" for ending in endings} <= names
    assert all(path.stat().st_size for path in files)


def test_the_page_needs_no_network_and_no_script_and_its_links_lead_somewhere(made: tuple[Path, list[Path]]) -> None:
    folder, files = made
    text = (folder / "index.html").read_text()
    page = _Page(text)
    assert not page.tags & {"script", "link", "iframe", "object"}
    assert "//" not in re.sub(r"<pre>.*?</pre>", "", text, flags=re.DOTALL)
    assert page.references
    assert all(folder / reference in files for reference in page.references)


def test_markdown_and_latex_refer_to_files_that_are_there(made: tuple[Path, list[Path]]) -> None:
    folder, _ = made
    figures = re.findall(r"!\[.*\]\((.*)\)", (folder / "report.md").read_text())
    inputs = re.findall(r"\\input\{(.*)\}", (folder / "table.tex").read_text())
    assert len(figures) == 4
    assert len(inputs) == 2
    assert all((folder / name).is_file() for name in (*figures, *inputs))


def test_the_tables_say_the_same_everywhere(made: tuple[Path, list[Path]]) -> None:
    folder, _ = made
    figures = json.loads((folder / "figures.json").read_text())
    lines = list(csv.DictReader((folder / "table.csv").open()))
    assert [float(line["ece"]) for line in lines] == [row["metrics"]["ece"]["mean"] for row in figures["rows"]]
    assert [line["runs"].split() for line in lines] == [row["runs"] for row in figures["rows"]]
    ece = f"{figures['rows'][1]['metrics']['ece']['mean']:.3f}".lstrip("0")
    for name in ("index.html", "report.md", "table-calibration.tex"):
        assert ece in (folder / name).read_text()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures take most of the time, and do not matter."""
    from mixtui.report import figure_style

    monkeypatch.setattr(figure_style, "figure_files", lambda plan: {f"{plan.name}.svg": b"<svg/>"})


@pytest.mark.usefixtures("quick")
def test_a_report_of_ours_is_replaced_and_nothing_else_touched(tmp_path: Path, make_study: MakeStudy) -> None:
    documents, folder = make_study(tmp_path / "runs"), tmp_path / "out"
    more = make_study(tmp_path / "runs", lr=0.1)
    write_report([*documents, *more], folder, no_progress)
    assert (folder / "figures" / "reliability-2.svg").exists()
    (folder / "mine.txt").write_text("mine")
    (folder / "figures" / "mine.svg").write_text("mine")
    write_report(documents, folder, no_progress)
    assert not (folder / "figures" / "reliability-2.svg").exists()
    assert (folder / "mine.txt").read_text() == (folder / "figures" / "mine.svg").read_text() == "mine"


@pytest.mark.parametrize("name", ["thesis.tex", "figures.json", "index.html"])
def test_a_folder_of_somebody_else_is_left_alone(
    tmp_path: Path, make_study: MakeStudy, refused: Any, name: str
) -> None:
    documents, folder = make_study(tmp_path / "runs", seeds=(0,)), tmp_path / "out"
    folder.mkdir()
    (folder / name).write_text("{}")
    with refused("is there already, and is no report of mixtui"):
        write_report(documents, folder, no_progress)
    assert [path.name for path in folder.iterdir()] == [name]
    with refused("is there already"):
        write_report(documents, folder / name, no_progress)


def test_where_nothing_can_be_written_it_is_said(tmp_path: Path, refused: Any) -> None:
    (tmp_path / "file").touch()
    with refused("No report can be written to"):
        write._write(tmp_path / "file" / "out", {"index.html": b""})


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("room", [0, 1, 8])
def test_what_a_full_disk_left_of_a_report_can_be_replaced(
    tmp_path: Path, make_study: MakeStudy, refused: Any, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    documents, folder, written = make_study(tmp_path / "runs"), tmp_path / "out", []

    def write_while_there_is_room(path: Path, *arguments: Any, **options: Any) -> None:
        written.append(path)
        if len(written) > room:
            raise OSError(errno.ENOSPC, "No space left on device")
        write_atomically(path, *arguments, **options)

    with monkeypatch.context() as full:
        full.setattr(write, "write_atomically", write_while_there_is_room)
        with refused("No space left on device"):
            write_report(documents, folder, no_progress)
    assert write_report(documents, folder, no_progress)


def test_the_folder_of_one_run_is_not_that_of_its_study() -> None:
    assert default_folder([{"id": "20261123-a0-s1-de2z", "tags": ["a"]}]) == Path("report/20261123-a0-s1-de2z")


@pytest.mark.parametrize(
    ("tags", "name"),
    [(["a", "study-1"], "a"), (["../../etc"], "etc"), (["…"], None), (["é b/c"], "é-b-c"), ([], None)],
)
def test_the_folder_is_named_after_the_tag_that_all_have(tags: list[str], name: str | None) -> None:
    folder = default_folder([{"tags": tags}, {"tags": [*tags, "x"]}])
    assert folder.parent == Path("report")
    assert folder.name == name if name else re.fullmatch(r"\d{4}-\d\d-\d\d", folder.name)


HOSTILE = "<script>alert(1)</script> & $x^2$ \\input{/etc/passwd} | `a` ![i](http://e.x) %_#~\x1b[31m\u202e東"


def hostile_study(root: Path, make_study: MakeStudy) -> list[Document]:
    documents = make_study(root, dataset=f"folder:{HOSTILE}", data_key=HOSTILE, meta={"tags": [HOSTILE]})
    for document in documents:
        config = Path(document["path"], "config.json")
        known = json.loads(config.read_text())
        versions = {"torch": HOSTILE, HOSTILE: [HOSTILE] * 3, "numpy": float(10**300)}
        config.write_text(json.dumps({**known, "versions": versions, "processor": HOSTILE * 10_000, "git_commit": {}}))
    return documents


def test_texts_of_runs_are_shown_and_do_nothing(tmp_path: Path, make_study: MakeStudy) -> None:
    documents = [*hostile_study(tmp_path, make_study), *make_study(tmp_path)]
    content = content_of(documents, no_progress)
    tables, plans = tables_of(content), list(figure_plans(content))
    page = html_page(content, tables, plans, "figures")
    assert "script" not in _Page(page).tags
    assert "&lt;script&gt;" in page
    markdown = markdown_page(content, tables, plans, "figures")
    assert "![i]" not in re.sub("(?m)^    .*$", "", markdown)
    latex = latex_document(tables) + "".join(map(latex_table, tables))
    assert latex.isascii()
    assert re.findall(r"(?<!\\textbackslash\{\})\\input\{(.*?)\}", latex.replace("; \\input", ""))[:2] == [
        "table-calibration.tex",
        "table-after-temperature.tex",
    ]
    assert "/etc/passwd" not in re.findall(r"\\input\{(.*?)\}", latex)
    for text in (page, markdown, latex):
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_the_command_prints_its_files(tmp_path: Path, make_study: MakeStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    from mixtui.report import figure_style

    monkeypatch.setattr(figure_style, "figure_files", lambda plan: {f"{plan.name}.svg": b"<svg/>"})
    monkeypatch.chdir(tmp_path)
    make_study(tmp_path / "runs", alphas=(0,), seeds=(0, 1))
    arguments = ["report", "--filter", "state:finished", "--runs-dir", str(tmp_path / "runs")]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert "report/paper/index.html" in done.stdout.splitlines()
    assert all(Path(line).is_file() for line in done.stdout.splitlines())
    told = json.loads(CliRunner().invoke(app, [*arguments, "--out", "other", "--json"]).stdout)
    assert "other/index.html" in told["files"]
