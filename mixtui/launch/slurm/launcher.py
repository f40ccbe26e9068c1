"""Jobs of a Slurm cluster: `launcher.Launcher` through submitit."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mixtui.config import RunConfig
from mixtui.errors import MixtuiError
from mixtui.launch.launcher import Watch
from mixtui.launch.local_launcher import wanted_now
from mixtui.launch.slurm.commands import SlurmError, cancel
from mixtui.launch.slurm.settings import SlurmSettings
from mixtui.store.job import Job, read_job, write_job
from mixtui.store.paths import RunPaths
from mixtui.store.run import Run
from mixtui.store.tickets import Tickets


@dataclass(frozen=True)
class SlurmLauncher:
    """See `launcher.Launcher`."""

    settings: SlurmSettings = field(default_factory=SlurmSettings)

    def resolve(self, device: str, runs: int) -> tuple[str, int]:
        """By what is asked of Slurm: this host's own processors and GPUs do not count."""
        chosen = ("cuda" if self.settings.has_gpu else "cpu") if device == "auto" else device
        if chosen != "cpu" and not self.settings.has_gpu:
            raise MixtuiError(f"--device {device} needs a GPU, and none is asked of Slurm.", "Add --gres gpu:1.")
        return chosen, max(1, self.settings.cpus // min(self.settings.runs_per_task, runs))

    def check(self, config: RunConfig) -> None:
        self.resolve(config.device, 1)

    def wants(self, config: RunConfig, priority: int) -> dict[str, Any]:
        return wanted_now(priority) | {"launcher": "slurm", "launcher_options": self.settings.to_json()}

    def submit(self, runs: Sequence[RunPaths]) -> None:
        from mixtui.launch.slurm.submit import submit_jobs

        try:
            submit_jobs(runs, self.settings)
        finally:  # what it took before it refused the rest has to be looked after
            for paths in runs:
                if paths.job.exists():
                    self.tickets(paths.root.parent).add(paths.id)

    def hasten_ends(self, runs: Sequence[Run]) -> None:
        """A job that waits for one run alone is taken back; else the run is left out when its turn comes. One that
        trains reads in `control.json` what is wanted, and is killed by its job where it does not."""
        if self.settings.runs_per_task > 1:
            return
        waiting = [(run.paths, job) for run in runs if (job := _job_of(run)) is not None and job.phase == "waiting"]
        with contextlib.suppress(SlurmError):
            cancel([job.id for _, job in waiting])
            for paths, job in waiting:
                with contextlib.suppress(OSError):  # a full disk: whoever watches it will see
                    write_job(paths, replace(job, phase="ended", why="CANCELLED", reason="cancelled"))

    def tickets(self, root: Path) -> Tickets:
        return Tickets(root, "slurm")

    def can_watch(self) -> bool:
        return shutil.which("squeue") is not None

    def watch(self, root: Path) -> Watch:
        from mixtui.launch.slurm.watch import SlurmWatch

        return SlurmWatch(root)


def _job_of(run: Run) -> Job | None:
    with contextlib.suppress(OSError, ValueError):
        return read_job(run.paths)
    return None
