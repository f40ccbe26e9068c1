"""Writing a report: what there is to say is gathered first, then every file is written whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from mixtui.datasets.arrays import Progress
from mixtui.errors import MixtuiError
from mixtui.report.content import common_tag, content_of
from mixtui.report.csv_table import csv_table
from mixtui.report.figures_json import GENERATOR, figures_document
from mixtui.report.tables import tables_of
from mixtui.store.documents import Document
from mixtui.store.files import encode_json, read_json, write_atomically

_MARK = "figures.json"  # by its content a folder is known to be a report
_FIGURES = "figures"
_FIGURE_FILE = re.compile(
    r"(alpha-response|accuracy-ece|reliability|reliability-after-temperature)(-\d+)?(-dark)?\.\w+"
)


class FolderRefusedError(MixtuiError):
    """No report can be written into the folder that was asked for; into another one it can."""


def write_report(documents: Sequence[Document], folder: Path, progress: Progress) -> list[Path]:
    """Write a report on the runs with these listed documents into `folder`; the files that it has.

    What is in the folder already is replaced if it is a report of ours. Raises FolderRefusedError when it is something
    else, and when the folder cannot be written, and MixtuiError when no run has finished.
    """
    _check_folder(folder)
    content = content_of(documents, progress)
    progress("importing matplotlib", 0)
    from mixtui.report.figure_style import figure_files
    from mixtui.report.figures import figure_plans
    from mixtui.report.html_page import html_page
    from mixtui.report.latex import latex_document, latex_name, latex_table
    from mixtui.report.markdown_page import markdown_page

    tables, plans = tables_of(content), list(figure_plans(content))
    files = {
        _MARK: encode_json(figures_document(content), indent=1),  # first: what is begun is known to be ours
        "index.html": _encoded(html_page(content, tables, plans, _FIGURES)),
        "report.md": _encoded(markdown_page(content, tables, plans, _FIGURES)),
        "table.csv": _encoded(csv_table(content)),
        "table.tex": _encoded(latex_document(tables)),
        **{latex_name(table): _encoded(latex_table(table)) for table in tables},
    }
    for done, plan in enumerate(plans):
        progress("drawing", done / len(plans))
        files |= {f"{_FIGURES}/{name}": data for name, data in figure_files(plan).items()}
    return _write(folder, files)


def default_folder(documents: Sequence[Document]) -> Path:
    """`report/ID` of a single run; `report/TAG` after the tag that all runs have, else `report/` and the day.

    A run's report must not replace that of the study that it is part of.
    """
    name = documents[0]["id"] if len(documents) == 1 else common_tag(documents) or ""
    return Path("report") / (re.sub(r"[^\w.-]+", "-", name)[:60].strip(".-") or date.today().isoformat())


def _check_folder(folder: Path) -> None:
    try:
        if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
            return
        found = read_json(folder / _MARK) if folder.is_dir() else None
    except ValueError:
        found = None
    except OSError as error:
        raise _unwritable(folder, error) from None
    if found is None or found.get("generator") != GENERATOR:
        raise FolderRefusedError(
            f"{folder} is there already, and is no report of mixtui.", "Choose another folder with --out, or empty it."
        )


def _write(folder: Path, files: dict[str, bytes]) -> list[Path]:
    paths = [folder / name for name in files]
    try:
        for path, data in zip(paths, files.values(), strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)  # the figures' last: an empty folder is not in the way
            write_atomically(path, lambda file, data=data: file.write(data), sync=False)  # type: ignore[misc]
        for path in (folder / _FIGURES).iterdir():  # of an earlier report on more recipes
            if path not in paths and _FIGURE_FILE.fullmatch(path.name):
                path.unlink()
    except OSError as error:
        raise _unwritable(folder, error) from None
    return paths


def _unwritable(folder: Path, error: OSError) -> FolderRefusedError:
    return FolderRefusedError(
        f"No report can be written to {folder}: {error.strerror or error}.", "Choose another folder with --out."
    )


def _encoded(text: str) -> bytes:
    return text.encode(errors="replace")
