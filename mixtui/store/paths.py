"""The names of the files in a run directory: the one place that knows them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from mixtui.config import RunConfig

SCHEMA_VERSION = 1  # of the run directory
SHIPPED = Path(__file__).parents[1] / "reference_runs"  # the folder of the runs that come with mixtui


@dataclass(frozen=True)
class RunPaths:
    """The files of the run directory `root`. What each holds: docs/architecture.md, "The run directory"."""

    root: Path

    @property
    def id(self) -> str:
        return self.root.name

    @property
    def config(self) -> Path:
        return self.root / "config.json"

    @property
    def control(self) -> Path:
        return self.root / "control.json"

    @property
    def events(self) -> Path:
        return self.root / "events.jsonl"

    @property
    def steps(self) -> Path:
        return self.root / "steps.jsonl"

    @property
    def bins(self) -> Path:
        return self.root / "bins.jsonl"

    @property
    def heartbeat(self) -> Path:
        return self.root / "heartbeat"

    @property
    def process(self) -> Path:
        return self.root / "process.json"

    @property
    def job(self) -> Path:
        return self.root / "job.json"

    @property
    def exit(self) -> Path:
        return self.root / "exit.json"

    @property
    def checkpoint(self) -> Path:
        return self.root / "checkpoint.pt"

    def kept_checkpoint(self, epoch: int) -> Path:
        """The checkpoint after an epoch, where those are kept."""
        return self.root / "checkpoints" / f"epoch-{epoch:04}.pt"

    @property
    def predictions(self) -> Path:
        return self.root / "predictions.npz"

    @property
    def holdout(self) -> Path:
        return self.root / "holdout.npz"

    @property
    def shifts(self) -> Path:
        return self.root / "shifts.json"

    @property
    def meta(self) -> Path:
        return self.root / "meta.json"

    @property
    def output(self) -> Path:
        return self.root / "output.log"

    @property
    def reserve(self) -> Path:
        """Bytes kept in hand while a run trains, given back to write its end when the disk is full."""
        return self.root / ".reserve"

    def claim(self, attempt: int) -> Path:
        """Empty; made exclusively by whoever starts this attempt, so that two cannot start the same one."""
        return self.root / f".attempt-{attempt}"

    def last_claim(self) -> int:
        """The number of the last attempt that anyone began, 0 for none."""
        with os.scandir(self.root) as entries:  # a glob takes several times as long, and a listing asks every run
            names = [entry.name for entry in entries]
        numbers = (name.removeprefix(".attempt-") for name in names if name.startswith(".attempt-"))
        return max((int(number) for number in numbers if number.isdecimal()), default=0)


def new_run_id(config: RunConfig, now: datetime) -> str:
    """An id that sorts by time and reads well: 20261122-231502-cifar10-resnet18-a0.4-s0-k3f9."""
    import secrets  # which takes longer to import than all else here

    tail = "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(4))
    return (
        f"{now:%Y%m%d-%H%M%S}-{_slug(config.dataset)}-{_slug(config.model)}-a{config.alpha:.6g}-s{config.seed}-{tail}"
    )


def _slug(name: str) -> str:
    """`folder:My Images` -> `my-images`; `package.module:function` -> `function`."""
    return re.sub(r"[^a-z0-9_]+", "-", name.rsplit(":", 1)[-1].lower()).strip("-")[:24] or "x"


@cache
def is_shipped(runs_folder: Path) -> bool:
    """Whether the runs of that folder are those that come with mixtui, which nothing changes."""
    return runs_folder.resolve() == SHIPPED.resolve()
