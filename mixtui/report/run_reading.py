"""Reading of a finished run what its document lacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixtui.calibration.analysis import Analysis
from mixtui.calibration.bins import Bins
from mixtui.errors import MixtuiError
from mixtui.store.analysis import analyse_run
from mixtui.store.documents import Document
from mixtui.store.epoch_bins import bins_of_epoch
from mixtui.store.files import read_json
from mixtui.store.paths import RunPaths
from mixtui.store.run import Run, reading


@dataclass(frozen=True, eq=False)  # see Bins
class RunReading:
    """`metrics`: those recorded, and what is missing computed from the predictions; bins at the run's own M."""

    metrics: Mapping[str, Any]
    bins: Bins | None
    bins_after_t: Bins | None
    made_with: Mapping[str, Any]


def read_run(document: Document) -> RunReading:
    """Read a run that finished; what cannot be read is missing. Never raises MixtuiError."""
    paths = RunPaths(Path(document["path"]))
    recorded = {name: value for name, value in document["metrics"].items() if value is not None}
    analysis = _analysis(paths, document["config"]["bins"])
    if analysis is None:
        return RunReading(recorded, _recorded_bins(paths), None, _made_with(document, paths))
    scaled = analysis.scaled
    return RunReading(
        metrics={**analysis.metrics(), **recorded},
        bins=analysis.before.bins,
        bins_after_t=None if scaled is None else scaled.evaluation.bins,
        made_with=_made_with(document, paths),
    )


def _analysis(paths: RunPaths, m: int) -> Analysis | None:
    try:
        return analyse_run(paths, m)
    except MixtuiError:
        return None


def _recorded_bins(paths: RunPaths) -> Bins | None:
    try:
        last = Run.load(paths.root).history.last_epoch
    except MixtuiError:
        return None
    return None if last is None else bins_of_epoch(last)


def _made_with(document: Document, paths: RunPaths) -> dict[str, Any]:
    """Package versions, machine and commit, by name."""
    try:
        with reading(paths):
            config = read_json(paths.config) or {}
    except MixtuiError:
        config = {}
    versions = config.get("versions")
    return {
        **(versions if isinstance(versions, dict) else {}),
        "git commit": config.get("git_commit"),
        "processor": config.get("processor"),
        "host": document.get("host"),
        **{name: document["config"].get(name) for name in ("device", "threads")},
    }
