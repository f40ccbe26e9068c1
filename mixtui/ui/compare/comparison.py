"""What the compare screen shows: a study and the pooled bins of its rows, as its runs are scored or in another way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mixtui.calibration.bins import Bins
from mixtui.calibration.top_labels import TopLabels
from mixtui.store.documents import Document
from mixtui.store.metrics import OF_BINS
from mixtui.store.study import Row, Study, study_of

# What a run recorded of its scores after temperature scaling, and under which name.
_RECORDED_AFTER_T = {
    **{name: name for name in ("accuracy", "temperature", "temperature_low", "temperature_high")},
    **{name: name for name in ("ece_after_t", "ece_floor_high_after_t", "nll_after_t")},
    **{"ece": "ece_after_t", "ece_floor_high": "ece_floor_high_after_t", "nll": "nll_after_t"},
}


@dataclass(frozen=True)
class Scoring:
    """How runs are scored: with about `m` bins of equal mass, or `m` of equal width, None for those of each run; as
    they are, or after temperature scaling."""

    m: int | None = None
    equal_mass: bool = False  # for a given m alone
    after_t: bool = False


@dataclass(frozen=True, eq=False)  # see Bins
class Sample:
    """What was read of a run for a scoring.

    `bins` are drawn, or for bins of equal mass those of all seeds' `labels` together. `of_bins` are the scores that
    follow from bins other than the run's own, `after_t` those after temperature scaling, under the names of those
    before, and what is recorded of it; None where they are not asked for.
    """

    bins: Bins
    labels: TopLabels | None = None
    of_bins: Mapping[str, float] | None = None
    after_t: Mapping[str, float | None] | None = None


@dataclass(frozen=True, eq=False)
class Comparison:
    """A study, and for each of its rows the bins of all seeds as one; None where there are none.

    `lacking` are the runs that count and whose bins cannot be had so.
    """

    study: Study
    bins: tuple[Bins | None, ...]
    scoring: Scoring = Scoring()
    lacking: tuple[str, ...] = ()


def compare(
    documents: Sequence[Document], scoring: Scoring, sample_of: Callable[[Document], Sample | None]
) -> Comparison:
    """Put runs together. `sample_of` gives what was read of a run.

    Scored in another way than their own, the runs get these scores, and none that cannot be had.
    """
    samples = {document["id"]: sample for document in documents if (sample := sample_of(document)) is not None}
    rescored = [_rescored(document, samples.get(document["id"]), scoring) for document in documents]
    study = study_of(rescored, after_t=scoring.after_t)
    lacking = tuple(run.id for run in study.runs if run.id not in samples)
    return Comparison(study, tuple(_pooled(row, samples, scoring) for row in study.rows), scoring, lacking)


def _rescored(document: Document, sample: Sample | None, scoring: Scoring) -> Document:
    """The document with the scores of the run at `scoring` in place of its own; at other bins these tell no more."""
    config, metrics = document.get("config"), document.get("metrics")
    if scoring == Scoring() or not isinstance(config, dict) or not isinstance(metrics, dict):
        return document
    if scoring.after_t:
        recorded = {name: metrics.get(known) for name, known in _RECORDED_AFTER_T.items()}
        metrics = recorded if sample is None else sample.after_t or {}
    if scoring.m is not None:
        metrics = {name: value for name, value in metrics.items() if name not in OF_BINS}
        metrics |= {} if sample is None else sample.of_bins or {}
        config = {name: value for name, value in config.items() if name != "bins"}
    return {**document, "config": config, "metrics": metrics}


def _pooled(row: Row, samples: Mapping[str, Sample], scoring: Scoring) -> Bins | None:
    found = [samples[run.id] for run in row.runs if run.id in samples]
    labels = [sample.labels for sample in found if sample.labels is not None]
    if scoring.equal_mass and scoring.m is not None and labels:
        confidence = np.concatenate([one.confidence for one in labels])
        correct = np.concatenate([one.correct for one in labels])
        return TopLabels(confidence, correct).bins(scoring.m, of_equal_mass=True)
    return row.pooled_bins({run_id: sample.bins for run_id, sample in samples.items()}.get)
