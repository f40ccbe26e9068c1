"""Evaluating a run that has ended on other test sets, from its checkpoint and without training."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from mixtui.datasets.arrays import ImageData, LabelledImages, Progress
from mixtui.datasets.catalog import default_data_dir
from mixtui.datasets.shifts import OtherSet, Shift
from mixtui.errors import MixtuiError, UnsuitableRunError
from mixtui.store.run import Run
from mixtui.store.shifts import Shifts, record_shifts
from mixtui.store.status import State
from mixtui.training.checkpoint import load_checkpoint
from mixtui.training.data import load
from mixtui.training.evaluate import Network
from mixtui.training.shift import evaluate_shifts


def evaluate_run(
    run: Run,
    shifts: Sequence[Shift],
    others: Mapping[OtherSet, LabelledImages],
    *,
    device: str,
    threads: int,
    data_dir: Path | None,
    progress: Progress,
) -> Shifts:
    """Score the run's network as `evaluate_shifts` does, and record that in its directory.

    `data_dir` is where the run's data set lies, if not where it lay in training. Raises UnsuitableRunError for a run
    that has not ended or has no checkpoint, and MixtuiError where its images, its checkpoint or the network's output
    are not what they should be.
    """
    _check_suits(run)
    torch.set_num_threads(threads)
    _find_own_modules(run)
    data = _own_data(run, data_dir, progress)
    try:
        network = Network.build(run.config, data, torch.device(device))
        position = load_checkpoint(run.paths.checkpoint, network.model, None)
        found = evaluate_shifts(network, position, data, shifts, others, run.config.bins, progress)
    except torch.OutOfMemoryError as error:
        raise MixtuiError(
            "The GPU has too little free memory.", "Wait until others have done with it, or use --device cpu."
        ) from error
    try:
        record_shifts(run.paths, found)
    except OSError as error:
        raise MixtuiError(f"{run.paths.shifts} cannot be written: {error.strerror}.", "Make room there.") from error
    return found


def _check_suits(run: Run) -> None:
    state = run.status.state
    if state.is_live or state is State.QUEUED:
        raise UnsuitableRunError(f"{run.id} is {state}.", f"Let it end first: mixtui wait {run.id}")
    if not run.paths.checkpoint.exists():
        way = "retry" if state is State.FINISHED else "resume"
        raise UnsuitableRunError(f"{run.id} has no checkpoint.", f"Train it first: mixtui {way} {run.id}")


def _find_own_modules(run: Run) -> None:
    """Last on the path, as for the worker: the folder that the run was submitted in, for a network of the user's."""
    folder = run.control.get("cwd")
    if isinstance(folder, str) and folder not in sys.path:
        sys.path.append(folder)


def _own_data(run: Run, data_dir: Path | None, progress: Progress) -> ImageData:
    location, folder = (_path(run.control.get(name)) for name in ("location", "data_dir"))
    data = load(run.config.dataset, location, data_dir or folder or default_data_dir(), progress)
    if run.history.data is not None and run.history.data["key"] != data.key:
        raise MixtuiError(f"{data.name} holds other images than when {run.id} was trained.", "Put the old images back.")
    return data


def _path(text: object) -> Path | None:
    return Path(text) if isinstance(text, str) and text else None
