"""What a job does: trains its runs side by side, each by a keeper of its own, to their ends or to the job's.

submitit calls a `Task` in the job, and its `checkpoint` when the time limit is near; it then has the job queued again.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any

from mixtui.errors import MixtuiError
from mixtui.launch.devices import gpus_for
from mixtui.launch.gpu_sharing import Sharing
from mixtui.launch.gpus import gpus_called
from mixtui.launch.leases import Lease, lease_gpu
from mixtui.launch.local_folder import local_folder
from mixtui.launch.slurm.commands import SCHEDULER, SlurmError, is_preempted, requeue
from mixtui.launch.start import GRACE, kill_worker, signal_worker, start
from mixtui.store.control import change_control, read_control
from mixtui.store.job import Job, Phase, read_job, write_job
from mixtui.store.paths import RunPaths
from mixtui.store.run import BrokenRunError, Run
from mixtui.store.status import State

LOOK_EVERY = 2.0  # seconds: what each job asks of the file server
LOOK_SOON = 0.1  # seconds, once Slurm ends the job: its time of grace may be short
REQUEUE_TAKES = 60.0  # seconds at most


class Task:
    """The runs of one job, by their folders. A run that is not wanted any more, or has ended, is left out.

    When Slurm ends the job, it sends SIGTERM to all its processes: the runs save, and that is waited for. If it was to
    give way to another, it asks for its next turn itself: Slurm takes a job that ends in its time of grace for done.
    """

    def __init__(self, runs: tuple[str, ...]) -> None:
        self._paths = tuple(RunPaths(Path(run)) for run in runs)
        self._keepers: dict[RunPaths, subprocess.Popen[bytes]] = {}
        self._asked_at: dict[RunPaths, float] = {}  # when it was first seen that a run is wanted to end
        self._was_terminated = False

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_keepers": {}, "_asked_at": {}}

    def __call__(self) -> None:
        signal.signal(signal.SIGTERM, self._note_end)
        folder = _folder()
        sharing = Sharing(folder)
        for paths in self._paths:
            try:
                self._start(paths, sharing)
            except Exception:  # one odd run must not take the others' turn
                traceback.print_exc()
        while self._are_training():
            self._rest()
            for paths in self._keepers:
                self._hasten(paths)
        sharing.leave()
        shutil.rmtree(folder, ignore_errors=True)
        if self._was_terminated and is_preempted(_job_id()):
            self._give_way()

    def _give_way(self) -> None:
        interrupted = list(filter(_waits_again, self._keepers))
        if not interrupted:
            return
        try:
            requeue(_job_id())
        except SlurmError:  # a job of which somebody said so, or the whole cluster's, is not queued again
            for paths in interrupted:
                _say(paths, paths.last_claim(), "ended", "preempted")
        else:
            time.sleep(REQUEUE_TAKES)  # Slurm ends it

    def _note_end(self, *_: object) -> None:
        self._was_terminated = True  # no Event: its lock is not for a signal handler

    def _rest(self) -> None:
        """Until it is time to look at the runs again; that is soon once Slurm ends the job."""
        until = time.monotonic() + LOOK_EVERY
        time.sleep(LOOK_SOON)
        while time.monotonic() < until and not self._was_terminated:
            time.sleep(LOOK_SOON)

    def checkpoint(self) -> Any:
        """The time limit is near: let all runs save. What is to be called when the job has its next turn.

        submitit calls it from its handler of SIGUSR2, in the midst of `__call__`. Raises SystemExit where no next turn
        is wanted.
        """
        from submitit.helpers import DelayedSubmission

        for paths in self._keepers:
            signal_worker(paths, signal.SIGUSR2)
        deadline = time.monotonic() + GRACE
        while self._are_training():
            time.sleep(0.1)
            if time.monotonic() > deadline:  # one that hangs must not cost the others their next turn
                for paths, keeper in self._keepers.items():
                    if keeper.poll() is None:
                        kill_worker(paths, paths.last_claim())
        if not any(map(_came_on, self._keepers)) or not list(filter(_waits_again, self._keepers)):
            sys.exit(0)  # all have ended; or the limit is too short for any to come on, and always would be
        return DelayedSubmission(Task(tuple(str(paths.root) for paths in self._paths)))

    def _start(self, paths: RunPaths, sharing: Sharing) -> None:
        if _was_interrupted(paths):
            _say(paths, Run.load(paths.root).attempt, "waiting")  # as the watch does, which may be asleep
        run = Run.load(paths.root)
        if run.status.state is not State.QUEUED:
            return
        attempt = run.attempt + 1
        if run.control.get("attempt") != attempt:
            change_control(paths, attempt=attempt)
        _say(paths, attempt, "running")
        lease = self._lease(run)
        environment = {"PYTHONPATH": run.control.get("pythonpath") or ""}
        if lease.gpu is not None:
            environment |= sharing.environment(run, lease.gpu, shared=len(self._paths) > 1)
        try:
            self._keepers[paths] = start(paths, attempt, lease, environment)
        finally:
            lease.close()  # the training has it now, if there is one

    def _lease(self, run: Run) -> Lease:
        """The place of a run in this job: one of the GPUs that Slurm gave it, those of other runs last."""
        if run.config.device != "cpu":
            lease = lease_gpu(_folder(), gpus_called(gpus_for(run.config.device)), len(self._paths))
            if lease is not None:
                return replace(lease, place=f"{SCHEDULER} job {_job_id()}, {lease.place}")
        return Lease(f"{SCHEDULER} job {_job_id()}", None, ())

    def _are_training(self) -> bool:
        return any(keeper.poll() is None for keeper in self._keepers.values())

    def _hasten(self, paths: RunPaths) -> None:
        """Kill a run that was asked to end and does not."""
        with contextlib.suppress(MixtuiError):
            if read_control(paths).get("want", "run") == "run" or self._keepers[paths].poll() is not None:
                self._asked_at.pop(paths, None)
            elif time.monotonic() - self._asked_at.setdefault(paths, time.monotonic()) > GRACE:
                kill_worker(paths, paths.last_claim())


def _folder() -> Path:
    """For locks and MPS of this job alone: a daemon of another's sees that one's GPUs, and ends with it."""
    folder = local_folder() / f"job-{_job_id()}"
    folder.mkdir(exist_ok=True)
    return folder


def _was_interrupted(paths: RunPaths) -> bool:
    """Whether this is another turn of the job that began the run's attempt: a node that failed tells nobody."""
    with contextlib.suppress(OSError, ValueError):
        job = read_job(paths)
        return job is not None and job.id == _job_id() and int(os.environ.get("SLURM_RESTART_COUNT", "0")) > 0
    return False


