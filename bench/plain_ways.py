"""The ways to run plain_script.py, and which of them is the fastest here."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from surroundings import say

PLAIN_SCRIPT = Path(__file__).with_name("plain_script.py")
WAIT_POLICIES = (None, "passive", "active")  # of OpenMP's threads between two pieces of work; None: not set
PREFETCH_FACTORS = (None, 4, 8)  # None: 2, PyTorch's own
FINALISTS = 3
TUNING_IMAGES = 10_000  # the rate does not depend on how many there are


@dataclass(frozen=True)
class PlainTask:
    """What the plain script is to do, however it is run."""

    data: Path
    decoded: Path
    model: str
    batch_size: int
    device: str
    bf16: bool  # whether it may compute in bfloat16


@dataclass(frozen=True)
class Way:
    """How the plain script is run."""

    workers: int
    threads: int
    channels_last: bool = False
    bf16: bool = False
    wait_policy: str | None = None
    prefetch_factor: int | None = None

    def __str__(self) -> str:
        told = [f"{self.workers} workers", f"{self.threads} thread{'s' * (self.threads != 1)}"]
        told += ["channels-last" if self.channels_last else "contiguous"]
        told += ["bf16"] * self.bf16
        told += [f"OMP_WAIT_POLICY={self.wait_policy}"] * bool(self.wait_policy)
        told += [f"prefetch factor {self.prefetch_factor}"] * bool(self.prefetch_factor)
        return ", ".join(told)


@dataclass(frozen=True)
class Trial:
    """A way, and the images/s it gave."""

    way: Way
    rate: float


def run_plain(task: PlainTask, way: Way, **options: object) -> dict[str, Any]:
    """What the plain script reports, run with `options` of its command line."""
    given = {
        "model": task.model,
        "batch-size": task.batch_size,
        "device": task.device,
        "decoded": task.decoded,
        "workers": way.workers,
        "threads": way.threads,
        "prefetch-factor": way.prefetch_factor,
        "channels-last": way.channels_last,
        "bf16": way.bf16,
        **{name.replace("_", "-"): value for name, value in options.items()},
    }
    command = [sys.executable, str(PLAIN_SCRIPT), str(task.data)]
    for name, value in given.items():
        if value is not None and value is not False:
            command += [f"--{name}"] if value is True else [f"--{name}", str(value)]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore::UserWarning"}  # more loader processes than cores are meant
    if way.wait_policy:
        environment["OMP_WAIT_POLICY"] = way.wait_policy
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit("The plain script failed.")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def measure_plain(task: PlainTask, way: Way, seconds: float, train_images: int | None = None) -> float:
    """Images/s of training, start-up and evaluation not counted."""
    report = run_plain(task, way, seconds=seconds, train_images=train_images)
    return float(report["train_images_per_second"])


def tune(task: PlainTask, cores: int, seconds: float) -> list[Trial]:
    """Look for the fastest way to run one training at a time, which comes first in what is returned.

    One question after another, each asked of the fastest so far, so that 30 trials do on any machine: how many loader
    processes and threads, which memory layout, and how to wait (on a GPU: how far to load ahead).
    """
    on_gpu = task.device != "cpu"
    trials = _rank(task, _divisions(cores, on_gpu, task.bf16), seconds)
    trials = _rank(task, [replace(way, channels_last=True) for way in _fastest(trials)], seconds) + trials
    last: Iterable[Way]
    if on_gpu:
        last = (replace(way, prefetch_factor=n) for way in _fastest(trials) if way.workers for n in PREFETCH_FACTORS)
    else:
        last = (replace(way, wait_policy=policy) for way in _fastest(trials) for policy in WAIT_POLICIES)
    trials = _rank(task, last, seconds) + trials
    if task.bf16:
        trials = _rank(task, [replace(way, bf16=False) for way in _fastest(trials)], seconds) + trials
    return _sorted(trials)


def tune_side_by_side(task: PlainTask, threads: int, seconds: float) -> list[Trial]:
    """Likewise for trainings that share the cores, where there is none left for a loader process."""
    precisions = {task.bf16, False}
    ways = [Way(0, threads, layout, bf16) for layout, bf16 in itertools.product((False, True), precisions)]
    return _sorted(_rank(task, ways, seconds))


def _divisions(cores: int, on_gpu: bool, bf16: bool) -> list[Way]:
    """Loader processes beside threads of training, alone on the cores or sharing them: fourteen ways at most."""
    if on_gpu:  # training only hands batches over
        counts = {0, cores // 4, cores // 2, cores * 3 // 4, cores, 2 * cores}
        return [Way(workers, 1, bf16=bf16) for workers in sorted(counts)]
    ways = []
    for workers in sorted({0, cores // 8, cores // 4, cores // 2, cores, 2 * cores}):
        threads = {cores // 2, cores - workers, cores}
        ways += [Way(workers, n, bf16=bf16) for n in sorted(threads) if n >= 1]
    return ways


def _rank(task: PlainTask, ways: Iterable[Way], seconds: float) -> list[Trial]:
    trials = []
    for way in ways:
        trials.append(Trial(way, measure_plain(task, way, seconds, TUNING_IMAGES)))
        say(f"  {way}: {trials[-1].rate:,.0f} images/s")
    return trials


def _fastest(trials: Sequence[Trial]) -> list[Way]:
    """The fastest few, none twice."""
    return list(dict.fromkeys(trial.way for trial in _sorted(trials)))[:FINALISTS]


def _sorted(trials: Sequence[Trial]) -> list[Trial]:
    return sorted(trials, key=lambda trial: trial.rate, reverse=True)
