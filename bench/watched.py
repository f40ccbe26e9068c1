"""What it costs a training to be watched: images/s of one training, with `mixtui` open on it and without, in turns.

    python bench/watched.py --data folder:PATH [--seconds 60] [--rounds 3]

One process trains all the time. In each round it is measured unwatched, then with the run's curves open in a terminal
(a pane of tmux, 120x40), and the differences are taken within the rounds.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from endless_training import EPOCHS, EndlessTraining, endless_training
from surroundings import say, surroundings, surroundings_text
from terminal import Pane

from mixtui.calibration.seeds import paired_difference
from mixtui.datasets.catalog import default_data_dir
from mixtui.errors import MixtuiError
from mixtui.launch.submission import Submission, prepare
from mixtui.training.data import load

ALPHA = 0.4
SETTLES_WITHIN = 5.0  # seconds that opening or closing the interface may disturb


def main() -> None:
    arguments = parse_arguments()
    try:
        submission = prepare(
            arguments.data, default_data_dir(), arguments.device, "auto", points=[(ALPHA, 0)], epochs=EPOCHS
        )
        config = submission.configs[0]
        about = surroundings(config.device)
        images = load(config.dataset, submission.location, submission.data_dir, lambda phase, fraction: None)
    except MixtuiError as error:
        raise SystemExit(f"{error.message}\n{error.hint}") from None
    rounds = measure(submission, len(images.train.labels), arguments.seconds, arguments.rounds)
    report = {
        **about,
        "data": config.dataset,
        "model": config.model,
        "batch_size": config.batch_size,
        "precision": config.precision,
        "threads": config.threads,
        "seconds": arguments.seconds,
        "rounds": rounds,
        **cost(rounds),
    }
    print(text(report))
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=2) + "\n")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure what it costs a training to be watched.")
    parser.add_argument("--data", required=True, help="as mixtui run --dataset takes it")
    parser.add_argument("--seconds", type=float, default=60.0, help="of training in each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--device", default="auto", help="auto, cpu, or cuda[:N]")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    return parser.parse_args()


def measure(submission: Submission, n_train: int, seconds: float, n_rounds: int) -> list[dict[str, float]]:
    """Images/s in each round: watched, and unwatched on the mean of before and after, so that no drift counts."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        endless_training(submission, n_train, Path(folder) / "runs") as training,
    ):
        rounds: list[dict[str, float]] = []
        before = unwatched(training, seconds)
        for _ in range(n_rounds):
            watched = watch(training, seconds, Path(folder))
            after = unwatched(training, seconds)
            rounds.append({"unwatched": (before + after) / 2, "watched": watched})
            say(f"round {len(rounds)} of {n_rounds}: {before:,.0f}, watched {watched:,.0f}, {after:,.0f} images/s")
            before = after
    return rounds


def unwatched(training: EndlessTraining, seconds: float) -> float:
    training.rate(SETTLES_WITHIN)
    return training.rate(seconds)


def watch(training: EndlessTraining, seconds: float, folder: Path) -> float:
    """Images/s while the run's curves are open."""
    command = [sys.executable, "-m", "mixtui", "--runs-dir", str(folder / "runs")]
    environment = {"MIXTUI_CONFIG": str(folder / "config"), "LANG": "C.UTF-8", "COLORTERM": "truecolor"}
    with Pane(command, environment) as pane:
        pane.seconds_until(lambda: "resnet18" in pane.screen(), pane.began)
        pane.press("Enter", "2")
        training.rate(SETTLES_WITHIN)
        first = pane.screen()
        rate = training.rate(seconds)
        if pane.screen() == first:
            raise SystemExit(f"The screen stood still, so that nobody was watching:\n{first}")
        return rate


def cost(rounds: list[dict[str, float]]) -> dict[str, Any]:
    """How much faster, in percent, it trains watched than unwatched: below 0 where watching costs something."""
    percent = {number: 100 * (one["watched"] / one["unwatched"] - 1) for number, one in enumerate(rounds)}
    difference = paired_difference(percent, dict.fromkeys(percent, 0.0))
    assert difference is not None
    return {
        "difference_percent_by_round": list(percent.values()),
        "difference_percent": difference.mean,
        "difference_percent_interval": difference.interval,
        "difference_percent_range": [min(percent.values()), max(percent.values())],
    }


def text(report: dict[str, Any]) -> str:
    lines = [
        "",
        surroundings_text(report),
        f"{report['data']}; {report['model']}, batch {report['batch_size']}, {report['precision']}, "
        f"{report['threads']} threads; {report['seconds']:g} s a measurement",
        "",
        f"{'':10}{'unwatched':>12}{'watched':>12}   images/s",
    ]
    for number, one in enumerate(report["rounds"]):
        percent = report["difference_percent_by_round"][number]
        lines.append(f"round {number + 1:<4}{one['unwatched']:12,.1f}{one['watched']:12,.1f}   {percent:+.2f} %")
    interval = report["difference_percent_interval"]
    spread = f" [{interval[0]:+.2f}, {interval[1]:+.2f}], 95 % over the rounds" if interval else ""
    lines += ["", f"watched against unwatched: {report['difference_percent']:+.2f} %{spread}"]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
