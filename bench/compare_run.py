"""One training, steps only: the plain script and mixtui in alternation.

Each side trains in a process of its own, while nothing else runs. Starting up, the first steps and evaluation are not
counted on either side.
"""

from __future__ import annotations

import statistics
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from compare_task import ALPHA, Task
from endless_training import endless_training
from plain_script import WARM_UP_STEPS
from plain_ways import Way, measure_plain
from surroundings import say


@dataclass(frozen=True)
class Pair:
    """Two measurements, one after the other, in images/s."""

    plain: float
    mixtui: float

    @property
    def ratio(self) -> float:
        return self.mixtui / self.plain


def compare_run(task: Task, way: Way, seconds: float, n_pairs: int) -> dict[str, Any]:
    """Measure `n_pairs` pairs, `seconds` of training steps a measurement, the plain script run in that way."""
    pairs: list[Pair] = []
    for number in range(1, n_pairs + 1):
        pairs.append(Pair(measure_plain(task.plain, way, seconds), measure_mixtui(task, seconds)))
        say(f"pair {number} of {n_pairs}: {pairs[-1].plain:,.0f} and {pairs[-1].mixtui:,.0f} images/s")
    return {
        "seconds": seconds,
        "warm_up_steps": WARM_UP_STEPS,
        "alpha": ALPHA,
        "plain_way": asdict(way),
        "mixtui_threads": task.single.configs[0].threads,
        "pairs": [{**asdict(pair), "ratio": pair.ratio} for pair in pairs],
        "median_plain": statistics.median(pair.plain for pair in pairs),
        "median_mixtui": statistics.median(pair.mixtui for pair in pairs),
        "median_ratio": statistics.median(pair.ratio for pair in pairs),
    }


def measure_mixtui(task: Task, seconds: float) -> float:
    """Images/s of a run of mixtui, stopped after so many seconds of counted training."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as runs_dir,
        endless_training(task.single, task.n_train, Path(runs_dir)) as training,
    ):
        return training.rate(seconds)


def run_table(part: dict[str, Any]) -> str:
    pairs = part["pairs"]
    rows = [
        ("", *(f"pair {number}" for number in range(1, len(pairs) + 1)), "median"),
        ("plain script, images/s", *(f"{p['plain']:,.0f}" for p in pairs), f"{part['median_plain']:,.0f}"),
        ("mixtui, images/s", *(f"{p['mixtui']:,.0f}" for p in pairs), f"{part['median_mixtui']:,.0f}"),
        ("ratio", *(f"{p['ratio']:.2f}" for p in pairs), f"{part['median_ratio']:.2f}"),
    ]
    return "\n".join(
        [
            f"One training, alpha {part['alpha']:g}, steps only, {part['seconds']:g} s a measurement; "
            f"mixtui with {part['mixtui_threads']} thread{'s' * (part['mixtui_threads'] != 1)}",
            *(f"{row[0]:26}" + "".join(f"{cell:>10}" for cell in row[1:]) for row in rows),
        ]
    )
