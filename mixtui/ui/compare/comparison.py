"""What the compare screen shows: a study and the pooled bins of its rows, at the runs' own bins or at others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mixtui.calibration import scores
from mixtui.calibration.bins import Bins, FloatArray, IntArray, equal_mass
from mixtui.store.listing import Document
from mixtui.store.study import Row, Study, study_of

_FROM_BINS = ("ece", "mce", "oe", "ue")
_ALSO_OF_BINS = ("classwise_ece", "equal_mass_ece")  # which follow from the predictions alone


@dataclass(frozen=True)
class Binning:
    """How confidences are put into bins: `m` of equal width, or about `m` of equal mass."""

    m: int
    equal_mass: bool = False


@dataclass(frozen=True, eq=False)  # see Bins
class TopLabels:
    """The predictions of n images: confidence of the top label, (n,), and whether it was right, (n,)."""

    confidence: FloatArray
    correct: IntArray


Sample = Bins | TopLabels


@dataclass(frozen=True, eq=False)
class Comparison:
    """A study, and for each of its rows the bins of all seeds as one; None where there are none.

    `binning` None is that of each run. `lacking` are the runs that count and whose bins cannot be had so.
    """

    study: Study
    bins: tuple[Bins | None, ...]
    binning: Binning | None = None
    lacking: tuple[str, ...] = ()


def compare(
    documents: Sequence[Document], binning: Binning | None, sample_of: Callable[[Document], Sample | None]
) -> Comparison:
    """Put runs together. `sample_of` gives what was read of a run: top labels for equal mass, else its bins.

    At bins other than their own the runs get the scores of these bins, and none that cannot be had from them.
    """
    samples = {document["id"]: sample for document in documents if (sample := sample_of(document)) is not None}
    if binning is not None:
        documents = [_rescored(document, samples.get(document["id"]), binning) for document in documents]
    study = study_of(documents)
    lacking = tuple(run.id for run in study.runs if run.id not in samples)
    return Comparison(study, tuple(_pooled(row, samples, binning) for row in study.rows), binning, lacking)


def common_m(study: Study) -> int | None:
    """The number of bins that all runs of a study were scored with; None where they differ, or do not tell."""
    m = study.recipes.common.get("bins")
    return int(m) if isinstance(m, float) and m >= 1 and m.is_integer() else None


def _rescored(document: Document, sample: Sample | None, binning: Binning) -> Document:
    """The document with the scores of the run at `binning` in place of those at its own bins, which tell no more."""
    config, metrics = document.get("config"), document.get("metrics")
    if not isinstance(config, dict) or not isinstance(metrics, dict):
        return document
    kept = {name: value for name, value in metrics.items() if name not in (*_FROM_BINS, *_ALSO_OF_BINS)}
    bins = _in_bins([sample], binning) if isinstance(sample, TopLabels) else sample
    if bins is not None:
        kept |= {name: getattr(scores, name)(bins) for name in _FROM_BINS}
    recipe = {name: value for name, value in config.items() if name != "bins"}
    return {**document, "config": recipe, "metrics": kept}


def _pooled(row: Row, samples: Mapping[str, Sample], binning: Binning | None) -> Bins | None:
    found = [samples[run.id] for run in row.runs if run.id in samples]
    labels = [sample for sample in found if isinstance(sample, TopLabels)]
    if binning is not None and labels:
        return _in_bins(labels, binning)
    bins = {run_id: sample for run_id, sample in samples.items() if isinstance(sample, Bins)}
    return row.pooled_bins(bins.get)


def _in_bins(labels: Sequence[TopLabels], binning: Binning) -> Bins:
    confidence = np.concatenate([one.confidence for one in labels])
    return equal_mass(confidence, np.concatenate([one.correct for one in labels]), binning.m)
