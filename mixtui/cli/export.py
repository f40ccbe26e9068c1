"""`mixtui export`: the curves of runs for other programs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from mixtui.cli.options import Filter, RunReferences, RunsDir, ShippedPreset, open_store


class Per(StrEnum):
    """What a row of the table is of."""

    EPOCH = "epoch"
    STEP = "step"


class Format(StrEnum):
    CSV = "csv"
    JSON = "json"


def export(
    runs: RunReferences = None,
    filter_: Filter = None,
    preset: ShippedPreset = None,
    per: Annotated[
        Per, typer.Option("--per", help="A row for each epoch and split, with all scores, or for each training step.")
    ] = Per.EPOCH,
    format_: Annotated[
        Format | None,
        typer.Option(
            "--format",
            help="A table, or an array of objects with the same keys.  [default: as FILE ends, else csv]",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write to FILE, not to the terminal.", show_default=False),
    ] = None,
    runs_dir_option: RunsDir = None,
) -> int:
    """Write the curves of runs as CSV or JSON.

    Each row names its run, alpha and seed. What a resumed run trained twice stands there once. A figure that is not
    known or not finite is empty in CSV and null in JSON.
    """
    from mixtui.cli.select import for_each, runs_to_read
    from mixtui.store.export import CURVES, FORMATS

    chosen = runs_to_read(open_store(runs_dir_option), runs, filter_, preset)
    kind = format_ or (Format.JSON if out is not None and out.suffix.lower() == ".json" else Format.CSV)

    def write(file: BinaryIO) -> int:
        table = FORMATS[kind](file, CURVES[per])
        code = for_each(chosen, table.add)
        table.end()
        return code

    return write(sys.stdout.buffer) if out is None else _to_file(out, write)


def _to_file(path: Path, write: Callable[[BinaryIO], int]) -> int:
    """What `write` returns; the file is there only once it is whole. Raises MixtuiError when it cannot be written."""
    from mixtui.errors import MixtuiError
    from mixtui.store.files import write_atomically

    hint = "Give another FILE with --out."
    if path.exists() and not path.is_file():  # a folder; or /dev/null, which must not be replaced
        raise MixtuiError(f"{path} is no plain file.", hint)
    codes: list[int] = []
    try:
        write_atomically(path.resolve(), lambda file: codes.append(write(file)))
    except OSError as error:
        raise MixtuiError(f"{path} cannot be written: {error.strerror or error}.", hint) from None
    return codes[0]
