"""Reading the bins and predictions of the runs that are compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mixtui.calibration.bins import EXACT_M, Bins
from mixtui.store.epoch_bins import read_epoch_bins, read_predictions
from mixtui.store.listing import Document
from mixtui.store.paths import RunPaths
from mixtui.store.run import BrokenRunError, Run
from mixtui.ui.compare.comparison import Binning, Sample, TopLabels
from mixtui.ui.drawing import bins_of, top_labels


class BinsReader:
    """Reads the samples of the runs below `root`, of each again only after it has changed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._kept: dict[tuple[str, str], tuple[object, Any]] = {}  # by run and what: what it was read for, and it

    def sample(self, document: Document, binning: Binning | None) -> Sample | None:
        """What `compare` needs of the run at `binning`; None where there is no such thing. Never raises."""
        if not document.get("epoch"):
            return None
        if binning is None:
            return self._recorded(document)
        if binning.equal_mass:
            labels: TopLabels | None = self._keep(document, "labels", _read_top_labels)
            return labels
        fine: Bins | None = self._keep(document, "fine", _read_fine_bins) if binning.m in EXACT_M else None
        if fine is not None:
            return fine.coarsen(binning.m)
        recorded = self._recorded(document)
        return recorded if recorded is not None and recorded.m == binning.m else None

    def _recorded(self, document: Document) -> Bins | None:
        bins: Bins | None = self._keep(document, "recorded", _read_recorded_bins)
        return bins

    def _keep(self, document: Document, what: str, read: Callable[[RunPaths], Any]) -> Any:
        key, state = (document["id"], what), [document.get(name) for name in ("epoch", "attempts", "state")]
        kept = self._kept.get(key)
        if kept is None or kept[0] != state:
            try:
                found = read(RunPaths(self._root / document["id"]))
            except BrokenRunError:
                found = None
            self._kept[key] = kept = state, found
        return kept[1]


def _read_recorded_bins(paths: RunPaths) -> Bins | None:
    return bins_of(Run.load(paths.root).history)


def _read_fine_bins(paths: RunPaths) -> Bins | None:
    history = Run.load(paths.root).history
    return read_epoch_bins(paths, history).get(history.last_epoch["epoch"]) if history.last_epoch else None


def _read_top_labels(paths: RunPaths) -> TopLabels | None:
    predictions = read_predictions(paths)
    if predictions is None:
        return None
    confidence, correct = top_labels(predictions)
    return TopLabels(confidence, correct.astype(np.int64))
