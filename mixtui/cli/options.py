"""Options and arguments that several commands share."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mixtui.cli.complete import complete_dataset, complete_model, complete_preset, complete_run
from mixtui.presets import PRESETS

if TYPE_CHECKING:
    from mixtui.store.store import Store


def valid_tags(tags: list[str] | None) -> list[str]:
    """Tags as `store.meta` keeps them. Raises MixtuiError for one that it would not."""
    from mixtui.store.meta import valid_tag

    return [valid_tag(tag) for tag in tags or []]


RunsDir = Annotated[
    Path | None,
    typer.Option(
        "--runs-dir",
        metavar="FOLDER",
        help="Folder of the runs.  [default: $MIXTUI_RUNS or ./runs]",
        show_default=False,
    ),
]
DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="FOLDER",
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
RunReferences = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="RUN",
        help="Ids as mixtui list shows them, unique beginnings of full ones, or latest.",
        autocompletion=complete_run,
        show_default=False,
    ),
]
Filter = Annotated[
    str | None,
    typer.Option(
        "--filter",
        metavar="QUERY",
        help="The runs that a query fits, such as: state:running alpha>=0.2 dataset:cifar10 tag:paper -name:test",
    ),
]
ShippedPreset = Annotated[
    str | None,
    typer.Option(
        "--preset",
        metavar="NAME",
        help=f"The runs that come with mixtui: {', '.join(PRESETS)}.",
        autocompletion=complete_preset,
        show_default=False,
    ),
]
Detach = Annotated[bool, typer.Option("--detach", "-d", help="Return at once with the id; train in the background.")]
Seed = Annotated[int, typer.Option("--seed", metavar="N", help="Drives every random draw.")]
Name = Annotated[str | None, typer.Option("--name", metavar="NAME", help="A name of your own.")]
Tags = Annotated[
    list[str] | None,
    typer.Option("--tag", metavar="TAG", callback=valid_tags, help="A tag; may be given several times."),
]
DatasetOption = Annotated[
    str | None,
    typer.Option(
        "--dataset",
        metavar="NAME",
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
        metavar="NAME",
        help="A torchvision classification model, or package.module:function.",
        autocompletion=complete_model,
    ),
]
Device = Annotated[str, typer.Option("--device", metavar="DEVICE", help="auto, cpu, or cuda[:N].")]
Bins = Annotated[int, typer.Option("--bins", metavar="M", help="Equal-width confidence bins of the ECE.")]


def runs_dir(given: Path | None) -> Path:
    from mixtui.store.store import default_runs_dir

    return given or default_runs_dir()


def data_dir(given: Path | None) -> Path:
    from mixtui.datasets.catalog import default_data_dir

    return given or default_data_dir()


def open_store(given: Path | None) -> Store:
    """The runs to work on; their queue goes on where its supervisor has died."""
    from mixtui.errors import MixtuiError
    from mixtui.launch.wake import wake
    from mixtui.store.store import Store

    store = Store(runs_dir(given))
    with contextlib.suppress(MixtuiError):  # whoever only looks must not fail for it
        wake(store.root)
    return store
