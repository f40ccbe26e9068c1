"""The predictions that a run saved after its last epoch, read and checked."""

from __future__ import annotations

from pathlib import Path

from mixtui.calibration.predictions import Predictions, load
from mixtui.errors import MixtuiError
from mixtui.store.paths import RunPaths
from mixtui.store.run import BrokenRunError, reading


def read_predictions(paths: RunPaths) -> Predictions | None:
    """The checked logits, (n, classes), and labels, (n,), of the test split after the last epoch; None before.

    Raises BrokenRunError when they cannot be read, or are no logits with their labels.
    """
    return _read_logits(paths, paths.predictions)


def read_holdout(paths: RunPaths) -> Predictions | None:
    """The same of the images that were kept out of training; None where none were."""
    return _read_logits(paths, paths.holdout)


def _read_logits(paths: RunPaths, path: Path) -> Predictions | None:
    with reading(paths):
        if not path.exists():
            return None
    try:
        predictions = load(path)
    except MixtuiError as error:
        raise BrokenRunError(paths.id, error.message.removesuffix(".")) from None
    if predictions.kind != "logits":
        raise BrokenRunError(paths.id, f"{path.name} holds {predictions.kind}, not logits")
    return predictions
