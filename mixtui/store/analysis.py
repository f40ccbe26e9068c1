"""All that the predictions of a run tell, made again from what it saved of them."""

from __future__ import annotations

from mixtui.calibration.analysis import Analysis, analyse
from mixtui.calibration.temperature import fit_temperature
from mixtui.store.paths import RunPaths
from mixtui.store.run_predictions import read_holdout, read_predictions


def analyse_run(paths: RunPaths, m: int) -> Analysis | None:
    """Score the run's predictions with `m` bins, as its worker did after the last epoch; None before.

    The temperature is fitted to the images that were kept out of training, where some were, else cross-fitted. Raises
    BrokenRunError when the predictions cannot be read, or are no logits with their labels, and MixtuiError where `m` is
    not from 1 to `MOST_BINS`.
    """
    predictions, held_out = read_predictions(paths), read_holdout(paths)
    if predictions is None:
        return None
    fit = None if held_out is None else fit_temperature(held_out.outputs, held_out.targets)
    return analyse(predictions, m, fit)
