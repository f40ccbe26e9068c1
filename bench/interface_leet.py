"""Makes runs of W&B for `interface.py`, like those of `interface_runs.py`; run by a Python that has wandb."""

from __future__ import annotations

import argparse
import math
import os
import random
import shutil
import sys
import time
from pathlib import Path
from typing import Any

os.environ |= {"WANDB_MODE": "offline", "WANDB_SILENT": "true", "WANDB_CONSOLE": "off"}

import wandb

TICK = 0.1  # seconds between two batches of streamed steps
DISTINCT = 10  # finished runs that are logged: the others are their copies, since each takes half a second


def begin(folder: Path, name: str) -> Any:
    folder.mkdir(parents=True, exist_ok=True)
    settings = wandb.Settings(x_disable_stats=True, x_disable_machine_info=True, disable_git=True, disable_code=True)
    return wandb.init(project="bench", name=name, dir=str(folder), settings=settings, reinit="create_new")


def train(run: Any, first: int, last: int, per_epoch: int) -> None:
    for step in range(first, last):
        record = {"loss": 0.3 + 2.2 * math.exp(-step / 3000) + random.gauss(0, 0.08), "lam": random.random()}
        if (step + 1) % per_epoch == 0:
            epoch = (step + 1) // per_epoch
            record |= {"accuracy": 0.9 - 0.5 * math.exp(-epoch / 8), "ece": 0.12 - 0.1 * math.exp(-epoch / 20)}
        run.log(record)


def make_finished(folder: Path, runs: int) -> None:
    for index in range(DISTINCT):
        run = begin(folder, f"run {index}")
        train(run, 0, 100, 10)
        run.finish()
    made = sorted((folder / "wandb").glob("offline-run-*"))
    for index in range(runs - DISTINCT):
        old = made[index % DISTINCT]
        stamp, old_id = old.name.removeprefix("offline-run-").rsplit("-", 1)
        new_id = f"c{index:07}"
        copy = old.with_name(f"offline-run-{stamp}-{new_id}")
        shutil.copytree(old, copy, symlinks=True)
        (copy / f"run-{old_id}.wandb").rename(copy / f"run-{new_id}.wandb")


def make_long(folder: Path, steps: int) -> None:
    """The long run, and a newer short one for the cursor to begin at."""
    for n in (steps, 100):
        run = begin(folder, f"{n} steps")
        train(run, 0, n, max(n // 100, 1))
        run.finish()
        time.sleep(1.1)


def stream(folder: Path, runs: int, rate: float, steps: int | None, speed: float) -> None:
    made = [begin(folder, f"run {index}") for index in range(runs)]
    began, done = time.monotonic(), 0
    print("streaming", flush=True)
    while True:
        due = int((time.monotonic() - began) * rate * speed)
        due = due if steps is None else min(due, steps)
        for run in made:
            train(run, done, due, 600)
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
    if options.what == "finished":
        make_finished(options.folder, options.runs)
    elif options.what == "long":
        make_long(options.folder, options.steps or 100_000)
    else:
        stream(options.folder, options.runs, options.rate, options.steps, options.speed)


if __name__ == "__main__":
    sys.exit(main())
