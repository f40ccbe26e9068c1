"""`mixtui report`: a folder with a page, tables and figures on a selection of runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mixtui.cli.options import Filter, Json, RunReferences, RunsDir, ShippedPreset, open_store


def report(
    runs: RunReferences = None,
    filter_: Filter = None,
    preset: ShippedPreset = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FOLDER",
            help="Where to; an earlier report there is replaced.  [default: report/ID of one run, /TAG of several]",
            show_default=False,
        ),
    ] = None,
    json: Json = False,
    runs_dir_option: RunsDir = None,
) -> None:
    """Write a report on runs: a page, tables for papers, and figures.

    A page that needs no network (index.html), the same in Markdown, LaTeX and CSV tables, JSON of every figure, and
    reliability diagrams and the response to alpha as SVG, PDF and PNG. Runs that have not finished are left out.
    """
    from mixtui.cli.console import print_json, words
    from mixtui.cli.progress import progress_bar
    from mixtui.cli.select import runs_to_read
    from mixtui.report.write import default_folder, write_report
    from mixtui.store.listing import read_document

    chosen = runs_to_read(open_store(runs_dir_option), runs, filter_, preset)
    documents = [read_document(run.paths.root) for run in chosen]
    with progress_bar() as progress:
        files = write_report(documents, out or default_folder(documents), progress)
    if json:
        print_json({"files": list(map(str, files))})
    else:
        print(words("\n".join(map(str, files))))
