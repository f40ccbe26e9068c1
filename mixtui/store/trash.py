"""Runs that were removed, kept in `RUNS/.trash-UID/` until a person empties it."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from mixtui.errors import MixtuiError, UnsuitableRunError
from mixtui.store.job import JOB_FILES, read_job
from mixtui.store.paths import RunPaths
from mixtui.store.process import is_ending
from mixtui.store.run import Run
from mixtui.store.status import State


class Trash:
    """The trash of the runs folder `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder = root / f".trash-{os.getuid()}"

    def put(self, run: Run) -> None:
        """Move a run into the trash.

        Raises UnsuitableRunError for one that is live or queued, MixtuiError when it cannot be moved.
        """
        state = Run.load(run.paths.root).status.state  # somebody may have resumed it since `run` was read
        if state.is_live or state is State.QUEUED:
            raise UnsuitableRunError(f"{run.id} is {state}.", f"Stop it first: mixtui stop {run.id}")
        if is_ending(run.paths.process):
            raise UnsuitableRunError(f"The process of {run.id} is still ending.", "Try again in a moment.")
        self._move(run.paths.root, self._folder / run.id)

    def restore(self, run_id: str) -> Path:
        """Move a run back. Raises MixtuiError when it is not there, or its place is taken."""
        return self._move(self._folder / self._find(run_id), self._root / self._find(run_id))

    def ids(self) -> list[str]:
        """What is in the trash, oldest run first."""
        return sorted(path.name for path in self._folder.iterdir()) if self._folder.is_dir() else []

    def size(self) -> int:
        """Bytes that emptying it would free."""
        return sum(path.lstat().st_size for path in self._folder.rglob("*") if not path.is_dir())

    def empty(self) -> None:
        """Delete for good what is in it. Raises MixtuiError when that cannot be done."""
        try:
            if self._folder.is_dir():
                self._remove_job_files()
                shutil.rmtree(self._folder)
        except OSError as error:
            raise MixtuiError(f"The trash cannot be emptied: {error.strerror}.", f"See to {self._folder}.") from None

    def _remove_job_files(self) -> None:
        """Delete what is kept of the runs' jobs, as far as these have ended: one may train other runs too."""
        jobs = set()
        for run_id in self.ids():
            with contextlib.suppress(OSError, ValueError):
                job = read_job(RunPaths(self._folder / run_id))
                if job is not None and job.phase == "ended":
                    jobs.add(job.id)
        for path in (self._root / JOB_FILES).glob("*_*") if jobs else ():
            number, task, *_ = path.name.split("_")
            if not jobs.isdisjoint((number, f"{number}_{task}")):
                with contextlib.suppress(OSError):
                    path.unlink()

    def _find(self, reference: str) -> str:
        ids = self.ids()
        matches = (
            [run_id for run_id in ids if run_id == reference]
            or [run_id for run_id in ids if run_id.rpartition("-")[2] == reference]
            or [run_id for run_id in ids if reference and run_id.startswith(reference)]
        )
        if len(matches) != 1:
            how_many = f"{len(matches)} removed runs are" if matches else "No removed run is"
            raise MixtuiError(f"{how_many} called {reference!r}.", "mixtui trash lists what is there.")
        return matches[0]

    def _move(self, source: Path, target: Path) -> Path:
        try:
            target.parent.mkdir(exist_ok=True)
            if target.exists() or target.is_symlink():
                raise MixtuiError(f"{target} is there already.", "Move it away first.")
            source.rename(target)
        except OSError as error:
            raise MixtuiError(f"{source.name} cannot be moved: {error.strerror}.", "See to its folder.") from None
        return target
