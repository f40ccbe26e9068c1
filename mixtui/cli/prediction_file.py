"""A file of predictions with all that is computed of it for `mixtui calibrate`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mixtui.calibration.analysis import Analysis, Scaled, analyse
from mixtui.calibration.bin_sweep import ece_by_m, floor_by_m
from mixtui.calibration.bins import FINE_BINS, Bins
from mixtui.calibration.direction import Direction, direction_of
from mixtui.calibration.noise_floor import Floor
from mixtui.calibration.predictions import Predictions, load
from mixtui.calibration.ranking import RiskCoverage, risk_coverage
from mixtui.calibration.scores import Evaluation
from mixtui.calibration.temperature import TemperatureFit, fit_temperature, logits_of
from mixtui.errors import MixtuiError


@dataclass(frozen=True, eq=False)  # see Bins
class PredictionFile:
    """Predictions, and their analysis. `fitted_on`: the file of other samples that their temperature was fitted to."""

    path: Path
    predictions: Predictions
    analysis: Analysis
    fitted_on: Path | None

    @property
    def before(self) -> Evaluation:
        return self.analysis.before

    @property
    def scaled(self) -> Scaled | None:
        return self.analysis.scaled

    @property
    def n(self) -> int:
        return self.before.bins.n

    @cached_property
    def sweep(self) -> dict[int, tuple[float, Floor]]:
        """ECE and noise floor by the number of bins."""
        fine = self.before.top_labels.bins(FINE_BINS)
        floors = floor_by_m(fine)
        return {m: (ece, floors[m]) for m, ece in ece_by_m(fine).items()}

    @cached_property
    def risk_coverage(self) -> RiskCoverage:
        return risk_coverage_of(self.before)

    def diagram_bins(self, k: int | None, after_t: bool) -> Bins:
        """Bins of the top labels, or of class `k` against the rest; raises MixtuiError where they are not known."""
        if after_t and self.scaled is None:
            raise _top_labels_alone(self.path, "--after-t")
        evaluation = self.scaled.evaluation if after_t and self.scaled is not None else self.before
        if k is None:
            return evaluation.bins
        if evaluation.classwise is None:
            raise _top_labels_alone(self.path, "--class")
        classes = len(evaluation.classwise.count)
        if not 0 <= k < classes:
            raise MixtuiError(f"{self.path} has no class {k}.", f"Its classes are 0 to {classes - 1}.")
        return evaluation.classwise.of(k)


def read_prediction_file(path: Path, m: int, fit_on: Path | None) -> PredictionFile:
    """Load and score a file with `m` bins, its temperature fitted to the predictions in `fit_on`, else cross-fitted.

    Raises MixtuiError on files that `load` refuses, and where `fit_on` cannot serve.
    """
    predictions = load(path)
    fit = None if fit_on is None else _fit_elsewhere(path, predictions, fit_on)
    return PredictionFile(path, predictions, analyse(predictions, m, fit), fit_on)


def metrics_of(evaluation: Evaluation) -> dict[str, Any]:
    """Its scores, and the area under its risk–coverage curve."""
    return {**evaluation.scores.to_json(), "aurc": risk_coverage_of(evaluation).aurc}


def risk_coverage_of(evaluation: Evaluation) -> RiskCoverage:
    return risk_coverage(evaluation.top_labels.confidence, evaluation.top_labels.correct)


def way_of(evaluation: Evaluation) -> Direction | None:
    return direction_of(evaluation.scores.to_json(), evaluation.bins.n)


def _fit_elsewhere(path: Path, predictions: Predictions, fit_on: Path) -> TemperatureFit:
    if path.exists() and fit_on.exists() and path.samefile(fit_on):
        raise MixtuiError(
            f"{path} is fitted on itself.", "Leave --fit-on out: then T is fitted to one half and scored on the other."
        )
    held_out = load(fit_on)
    logits = logits_of(held_out)
    if logits is None or predictions.kind == "top-label":
        raise _top_labels_alone(fit_on if logits is None else path, "--fit-on")
    if held_out.outputs.shape[1] != predictions.outputs.shape[1]:
        raise MixtuiError(
            f"{fit_on} has {held_out.outputs.shape[1]} classes, {path} has {predictions.outputs.shape[1]}.",
            "Fit T on predictions of the same network.",
        )
    return fit_temperature(logits, held_out.targets)


def _top_labels_alone(path: Path, option: str) -> MixtuiError:
    return MixtuiError(
        f"{path} has the confidence of the top label alone; {option} needs every class.",
        f"Leave {option} out, or give a .npz with logits or probs.",
    )
