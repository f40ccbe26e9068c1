"""How fast mixtui trains, beside the script that one would write without it.

    python bench/compare.py --data folder:PATH [--seconds 20] [--batch-size 64] [--pairs 3] [--json FILE]

The rule, the same for both sides: resnet18 is trained with the same alpha and batch size on the whole training set, in
a process of its own, while nothing else runs. Starting up and the first WARM_UP_STEPS steps are not counted; the
training steps after them are, until they add up to `--seconds`. Evaluation is not counted on either side.

- The plain script (plain_script.py) is tuned first: every sensible number of loader processes and of threads, with and
  without channels-last, a quarter of `--seconds` each; then the three fastest once more under every OpenMP wait policy.
  Its images are in the page cache by then.
- mixtui runs as `mixtui run` starts it, logging and saving as always, and is told to stop when it has trained for long
  enough. Its figure comes from `steps.jsonl`, where each step has the rate of its window of about half a second; a
  window with a step of the warm-up is left out. Its images are decoded into the cache beforehand, as after the first
  run on a data set; how long that took is printed.

The two are measured in alternation, and the ratio is taken within each pair.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from plain_script import WARM_UP_STEPS

from mixtui.datasets.catalog import default_data_dir
from mixtui.errors import MixtuiError
from mixtui.launch.devices import cores
from mixtui.launch.queue import ask_process_to_end
from mixtui.launch.submit import Submission, prepare
from mixtui.store.jsonl import JsonlReader
from mixtui.store.provenance import processor, versions
from mixtui.store.store import Store
from mixtui.training.batches import batch_bounds
from mixtui.training.data import load

ALPHA = 0.4
ENDLESS = 1_000_000  # epochs
PLAIN_SCRIPT = Path(__file__).with_name("plain_script.py")
WAIT_POLICIES = (None, "passive", "active")  # of OpenMP's threads between two pieces of work; None: not set
FINALISTS = 3
TUNING_IMAGES = 10_000  # the rate does not depend on how many there are, and fewer are decoded sooner


@dataclass(frozen=True)
class Task:
    """What both sides train."""

    submission: Submission
    n_train: int

    @property
    def folder(self) -> Path:
        """Where the plain script finds the images."""
        return self.submission.location or self.submission.data_dir


@dataclass(frozen=True)
class Tuning:
    """How the plain script is run."""

    workers: int
    threads: int
    channels_last: bool
    wait_policy: str | None = None

    def __str__(self) -> str:
        layout = "channels-last" if self.channels_last else "contiguous"
        policy = f", OMP_WAIT_POLICY={self.wait_policy}" if self.wait_policy else ""
        return f"{self.workers} workers, {self.threads} threads, {layout}{policy}"


@dataclass(frozen=True)
class Trial:
    """A way to run the plain script, and the images/s it gave."""

    tuning: Tuning
    rate: float


@dataclass(frozen=True)
class Pair:
    """Two measurements, one after the other, in images/s."""

    plain: float
    mixtui: float

    @property
    def ratio(self) -> float:
        return self.mixtui / self.plain


def main() -> None:
    arguments = parse_arguments()
    load_average = os.getloadavg()[0]
    try:
        task, decoding_seconds = make_task(arguments.data, arguments.batch_size)
    except MixtuiError as error:
        raise SystemExit(f"{error.message}\n{error.hint}") from None
    trials = tune(task, arguments.seconds / 4)
    tuning = trials[0].tuning
    pairs = []
    for number in range(1, arguments.pairs + 1):
        pairs.append(Pair(measure_plain(task, tuning, arguments.seconds), measure_mixtui(task, arguments.seconds)))
        say(f"pair {number} of {arguments.pairs}: {pairs[-1].plain:,.0f} and {pairs[-1].mixtui:,.0f} images/s")

    report = {
        "seconds": arguments.seconds,
        "load_average_before": load_average,
        "decoding_seconds": decoding_seconds,
        **surroundings(task),
        "plain_tuning": asdict(tuning),
        "plain_trials": [asdict(trial) for trial in trials],
        "pairs": [{**asdict(pair), "ratio": pair.ratio} for pair in pairs],
        "median_plain": statistics.median(pair.plain for pair in pairs),
        "median_mixtui": statistics.median(pair.mixtui for pair in pairs),
        "median_ratio": statistics.median(pair.ratio for pair in pairs),
    }
    print(table(report, tuning))
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=2) + "\n")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare the speed of mixtui's training with a plain script's.")
    parser.add_argument("--data", required=True, help="folder:PATH, with train/CLASS/ and test/CLASS/; or cifar10")
    parser.add_argument("--seconds", type=float, default=20.0, help="of counted training in each measurement")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    return parser.parse_args()


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def make_task(data: str, batch_size: int) -> tuple[Task, float]:
    """The task, its images decoded and cached, and the seconds that took. Raises MixtuiError as mixtui does."""
    submission = prepare(
        data,
        default_data_dir(),
        "auto",
        "auto",
        points=[(ALPHA, 0)],
        model="resnet18",
        epochs=ENDLESS,
        batch_size=batch_size,
    )
    start = time.perf_counter()
    images = load(submission.configs[0].dataset, submission.location, submission.data_dir, lambda phase, fraction: None)
    return Task(submission, len(images.train.labels)), time.perf_counter() - start


def tune(task: Task, seconds: float) -> list[Trial]:
    """Look for the fastest way to run the plain script on this machine, which comes first in what is returned."""
    ways = list(candidates(cores()))
    say(f"tuning the plain script, {len(ways)} ways:")
    heats = rank(task, ways, seconds)
    finalists = [trial.tuning for trial in heats[:FINALISTS]]
    say(f"the {len(finalists)} fastest again, under each wait policy:")
    final = [replace(tuning, wait_policy=policy) for tuning in finalists for policy in WAIT_POLICIES]
    return rank(task, final, seconds) + heats


def candidates(cores: int) -> Iterable[Tuning]:
    """Loader processes beside threads of training, alone on the cores or sharing them."""
    counts = sorted({0, 1, 2, 4} | {2**i for i in range(cores.bit_length())})
    for workers in counts:
        threads = {1, cores // 2, cores - workers, cores}
        for n in sorted(n for n in threads if n >= 1):
            yield Tuning(workers, n, channels_last=False)
            yield Tuning(workers, n, channels_last=True)


def rank(task: Task, tunings: list[Tuning], seconds: float) -> list[Trial]:
    """Measure each; the fastest first."""
    trials = []
    for tuning in tunings:
        rate = measure_plain(replace(task, n_train=min(TUNING_IMAGES, task.n_train)), tuning, seconds)
        trials.append(Trial(tuning, rate))
        say(f"  {tuning}: {trials[-1].rate:,.0f} images/s")
    return sorted(trials, key=lambda trial: trial.rate, reverse=True)


def measure_plain(task: Task, tuning: Tuning, seconds: float) -> float:
    """Images/s of the plain script."""
    config = task.submission.configs[0]
    options = {
        "--alpha": config.alpha,
        "--batch-size": config.batch_size,
        "--device": config.device,
        "--workers": tuning.workers,
        "--threads": tuning.threads,
        "--seconds": seconds,
        "--train-images": task.n_train,
    }
    command = [sys.executable, str(PLAIN_SCRIPT), str(task.folder), *map(str, itertools.chain(*options.items()))]
    if tuning.channels_last:
        command.append("--channels-last")
    environment = {**os.environ, "PYTHONWARNINGS": "ignore::UserWarning"}  # more loader processes than cores are meant
    if tuning.wait_policy:
        environment["OMP_WAIT_POLICY"] = tuning.wait_policy
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit("The plain script failed.")
    report = json.loads(done.stdout)
    if report["n_train"] != task.n_train:
        raise SystemExit(f"Unequal work: {report['n_train']} training images, and {task.n_train} in mixtui.")
    return float(report["train_images_per_second"])


def measure_mixtui(task: Task, seconds: float) -> float:
    """Images/s of a run of mixtui, stopped after `seconds` of counted training."""
    bounds = batch_bounds(task.n_train, task.submission.configs[0].batch_size)
    with tempfile.TemporaryDirectory() as runs_dir:
        (paths,) = task.submission.create(Store(Path(runs_dir)), {}, {})
        with paths.output.open("wb") as output:
            keeper = subprocess.Popen(
                [sys.executable, "-m", "mixtui.launch.keeper", str(paths.root), "1"],
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C must not part it from the worker that is waited for below
            )
        try:
            reader, steps = JsonlReader(paths.steps), list[dict[str, Any]]()
            counted_images, counted_seconds = 0, 0.0
            while counted_seconds < seconds:
                if keeper.poll() is not None:
                    raise SystemExit(f"mixtui's run ended early:\n{paths.output.read_text()}")
                time.sleep(0.5)
                steps += reader.read()
                counted_images, counted_seconds = count(steps, bounds)
            return counted_images / counted_seconds
        finally:
            ask_process_to_end(paths, "stop")
            keeper.wait()


def count(steps: list[dict[str, Any]], bounds: list[tuple[int, int]]) -> tuple[int, float]:
    """The images, and the seconds they took, in the windows of `steps.jsonl` that begin after the warm-up.

    A window is a row of steps of the same rate; `bounds` are the batches of an epoch.
    """
    images, seconds = 0, 0.0
    sizes = itertools.cycle(stop - start for start, stop in bounds)
    windows = itertools.groupby(zip(steps, sizes, strict=False), key=lambda pair: pair[0]["images_per_second"])
    for rate, group in windows:
        window = list(group)
        if window[0][0]["step"] > WARM_UP_STEPS:
            window_images = sum(size for _, size in window)
            images += window_images
            seconds += window_images / rate
    return images, seconds


def surroundings(task: Task) -> dict[str, Any]:
    """The work, and the machine that did it."""
    config = task.submission.configs[0]
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "device": config.device if config.device == "cpu" else torch.cuda.get_device_name(config.device),
        "processor": processor(),
        "cores": os.cpu_count(),
        "versions": versions(),
        "data": config.dataset,
        "n_train": task.n_train,
        "model": config.model,
        "batch_size": config.batch_size,
        "alpha": config.alpha,
        "precision": config.precision,
        "mixtui_threads": config.threads,
        "warm_up_steps": WARM_UP_STEPS,
    }


def table(report: dict[str, Any], tuning: Tuning) -> str:
    pairs = report["pairs"]
    rows = [
        ("", *(f"pair {number}" for number in range(1, len(pairs) + 1)), "median"),
        ("plain script, images/s", *(f"{p['plain']:,.0f}" for p in pairs), f"{report['median_plain']:,.0f}"),
        ("mixtui, images/s", *(f"{p['mixtui']:,.0f}" for p in pairs), f"{report['median_mixtui']:,.0f}"),
        ("ratio", *(f"{p['ratio']:.2f}" for p in pairs), f"{report['median_ratio']:.2f}"),
    ]
    lines = [
        "",
        f"{report['date']}  device {report['device']}; {report['processor']}, {report['cores']} cores; "
        f"load {report['load_average_before']:.1f} before",
        ", ".join(f"{name} {version}" for name, version in report["versions"].items()),
        f"{report['data']}, {report['n_train']:,} training images; {report['model']}, batch {report['batch_size']}, "
        f"alpha {report['alpha']:g}, {report['precision']}; {report['seconds']:g} s a measurement",
        f"plain script: {tuning}",
        f"mixtui: {report['mixtui_threads']} threads; images decoded beforehand "
        f"({report['decoding_seconds']:.1f} s; next to nothing where they were cached)",
        "",
        *(f"{row[0]:24}" + "".join(f"{cell:>10}" for cell in row[1:]) for row in rows),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
