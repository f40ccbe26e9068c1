"""From what was read of a run to what plots take."""

from __future__ import annotations

import numpy as np

from mixtui.calibration.bins import Bins, FloatArray
from mixtui.plots import braille
from mixtui.plots import diagram_glyphs as diagrams
from mixtui.plots.braille import DotGlyphs
from mixtui.store.epoch_bins import bins_of_epoch
from mixtui.store.history import History
from mixtui.ui.glyphs import Glyphs

_DOTS = {"braille": braille.BRAILLE, "blocks": braille.BLOCKS, "ascii": braille.ASCII}


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


def _number(value: object) -> float:
    try:
        return float(value) if isinstance(value, int | float) else np.nan
    except OverflowError:  # a whole number of hundreds of digits
        return np.nan
