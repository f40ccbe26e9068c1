"""A person's folder on a cluster: a network and images of their own, the command line, and the runs."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mixtui.launch.wake import lock_path
from mixtui.lock import is_locked
from mixtui.store.files import read_json
from mixtui.store.job import read_job
from mixtui.store.jsonl import JsonlReader
from mixtui.store.listing import read_document
from mixtui.store.paths import RunPaths
from mixtui.store.run import Run
from mixtui.store.store import Store
from mixtui.ui.app import MixtuiApp
from mixtui.ui.folder_state import load_folder_state
from mixtui.ui.preferences import Preferences
from tests.cli.conftest import environment
from tests.slurm.cluster import Cluster
from tests.ui.conftest import Opened

PATIENCE = 90.0  # seconds: a machine that trains beside its tests is slow at times
# 8 steps an epoch. As long as there is a file `slow` a step takes half a second, and changes nothing; the images of
# `held_images` come when there is no file `held`.
TINY = """
import time
from pathlib import Path
import numpy as np
from torch import nn

HERE = Path(__file__).parent

class Slowly(nn.Module):
    def forward(self, x):
        if self.training and (HERE / "slow").exists():
            time.sleep(0.5)
        return x

def network(num_classes, channels):
    return nn.Sequential(
        Slowly(), nn.Conv2d(channels, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout2d(0.1),
        nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(16, num_classes),
    )

def images():
    pixels = np.random.default_rng(0).integers(0, 256, (48, 8, 8, 3), dtype=np.uint8)
    labels = np.arange(48) % 4
    return (pixels[:32], labels[:32]), (pixels[32:], labels[32:])

def held_images():
    while (HERE / "held").exists():
        time.sleep(0.05)
    return images()
"""
TINY_RECIPE = ("--dataset", "tiny:images", "--model", "tiny:network", "--batch-size", "4", "--epochs", "16")


@dataclass(frozen=True)
class Workplace:
    """Runs `mixtui` in `folder`; `changes` are what its environment has besides."""

    folder: Path
    cluster: Cluster
    changes: dict[str, str]

    @property
    def store(self) -> Store:
        return Store(self.folder / "runs")

    def mixtui(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        own = {"MIXTUI_CONFIG": str(self.folder / "config"), "COLUMNS": "140", "CUDA_VISIBLE_DEVICES": ""}
        return subprocess.run(
            [sys.executable, "-m", "mixtui", *arguments],
            cwd=self.folder,
            env=environment(self.folder, **self.cluster.env, **own, **self.changes),
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def call(self, *arguments: str) -> str:
        """What a command prints; it must go well."""
        done = self.mixtui(*arguments)
        assert done.returncode == 0, (arguments, done)
        return done.stdout

    def sweep(self, alphas: str, *options: str) -> list[RunPaths]:
        """The runs of a new sweep on the cluster, by alpha."""
        told = json.loads(self.call("sweep", "--alphas", alphas, *options, "--on", "slurm", "--json"))
        return [RunPaths(self.store.root / run_id) for run_id in told["ids"]]

    def listed(self) -> dict[str, dict[str, Any]]:
        """`mixtui list --json`, by id."""
        return {run["id"]: run for run in json.loads(self.call("list", "--json"))}

    def state_of(self, paths: RunPaths) -> str:
        """A run's state as `mixtui list` tells it, with its reason where it has one."""
        document = read_document(paths.root)
        return ": ".join(word for word in (document["state"], document["reason"]) if word)

    def waits_for(self, paths: RunPaths) -> str | None:
        """Slurm's reason."""
        told: str | None = read_document(paths.root)["waits_for"]
        return told

    def set_begin(self, paths: RunPaths, time: str, *changes: str) -> None:
        """Wait until a run's job waits, and set when it begins: 11 s after it was queued again if not told."""
        self.until(lambda: job_of(paths) in self.cluster.queue("PENDING"))
        self.cluster.run("scontrol", "update", f"JobId={job_of(paths)}", f"StartTime={time}", *changes)

    def until(self, holds: Callable[[], object]) -> None:
        """Raises TimeoutError, which tells of the runs and the cluster, where it does not come true."""
        try:
            self.cluster.wait_until(lambda: bool(holds()), timeout=PATIENCE)
        except TimeoutError as error:
            for root in sorted(self.store.root.glob("2*")):
                job = read_json(RunPaths(root).job)
                error.add_note(f"{self.state_of(RunPaths(root))} {job} {read_document(root)['sentence']}")
            raise

    def until_states(self, runs: Sequence[RunPaths], *states: str) -> None:
        """Wait until each of the runs is in its state; one state is for all of them."""
        wanted = list(states) * (len(runs) if len(states) == 1 else 1)
        self.until(lambda: [self.state_of(paths) for paths in runs] == wanted)

    def until_trained(self, paths: RunPaths, steps: int) -> None:
        """Wait until a run has recorded so many steps of its latest attempt."""
        self.until(lambda: _is_training(paths) and len(steps_of(paths)) >= steps)

    def show(self, *texts: str) -> None:
        """Open the interface, and wait until the texts stand there."""

        async def look() -> None:
            app = MixtuiApp(self.store, Preferences(), load_folder_state(self.store.root))
            async with app.run_test(size=(140, 40)) as pilot:
                await Opened(app, pilot).until(lambda: app.loaded)
                await Opened(app, pilot).until_shown(*texts)

        asyncio.run(look())

    def leave(self) -> None:
        """Mend the cluster and take all jobs back; a supervisor goes where there are no runs any more."""
        self.cluster.mend()
        self.cluster.run("scancel", "--user=root")
        self.cluster.wait_until_idle()
        if self.store.root.exists():
            self.store.root.rename(self.folder / "gone")
        self.cluster.wait_until(lambda: not is_locked(lock_path(self.store.root)))


def job_of(paths: RunPaths) -> str:
    job = read_job(paths)
    assert job is not None
    return job.id


def steps_of(paths: RunPaths) -> list[dict[str, Any]]:
    return Run.load(paths.root).history.in_force(JsonlReader(paths.steps).read())


def _is_training(paths: RunPaths) -> bool:
    return bool(Run.load(paths.root).status.state == "running")


def results(paths: RunPaths) -> dict[str, Any]:
    """Everything that a training computed: equal to the last bit for two that are the same."""
    with np.load(paths.predictions) as file:
        predictions = {name: file[name].tolist() for name in file.files}
    epochs = [(epoch["train_loss"], epoch["metrics"]) for epoch in Run.load(paths.root).history.epochs]
    steps = [{name: step[name] for name in ("step", "loss", "lam", "lr")} for step in steps_of(paths)]
    return {"predictions": predictions, "epochs": epochs, "steps": steps}
