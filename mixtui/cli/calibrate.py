"""`mixtui calibrate`: the calibration of predictions made anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mixtui.cli.options import Bins, Json


def calibrate(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help=".npz with logits or probs, and labels; or .csv with true_label,pred_label,confidence.",
        ),
    ],
    bins: Bins = 15,
    json: Json = False,
) -> None:
    """Score a file of predictions, and draw its diagram."""
    from mixtui.calibration.direction import direction
    from mixtui.calibration.predictions import evaluate, load

    evaluation = evaluate(load(file), bins)
    scores = evaluation.scores.to_json()
    if json:
        from mixtui.cli.console import print_json

        print_json({"n": evaluation.bins.n, "metrics": scores, "bins": evaluation.bins.to_json()})
        return
    from mixtui.cli.console import stdout
    from mixtui.cli.summary import print_evaluation

    way = direction(evaluation.scores.accuracy, evaluation.scores.confidence, evaluation.bins.n)
    print_evaluation(stdout(), {file.name: scores}, evaluation.bins, file.name, way)
