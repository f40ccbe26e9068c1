"""Six alphas, from the command to the last metrics: the plain script by hand, and `mixtui sweep --wait`.

Both evaluate the test images after every epoch; mixtui scores as many training images besides, and saves a checkpoint.
By hand, the plain script runs for one alpha after another; on a CPU also for as many alphas at a time as there are
cores. The faster of the two is what mixtui is compared with.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from compare_task import Task
from plain_ways import Way, run_plain
from surroundings import say

from mixtui.number_text import is_finite
from mixtui.store.jsonl import JsonlReader
from mixtui.store.run import BrokenRunError, Run
from mixtui.store.status import State
from mixtui.store.store import Store

ALPHAS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.7)


def places(cores: int) -> tuple[int, int]:
    """How many of the trainings a person would run at a time on a CPU, and with how many threads each."""
    at_a_time = min(len(ALPHAS), cores)
    return at_a_time, cores // at_a_time


def compare_sweep(
    task: Task, precision: str, epochs: int, alone: Way, side_by_side: Way | None, cores: int
) -> dict[str, Any]:
    """Measure each way to train six alphas; `side_by_side` is how the plain script shares the cores, if it does."""
    by_hand = [train_by_hand(task, alone, epochs, at_a_time=1)]
    if side_by_side:
        by_hand.append(train_by_hand(task, side_by_side, epochs, at_a_time=places(cores)[0]))
    for way in by_hand:
        say(f"by hand, {way['at_a_time']} at a time: {way['seconds']:.1f} s")
    mixtui = train_by_mixtui(task, precision, epochs)
    say(f"mixtui sweep: {mixtui['seconds']:.1f} s")
    fastest = min(by_hand, key=lambda way: float(way["seconds"]))
    return {
        "alphas": ALPHAS,
        "epochs": epochs,
        "images_trained": len(ALPHAS) * epochs * task.n_train,
        "by_hand": by_hand,
        "mixtui": mixtui,
        "ratio": fastest["seconds"] / mixtui["seconds"],
    }


def train_by_hand(task: Task, way: Way, epochs: int, at_a_time: int) -> dict[str, Any]:
    """The six trainings as plain scripts."""

    def train(alpha: float) -> dict[str, Any]:
        began = time.monotonic()
        report = run_plain(task.plain, way, alpha=alpha, epochs=epochs)
        return {"alpha": alpha, "seconds": time.monotonic() - began, **report}

    start = time.monotonic()
    with ThreadPoolExecutor(at_a_time) as pool:
        trainings = list(pool.map(train, ALPHAS))
    seconds = time.monotonic() - start
    done = [epoch for training in trainings for epoch in training["epochs"]]
    return {
        "at_a_time": at_a_time,
        "way": asdict(way),
        **_speed(task, epochs, seconds),
        "mean_epoch_training_seconds": statistics.mean(epoch["training_seconds"] for epoch in done),
        "mean_epoch_evaluation_seconds": statistics.mean(epoch["evaluation_seconds"] for epoch in done),
        "trainings": trainings,
    }


def train_by_mixtui(task: Task, precision: str, epochs: int) -> dict[str, Any]:
    """The six trainings by `mixtui sweep`."""
    config = task.single.configs[0]
    command = [sys.executable, "-m", "mixtui", "sweep", "--wait", "--dataset", task.data]
    command += ["--alphas", ",".join(f"{alpha:g}" for alpha in ALPHAS), "--epochs", str(epochs)]
    command += ["--model", config.model, "--batch-size", str(config.batch_size)]
    command += ["--device", config.device, "--precision", precision]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        began, start = datetime.now(UTC), time.monotonic()
        done = subprocess.run([*command, "--runs-dir", folder], stdout=subprocess.DEVNULL, check=False)
        seconds = time.monotonic() - start
        runs = finished_runs(Path(folder), len(ALPHAS))
        if done.returncode:
            raise SystemExit("mixtui sweep failed.")
        epochs_done = [epoch for run in runs for epoch in run.history.epochs]
        training = [task.n_train / epoch["images_per_second"] for epoch in epochs_done]
        return {
            "threads": runs[0].config.threads,
            **_speed(task, epochs, seconds),
            **_first_wave(runs, began),
            "mean_epoch_training_seconds": statistics.mean(training),
            "mean_epoch_evaluation_seconds": statistics.mean(epoch["seconds"] for epoch in epochs_done)
            - statistics.mean(training),
            "trainings": [_training(run, began) for run in runs],
        }


def finished_runs(folder: Path, n: int) -> list[Run]:
    """The `n` runs in `folder`. Raises SystemExit unless all have finished with scores."""
    runs = []
    for run in Store(folder).runs():
        if isinstance(run, BrokenRunError):
            raise SystemExit(run.message)
        metrics = run.metrics or {}
        if run.status.state is not State.FINISHED:
            raise SystemExit(f"{run.id} is {run.status.state}: {run.status.sentence}")
        if not (is_finite(metrics.get("accuracy")) and is_finite(metrics.get("ece"))):
            raise SystemExit(f"{run.id} has no accuracy or no ECE.")
        runs.append(run)
    if len(runs) != n:
        raise SystemExit(f"mixtui made {len(runs)} runs, not {n}.")
    return runs


def _speed(task: Task, epochs: int, seconds: float) -> dict[str, float]:
    return {"seconds": seconds, "images_per_second": len(ALPHAS) * epochs * task.n_train / seconds}


def _first_wave(runs: Sequence[Run], began: datetime) -> dict[str, Any]:
    """The runs that train before any has ended, and when the last of them takes its first step."""
    starts = [_training_began(run, began) for run in runs]
    first_end = min(_seconds_after(began, run.history.end) for run in runs)
    wave = [start for start in starts if start < first_end]
    return {"first_wave": len(wave), "first_wave_trains_after_seconds": max(wave)}


def _training(run: Run, began: datetime) -> dict[str, Any]:
    metrics = run.metrics or {}
    return {
        "alpha": run.config.alpha,
        "trains_after_seconds": _training_began(run, began),
        "ended_after_seconds": _seconds_after(began, run.history.end),
        "accuracy": metrics["accuracy"],
        "ece": metrics["ece"],
        "warnings": list(run.history.warnings),
        "epochs": [
            {name: epoch[name] for name in ("epoch", "seconds", "images_per_second")} for epoch in run.history.epochs
        ],
    }


def _training_began(run: Run, began: datetime) -> float:
    events = JsonlReader(run.paths.events).read()
    return _seconds_after(began, next(event for event in events if event.get("phase") == "training"))


def _seconds_after(began: datetime, event: dict[str, Any] | None) -> float:
    assert event is not None
    return (datetime.fromisoformat(event["time"]) - began).total_seconds()


def sweep_table(part: dict[str, Any]) -> str:
    mixtui = part["mixtui"]
    rows: list[tuple[str, ...]] = [("", "seconds", "images/s", "ratio", "epoch: training", "evaluation")]
    rows += [
        (f"by hand, {_at_a_time(way['at_a_time'])}", *_cells(way, f"{way['seconds'] / mixtui['seconds']:.2f}"))
        for way in part["by_hand"]
    ]
    rows.append(("mixtui sweep", *_cells(mixtui, "")))
    return "\n".join(
        [
            f"Six alphas, {part['epochs']} epoch{'s' * (part['epochs'] != 1)} each: {part['images_trained']:,} images, "
            "from the command to the last metrics",
            *(f"{row[0]:30}" + "".join(f"{cell:>17}" for cell in row[1:]) for row in rows),
            f"ratio to the faster way by hand: {part['ratio']:.2f}",
            f"mixtui's first {mixtui['first_wave']} runs, {mixtui['threads']} thread{'s' * (mixtui['threads'] != 1)} "
            f"each, all trained {mixtui['first_wave_trains_after_seconds']:.1f} s after the command",
        ]
    )


def _at_a_time(n: int) -> str:
    return "one after another" if n == 1 else f"{n} at a time"


def _cells(way: dict[str, Any], ratio: str) -> tuple[str, ...]:
    return (
        f"{way['seconds']:,.1f}",
        f"{way['images_per_second']:,.0f}",
        ratio,
        f"{way['mean_epoch_training_seconds']:.1f} s",
        f"{way['mean_epoch_evaluation_seconds']:.1f} s",
    )
