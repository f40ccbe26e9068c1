"""How fast mixtui trains, beside the script that one would write without it.

    python bench/compare.py --data folder:PATH [--parts run sweep] [--json FILE]

The same network is trained with the same batch size on the same images, on the same machine, while nothing else runs:

- `run`: one training, its steps alone, in alternation (compare_run.py);
- `sweep`: six alphas from the command to the last metrics (compare_sweep.py).

The plain script (plain_script.py) is run in the way that was found fastest here (plain_ways.py). Both sides find their
images decoded, as after the first time. How long that takes is told.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from compare_run import compare_run, run_table
from compare_sweep import compare_sweep, places, sweep_table
from compare_task import Task, make_task
from plain_ways import Trial, Way, tune, tune_side_by_side
from surroundings import say, surroundings, surroundings_text

from mixtui.errors import MixtuiError
from mixtui.launch.devices import choose_device

TUNING_SHARE = 1 / 4  # of the seconds of a measurement


def main() -> None:
    arguments = parse_arguments()
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):  # each side chooses its own
        os.environ.pop(name, None)
    try:
        report = compare(arguments)
    except MixtuiError as error:
        raise SystemExit(f"{error.message}\n{error.hint}") from None
    print(text(report))
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=2) + "\n")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare the speed of mixtui's training with a plain script's.")
    parser.add_argument("--data", required=True, help="folder:PATH, with train/CLASS/ and test/CLASS/; or cifar10")
    parser.add_argument("--model", default="resnet18", help="one of torchvision's")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=2, help="of each training of the sweep")
    parser.add_argument("--seconds", type=float, default=20.0, help="of training in each measurement of a single run")
    parser.add_argument("--pairs", type=int, default=3, help="of such measurements")
    parser.add_argument("--parts", nargs="+", choices=["run", "sweep"], default=["run", "sweep"])
    parser.add_argument("--device", default="auto", help="auto, cpu, or cuda[:N]")
    parser.add_argument("--precision", default="auto", help="mixtui's; the plain script is tried with bf16 where it is")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    return parser.parse_args()


def compare(arguments: argparse.Namespace) -> dict[str, Any]:
    about = surroundings(choose_device(arguments.device))
    cores, on_cpu = about["cores"], about["device"] == "cpu"
    with tempfile.TemporaryDirectory() as decoded:
        task = make_task(arguments, Path(decoded))
        seconds = arguments.seconds * TUNING_SHARE
        say("tuning the plain script:")
        trials = tune(task.plain, cores, seconds)
        report = {**about, **work(task), "plain_trials": as_json(trials)}
        if "run" in arguments.parts:
            report["run"] = compare_run(task, trials[0].way, arguments.seconds, arguments.pairs)
        if "sweep" in arguments.parts:
            shared: Way | None = None
            if on_cpu and cores > 1:
                say("and several of it side by side:")
                side_by_side = tune_side_by_side(task.plain, places(cores)[1], seconds)
                report["plain_trials_side_by_side"] = as_json(side_by_side)
                shared = side_by_side[0].way
            report["sweep"] = compare_sweep(task, arguments.precision, arguments.epochs, trials[0].way, shared, cores)
    return report


def work(task: Task) -> dict[str, Any]:
    """What both sides do."""
    config = task.single.configs[0]
    return {
        "data": config.dataset,
        "n_train": task.n_train,
        "n_test": task.n_test,
        "model": config.model,
        "batch_size": config.batch_size,
        "precision": config.precision,
        "mixtui_decoding_seconds": task.mixtui_decoding_seconds,
        "plain_decoding_seconds": task.plain_decoding_seconds,
    }


def as_json(trials: Sequence[Trial]) -> list[dict[str, Any]]:
    return [{"told": str(trial.way), **asdict(trial.way), "images_per_second": trial.rate} for trial in trials]


def text(report: dict[str, Any]) -> str:
    lines = [
        "",
        surroundings_text(report),
        f"{report['data']}, {report['n_train']:,} training and {report['n_test']:,} test images; {report['model']}, "
        f"batch {report['batch_size']}; mixtui in {report['precision']}",
        f"images decoded beforehand: by mixtui in {report['mixtui_decoding_seconds']:.1f} s (next to nothing where they"
        f" were cached), by the plain script in {report['plain_decoding_seconds']:.1f} s",
        f"plain script: {best(report['plain_trials'])}",
    ]
    if "plain_trials_side_by_side" in report:
        lines += [f"plain script side by side: {best(report['plain_trials_side_by_side'])}"]
    if "run" in report:
        lines += ["", run_table(report["run"])]
    if "sweep" in report:
        lines += ["", sweep_table(report["sweep"])]
    return "\n".join(lines)


def best(trials: Sequence[dict[str, Any]]) -> str:
    return f"{trials[0]['told']} ({trials[0]['images_per_second']:,.0f} images/s when tuned)"


if __name__ == "__main__":
    main()
