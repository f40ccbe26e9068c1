"""What the makers of runs for `interface.py` share: their command line, and the pace at which steps stream."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

TICK = 0.1  # seconds between two batches of streamed steps

Train = Callable[[int, int], object]  # trains a run from one step to another


def make(
    description: str | None,
    *,
    finished: Callable[[Path, int], None],
    long: Callable[[Path, int], None],
    begin: Callable[[Path, int], Sequence[Train]],
) -> None:
    """Do what the command line asks for: in a folder, so many `finished` runs, a `long` one of so many steps, or so
    many that `begin` and then stream."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("what", choices=["finished", "long", "stream"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=12)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--rate", type=float, default=10.0)
    parser.add_argument("--speed", type=float, default=1.0)
    options = parser.parse_args()
    if options.what == "finished":
        finished(options.folder, options.runs)
    elif options.what == "long":
        long(options.folder, options.steps or 100_000)
    else:
        _stream(begin(options.folder, options.runs), options.rate * options.speed, options.steps)


def _stream(runs: Sequence[Train], rate: float, steps: int | None) -> None:
    """`rate` steps a second each; after `steps` they only live on."""
    began, done = time.monotonic(), 0
    print("streaming", flush=True)
    while True:
        due = int((time.monotonic() - began) * rate)
        due = due if steps is None else min(due, steps)
        for train in runs:
            train(done, due)
        if due == steps and done != steps:
            print("done", flush=True)
        done = due
        time.sleep(TICK)
