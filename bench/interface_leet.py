"""Makes runs of W&B for `interface.py`, like those of `interface_runs.py`; run by a Python that has wandb."""

from __future__ import annotations

import math
import os
import random
import shutil
import time
from functools import partial
from pathlib import Path
from typing import Any

os.environ |= {"WANDB_MODE": "offline", "WANDB_SILENT": "true", "WANDB_CONSOLE": "off"}

import wandb
from interface_maker import Train, make

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


def begin_streaming(folder: Path, runs: int) -> list[Train]:
    made = [begin(folder, f"run {index}") for index in range(runs)]
    return [partial(train, run, per_epoch=600) for run in made]


if __name__ == "__main__":
    make(__doc__, finished=make_finished, long=make_long, begin=begin_streaming)
