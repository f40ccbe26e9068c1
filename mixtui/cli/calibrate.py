"""`mixtui calibrate`: the calibration of predictions made anywhere, of one file or of two."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mixtui.cli.options import Bins, Json
from mixtui.config import DEFAULTS
from mixtui.wording import plural


def calibrate(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help=".npz with logits or probs, and labels; or .csv with true_label,pred_label,confidence.",
        ),
    ],
    second_file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE2]", help="Another one to compare it with.", show_default=False),
    ] = None,
    bins: Bins = DEFAULTS["bins"],
    fit_on: Annotated[
        list[Path] | None,
        typer.Option(
            "--fit-on",
            metavar="FILE",
            help="Predictions of other samples by the same network, to fit the temperature to. Once for each file.  "
            "[default: one half of the samples for the other, both ways]",
            show_default=False,
        ),
    ] = None,
    of_class: Annotated[
        int | None, typer.Option("--class", metavar="K", help="Draw the diagram of class K against the rest.")
    ] = None,
    after_t: Annotated[bool, typer.Option("--after-t", help="Draw the diagram after temperature scaling.")] = False,
    json: Json = False,
) -> None:
    """Score a file of predictions, or compare two.

    Before and after temperature scaling, with a reliability diagram.
    """
    from mixtui.cli.console import print_json, stdout
    from mixtui.cli.diagram import print_diagrams
    from mixtui.cli.prediction_document import file_document, pair_document
    from mixtui.cli.prediction_file import read_prediction_file
    from mixtui.cli.prediction_pair import compare
    from mixtui.cli.prediction_report import names_of, print_differences, print_robustness, print_scores

    paths = [file] if second_file is None else [file, second_file]
    files = [read_prediction_file(path, bins, other) for path, other in zip(paths, _fit_on(paths, fit_on), strict=True)]
    diagrams = [one.diagram_bins(of_class, after_t) for one in files]
    pair = compare(files[0], files[1]) if len(files) == 2 else None
    if json:
        print_json(file_document(files[0], of_class) if pair is None else pair_document(pair, of_class))
        return
    console = stdout()
    print_scores(console, files)
    if pair is not None:
        print_differences(console, pair)
    print_robustness(console, files)
    what = ("" if of_class is None else f", class {of_class} against the rest") + (", after T" if after_t else "")
    print_diagrams(console, {name + what: bins for name, bins in zip(names_of(files), diagrams, strict=True)})


def _fit_on(paths: list[Path], given: list[Path] | None) -> list[Path | None]:
    """For each of `paths` the file to fit its temperature to; MixtuiError unless one is given for each, or none."""
    from mixtui.errors import MixtuiError

    if not given:
        return [None] * len(paths)
    if len(given) != len(paths):
        raise MixtuiError(
            f"--fit-on is given {plural(len(given), 'time')}, FILE {len(paths)}.",
            "Give it once for each file, in their order.",
        )
    return [*given]
