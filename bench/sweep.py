"""A sweep of six alphas by mixtui's queue, beside the ways to run the same six trainings by hand.

    python bench/sweep.py [--epochs 1] [--dataset synthetic] [--json FILE]

By hand, the trainings are started as plain processes: all cores for one after another, a core each as many at a time
as there are cores, and all at once with a core each. Each way takes the same trainings from the start of its first
process to the end of its last. Run it with nothing else on the machine: about a quarter of an hour on two cores.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from mixtui.datasets.catalog import default_data_dir
from mixtui.launch.devices import cores
from mixtui.launch.submit import prepare
from mixtui.store.paths import RunPaths
from mixtui.store.provenance import processor, versions
from mixtui.store.run import Run
from mixtui.store.status import State
from mixtui.store.store import Store

ALPHAS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.7)


def by_hand(folder: Path, dataset: str, epochs: int, threads: int, at_a_time: int) -> float:
    """Seconds for the six trainings as plain processes."""
    store = Store(folder)
    submission = prepare(
        dataset, default_data_dir(), "cpu", "auto", points=[(alpha, 0) for alpha in ALPHAS], epochs=epochs
    )
    runs = []
    for config in submission.configs:
        config = config.__class__.from_json({**config.to_json(), "threads": threads})
        runs.append(store.create(config, data_dir=submission.data_dir, location=submission.location, meta={}))

    def train(paths: RunPaths) -> None:
        environment = {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
        command = ["env", *(f"{name}={value}" for name, value in environment.items())]
        command += [sys.executable, "-m", "mixtui.worker", str(paths.root), "1"]
        paths.claim(1).touch()
        with paths.output.open("wb") as output:
            subprocess.run(command, stdout=output, stderr=output, check=True)

    start = time.monotonic()
    with ThreadPoolExecutor(at_a_time) as pool:
        list(pool.map(train, runs))
    return time.monotonic() - start


def by_queue(folder: Path, dataset: str, epochs: int) -> float:
    """Seconds from the command to the end of the last of its runs, as `mixtui sweep --wait` takes them."""
    start = time.monotonic()
    alphas = ",".join(f"{alpha:g}" for alpha in ALPHAS)
    command = [sys.executable, "-m", "mixtui", "sweep", "--alphas", alphas, "--dataset", dataset, "--device", "cpu"]
    command += ["--epochs", str(epochs), "--wait", "--runs-dir", str(folder)]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    seconds = time.monotonic() - start
    assert all(isinstance(run, Run) and run.status.state is State.FINISHED for run in Store(folder).runs())
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--dataset", default="synthetic")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    n = cores()
    ways = {
        "mixtui sweep": None,
        f"by hand, one after another, {n} threads": (n, 1),
        f"by hand, {n} at a time, 1 thread": (1, n),
        "by hand, six at once, 1 thread": (1, len(ALPHAS)),
        "mixtui sweep, again": None,
    }
    seconds: dict[str, float] = {}
    print(f"{processor()}, {n} cores, {datetime.now(UTC):%Y-%m-%d}, {versions()}")
    for name, way in ways.items():
        with tempfile.TemporaryDirectory() as folder:
            seconds[name] = (
                by_hand(Path(folder), options.dataset, options.epochs, *way)
                if way
                else by_queue(Path(folder), options.dataset, options.epochs)
            )
        print(f"{seconds[name]:7.1f} s  {name}", flush=True)
    if options.json:
        options.json.write_text(json.dumps({"cores": n, "processor": processor(), "seconds": seconds}, indent=2))


if __name__ == "__main__":
    main()
