"""Whether bf16 changes the science: the same recipes trained in fp32 and in bf16, over several seeds.

    python bench/precision.py --data folder:PATH [--seeds 5] [--alphas 0,0.4] [--epochs 10] [--runs-dir FOLDER]

Each precision is a sweep of mixtui's. The differences are paired by seed: both precisions begin with the same weights
and see the same images in the same order, mixed alike. With `--runs-dir` the runs are kept, and what an earlier call
has finished there is not trained again.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from surroundings import surroundings, surroundings_text

from mixtui.calibration.seeds import paired_difference, summary
from mixtui.errors import MixtuiError
from mixtui.launch.devices import choose_device
from mixtui.store.listing import listed
from mixtui.store.run import Run
from mixtui.store.store import Store
from mixtui.store.study import Row, study_of
from mixtui.store.study_table import difference_text, mean_and_sd

PRECISIONS = ("fp32", "bf16")  # also the tags of the runs
METRICS = ("accuracy", "ece")


def main() -> None:
    arguments = parse_arguments()
    try:
        about = surroundings(choose_device(arguments.device))
    except MixtuiError as error:
        raise SystemExit(f"{error.message}\n{error.hint}") from None
    with contextlib.ExitStack() as stack:
        runs_dir: Path = arguments.runs_dir or Path(
            stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        )
        for precision in PRECISIONS:
            train(arguments, precision, runs_dir)
        rows = {precision: rows_of(Store(runs_dir), precision) for precision in PRECISIONS}
        report = {
            **about,
            **{name: getattr(arguments, name) for name in ("data", "model", "epochs", "seeds")},
            "alphas": [
                comparison({precision: rows[precision][alpha] for precision in PRECISIONS}, runs_dir)
                for alpha in rows["fp32"]
            ],
        }
    print(text(report))
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=2) + "\n")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare accuracy, ECE and speed of training in fp32 and in bf16.")
    parser.add_argument("--data", required=True, help="as mixtui sweep --dataset takes it")
    parser.add_argument("--alphas", default="0,0.4")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--model", default="resnet18")
    parser.add_argument("--device", default="auto", help="auto, cpu, or cuda[:N]")
    parser.add_argument("--runs-dir", type=Path, metavar="FOLDER", help="keep the runs there")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    return parser.parse_args()


def train(arguments: argparse.Namespace, precision: str, runs_dir: Path) -> None:
    options = {
        "--dataset": arguments.data,
        "--alphas": arguments.alphas,
        "--seeds": arguments.seeds,
        "--epochs": arguments.epochs,
        "--model": arguments.model,
        "--device": arguments.device,
        "--precision": precision,
        "--tag": precision,
        "--runs-dir": runs_dir,
    }
    command = [sys.executable, "-m", "mixtui", "sweep", "--wait"]
    command += [str(part) for option in options.items() for part in option]
    if subprocess.run(command, stdout=sys.stderr, check=False).returncode:
        raise SystemExit(f"The sweep in {precision} did not finish.")


def rows_of(store: Store, precision: str) -> dict[float, Row]:
    """The runs of that precision, by alpha. Raises SystemExit where there are several recipes."""
    study = study_of(run for run in listed(store) if precision in run.get("tags", ()))
    rows = {row.alpha: row for row in study.rows}
    if len(rows) != len(study.rows):
        raise SystemExit(f"Runs in {store.root} differ in {', '.join(study.differing)}: use another folder.")
    return rows


def comparison(rows: dict[str, Row], runs_dir: Path) -> dict[str, Any]:
    """One alpha: each precision's scores and speed, and how far bf16 lies above fp32."""
    report: dict[str, Any] = {"alpha": rows["fp32"].alpha}
    for precision, row in rows.items():
        report[precision] = {
            "images_per_second": statistics.mean(
                epoch["images_per_second"] for run in row.runs for epoch in Run.load(runs_dir / run.id).history.epochs
            )
        }
    for metric in METRICS:
        fp32, bf16 = (rows[precision].scores(metric) for precision in PRECISIONS)
        for precision, row in rows.items():
            report[precision][metric] = _described(row, metric)
        difference = paired_difference(bf16, fp32)
        if difference is None:
            raise SystemExit(f"No seed of alpha {report['alpha']:g} has {metric} in both precisions.")
        report[f"{metric}_difference"] = {
            **asdict(difference),
            "told": difference_text(difference),
            "by_seed": {seed: bf16[seed] - fp32[seed] for seed in fp32 if seed in bf16},
        }
    return report


def _described(row: Row, metric: str) -> dict[str, Any]:
    scores = row.scores(metric)
    over_seeds = summary(list(scores.values()))
    return {**(asdict(over_seeds) if over_seeds else {}), "told": mean_and_sd(over_seeds), "by_seed": scores}


def text(report: dict[str, Any]) -> str:
    lines = [
        "",
        surroundings_text(report),
        f"{report['data']}; {report['model']}, {report['epochs']} epochs, {report['seeds']} seeds; mean ± sd, and "
        "how far bf16 lies above fp32 [95 % interval of the paired t test]",
    ]
    for alpha in report["alphas"]:
        lines += ["", f"alpha {alpha['alpha']:<8g}{'fp32':>16}{'bf16':>16}   difference"]
        for metric in METRICS:
            cells = "".join(f"{alpha[precision][metric]['told']:>16}" for precision in PRECISIONS)
            lines.append(f"  {metric:12}{cells}   {alpha[f'{metric}_difference']['told']}")
        rates = [alpha[precision]["images_per_second"] for precision in PRECISIONS]
        lines.append(
            f"  {'images/s':12}" + "".join(f"{rate:16,.0f}" for rate in rates) + f"   × {rates[1] / rates[0]:.2f}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
