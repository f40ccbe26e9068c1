"""Looking after the runs that Slurm has: what squeue says of their jobs is written down for all who show runs."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mixtui.errors import MixtuiError
from mixtui.launch.launcher import Launcher
from mixtui.launch.launchers import launcher_of
from mixtui.launch.queue import is_left_over, wants_retry
from mixtui.launch.slurm.commands import GONE, Seen, SlurmError, ask_accounting, ask_cluster, ask_queue
from mixtui.lock import is_locked
from mixtui.store.control import change_control
from mixtui.store.job import Job, read_job, write_job
from mixtui.store.paths import RunPaths
from mixtui.store.run import BrokenRunError, Run
from mixtui.store.server_clock import server_time
from mixtui.store.status import State
from mixtui.store.tickets import Tickets

ASK_EVERY = 5.0  # seconds: one call for all jobs, which is what a controller bears from everybody
ASK_AGAIN_AFTER = 15.0  # seconds, after Slurm could not be asked
TRY_AGAIN_AFTER = 60.0  # seconds, after it refused a run


class SlurmWatch:
    """See `launcher.Watch`. Several hosts may watch the same runs: they write the same."""

    def __init__(self, root: Path) -> None:
        self.note = ""
        self._root = root
        self._tickets = Tickets(root, "slurm")
        self._next_look = 0.0
        self._cluster = ""
        self._jobs: dict[str, str] = {}  # of each run, so that not every record is read at every look
        self._seen: dict[str, tuple[Seen, int]] = {}  # what was written down of each run, and when
        self._refused: dict[str, tuple[float, str]] = {}  # until when a run is not submitted again, and why

    def adopt(self, run: Run) -> None:
        if run.control.get("launcher") == "slurm":
            waits = run.status.state is State.QUEUED and (run.status.waits_for is not None or is_left_over(run))
            if waits or run.status.state.is_live or run.status.state is State.LOST:
                self._tickets.add(run.id)

    def has_tickets(self) -> bool:
        return bool(self._tickets.ids())

    def leave(self) -> None:
        self.note = ""

    def tick(self) -> bool:
        if time.monotonic() < self._next_look:
            return True
        ids = self._tickets.ids()
        if ids:
            self._next_look = time.monotonic() + ASK_EVERY
            self._look(ids)
        return bool(ids)

    def _look(self, ids: set[str]) -> None:
        asked = server_time(self._root)
        try:
            queue = ask_queue()
        except SlurmError as error:
            self.note, self._next_look = f"{error.message} {error.hint}", time.monotonic() + ASK_AGAIN_AFTER
            return
        self.note = ""
        self._cluster = self._cluster or ask_cluster().name
        without: list[Run] = []
        jobs = {run_id: job for run_id in sorted(ids) if (job := self._job_of(run_id, without)) is not None}
        self._submit(without)
        missing = {job for job in jobs.values() if job not in queue}
        told = queue | dict.fromkeys(missing, GONE) | (ask_accounting(missing) if missing else {})
        for run_id, job in jobs.items():
            paths = RunPaths(self._root / run_id)
            if (told[job], _written(paths)) != self._seen.get(run_id) or told[job].phase == "ended":
                self._note_down(paths, told, asked)

    def _job_of(self, run_id: str, without: list[Run]) -> str | None:
        """The id of a run's job; a run that is to have one joins those `without`."""
        if run_id not in self._jobs:
            paths = RunPaths(self._root / run_id)
            try:
                run = Run.load(paths.root)
                job = read_job(paths)
                if job is not None and job.attempt >= run.control.get("attempt", 0):
                    if job.cluster in ("", self._cluster):  # else its own hosts look after it
                        self._jobs[run_id] = job.id
                elif run.status.state is State.QUEUED:
                    without.append(run)
                else:
                    self._forget(run_id)
            except (OSError, ValueError, BrokenRunError):  # removed, or spoilt
                self._forget(run_id)
        return self._jobs.get(run_id)

    def _submit(self, runs: Sequence[Run]) -> None:
        """Hand over runs that nobody has handed over, or that are to be tried again: all that are alike at once."""
        if not runs or _is_locked(self._root / ".lock"):  # a sweep is being made, and handed over as a whole
            return
        groups: dict[Launcher, list[RunPaths]] = {}
        for run in runs:
            until, why = self._refused.get(run.id, (0.0, ""))
            if time.monotonic() < until:
                self.note = why
                continue
            try:
                groups.setdefault(launcher_of(run.control), []).append(run.paths)
            except MixtuiError as error:
                self._refuse([run.paths], error)
        for launcher, theirs in groups.items():
            try:
                launcher.submit(theirs)
            except MixtuiError as error:
                self._refuse(theirs, error)

    def _refuse(self, runs: Sequence[RunPaths], error: MixtuiError) -> None:
        self.note = f"{error.message} {error.hint}"
        again = time.monotonic() + TRY_AGAIN_AFTER
        self._refused |= {paths.id: (again, self.note) for paths in runs}

    def _note_down(self, paths: RunPaths, told: Mapping[str, Seen], asked: float) -> None:
        try:
            job = read_job(paths)
            if job is None or job.id not in told:  # another has it since
                del self._jobs[paths.id]
                return
            self._jobs[paths.id] = job.id
            seen = told[job.id]
            if seen is GONE and job.phase == "waiting":  # what never ran leaves no trace in squeue when it is cancelled
                seen = replace(GONE, reason="cancelled")
            told_itself = job.phase == seen.phase == "ended"  # how it ended, as Slurm calls done what gave way in time
            as_seen = job if told_itself else replace(job, phase=seen.phase, why=seen.why, reason=seen.reason)
            # Else the job has said something newer.
            if as_seen != job and paths.job.stat().st_mtime < asked and read_job(paths) == job:
                write_job(paths, as_seen)
                job = as_seen
            if as_seen == job:
                self._seen[paths.id] = told[job.id], _written(paths)
            if job.phase == "ended":
                self._see_to_the_end_of(paths, job)
        except ValueError:  # spoilt
            self._forget(paths.id)
        except OSError as error:  # removed; else a disk that is full or away, for a moment
            if os.path.isdir(paths.root):  # noqa: PTH112 - it never raises
                self.note = f"{paths.id} cannot be looked after: {error.strerror}."
            else:
                self._forget(paths.id)
        except MixtuiError as error:  # its control.json cannot be changed: it must not keep the others from their turn
            self.note = f"{error.message} {error.hint}"

    def _see_to_the_end_of(self, paths: RunPaths, job: Job) -> None:
        try:
            run = Run.load(paths.root)
        except BrokenRunError:
            self._forget(paths.id)
            return
        if run.status.state.is_live:  # its keeper has yet to write how it ended
            return
        if wants_retry(run):
            change_control(paths, attempt=run.attempt + 1, retries=run.control["retries"] - 1)
            self._forget(paths.id, ticket=False)
        elif run.control.get("attempt", 0) <= max(job.attempt, run.attempt):
            self._forget(paths.id)
        else:  # somebody resumes it at this moment
            self._forget(paths.id, ticket=False)

    def _forget(self, run_id: str, *, ticket: bool = True) -> None:
        self._jobs.pop(run_id, None)
        self._seen.pop(run_id, None)
        if ticket:
            self._tickets.remove(run_id)


def _is_locked(path: Path) -> bool:
    with contextlib.suppress(OSError):
        return is_locked(path)
    return False


def _written(paths: RunPaths) -> int:
    """When the record of a run's job was last written, in ns."""
    with contextlib.suppress(OSError):
        return paths.job.stat().st_mtime_ns
    return 0
