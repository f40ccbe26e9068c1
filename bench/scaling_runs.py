"""Makes runs for `scaling.py`, without training: finished ones, each with the logs of a real one, and some that train.

python bench/scaling_runs.py finished FOLDER --runs 10000
python bench/scaling_runs.py live FOLDER --runs 100
"""

from __future__ import annotations

import argparse
import itertools
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from interface_runs import ALPHAS, MadeRun, recipes

from mixtui.config import RunConfig
from mixtui.store.files import encode_json, read_json
from mixtui.store.paths import SHIPPED, RunPaths, new_run_id
from mixtui.store.process import this_process
from mixtui.store.store import Store

STUDY = 3 * len(ALPHAS)  # runs
FIRST, APART = datetime(2026, 1, 1, tzinfo=UTC), timedelta(minutes=1)
STEPS_PER_EPOCH, STEPS_PER_SECOND = 600, 10  # of a live run: an epoch a minute
FLUSH_EVERY = 0.5  # seconds, as a training does


def make_finished(folder: Path, runs: int) -> None:
    """Run directories as they lie there when all is done, studies of 18, but for what no listing reads: checkpoint and
    predictions."""
    original = RunPaths(max(path for path in SHIPPED.iterdir() if path.is_dir()))
    whole = read_json(original.config) or {}
    config = RunConfig.from_json(whole)
    process = {"attempt": 1, **this_process().to_json()}
    control = {"want": "run", "attempt": 1, "host": process["host"], "data_dir": "/data", "location": None, "cwd": "/"}
    ended = {"attempt": 1, "code": 0, "signal": None, "out_of_memory": False, "last_line": "finished"}
    logs = {path.name: path.read_bytes() for path in (original.events, original.bins, original.steps)}
    for number, (alpha, seed) in enumerate(itertools.islice(recipes(), runs)):
        created = FIRST + number * APART
        one = replace(config, alpha=alpha, seed=seed % 3)
        paths = RunPaths(folder / new_run_id(one, created))
        paths.root.mkdir(parents=True)
        for path, document in {
            paths.config: {**whole, **one.to_json(), "created": created.isoformat(timespec="seconds")},
            paths.meta: {"name": None, "tags": [f"study-{number // STUDY}"]},
            paths.control: control,
            paths.process: process,
            paths.exit: ended,
        }.items():
            path.write_bytes(encode_json(document, indent=2))
        for name, log in logs.items():
            (paths.root / name).write_bytes(log)
        for empty in (paths.claim(1), paths.heartbeat, paths.output):
            empty.touch()


def train(folder: Path, runs: int) -> None:
    """Write what `runs` trainings write, their epochs' ends spread over time, until the process is ended."""
    made = [
        MadeRun(Store(folder), *recipe, epochs=10_000, steps_per_epoch=STEPS_PER_EPOCH)
        for recipe in itertools.islice(recipes(), runs)
    ]
    done = [number * STEPS_PER_EPOCH // runs for number in range(runs)]
    began, first = time.monotonic(), list(done)
    print("training", flush=True)
    while True:
        due = int((time.monotonic() - began) * STEPS_PER_SECOND)
        for number, run in enumerate(made):
            run.train(done[number], first[number] + due)
            done[number] = first[number] + due
        time.sleep(FLUSH_EVERY)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["finished", "live"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, required=True)
    options = parser.parse_args()
    (make_finished if options.what == "finished" else train)(options.folder, options.runs)
