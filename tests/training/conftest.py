"""Runs of a user's own tiny network on a user's own tiny images, in this process or in one of their own."""

from __future__ import annotations

import errno
import multiprocessing
import os
import runpy
import sys
from collections.abc import Callable, Iterator
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import pytest
import torch

from mixtui import worker
from mixtui.config import RunConfig
from mixtui.datasets import import_path
from mixtui.datasets.arrays import ImageData
from mixtui.store.jsonl import JsonlReader
from mixtui.store.process import this_process
from mixtui.store.recorder import Recorder
from mixtui.store.run import Run
from mixtui.store.run_predictions import read_predictions
from mixtui.store.store import Store
from mixtui.training.loop import Trainer

OWN_CODE = '''
import os

import numpy as np
import torch
from torch import nn


def images():
    """25 training and 12 test images of three classes."""
    random = np.random.default_rng(int(os.environ.get("OWN_IMAGES", "7")))

    def split(n):
        labels = np.arange(n) % 3
        return random.integers(120, size=(n, 8, 8, 3)).astype(np.uint8) + 40 * labels[:, None, None, None], labels

    return tuple((images.astype(np.uint8), labels) for images, labels in (split(25), split(12)))


def cnn(num_classes, channels, dropout=0.3):
    return nn.Sequential(
        nn.Conv2d(channels, 6, 3, padding=1),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.Conv2d(6, 8, 3, stride=2),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(dropout),
        nn.Linear(72, num_classes),
    )


def cnn_without_dropout(num_classes, channels):
    return cnn(num_classes, channels, dropout=0.0)


class Linear(nn.Module):
    def __init__(self, num_classes, channels):
        super().__init__()
        self.head = nn.Linear(channels * 64, num_classes)

    def forward(self, images):
        return self.head(images.flatten(1))


class NanWhenEvaluated(Linear):
    """Sound on the black images that it is tried on."""

    def forward(self, images):
        logits = super().forward(images)
        return logits if self.training or not images.any() else logits * float("nan")


def lazy(num_classes):
    return nn.Sequential(nn.Flatten(), nn.LazyLinear(num_classes))


class Caching(Linear):
    """Keeps from the first forward pass what it needs in every one, as networks with positions do."""

    scale = None

    def forward(self, images):
        logits = super().forward(images)
        if self.scale is None:
            self.scale = torch.ones_like(logits[:1])
        return logits * self.scale


def broken(num_classes):
    raise ValueError("no such width")


def sees_too_much(num_classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(7, num_classes))


def too_many_classes(num_classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(192, num_classes + 1))


def two_outputs(num_classes):
    class Two(Linear):
        def forward(self, images):
            return super().forward(images), None

    return Two(num_classes, 3)


def no_network(num_classes):
    return "a network"


def no_classes(channels):
    return nn.Linear(channels, 3)


a_number = 3
'''


@pytest.fixture(scope="session", autouse=True)
def own_code(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of `own_code.py`, a user's own module."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "own_code.py").write_text(OWN_CODE)
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


@pytest.fixture(scope="session")
def data(own_code: Path) -> ImageData:
    return import_path.load("own_code:images", own_code)


@pytest.fixture
def make_config() -> Callable[..., RunConfig]:
    """A configuration whose training takes a fraction of a second: three steps an epoch, of 8, 8 and 9 images."""

    def make(**changes: Any) -> RunConfig:
        tiny = {
            "alpha": 0.4,
            "dataset": "own_code:images",
            "dataset_requested": "own_code:images",
            "model": "own_code:cnn",
            "epochs": 2,
            "batch_size": 8,
            "lr": 0.05,
        }
        return RunConfig(**{**tiny, **changes})

    return make


@pytest.fixture
def make_run(
    tmp_path: Path, own_code: Path, make_config: Callable[..., RunConfig], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Run]:
    """Make the directory of a run of that configuration, changed as the arguments say."""
    monkeypatch.setattr("mixtui.store.provenance.provenance", dict)  # spares a process of git for every run

    def make(**changes: Any) -> Run:
        config = make_config(**changes)
        paths = Store(tmp_path / "runs").create(config, data_dir=tmp_path, location=own_code, meta={})
        return Run.load(paths.root)

    return make


@pytest.fixture
def train(data: ImageData) -> Callable[..., Trainer]:
    """Train a run in this process, from its checkpoint if there is one."""

    def train(
        run: Run,
        wanted_end: Callable[[], bool] = lambda: False,
        data: ImageData = data,
        recorder_class: type[Recorder] = Recorder,
    ) -> Trainer:
        attempt = next_attempt(run)
        recorder = recorder_class(run.paths, attempt)
        recorder.event("attempt", 0, **this_process().to_json())
        try:
            trainer = Trainer(run.config, data, recorder, wanted_end)
            if run.paths.checkpoint.exists():
                trainer.resume()
            if attempt > 1:
                recorder.event("resumed", trainer.position.step, from_step=trainer.position.step, inexact=[])
            trainer.fit()
            return trainer
        finally:
            recorder.end(0, state="finished", reason="done", message="", exit_code=0)

    return train


def next_attempt(run: Run) -> int:
    return Run.load(run.paths.root).history.last_attempt + 1


@pytest.fixture
def outcome() -> Callable[[Run], dict[str, Any]]:
    """Everything about a trained run that must not depend on how often it was interrupted."""

    def outcome(run: Run) -> dict[str, Any]:
        run = Run.load(run.paths.root)
        history, predictions = run.history, read_predictions(run.paths)
        passing = {"type", "time", "attempt", "seconds", "images_per_second"}
        steps, bins = (history.in_force(JsonlReader(path).read()) for path in (run.paths.steps, run.paths.bins))
        return {
            "epochs": [_without(epoch, passing) for epoch in history.epochs],
            "steps": [_without(step, passing) for step in steps],
            "bins": [_without(record, passing) for record in bins],
            "logits": None if predictions is None else predictions.outputs.tobytes(),
            "weights": _weights(run.paths.checkpoint),
        }

    return outcome


def _without(record: dict[str, Any], keys: set[str]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in keys}


def _weights(checkpoint: Path) -> dict[str, bytes]:
    state = torch.load(checkpoint, weights_only=True)["model"]
    return {name: tensor.contiguous().numpy().tobytes() for name, tensor in state.items()}


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """From now on the disk has no room for the file of that name."""
    fsync = os.fsync

    def fill(name: str) -> None:
        def full(file: int) -> None:
            if f".{name}." in Path(f"/proc/self/fd/{file}").readlink().name:  # the temporary file beside it
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            fsync(file)

        monkeypatch.setattr(os, "fsync", full)

    return fill


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Callable[[Run], int]:
    """Do in this process what `python -m mixtui.worker` does in one of its own; the exit code."""

    def work(run: Run) -> int:
        monkeypatch.setattr(sys, "argv", ["worker", str(run.paths.root), str(next_attempt(run))])
        return worker.main()

    return work


@pytest.fixture
def start_worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Run], ForkServerProcess]]:
    """Start `python -m mixtui.worker` for the next attempt at a run.

    A process of its own, forked from a server that has imported torch already, which takes seconds.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["mixtui.training.loop", "mixtui.training.data"])
    started = []

    def start(run: Run) -> ForkServerProcess:
        arguments = ["worker", str(run.paths.root), str(next_attempt(run))]
        monkeypatch.setattr(sys, "argv", arguments)  # the new process is given it
        process = context.Process(target=runpy.run_module, args=("mixtui.worker", None, "__main__"), daemon=True)
        process.start()
        started.append(process)
        return process

    yield start
    for process in started:
        if process.is_alive():
            process.kill()
        process.join()
