"""Makes runs for `interface.py`, without training: `finished` ones, one that is `long`, or some that `stream`."""

from __future__ import annotations

import itertools
import math
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from interface_maker import Train, make

from mixtui.calibration.bins import equal_width_edges
from mixtui.config import RunConfig
from mixtui.store.files import write_json
from mixtui.store.paths import RunPaths
from mixtui.store.process import this_process
from mixtui.store.recorder import Recorder
from mixtui.store.store import Store

ALPHAS = (0.0, 0.1, 0.2, 0.4, 0.8, 1.6)
M = 15


class MadeRun:
    """A run of which this process is the training."""

    def __init__(self, store: Store, alpha: float, seed: int, *, epochs: int, steps_per_epoch: int) -> None:
        config = RunConfig(alpha=alpha, seed=seed, dataset="synthetic", epochs=epochs, bins=M)
        self.paths: RunPaths = store.create(config, data_dir=store.root, location=None, meta={})
        self.paths.claim(1).touch()
        write_json(self.paths.process, {"attempt": 1, **this_process().to_json()})
        self._recorder = Recorder(self.paths, attempt=1)
        self._per_epoch = steps_per_epoch
        self._random = random.Random(seed)
        event = self._recorder.event
        event("attempt", 0, **this_process().to_json(), device="cpu", threads=1, versions={}, processor="none")
        sizes = {"n_train": 64 * steps_per_epoch, "n_test": 10_000, "steps_per_epoch": steps_per_epoch}
        event("data", 0, name="synthetic", key="k", path="", classes=["a", "b"], image_shape=[32, 32, 3], **sizes)
        event("phase", 0, phase="training")

    def train(self, done: int, due: int) -> None:
        """Up to the step `due`, after `done` steps."""
        records: list[dict[str, Any]] = []
        for step in range(done + 1, due + 1):
            loss = 0.3 + 2.2 * math.exp(-step / 3000) + self._random.gauss(0, 0.08)
            records.append(
                {"step": step, "lam": self._random.random(), "lr": 0.003, "loss": loss, "images_per_second": 640}
            )
            if step % self._per_epoch == 0:
                self._recorder.steps(records)
                records = []
                self._end_epoch(step)
        self._recorder.steps(records)
        self._recorder.beat()

    def _end_epoch(self, step: int) -> None:
        epoch = step // self._per_epoch
        accuracy = 0.9 - 0.5 * math.exp(-epoch / 8)
        ece = 0.02 + 0.1 * (1 - math.exp(-epoch / 20))
        scores = dict.fromkeys(("ece", "mce", "oe", "ue", "nll", "brier", "classwise_ece", "equal_mass_ece"), ece)
        scores |= {"accuracy": accuracy, "confidence": accuracy + ece, "signed_gap": ece}
        middle = [(index + 0.5) / M for index in range(M)]
        bins = {"edges": list(equal_width_edges(M)), "count": [10_000 // M] * M, "confidence": middle}
        bins["accuracy"] = [max(value - ece, 0.0) for value in middle]
        speed = {"lr": 0.003, "seconds": 60.0, "images_per_second": 640.0}
        self._recorder.event(
            "epoch",
            step,
            epoch=epoch,
            train_loss=0.5,
            train_accuracy_mixed=accuracy,
            metrics=scores,
            train_metrics=scores,
            bins=bins,
            **speed,
        )

    def end(self, step: int) -> None:
        self._recorder.end(step, state="finished", reason="done", message="All epochs are done.", exit_code=0)


def recipes() -> Iterator[tuple[float, int]]:
    """The points of a study, one seed after the other."""
    return ((alpha, seed) for seed in itertools.count() for alpha in ALPHAS)


def make_finished(folder: Path, runs: int) -> None:
    store = Store(folder)
    for alpha, seed in itertools.islice(recipes(), runs):
        run = MadeRun(store, alpha, seed, epochs=10, steps_per_epoch=10)
        run.train(0, 100)
        run.end(100)


def make_long(folder: Path, steps: int) -> None:
    """The long run, and a newer short one for the cursor to begin at."""
    store = Store(folder)
    for alpha, n in ((0.2, steps), (0.4, 100)):
        run = MadeRun(store, alpha, 0, epochs=100, steps_per_epoch=max(n // 100, 1))
        run.train(0, n)
        run.end(n)
        time.sleep(1.1)  # ids sort by the second


def begin_streaming(folder: Path, runs: int) -> list[Train]:
    store = Store(folder)
    made = [MadeRun(store, *recipe, epochs=10_000, steps_per_epoch=600) for recipe in itertools.islice(recipes(), runs)]
    return [run.train for run in made]


if __name__ == "__main__":
    make(__doc__, finished=make_finished, long=make_long, begin=begin_streaming)
