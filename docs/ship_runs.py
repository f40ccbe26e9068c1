"""Copies finished runs to those that come with mixtui:

    python docs/ship_runs.py RUNS --filter 'tag:study-1 state:finished' --preset reference

Kept is what a reader of a finished run needs: the figures of every epoch, the predictions, some 200 of the steps; no
weights, no logs, and no names of hosts nor paths, which tell of the machine and the person that trained it. Each copy
is read again and compared with the run before it counts.
"""

from __future__ import annotations

import argparse
import math
import re
import socket
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtui.calibration.bin_scores import ece
from mixtui.config import DEFAULTS, INCIDENTAL
from mixtui.errors import MixtuiError
from mixtui.launch.grid import same_work
from mixtui.presets import PRESETS, Preset
from mixtui.store.epoch_bins import read_epoch_bins
from mixtui.store.files import read_json, write_json
from mixtui.store.jsonl import JsonlReader, JsonlWriter
from mixtui.store.listing import listed
from mixtui.store.paths import RunPaths
from mixtui.store.query import parse
from mixtui.store.run import BrokenRunError, Run
from mixtui.store.run_document import run_document
from mixtui.store.shifts import read_shifts
from mixtui.store.steps import step_records
from mixtui.store.store import Store

OUT = Path(__file__).parents[1] / "runs" / "reference"
LIMIT_BYTES = 15_000_000  # of all that comes with mixtui: each clone and each installation has it
STEPS = 200  # of a run, as many as its curve has columns
DIGITS = 6  # of sums of confidences
ECE_TOLERANCE = 1e-6  # by which rounding those may move an ECE

Record = dict[str, Any]

# What `events.jsonl` tells of the machine, and what its readers take in place of it.
IMPERSONAL: dict[str, Record] = {
    "attempt": {"pid": 0, "start_time": 0, "boot_id": "", "host": ""},
    "data": {"path": ""},
}
# In the document of a run: what a copy has its own of.
OF_THE_COPY = {"host", "name", "tags", "note", "pinned", "retry_of", "read_only", "dataset_requested", "config", "path"}
# Not within a word, as in images/s; and what follows is neither a blank nor the end of a text.
PATH = re.compile(r"(?<![\w/])/[^\s/\"']")


def ship(source: Store, query: str, preset: str, out: Path) -> None:
    """Copy the runs of `source` that fit `query` to `out` with the tag `preset`, and say what became of each.

    Raises MixtuiError where one is not finished or tells of its machine, and where `out` would become too large; those
    before it are copied.
    """
    runs = finished_runs(source, query, preset)
    there = {same_work(run.config): run.id for run in shipped_runs(out, preset)}
    out.mkdir(parents=True, exist_ok=True)
    for run in runs:
        work = same_work(run.config)
        if work in there:
            print(f"{run.id}: left out, as {there[work]} has the same recipe")
            continue
        size = ship_run(run, preset, out)
        there[work] = run.id
        print(f"{run.id}: {size / 1e6:.2f} MB")
    print(f"{out}: {size_of(out) / 1e6:.1f} of {LIMIT_BYTES / 1e6:.0f} MB")


def finished_runs(source: Store, query: str, preset: str) -> list[Run]:
    wanted = parse(query)
    found = [document for document in listed(source) if wanted.matches(document)]
    if not found:
        raise MixtuiError(f"No run matches {query}.", "mixtui list shows all.")
    for document in found:
        if document["state"] != "finished":
            raise MixtuiError(f"{document['id']} is {document['state']}.", "Add to the filter: state:finished")
        if not is_of(PRESETS[preset], document["config"]):
            raise MixtuiError(f"{document['id']} is no run of {preset}.", "mixtui sweep --preset trains those.")
    return [Run.load(source.root / document["id"]) for document in found]


def is_of(preset: Preset, config: Record) -> bool:
    """Whether a run has the recipe of the preset, but for its data set: CIFAR-10 may be a folder of its images."""
    recipe = {**DEFAULTS, **preset.recipe}
    decisive = recipe.keys() - {*INCIDENTAL, "dataset", "seed", "precision"}
    return config["alpha"] in preset.alphas and all(config[name] == recipe[name] for name in decisive)


def shipped_runs(out: Path, preset: str) -> list[Run]:
    runs = []
    for run in Store(out).runs():
        if isinstance(run, BrokenRunError):
            raise run
        if preset in run.tags:
            runs.append(run)
    return runs


def ship_run(run: Run, preset: str, out: Path) -> int:
    """Copy one run to `out`, whole or not at all; the bytes of the copy."""
    with tempfile.TemporaryDirectory(prefix=".", dir=out) as folder:
        copy = RunPaths(Path(folder) / run.id)
        copy.root.mkdir()
        write_copy(run, preset, copy)
        check_figures(run, Run.load(copy.root))
        check_impersonal(run, copy)
        if size_of(out) > LIMIT_BYTES:
            raise MixtuiError(
                f"With {run.id} the runs that come with mixtui would take more than {LIMIT_BYTES / 1e6:.0f} MB.",
                "Leave some out.",
            )
        size = size_of(copy.root)
        copy.root.rename(out / run.id)
    return size


