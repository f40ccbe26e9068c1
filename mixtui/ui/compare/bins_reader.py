"""Reading the bins and predictions of the runs that are compared."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

from mixtui.calibration.analysis import SCALED_NAMES
from mixtui.calibration.bins import EXACT_M, Bins
from mixtui.calibration.scores import scores_of_bins
from mixtui.calibration.top_labels import TopLabels
from mixtui.errors import MixtuiError
from mixtui.store.analysis import analyse_run
from mixtui.store.documents import Document, part
from mixtui.store.epoch_bins import read_epoch_bins
from mixtui.store.paths import RunPaths
from mixtui.store.run import Run
from mixtui.store.run_predictions import read_predictions
from mixtui.store.study_bins import MOST_M
from mixtui.ui.compare.comparison import Sample, Scoring
from mixtui.ui.drawing import bins_of

Found = TypeVar("Found")


class BinsReader:
    """Reads the samples of runs, of each again only after it has changed."""

    def __init__(self) -> None:
        # By run and what: what it was read for, and it.
        self._kept: dict[tuple[str, Hashable], tuple[object, object]] = {}

    def sample(self, document: Document, scoring: Scoring) -> Sample | None:
        """What `compare` needs of the run at `scoring`; None where there is no such thing. Never raises."""
        if not document.get("epoch"):
            return None
        return self._keep(document, scoring, lambda _paths: self._read(document, scoring))

    def _read(self, document: Document, scoring: Scoring) -> Sample | None:
        if scoring.after_t:
            scaled = self._keep(document, "scaled", partial(_read_scaled, m=part(document, "config").get("bins")))
            if scaled is None:
                return None
            return _of_labels(scaled.labels, scoring, scaled.own_bins, scaled.scores)
        if scoring.m is None:
            recorded = self._keep(document, "recorded", _read_recorded_bins)
            return None if recorded is None else Sample(recorded)
        if not scoring.equal_mass and (fine := self._fine_bins(document, scoring.m)) is not None:
            shown = fine if fine.m == scoring.m else fine.coarsen(scoring.m)
            return Sample(shown, of_bins=scores_of_bins(shown, fine))
        labels = self._keep(document, "labels", _read_top_labels)
        return None if labels is None else _of_labels(labels, scoring)

    def _fine_bins(self, document: Document, m: int) -> Bins | None:
        """Bins of equal width that can be merged into `m`."""
        fine = self._keep(document, "fine", _read_fine_bins) if m in EXACT_M else None
        if fine is not None:
            return fine
        recorded = self._keep(document, "recorded", _read_recorded_bins)
        return recorded if recorded is not None and recorded.m == m else None

    def _keep(self, document: Document, what: Hashable, read: Callable[[RunPaths], Found | None]) -> Found | None:
        key, state = (document["id"], what), [document.get(name) for name in ("epoch", "attempts", "state")]
        kept = self._kept.get(key)
        if kept is None or kept[0] != state:
            try:
                found = read(RunPaths(Path(document["path"])))
            except MixtuiError:
                found = None
            self._kept[key] = kept = state, found
        return cast("Found | None", kept[1])  # under one `what`, all is of one kind


@dataclass(frozen=True, eq=False)  # see Bins
class _Scaled:
    """A run's predictions after temperature scaling; `scores` as those of `Sample.after_t`."""

    labels: TopLabels
    own_bins: Bins
    scores: Mapping[str, float | None]


def _of_labels(
    labels: TopLabels, scoring: Scoring, own_bins: Bins | None = None, after_t: Mapping[str, float | None] | None = None
) -> Sample:
    """Of labels at the bins of `scoring`, or for want of such the run's own, which `after_t` was scored at."""
    if scoring.m is None:
        assert own_bins is not None
        return Sample(own_bins, after_t=after_t)
    shown = labels.bins(scoring.m, of_equal_mass=scoring.equal_mass)
    fine = shown if scoring.equal_mass else labels.fine_bins(scoring.m)
    return Sample(shown, labels if scoring.equal_mass else None, scores_of_bins(shown, fine), after_t)


def _read_recorded_bins(paths: RunPaths) -> Bins | None:
    return bins_of(Run.load(paths.root).history)


def _read_fine_bins(paths: RunPaths) -> Bins | None:
    history = Run.load(paths.root).history
    return read_epoch_bins(paths, history).get(history.last_epoch["epoch"]) if history.last_epoch else None


def _read_top_labels(paths: RunPaths) -> TopLabels | None:
    predictions = read_predictions(paths)
    return None if predictions is None else TopLabels.of_logits(predictions.outputs, predictions.targets)


def _read_scaled(paths: RunPaths, m: object) -> _Scaled | None:
    """At the run's own `m`, whatever its configuration holds."""
    analysis = analyse_run(paths, m) if isinstance(m, int) and 1 <= m <= MOST_M else None
    if analysis is None or analysis.scaled is None:
        return None
    evaluation, metrics = analysis.scaled.evaluation, analysis.metrics()
    scores = {**evaluation.scores.to_json(), **{name: metrics[name] for name in SCALED_NAMES}}
    return _Scaled(evaluation.top_labels, evaluation.bins, scores)
