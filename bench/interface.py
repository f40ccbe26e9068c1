"""Measure the interface as a person meets it, side by side with W&B's LEET where a Python that has wandb is given.

    python bench/interface.py FOLDER [--leet PYTHON] [--rounds N] [--only CASE ...]

Makes like data for both, opens it in tmux with the one and the other, and writes interface.json and interface.md into
FOLDER. Of what takes time it gives the best and the median of all rounds: whatever else the machine does only adds
to them.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import select
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
from terminal import Pane, p95, wait_for_quiet

HERE = Path(__file__).parent
RUNS, STEPS, STREAMS, RATE = 1000, 100_000, 12, 10.0
HOUR = 3600  # seconds
PRESSES = 60
REST = 10.0  # seconds over which CPU and bytes are counted

OWN_FOLDERS = ("MIXTUI_CONFIG", "MIXTUI_LOCAL", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")

Figures = dict[str, float]


@dataclass(frozen=True)
class Program:
    """What a person types to do the same thing in each of the two."""

    name: str
    command: tuple[str, ...]  # before the folder of the runs
    folder: str  # where the maker of its runs puts them, below the folder it is given
    maker: tuple[str, ...]
    row: str  # stands in the row of every run
    cursor: str  # pattern that the line under the cursor fits, on the styled screen
    down: str
    up: str
    mark_all: tuple[tuple[str, ...], ...]
    curves: tuple[str, ...]  # from the table to the curves of the run under the cursor
    opened: str  # stands on the screen when they are shown

    def open(self, runs: Path, environment: dict[str, str]) -> Pane:
        wait_for_quiet()
        return Pane([*self.command, str(runs / self.folder)], environment)

    def cursor_line(self, styled: str) -> int:
        return next((n for n, line in enumerate(styled.splitlines()) if re.search(self.cursor, line)), -1)


def mixtui() -> Program:
    return Program(
        "mixtui",
        (sys.executable, "-m", "mixtui", "--runs-dir"),
        ".",
        (sys.executable, str(HERE / "interface_runs.py")),
        "resnet18",
        "▸",
        "j",
        "k",
        (("a",),),
        ("Enter", "2"),
        "[2 Curves]",
    )


def leet(python: Path) -> Program:
    return Program(
        "LEET",
        (str(python.with_name("wandb")), "leet"),
        "wandb",
        (str(python), str(HERE / "interface_leet.py")),
        "offline-run-",
        r"48;5;215m",
        "Down",
        "Up",
        (("C-a",), ("y",)),
        ("Enter",),
        "loss",
    )


# The cases: each opens the program anew and returns what it measured


def measure_finished(program: Program, runs: Path, environment: dict[str, str]) -> Figures:
    with program.open(runs, environment) as pane:
        first_row = pane.seconds_until(lambda: program.row in pane.screen(), pane.began)
        all_drawn = pane.seconds_until_still(pane.began)
        times = press_keys(program, pane)
        pane.seconds_until_still(time.perf_counter())
        idle = pane.cpu_percent(REST)
        return {
            "first row, s": first_row,
            "all drawn, s": all_drawn,
            "key p95, ms": p95(times) * 1000,
            "key median, ms": statistics.median(times) * 1000,
            "idle CPU, %": idle,
            "memory, MB": pane.memory_mb(),
        }


def measure_long(program: Program, runs: Path, environment: dict[str, str]) -> Figures:
    """The cursor goes to the long run, and its curves are opened, as fast as keys can be pressed."""
    with program.open(runs, environment) as pane:
        pane.seconds_until(lambda: program.row in pane.screen(), pane.began)
        pane.seconds_until_still(time.perf_counter())
        pressed = pane.press(program.down, *program.curves)
        drawn = pane.seconds_until_still(pressed)
        if program.opened not in pane.screen():
            raise SystemExit(f"{program.name} opened something else:\n{pane.screen()}")
        return {"opened to drawn, s": drawn, "memory, MB": pane.memory_mb()}


def measure_streaming(program: Program, runs: Path, environment: dict[str, str]) -> Figures:
    """All runs are drawn while they stream."""
    with streaming(program, runs, environment), program.open(runs, environment) as pane:
        mark_all(program, pane)
        times = press_keys(program, pane)
        return {
            "key p95, ms": p95(times) * 1000,
            "key median, ms": statistics.median(times) * 1000,
            "bytes/s": pane.bytes_per_second(REST),
            "CPU, %": pane.cpu_percent(REST),
            "memory, MB": pane.memory_mb(),
        }


def measure_hour(program: Program, runs: Path, environment: dict[str, str], speed: float) -> Figures:
    """The memory while the runs stream what they do in an hour, `speed` times as fast."""
    steps = int(HOUR * RATE)
    with (
        streaming(program, runs, environment, "--steps", str(steps), "--speed", str(speed)) as feeder,
        program.open(runs, environment) as pane,
    ):
        mark_all(program, pane)
        memory = list[float]()
        while not select.select([feeder.stdout], [], [], HOUR / speed / 60)[0]:  # until it says that it is done
            memory.append(pane.memory_mb())
        pane.seconds_until_still(time.perf_counter())
        third = len(memory) // 3
        return {
            "first third, MB": statistics.mean(memory[:third]),
            "second third, MB": statistics.mean(memory[third : 2 * third]),
            "last third, MB": statistics.mean(memory[2 * third :]),
            "growth in the last third, MB": memory[-1] - memory[2 * third],
            "most, MB": max(memory),
            "at the end, MB": pane.memory_mb(),
        }


def press_keys(program: Program, pane: Pane) -> list[float]:
    """Walk down and up; the seconds until the cursor is seen elsewhere, of each press."""
    return pane.key_times([program.down] * 5 + [program.up] * 5, program.cursor_line, PRESSES)


def mark_all(program: Program, pane: Pane) -> None:
    pane.seconds_until(lambda: pane.screen().count(program.row) >= STREAMS // 2, pane.began)
    time.sleep(1.0)
    for keys in program.mark_all:
        pane.press(*keys)
        time.sleep(0.5)
    time.sleep(2.0)


# The data


def make(program: Program, what: str, folder: Path, environment: dict[str, str], *options: str) -> None:
    subprocess.run([*program.maker, what, str(folder), *options], env={**os.environ, **environment}, check=True)


@contextlib.contextmanager
def streaming(
    program: Program, folder: Path, environment: dict[str, str], *options: str
) -> Iterator[subprocess.Popen[str]]:
    """Runs that stream into `folder`, from their beginning, until the context ends."""
    command = [*program.maker, "stream", str(folder), "--runs", str(STREAMS), "--rate", str(RATE), *options]
    feeder = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True)
    try:
        assert feeder.stdout is not None
        if feeder.stdout.readline() != "streaming\n":
            raise SystemExit("The runs that stream could not be made.")
        yield feeder
    finally:
        feeder.terminate()
        feeder.wait()


def own_folders(root: Path) -> dict[str, str]:
    """Where what the programs remember lies below `root`."""
    return {name: str(root / name) for name in OWN_FOLDERS}


# The report

Results = dict[str, dict[str, list[Figures]]]  # by case and program, a round each


def lines(results: Results, programs: Sequence[Program]) -> Iterator[str]:
    for case, by_program in results.items():
        names = [program.name for program in programs if by_program.get(program.name)]
        if not names:
            continue
        yield from ("", f"**{case}**", "", "| | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names))
        for figure in by_program[names[0]][0]:
            yield f"| {figure} | " + " | ".join(_cell(by_program[name], figure) for name in names) + " |"


def _cell(rounds: list[Figures], figure: str) -> str:
    values = [found[figure] for found in rounds]
    best, median = min(values), statistics.median(values)
    return f"{best:.3g}" if len(values) == 1 else f"{best:.3g} (median {median:.3g})"


def surroundings() -> dict[str, object]:
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "python": sys.version.split()[0],
        "load_average": os.getloadavg()[0],
        "memory_gb": round(psutil.virtual_memory().total / 1e9),
        "terminal": "tmux, 120x40",
    }


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the interface, side by side with W&B's LEET.")
    parser.add_argument("folder", type=Path, help="where the figures go")
    parser.add_argument("--leet", type=Path, metavar="PYTHON", help="the Python of an environment that has wandb")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--speed", type=float, default=60.0, help="of the simulated hour")
    parser.add_argument("--only", nargs="+", choices=["finished", "long", "streaming", "hour"])
    return parser.parse_args()


def main() -> None:
    options = parse_arguments()
    wanted = options.only or ["finished", "long", "streaming", "hour"]
    programs = [mixtui(), *([leet(options.leet)] if options.leet else [])]
    results: Results = {}
    about = surroundings()
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        environment = {**own_folders(work), "OMP_NUM_THREADS": "1", "LANG": "C.UTF-8", "COLORTERM": "truecolor"}

        def note(case: str, program: Program, figures: Figures) -> None:
            print(f"{case:28}{program.name:8}", {name: round(value, 3) for name, value in figures.items()}, flush=True)
            results.setdefault(case, {}).setdefault(program.name, []).append(figures)

        for program in programs:
            if "finished" in wanted:
                make(program, "finished", work / program.name / "finished", environment, "--runs", str(RUNS))
            if "long" in wanted:
                make(program, "long", work / program.name / "long", environment, "--steps", str(STEPS))
        for number in range(options.rounds):
            for program in programs:
                data = work / program.name
                if "finished" in wanted:
                    case = f"{RUNS:,} finished runs" + (", opened for the first time" if number == 0 else "")
                    note(case, program, measure_finished(program, data / "finished", environment))
                if "long" in wanted:
                    first_time = {**environment, **own_folders(data / f"long-{number}")}  # the cursor at the newest run
                    note(f"a run of {STEPS:,} steps", program, measure_long(program, data / "long", first_time))
                if "streaming" in wanted:
                    case = f"{STREAMS} runs streaming"
                    note(case, program, measure_streaming(program, data / f"streaming-{number}", environment))
        if "hour" in wanted:
            for program in programs:
                figures = measure_hour(program, work / program.name / "hour", environment, options.speed)
                note(f"an hour of {STREAMS} runs streaming", program, figures)
    options.folder.mkdir(parents=True, exist_ok=True)
    document = {**about, "results": results}
    (options.folder / "interface.json").write_text(json.dumps(document, indent=2) + "\n")
    told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in about.items())
    text = "\n".join([told, *lines(results, programs), ""])
    (options.folder / "interface.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
