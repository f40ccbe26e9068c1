"""Handing runs to Slurm: an array of jobs for those that are asked of it alike."""

from __future__ import annotations

import contextlib
import io
import shlex
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mixtui.launch.launcher import NotSubmittedError
from mixtui.launch.slurm.commands import JOB_NAME, SCHEDULER, ask_cluster
from mixtui.launch.slurm.settings import INSTALL_SUBMITIT, SlurmSettings, minutes
from mixtui.launch.slurm.task import Task
from mixtui.lock import Lock
from mixtui.store.control import read_control
from mixtui.store.job import JOB_FILES, Job, read_job, write_job
from mixtui.store.paths import RunPaths

if TYPE_CHECKING:
    import submitit

_Wanted = tuple[RunPaths, int]  # a run and the attempt that is wanted of it

SIGNAL_BEFORE = 90  # seconds before its time limit in which a job saves and asks to be queued again
PATIENCE = 60.0  # seconds for another who hands runs over
RESTARTS = 10_000  # a run goes on as often as its time limit asks for; one without progress ends by itself


def submit_jobs(runs: Sequence[RunPaths], settings: SlurmSettings) -> None:
    """Submit those of the runs below one folder that have no job yet. Raises NotSubmittedError."""
    if runs:
        with _alone(runs[0].root.parent.resolve() / JOB_FILES):
            _submit(runs, settings)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Of two who hand runs over at once, a watch and whoever resumes a run, the second sees what the first has done.

    Raises NotSubmittedError where the first takes long.
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # no locks there: should a run have two jobs, the second leaves it out
            folder.mkdir(parents=True, exist_ok=True)
            lock = Lock.take(folder / ".lock", PATIENCE)
            if lock is None:
                raise NotSubmittedError("Something else is being handed to Slurm.", "Try again in a minute.")
            stack.callback(lock.close)
        yield


def _submit(runs: Sequence[RunPaths], settings: SlurmSettings) -> None:
    groups: dict[tuple[str, str | None], list[_Wanted]] = {}
    for paths in runs:
        control = read_control(paths)
        attempt = int(control.get("attempt", 1))
        if not _is_submitted(paths, attempt):
            paths.job.unlink(missing_ok=True)  # how an earlier job ended would have the new one leave the run out
            python = control.get("python") or "python3", control.get("pythonpath")
            groups.setdefault(python, []).append((paths, attempt))
    for python, group in groups.items():
        executor = _executor(group[0][0].root.parent, *python, settings)
        cluster = ask_cluster()
        arrays = list(_batches(_batches(group, settings.runs_per_task), cluster.largest_array))
        at_once = None if settings.at_once is None else max(1, settings.at_once // len(arrays))
        for array in arrays:
            _submit_array(executor, array, at_once, cluster.name)


def _submit_array(
    executor: submitit.SlurmExecutor, tasks: list[list[_Wanted]], at_once: int | None, cluster: str
) -> None:
    try:
        executor.update_parameters(array_parallelism=at_once or len(tasks))
        with contextlib.redirect_stderr(io.StringIO()), executor.batch():  # which would copy what sbatch complains of
            jobs = [executor.submit(Task(tuple(str(paths.root.resolve()) for paths, _ in task))) for task in tasks]
    except Exception as error:  # submitit has several, and no common one
        said = [line for line in str(error).splitlines() if line.strip()]
        last = next((line for line in reversed(said) if "error" in line), said[-1] if said else type(error).__name__)
        why = last.removeprefix("sbatch: error: ").removeprefix("Batch job submission failed: ").strip().rstrip(".")
        raise NotSubmittedError(f"Slurm refused the runs: {why}.", "mixtui doctor shows the partitions.") from None
    for job, task in zip(jobs, tasks, strict=True):
        for paths, attempt in task:
            if not _is_submitted(paths, attempt):  # else it has begun, and said so
                with contextlib.suppress(OSError):  # a full disk: it will say so when it begins
                    write_job(paths, Job(attempt, SCHEDULER, job.job_id, "waiting", cluster=cluster))


def _executor(root: Path, python: str, pythonpath: str | None, settings: SlurmSettings) -> submitit.SlurmExecutor:
    try:
        import submitit
    except ImportError:
        raise NotSubmittedError("submitit is not installed.", INSTALL_SUBMITIT) from None
    try:
        folder = root.resolve() / JOB_FILES
        executor = submitit.SlurmExecutor(folder, max_num_timeout=RESTARTS, python=shlex.quote(python))
    except RuntimeError as error:
        why = str(error).rstrip(".?")
        raise NotSubmittedError(f"This host cannot submit to Slurm: {why}.", "Sweep on a login node.") from None
    limit = minutes(settings.time)
    setup = ["export PYTHONSAFEPATH=1"]  # no file in the person's folder may stand in for a module
    if pythonpath is not None:
        setup.append(f"export PYTHONPATH={shlex.quote(pythonpath)}")
    # submitit counts time in minutes, and gives srun nothing of what only sbatch was asked for since Slurm 22.05.
    more: dict[str, Any] = {**settings.options, "time": settings.time, "requeue": True}
    srun = [f"--cpus-per-task={settings.cpus}"] if "cpus-per-task" in settings.options else []
    executor.update_parameters(
        job_name=JOB_NAME,
        time=limit,
        signal_delay_s=min(SIGNAL_BEFORE, limit * 60 // 3),
        stderr_to_stdout=True,
        wckey=None,
        setup=setup,
        srun_args=srun,
        additional_parameters=more,
    )
    return executor


def _is_submitted(paths: RunPaths, attempt: int) -> bool:
    try:
        job = read_job(paths)
    except (OSError, ValueError):
        return False
    return job is not None and job.attempt == attempt and job.phase != "ended"


def _batches(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    iterator = iter(items)
    return iter(lambda: list(islice(iterator, size)), [])
