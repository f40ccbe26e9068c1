"""From what was read of a run to what plots take."""

from __future__ import annotations

import numpy as np

from mixtui.calibration.bins import Bins, BoolArray, FloatArray
from mixtui.calibration.predictions import Predictions
from mixtui.calibration.scores import softmax, top_label
from mixtui.plots import braille
from mixtui.plots import diagram_glyphs as diagrams
from mixtui.plots.braille import DotGlyphs
from mixtui.store.epoch_bins import bins_of_epoch
from mixtui.store.history import History
from mixtui.ui.glyphs import Glyphs

_DOTS = {"braille": braille.BRAILLE, "blocks": braille.BLOCKS, "ascii": braille.ASCII}
_ROWS_AT_ONCE = 4096  # of logits, so that a thousand classes take little memory


def curve_glyphs(glyphs: Glyphs) -> DotGlyphs:
    return _DOTS[glyphs.plots]


def diagram_glyphs(glyphs: Glyphs) -> diagrams.Glyphs:
    return diagrams.ASCII if glyphs.ascii else diagrams.UNICODE


def epoch_values(history: History, split: str, metric: str) -> tuple[FloatArray, FloatArray]:
    """The epochs and a metric of them (`split`: metrics, train_metrics), (epochs,) each; nan where there is none."""
    epochs = np.array([_number(record["epoch"]) for record in history.epochs], dtype=np.float64)
    values = [_number(record[split].get(metric)) for record in history.epochs]
    return epochs, np.array(values, dtype=np.float64)


def bins_of(history: History) -> Bins | None:
    """The bins of the last epoch at the run's own M; None where there are none, or none that can be used."""
    return None if history.last_epoch is None else bins_of_epoch(history.last_epoch)


def top_labels(predictions: Predictions) -> tuple[FloatArray, BoolArray]:
    """Of logits of n images: the confidence of the top label, (n,), and whether it was right, (n,)."""
    confidence = np.empty(len(predictions.targets))
    correct = np.empty(len(predictions.targets), dtype=np.bool_)
    for start in range(0, len(confidence), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        confidence[rows], correct[rows] = top_label(softmax(predictions.outputs[rows]), predictions.targets[rows])
    return np.minimum(confidence, 1.0), correct  # a sum of probabilities may pass 1 by rounding


def _number(value: object) -> float:
    try:
        return float(value) if isinstance(value, int | float) else np.nan
    except OverflowError:  # a whole number of hundreds of digits
        return np.nan
