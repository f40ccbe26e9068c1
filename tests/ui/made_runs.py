"""Runs that were never trained but hang together: their bins, scores and predictions are of the same made logits."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtui.calibration.analysis import Analysis, analyse_logits
from mixtui.calibration.bins import FINE_BINS, Bins
from mixtui.calibration.scores import score_logits
from mixtui.config import RunConfig
from mixtui.store.files import write_json
from mixtui.store.jsonl import JsonlWriter
from mixtui.store.paths import RunPaths
from mixtui.store.process import this_process
from mixtui.store.store import Store

TIME = "2026-11-22T23:15:02.000+00:00"


def make_finished_run(
    store: Store,
    alpha: float = 0.4,
    seed: int = 0,
    *,
    epochs: int = 3,
    steps: int = 30,
    n_test: int = 400,
    classes: int = 4,
    log: Sequence[str] = ("attempt 1", "finished"),
    **recipe: Any,
) -> RunPaths:
    """A finished run of `epochs`, `steps` in all, that grows from under- to overconfident."""
    paths = make_trained_run(store, alpha, seed, epochs=epochs, done=epochs, steps=steps, n_test=n_test, **recipe)
    write_json(paths.meta, {"tags": ["made"]})
    _append(paths, [_event("end", steps, state="finished", reason="done", message="All epochs are done.", exit_code=0)])
    paths.output.write_text("".join(f"{line}\n" for line in log))
    return paths


def make_trained_run(
    store: Store,
    alpha: float = 0.4,
    seed: int = 0,
    *,
    epochs: int = 3,
    done: int,
    steps: int = 30,
    n_test: int = 400,
    classes: int = 4,
    **recipe: Any,
) -> RunPaths:
    """The same after `done` epochs, by a process that seems to be this one, and alive; with its predictions after the
    last."""
    named = {"dataset": "svhn", "dataset_requested": "svhn"}
    config = RunConfig(**{"alpha": alpha, "seed": seed, "epochs": epochs, **named, **recipe})
    paths = store.create(config, data_dir=store.root, location=None, meta={})
    paths.claim(1).touch()
    paths.heartbeat.touch()
    rng = np.random.default_rng(seed)
    per_epoch = max(steps // epochs, 1)
    data = {"name": config.dataset, "key": "k", "path": "/data", "n_train": 8 * n_test, "n_test": n_test}
    data |= {"classes": [f"class {index}" for index in range(classes)], "steps_per_epoch": per_epoch}
    versions = {"mixtui": "0", "torch": "2"}
    about = {"device": "cpu", "threads": 1, "versions": versions, "processor": "a processor"}
    _append(paths, [_event("attempt", 0, **this_process().to_json(), **about)])
    _append(paths, [_event("data", 0, **data), _event("phase", 0, phase="training")])
    labels = rng.integers(0, classes, n_test)
    for epoch in range(1, done + 1):
        logits = _logits(rng, labels, classes, strength=1.5 * epoch / epochs, scale=0.5 + 2.5 * epoch / epochs)
        add_epoch(paths, config, epoch, per_epoch, logits, labels)
    if done == epochs:
        np.savez(paths.predictions, logits=logits, labels=labels, ids=np.arange(n_test))
    add_steps(paths, alpha, 1, per_epoch * done, rng)
    return paths


def add_epoch(
    paths: RunPaths,
    config: RunConfig,
    epoch: int,
    steps_per_epoch: int,
    logits: NDArray[np.float64],
    labels: NDArray[np.int64],
) -> None:
    """What a worker records when an epoch is over, from the `logits` of the test split."""
    (test, fine), step = _scored(logits, labels, config.bins), epoch * steps_per_epoch
    _append_to(paths, "bins", [{"attempt": 1, "step": step, "epoch": epoch, **fine.to_compact_json()}])
    event = _event(
        "epoch",
        step,
        epoch=epoch,
        train_loss=2.0 / epoch,
        train_accuracy_mixed=0.5,
        lr=config.lr,
        seconds=60.0,
        images_per_second=100.0,
        metrics=test.metrics(),
        train_metrics=test.metrics(),
        bins=test.before.bins.to_json(),
    )
    _append(paths, [event])


def _scored(logits: NDArray[np.float64], labels: NDArray[np.int64], m: int) -> tuple[Analysis, Bins]:
    return _scored_bytes(logits.tobytes(), labels.tobytes(), logits.shape, m)


@functools.lru_cache
def _scored_bytes(logits: bytes, labels: bytes, shape: tuple[int, ...], m: int) -> tuple[Analysis, Bins]:
    """Scores, and fine bins; the runs of many tests are the same."""
    its_logits = np.frombuffer(logits).reshape(shape)
    its_labels = np.frombuffer(labels, dtype=np.int64)
    return analyse_logits(its_logits, its_labels, m), score_logits(its_logits, its_labels, FINE_BINS).bins


def add_steps(paths: RunPaths, alpha: float, first: int, last: int, rng: np.random.Generator) -> None:
    """The steps `first` to `last`."""
    lams = rng.beta(alpha, alpha, last - first + 1).tolist() if alpha else [1.0] * (last - first + 1)
    records = [
        {"attempt": 1, "step": step, "lam": lam, "lr": 0.1, "loss": 2.0 / step**0.2, "images_per_second": 100.0}
        for step, lam in zip(range(first, last + 1), lams, strict=True)
    ]
    _append_to(paths, "steps", records)


def _logits(
    rng: np.random.Generator, labels: NDArray[np.int64], classes: int, strength: float, scale: float
) -> NDArray[np.float64]:
    logits = rng.normal(size=(len(labels), classes))
    logits[np.arange(len(labels)), labels] += strength
    return scale * logits


def _event(kind: str, step: int, **fields: Any) -> dict[str, Any]:
    return {"type": kind, "time": TIME, "attempt": 1, "step": step, **fields}


def _append(paths: RunPaths, events: list[dict[str, Any]]) -> None:
    _append_to(paths, "events", events)


def _append_to(paths: RunPaths, log: str, records: list[dict[str, Any]]) -> None:
    writer = JsonlWriter(getattr(paths, log))
    writer.append(records)
    writer.close()
