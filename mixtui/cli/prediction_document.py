"""What `mixtui calibrate --json` prints. The keys are a contract: docs/architecture.md."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from mixtui.calibration.bins import Bins
from mixtui.calibration.classwise import ClasswiseBins
from mixtui.cli.prediction_file import PredictionFile, metrics_of
from mixtui.cli.prediction_pair import Differences, PredictionPair

WORST = 5  # classes whose bins are given


def file_document(file: PredictionFile, k: int | None) -> dict[str, Any]:
    """Every figure of one file; `k` is a class whose bins are wanted, beside those of the worst."""
    scaled = file.scaled
    return {
        "file": str(file.path),
        "n": file.n,
        "metrics": metrics_of(file.before),
        "bins": file.before.bins.to_json(),
        "temperature": _temperature(file),
        "after_t": None
        if scaled is None
        else {"metrics": metrics_of(scaled.evaluation), "bins": scaled.evaluation.bins.to_json()},
        "ece_by_m": [{"m": m, "ece": ece, "floor": asdict(floor)} for m, (ece, floor) in file.sweep.items()],
        "classwise": _classwise(file.before.classwise, k),
        "risk_coverage": file.risk_coverage.to_json(),
    }


def pair_document(pair: PredictionPair, k: int | None) -> dict[str, Any]:
    """Both files, and how far the second lies above the first."""
    return {
        "files": [file_document(file, k) for file in (pair.first, pair.second)],
        "difference": {
            "paired": pair.paired,
            "metrics": _differences(pair.before),
            "after_t": None if pair.after_t is None else {"metrics": _differences(pair.after_t)},
        },
    }


def _temperature(file: PredictionFile) -> dict[str, Any] | None:
    if file.scaled is None:
        return None
    return {
        "value": file.scaled.fit.temperature,
        "interval": list(file.scaled.fit.interval),
        "halves": None if file.scaled.halves is None else list(file.scaled.halves),
        "fitted_on": None if file.fitted_on is None else str(file.fitted_on),
    }


def _classwise(classwise: ClasswiseBins | None, k: int | None) -> dict[str, Any] | None:
    if classwise is None:
        return None
    worst = classwise.worst_first[:WORST].tolist()
    shown: dict[str, Bins] = {str(one): classwise.of(one) for one in [*worst, *([] if k is None else [k])]}
    return {
        "ece": classwise.ece.tolist(),
        "worst": worst,
        "bins": {name: bins.to_json() for name, bins in shown.items()},
    }


def _differences(differences: Differences) -> dict[str, Any]:
    return {
        name: None if one is None else {"value": one.value, "interval": list(one.interval)}
        for name, one in differences.items()
    }
