"""Measure what many runs cost: the folder, the commands that list and choose runs, the interface.

    python bench/scaling.py FOLDER [--runs 100 1000 10000] [--live 100] [--rounds 3]

Makes run directories on local disk (`scaling_runs.py`), and writes scaling.json and scaling.md into FOLDER. Of what
takes time it gives the best and the median of all rounds. Where strace is installed it counts what a file server would
be asked: the system calls on files in the folder of runs.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from interface import mixtui, press_keys
from surroundings import say, surroundings, surroundings_text
from terminal import Pane, p95

HERE = Path(__file__).parent
REST = 10.0  # seconds over which CPU and bytes are counted
TRACED = 10.0  # seconds over which system calls are counted
OWN_FOLDERS = ("MIXTUI_CONFIG", "MIXTUI_LOCAL", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
# What a client of a file server asks it for, unless it knows.
CALLS = ("stat", "open", "read", "list")
_KINDS = {
    "newfstatat": "stat",
    "stat": "stat",
    "statx": "stat",
    "open": "open",
    "openat": "open",
    "read": "read",
    "pread64": "read",
    "getdents64": "list",
}

Figures = dict[str, float]


class Folder:
    """A folder of so many made runs, and an environment of its own to look at it in."""

    def __init__(self, work: Path, runs: int) -> None:
        self.size = runs
        self.runs = work / f"{runs}"
        own = {name: str(work / f"own-{runs}" / name) for name in OWN_FOLDERS}
        self._cache, self._config = Path(own["XDG_CACHE_HOME"]), Path(own["MIXTUI_CONFIG"])
        self._shown = {**own, "OMP_NUM_THREADS": "1", "LANG": "C.UTF-8", "COLORTERM": "truecolor"}
        self.environment = {**os.environ, **self._shown}
        subprocess.run([*maker("finished", self.runs, runs)], check=True)
        time.sleep(3)  # what was written a moment ago is not kept

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "mixtui", *arguments, "--runs-dir", str(self.runs)]

    def forget(self) -> None:
        """Remove what mixtui keeps of earlier listings."""
        shutil.rmtree(self._cache, ignore_errors=True)

    def open(self) -> Pane:
        """The interface, with its cursor on the first row."""
        shutil.rmtree(self._config, ignore_errors=True)
        path = {"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}
        return Pane([sys.executable, "-m", "mixtui", "--runs-dir", str(self.runs)], {**self._shown, **path})


def maker(what: str, folder: Path, runs: int) -> list[str]:
    return [sys.executable, str(HERE / "scaling_runs.py"), what, str(folder), "--runs", str(runs)]


# The folder


def measure_folder(folder: Folder) -> Figures:
    files = [entry for entry in folder.runs.rglob("*") if entry.is_file()]
    sizes = [entry.stat().st_size for entry in files]
    blocks = [entry.stat().st_blocks * 512 for entry in files]
    return {
        "files a run": len(files) / folder.size,
        "kB a run": sum(sizes) / folder.size / 1000,
        "kB on the disk a run": sum(blocks) / folder.size / 1000,
    }


# The commands


def measure_commands(folder: Folder, rounds: int) -> dict[str, list[Figures]]:
    """Each as a process, from its start to its end."""
    one = sorted(path.name for path in folder.runs.glob("2*"))[folder.size // 2]
    commands = {
        "list": ["list"],
        "list --filter": ["list", "--filter", "alpha:0.4 state:finished"],
        "list --json": ["list", "--json"],
        "show ID": ["show", one],
        "compare, 18 runs": ["compare", "--filter", "tag:study-2"],
    }
    results: dict[str, list[Figures]] = {}
    for _ in range(rounds):
        folder.forget()
        results.setdefault("list, the first time", []).append(timed(folder, "list"))
        for name, command in commands.items():
            results.setdefault(name, []).append(timed(folder, *command))
    return results


def timed(folder: Folder, *command: str) -> Figures:
    began = time.perf_counter()
    process = subprocess.Popen(folder.command(*command), env=folder.environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    if status:
        raise SystemExit(f"{command} went wrong.")
    return {"s": seconds, "CPU s": usage.ru_utime + usage.ru_stime, "MB": usage.ru_maxrss / 1000}


# The interface


def measure_interface(folder: Folder) -> Figures:
    with folder.open() as pane:
        first_row = pane.seconds_until(lambda: "resnet18" in pane.screen(), pane.began)
        all_rows = pane.seconds_until(lambda: shows_all(pane, folder.size), pane.began)
        pane.seconds_until_still(pane.began)
        return {"first row, s": first_row, "all rows, s": all_rows, **in_use(pane)}


def measure_live(folder: Folder, live: int) -> Figures:
    """While `live` more runs train."""
    with training(folder, live), folder.open() as pane:
        pane.seconds_until(lambda: shows_all(pane, folder.size + live), pane.began)
        time.sleep(3)  # the panels
        return in_use(pane)


def in_use(pane: Pane) -> Figures:
    times = press_keys(mixtui(), pane)
    time.sleep(2)
    return {
        "key median, ms": statistics.median(times) * 1000,
        "key p95, ms": p95(times) * 1000,
        "CPU, %": pane.cpu_percent(REST),
        "memory, MB": pane.memory_mb(),
    }


def shows_all(pane: Pane, runs: int) -> bool:
    return re.search(rf"Runs · {runs}\b(?! of)", pane.screen()) is not None


@contextlib.contextmanager
def training(folder: Folder, runs: int) -> Iterator[None]:
    """More runs that train until the context ends, and are gone then."""
    before = set(folder.runs.glob("2*"))
    feeder = subprocess.Popen(maker("live", folder.runs, runs), stdout=subprocess.PIPE, text=True)
    try:
        assert feeder.stdout is not None
        if feeder.stdout.readline() != "training\n":
            raise SystemExit("The runs that train could not be made.")
        time.sleep(3)
        yield
    finally:
        feeder.terminate()
        feeder.wait()
        for made in set(folder.runs.glob("2*")) - before:
            shutil.rmtree(made)


# System calls


def count_calls(folder: Folder, live: int) -> dict[str, Figures]:
    """By what was done: calls on files in the folder of runs; of the interface, each second."""
    calls: dict[str, Figures] = {}
    folder.forget()
    calls["list, the first time"] = traced(folder, "list")
    calls["list"] = traced(folder, "list")
    calls["interface at rest, each second"] = traced_interface(folder, folder.size)
    with training(folder, live):
        calls[f"interface, {live} train, each second"] = traced_interface(folder, folder.size + live)
    return calls


def traced_interface(folder: Folder, runs: int) -> Figures:
    with folder.open() as pane:
        pane.seconds_until(lambda: shows_all(pane, runs), pane.began)
        time.sleep(5)
        with tracing(folder, "-p", str(pane.processes()[0].pid)) as (tracer, found):
            time.sleep(TRACED)
            tracer.terminate()
        return {name: count / TRACED for name, count in found.items()}


def traced(folder: Folder, *command: str) -> Figures:
    with tracing(folder, *folder.command(*command)) as (_, found):
        pass
    return found


@contextlib.contextmanager
def tracing(folder: Folder, *what: str) -> Iterator[tuple[subprocess.Popen[bytes], Figures]]:
    """strace on a command or a process; the calls are there when it has ended, which the context waits for."""
    found: Figures = {}
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch) / "log"
        calls = "trace=" + ",".join(f"?{call}" for call in _KINDS)
        strace = ["strace", "-f", "-y", "-qq", "-e", calls, "-o", str(log), *what]
        tracer = subprocess.Popen(strace, env=folder.environment, stdout=subprocess.DEVNULL)
        yield tracer, found
        tracer.wait()
        found |= counted(log, str(folder.runs))


def counted(log: Path, within: str) -> Figures:
    counts: Counter[str] = Counter(dict.fromkeys(CALLS, 0))
    with log.open(errors="replace") as lines:
        for line in lines:
            call = re.match(r"\d+ +(\w+)\(", line)
            if call and within in line and (kind := _KINDS.get(call[1])):
                counts[kind] += 1
    return {kind: float(counts[kind]) for kind in CALLS}


# The report


def text(report: dict[str, Any]) -> str:
    sizes = report["sizes"]
    lines = [surroundings_text(report), "", f"| runs | {' | '.join(f'{int(size):,}' for size in sizes)} |"]
    lines.append("|---|" + "---:|" * len(sizes))
    for case in dict.fromkeys(case for size in sizes.values() for case in size):
        rounds = [size.get(case) for size in sizes.values()]
        lines += (
            f"| {case}: {figure} | " + " | ".join(cell(found, figure) for found in rounds) + " |"
            for figure in next(filter(None, rounds))[0]
        )
    return "\n".join(lines)


def cell(rounds: list[Figures] | None, figure: str) -> str:
    if not rounds:
        return ""
    values = [found[figure] for found in rounds]
    best, median = min(values), statistics.median(values)
    return f"{best:,.3g}" if len(values) == 1 else f"{best:,.3g} ({median:,.3g})"


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure what many runs cost.")
    parser.add_argument("folder", type=Path, help="where the figures go")
    parser.add_argument("--runs", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--live", type=int, default=100, help="runs that train beside them")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def main() -> None:
    options = parse_arguments()
    report: dict[str, Any] = {**surroundings("cpu"), "live": options.live, "sizes": {}}
    with tempfile.TemporaryDirectory() as scratch:
        for runs in options.runs:
            report["sizes"][runs] = measure(Folder(Path(scratch), runs), options.live, options.rounds)
            shutil.rmtree(scratch + f"/{runs}")
    options.folder.mkdir(parents=True, exist_ok=True)
    (options.folder / "scaling.json").write_text(json.dumps(report, indent=2) + "\n")
    (options.folder / "scaling.md").write_text(text(report) + "\n")
    print(text(report))


def measure(folder: Folder, live: int, rounds: int) -> dict[str, Sequence[Figures]]:
    results: dict[str, list[Figures]] = {"folder": [measure_folder(folder)], **measure_commands(folder, rounds)}
    folder.forget()
    results["interface, the first time"] = [measure_interface(folder)]
    results["interface"] = [measure_interface(folder) for _ in range(rounds)]
    say(f"{folder.size} runs: commands and interface are measured")
    results[f"interface, {live} train"] = [measure_live(folder, live) for _ in range(rounds)]
    if shutil.which("strace"):
        results |= {f"calls, {name}": [found] for name, found in count_calls(folder, live).items()}
    return results


if __name__ == "__main__":
    main()
