"""What the scheduler that has a run says of it: `job.json`, for whoever shows the run and cannot ask the scheduler."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from mixtui.store.files import encode_json, read_json, write_atomically
from mixtui.store.paths import RunPaths

Phase = Literal["waiting", "running", "ended"]
JOB_FILES = ".slurm"  # below the runs folder: what submitit keeps of each job, and its output; `ID_...` of job ID


@dataclass(frozen=True)
class Job:
    """A job of a cluster's scheduler, which trains a run; it may hold other runs too."""

    attempt: int  # of the run, when it was handed over or last begun
    scheduler: str  # "Slurm"
    id: str  # the scheduler's: "1234_5"
    phase: Phase
    why: str = ""  # in the scheduler's own word, why it waits or how it ended: "Resources", "NODE_FAIL"
    reason: str | None = None  # of one that ended: the word of `status.Status.reason`
    cluster: str = ""  # whose job it is, where several see one file system; "" where that is not known

    @property
    def sentence(self) -> str:
        """How one that ended did, for a person."""
        return _ENDS.get(self.reason or "", "{} ended.").format(f"{self.scheduler} job {self.id}")


_ENDS = {
    "timeout": "{} reached its time limit.",
    "preempted": "{} had to give way to another.",
    "node-failed": "The node of {} failed.",
    "cancelled": "{} was cancelled.",
    "oom": "{} took more memory than it had asked for.",
    "error": "{} failed.",
    "unknown": "Of {} nothing is known any more.",
}


def read_job(paths: RunPaths) -> Job | None:
    """None where no scheduler ever had the run. Raises ValueError on a record that is none."""
    document = read_json(paths.job)
    return None if document is None else _parse(document)


def write_job(paths: RunPaths, job: Job) -> None:
    """Write it anew. Raises OSError as the file system does. Not synced: thousands may change at once, and it is told
    again."""
    data = encode_json(asdict(job), indent=2)
    write_atomically(paths.job, lambda file: file.write(data), sync=False)


_TYPES: dict[str, Any] = {
    "attempt": int,
    "scheduler": str,
    "id": str,
    "phase": str,
    "why": str,
    "reason": str | None,
    "cluster": str,
}


def _parse(document: dict[str, Any]) -> Job:
    fields = {"cluster": "", **document}
    fields = {name: fields.get(name) for name in _TYPES}
    for name, kind in _TYPES.items():
        if not isinstance(fields[name], kind):
            raise ValueError(f"job.json: {name} is {fields[name]!r}")  # noqa: TRY004 - as for text that is no JSON
    if fields["phase"] not in get_args(Phase):
        raise ValueError(f"job.json: phase is {fields['phase']!r}")
    return Job(**fields)
