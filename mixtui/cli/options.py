"""Options and arguments that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mixtui.cli.complete import complete_dataset, complete_model, complete_run

RunsDir = Annotated[
    Path | None,
    typer.Option("--runs-dir", help="Folder of the runs.  [default: $MIXTUI_RUNS or ./runs]", show_default=False),
]
DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        help="Folder of fetched data sets.  [default: $MIXTUI_DATA or the user's cache folder]",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
RunReference = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="An id as mixtui list shows it, a unique beginning of the full one, or latest.",
        autocompletion=complete_run,
    ),
]
DatasetOption = Annotated[
    str | None,
    typer.Option(
        "--dataset",
        help="cifar10, cifar100, fashion-mnist, svhn, stl10, synthetic, folder:PATH, or package.module:function.  "
        "[default: cifar10]",
        show_default=False,
        autocompletion=complete_dataset,
    ),
]
ModelOption = Annotated[
    str,
    typer.Option(
        "--model",
        help="A torchvision classification model, or package.module:function.",
        autocompletion=complete_model,
    ),
]
Bins = Annotated[int, typer.Option("--bins", help="Equal-width confidence bins M of the ECE.")]


def runs_dir(given: Path | None) -> Path:
    from mixtui.store.store import default_runs_dir

    return given or default_runs_dir()


def data_dir(given: Path | None) -> Path:
    from mixtui.datasets.catalog import default_data_dir

    return given or default_data_dir()
