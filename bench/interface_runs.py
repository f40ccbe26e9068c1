"""Makes runs for `interface.py`, without training: `finished` ones, one that is `long`, or some that `stream`."""

from __future__ import annotations

import argparse
import itertools
import math
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mixtui.calibration.bins import equal_width_edges
from mixtui.config import RunConfig
from mixtui.store.files import write_json
from mixtui.store.paths import RunPaths
from mixtui.store.process import this_process
from mixtui.store.recorder import Recorder
from mixtui.store.store import Store

ALPHAS = (0.0, 0.1, 0.2, 0.4, 0.8, 1.6)
TICK = 0.1  # seconds between two batches of streamed steps
M = 15


class MadeRun:
    """A run of which this process is the training."""

    def __init__(self, store: Store, alpha: float, seed: int, *, epochs: int, steps_per_epoch: int) -> None:
        config = RunConfig(alpha=alpha, seed=seed, dataset="synthetic", epochs=epochs, bins=M)
        self.paths: RunPaths = store.create(config, data_dir=store.root, location=None, meta={})
        self.paths.claim(1).touch()
        write_json(self.paths.process, {"attempt": 1, **this_process().to_json()})
        self._recorder = Recorder(self.paths, attempt=1)
        self._per_epoch, self._step = steps_per_epoch, 0
        self._random = random.Random(seed)
        event = self._recorder.event
        event("attempt", 0, **this_process().to_json(), device="cpu", threads=1, versions={}, processor="none")
        sizes = {"n_train": 64 * steps_per_epoch, "n_test": 10_000, "steps_per_epoch": steps_per_epoch}
        event("data", 0, name="synthetic", key="k", path="", classes=["a", "b"], image_shape=[32, 32, 3], **sizes)
        event("phase", 0, phase="training")

    def train(self, steps: int) -> None:
        records: list[dict[str, Any]] = []
        for _ in range(steps):
            self._step += 1
            loss = 0.3 + 2.2 * math.exp(-self._step / 3000) + self._random.gauss(0, 0.08)
            records.append(
                {"step": self._step, "lam": self._random.random(), "lr": 0.003, "loss": loss, "images_per_second": 640}
            )
            if self._step % self._per_epoch == 0:
                self._recorder.steps(records)
                records = []
                self._end_epoch(self._step // self._per_epoch)
        self._recorder.steps(records)
        self._recorder.beat()

    def _end_epoch(self, epoch: int) -> None:
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
            self._step,
            epoch=epoch,
            train_loss=0.5,
            train_accuracy_mixed=accuracy,
            metrics=scores,
            train_metrics=scores,
            bins=bins,
            **speed,
        )

    def end(self) -> None:
        self._recorder.end(self._step, state="finished", reason="done", message="All epochs are done.", exit_code=0)


def recipes() -> Iterator[tuple[float, int]]:
    """The points of a study, one seed after the other."""
    return ((alpha, seed) for seed in itertools.count() for alpha in ALPHAS)


def make_finished(store: Store, runs: int) -> None:
    for alpha, seed in itertools.islice(recipes(), runs):
        run = MadeRun(store, alpha, seed, epochs=10, steps_per_epoch=10)
        run.train(100)
        run.end()


def make_long(store: Store, steps: int) -> None:
    """The long run, and a newer short one for the cursor to begin at."""
    for alpha, n in ((0.2, steps), (0.4, 100)):
        run = MadeRun(store, alpha, 0, epochs=100, steps_per_epoch=max(n // 100, 1))
        run.train(n)
        run.end()
        time.sleep(1.1)  # ids sort by the second


def stream(store: Store, runs: int, rate: float, steps: int | None, speed: float) -> None:
    """`rate` steps a second each, in a time that goes `speed` times as fast; after `steps` they only live on."""
    made = [MadeRun(store, *recipe, epochs=10_000, steps_per_epoch=600) for recipe in itertools.islice(recipes(), runs)]
    began, done = time.monotonic(), 0
    print("streaming", flush=True)
    while True:
        due = int((time.monotonic() - began) * rate * speed)
        due = due if steps is None else min(due, steps)
        for run in made:
            run.train(due - done)
        if due == steps and done != steps:
            print("done", flush=True)
        done = due
        time.sleep(TICK)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["finished", "long", "stream"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=12)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--rate", type=float, default=10.0)
    parser.add_argument("--speed", type=float, default=1.0)
    options = parser.parse_args()
    store = Store(options.folder)
    if options.what == "finished":
        make_finished(store, options.runs)
    elif options.what == "long":
        make_long(store, options.steps or 100_000)
    else:
        stream(store, options.runs, options.rate, options.steps, options.speed)


if __name__ == "__main__":
    sys.exit(main())