def _came_on(paths: RunPaths) -> bool:
    """Whether a run did any step in this attempt; of one that is spoilt, not."""
    with contextlib.suppress(BrokenRunError):
        run = Run.load(paths.root)
        began = max((rewind.from_step for rewind in run.history.rewinds if rewind.attempt == run.attempt), default=0)
        return run.end is not None and run.end["step"] > began
    return False


def _waits_again(paths: RunPaths) -> bool:
    """Whether a run was interrupted, and so goes on in the job's next turn; that is written down then."""
    with contextlib.suppress(BrokenRunError):
        run = Run.load(paths.root)
        if run.status.state is State.STOPPED and run.status.reason in ("timeout", "signal"):
            _say(paths, run.attempt, "waiting")
            return True
    return False


def _say(paths: RunPaths, attempt: int, phase: Phase, reason: str | None = None) -> None:
    """Leave word of the job: whoever handed it over may not have come to that."""
    with contextlib.suppress(OSError):  # a full disk: the training will meet it
        cluster = os.environ.get("SLURM_CLUSTER_NAME", "")
        write_job(paths, Job(attempt, SCHEDULER, _job_id(), phase, reason=reason, cluster=cluster))


def _job_id() -> str:
    """As squeue writes it: `123`, or `123_4` in an array."""
    array, task = (os.environ.get(f"SLURM_ARRAY_{name}_ID") for name in ("JOB", "TASK"))
    return f"{array}_{task}" if array and task else os.environ.get("SLURM_JOB_ID", "")
