"""`mixtui data`: which data sets are here; fetch and check one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mixtui.cli.options import DataDir, Json, data_dir

if TYPE_CHECKING:
    from pathlib import Path

    from mixtui.datasets.arrays import ImageData


def data(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="A data set to fetch if need be, decode, and check.")
    ] = None,
    data_dir_option: DataDir = None,
    json: Json = False,
) -> None:
    """List the data sets, or fetch and check one.

    NAME is one of the list, folder:PATH, or package.module:function.
    """
    from mixtui.cli.console import print_json

    folder = data_dir(data_dir_option)
    if name is not None:
        document = _document(_prepare(name, folder))
        print_json(document) if json else _print_facts(document)
    elif json:
        print_json(_listing(folder))
    else:
        _print_listing(_listing(folder), folder)


def _listing(folder: Path) -> list[dict[str, object]]:
    from mixtui.datasets.catalog import CATALOG, is_present

    return [
        {
            "name": info.name,
            "classes": info.classes,
            "channels": info.channels,
            "size": info.size,
            "n_train": info.n_train,
            "n_test": info.n_test,
            "download_mb": info.download_mb,
            "present": is_present(info, folder),
        }
        for info in CATALOG.values()
    ]


def _print_listing(listing: list[dict[str, object]], folder: Path) -> None:
    from rich.table import Table

    from mixtui.cli.console import stdout, words

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("name", "images", "classes", "train", "test", "here?"):
        table.add_column(heading, justify="left" if heading in ("name", "here?") else "right")
    for row in listing:
        here = "made here" if not row["download_mb"] else "yes" if row["present"] else "to fetch, {:,.0f} MB"
        table.add_row(
            str(row["name"]),
            words("{size}×{size}×{channels}".format(**row)),
            str(row["classes"]),
            f"{row['n_train']:,}",
            f"{row['n_test']:,}",
            here.format(row["download_mb"]),
        )
    stdout().print(table)
    stdout().print(
        f"\nIn {folder}. Your own images: --dataset folder:PATH, with PATH/train/CLASS/ and PATH/test/CLASS/."
    )


def _prepare(name: str, folder: Path) -> ImageData:
    """The data set, fetched and decoded with a bar on stderr."""
    from mixtui.cli.progress import progress_bar
    from mixtui.datasets.resolve import resolve

    found = resolve(name, folder)
    from mixtui.training.data import load  # imports torchvision: only once the name is known to be right

    with progress_bar() as progress:
        return load(found.dataset, found.location, folder, progress)


def _document(data: ImageData) -> dict[str, object]:
    import numpy as np

    return {
        "name": data.name,
        "key": data.key,
        "image_shape": list(data.train.images.shape[1:]),
        "mean": list(data.mean),
        "std": list(data.std),
        "warnings": list(data.warnings),
        "classes": {
            name: {"train": train, "test": test}
            for name, train, test in zip(
                data.classes,
                *(np.bincount(part.labels, minlength=len(data.classes)).tolist() for part in (data.train, data.test)),
                strict=True,
            )
        },
    }


def _print_facts(document: dict[str, object]) -> None:
    from rich.table import Table

    from mixtui.cli.console import stdout, words

    classes = document["classes"]
    assert isinstance(classes, dict)
    shape = document["image_shape"]
    assert isinstance(shape, list)
    stdout().print(words(f"{document['name']}: {'×'.join(map(str, shape))}, {len(classes)} classes, ready"))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("class", "train", "test"):
        table.add_column(heading, justify="left" if heading == "class" else "right")
    for name, counts in classes.items():
        table.add_row(name, f"{counts['train']:,}", f"{counts['test']:,}")
    stdout().print(table)