def write_copy(run: Run, preset: str, copy: RunPaths) -> None:
    config = read_json(run.paths.config) or {}
    requested = None if config["dataset_requested"] is None else config["dataset"]  # its name, without its path
    write_json(copy.config, {**config, "dataset_requested": requested})
    write_json(copy.meta, {"tags": [preset]})
    write_lines(copy.events, map(impersonal, records_of(run.paths.events)))
    write_lines(copy.steps, thinned([step for block in step_records(run.paths, run.history) for step in block]))
    write_lines(copy.bins, map(rounded, records_of(run.paths.bins)))
    for before, after in ((run.paths.predictions, copy.predictions), (run.paths.holdout, copy.holdout)):
        if before.exists():
            with np.load(before, allow_pickle=False) as arrays:
                labels, ids = compact(arrays["labels"]), compact(arrays["ids"])
                np.savez_compressed(after, logits=arrays["logits"], labels=labels, ids=ids)
    if shifts := read_shifts(run.paths):
        write_json(copy.shifts, shifts.to_json())


def records_of(path: Path) -> list[Record]:
    return JsonlReader(path).read()


def write_lines(path: Path, records: Iterable[Record]) -> None:
    log = JsonlWriter(path)
    log.append(records)
    log.close()


def impersonal(event: Record) -> Record:
    return {**event, **IMPERSONAL.get(str(event.get("type")), {})}


def thinned(steps: Sequence[Record]) -> list[Record]:
    """The first of the `steps`, in order, at most `STEPS` at equal distances, and the last."""
    every = max(1, math.ceil(len(steps) / STEPS))
    last = len(steps) - 1
    return [step for n, step in enumerate(steps) if n == last or n == 0 or (n + 1) % every == 0]


def rounded(bins: Record) -> Record:
    """A record of `bins.jsonl` with sums of few digits, where that moves no ECE; else as it is.

    An ECE of any number of bins moves by no more than all the sums do, over the number of samples.
    """
    exact = np.array(bins["confidence_sum"])
    short = exact.round(DIGITS)
    if np.abs(short - exact).sum() > ECE_TOLERANCE * sum(bins["count"]):
        return bins
    return {**bins, "confidence_sum": short.tolist()}


def compact(values: NDArray[Any]) -> NDArray[Any]:
    """Whole numbers from 0 in the smallest type that holds them; others as they are."""
    if values.dtype.kind in "iu" and values.size and values.min() >= 0:
        return values.astype(np.min_scalar_type(values.max()))
    return values


def check_figures(run: Run, copy: Run) -> None:
    """Raises MixtuiError unless the copy says the same of the training, its epochs and its predictions."""
    before, after = figures_of(run), figures_of(copy)
    others = [name for name in before if before[name] != after[name]]
    if same_work(run.config) != same_work(copy.config):
        others.append("config")
    bins, copied_bins = (read_epoch_bins(one.paths, one.history) for one in (run, copy))
    if bins.keys() != copied_bins.keys() or any(
        abs(ece(bins[epoch]) - ece(copied_bins[epoch])) > ECE_TOLERANCE
        or not np.array_equal(bins[epoch].count, copied_bins[epoch].count)
        or not np.array_equal(bins[epoch].correct, copied_bins[epoch].correct)
        for epoch in bins
    ):
        others.append("bins of an epoch")
    for path, copied in ((run.paths.predictions, copy.paths.predictions), (run.paths.holdout, copy.paths.holdout)):
        if path.exists() and not same_arrays(path, copied):
            others.append(path.name)
    if others:
        raise MixtuiError(f"The copy of {run.id} differs in: {', '.join(others)}.", "This is a fault of ship_runs.py.")


def figures_of(run: Run) -> Record:
    """What `show --json` prints, without what a copy has its own of."""
    document = {name: value for name, value in run_document(run).items() if name not in OF_THE_COPY}
    return {**document, "data": {**document["data"], "path": ""}}


def same_arrays(path: Path, copied: Path) -> bool:
    with np.load(path, allow_pickle=False) as before, np.load(copied, allow_pickle=False) as after:
        return all(np.array_equal(before[name], after[name]) for name in ("logits", "labels", "ids"))


def check_impersonal(run: Run, copy: RunPaths) -> None:
    """Raises MixtuiError where a text of the copy holds a path, the home folder, or the name of a host."""
    hosts = {socket.gethostname(), *(attempt["host"] for attempt in run.history.attempts)} - {""}
    traces = [
        ("a path", PATH),
        ("your home folder", re.compile(re.escape(str(Path.home())))),
        *(("the name of a host", re.compile(rf"(?<![\w-]){re.escape(host)}(?![\w-])")) for host in sorted(hosts)),
    ]
    for file in sorted(copy.root.iterdir()):
        if file.suffix == ".npz":  # numbers
            continue
        text = file.read_text()
        for what, pattern in traces:
            if found := pattern.search(text):
                around = text[max(0, found.start() - 40) : found.end() + 40]
                raise MixtuiError(f"{file.name} of {run.id} holds {what}: {around!r}.", "Such a run stays yours alone.")


def size_of(folder: Path) -> int:
    """Bytes of all files in the folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, help="the folder of runs that they are copied from")
    parser.add_argument("--filter", required=True, help="which of them, as for mixtui list")
    parser.add_argument("--preset", required=True, choices=PRESETS, help="the study that they belong to")
    parser.add_argument("--out", type=Path, default=OUT, help="the folder that they are copied to (%(default)s)")
    given = parser.parse_args(arguments)
    try:
        ship(Store(given.runs), given.filter, given.preset, given.out)
    except MixtuiError as error:
        raise SystemExit(f"{error.message}\n{error.hint}") from None


if __name__ == "__main__":
    main()
