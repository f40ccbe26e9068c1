"""What Slurm says of our jobs, all of them in one call."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from mixtui.errors import MixtuiError
from mixtui.store.job import Phase

SCHEDULER = "Slurm"
JOB_NAME = "mixtui"
ANSWERS_WITHIN = 20.0  # seconds: the runs of this host wait meanwhile
IDS_A_CALL = 1000  # a command line has an end

# Slurm's states (squeue(1), "JOB STATE CODES"): what each means for a run, and of ended jobs the reason.
_WAITING = frozenset("PENDING CONFIGURING REQUEUED REQUEUE_HOLD REQUEUE_FED RESV_DEL_HOLD SPECIAL_EXIT".split())
_ENDS = {
    "COMPLETED": "done",
    "CANCELLED": "cancelled",
    "REVOKED": "cancelled",
    "TIMEOUT": "timeout",
    "DEADLINE": "timeout",
    "PREEMPTED": "preempted",
    "NODE_FAIL": "node-failed",
    "BOOT_FAIL": "node-failed",
    "OUT_OF_MEMORY": "oom",
    "FAILED": "error",
}


@dataclass(frozen=True)
class Seen:
    """A job as Slurm tells of it."""

    phase: Phase
    why: str  # Slurm's word
    reason: str | None  # of one that ended


# Of sinfo(1), "NODE STATE CODES": those in which a node takes no job.
_NO_JOBS = frozenset("down drained draining drain fail failing error unknown inval".split())

GONE = Seen("ended", "", "unknown")  # nobody knows of it any more


class SlurmError(MixtuiError):
    """Slurm could not be asked."""


def ask_queue() -> dict[str, Seen]:
    """All our jobs that the controller knows, by id: those that wait, run, or ended in the last minutes.

    Raises SlurmError.
    """
    ours = (f"--user={os.getuid()}", f"--name={JOB_NAME}")
    return dict(_parse(_run("squeue", "--noheader", "--array", "--states=all", "--format=%i|%T|%r", *ours)))


def ask_accounting(ids: Collection[str]) -> dict[str, Seen]:
    """Those of the jobs `ids` that the accounting knows; none on a cluster without one."""
    told: dict[str, Seen] = {}
    for some in _chunks(ids):
        jobs = f"--jobs={','.join(some)}"
        try:
            lines = _run("sacct", "--noheader", "--parsable2", "--allocations", "--format=JobID,State,Reason", jobs)
        except SlurmError:
            break
        told |= {job: seen for job, seen in _parse(lines) if job in ids}
    return told


@dataclass(frozen=True)
class Partition:
    """One that jobs can be sent to."""

    name: str
    is_default: bool
    nodes: int
    up: int  # nodes that take jobs, now or later
    limit: str  # the longest time of a job, as Slurm writes it
    gres: str  # what its nodes have beside processors: "gpu:a100:4"; "" for nothing


def ask_partitions() -> list[Partition]:
    """Raises SlurmError."""
    found: dict[str, Partition] = {}
    for line in _run("sinfo", "--noheader", "--format=%P|%D|%a|%T|%l|%G").splitlines():
        name, nodes, is_up, state, limit, gres = (line.split("|", 5) + [""] * 6)[:6]
        count = int(nodes) if nodes.isdecimal() else 0
        takes_jobs = is_up == "up" and state.rstrip("*~#!%$@^-+") not in _NO_JOBS
        before = found.get(name.rstrip("*"), Partition(name.rstrip("*"), name.endswith("*"), 0, 0, limit, ""))
        found[before.name] = replace(
            before,
            nodes=before.nodes + count,
            up=before.up + count * takes_jobs,
            gres=before.gres or gres.replace("(null)", ""),
        )
    return list(found.values())


@dataclass(frozen=True)
class ClusterFacts:
    """What Slurm's configuration says of the cluster that this host belongs to."""

    name: str
    largest_array: int  # jobs that one array may have


def ask_cluster() -> ClusterFacts:
    """Slurm's defaults, and no name, where it does not say."""
    try:
        lines = _run("scontrol", "show", "config").splitlines()
    except SlurmError:
        lines = []
    told = {name.strip(): value.strip() for name, _, value in (line.partition("=") for line in lines)}
    size = told.get("MaxArraySize", "")  # indices are below it
    return ClusterFacts(told.get("ClusterName", ""), max(1, int(size) - 1) if size.isdecimal() else 1000)


def cancel(ids: Collection[str]) -> None:
    """Take jobs back. Raises SlurmError where that fails for any; the others may be taken back even so."""
    refusal: SlurmError | None = None
    for some in _chunks(ids):
        try:
            _run("scancel", "--quiet", "--", *some)  # an id comes from a file, which may hold anything
        except SlurmError as error:
            refusal = error
    if refusal is not None:
        raise refusal


def is_preempted(job: str) -> bool:
    """Whether a job that runs must give way to another. False where Slurm cannot be asked."""
    try:
        told = dict(word.partition("=")[::2] for word in _run("scontrol", "--oneliner", "show", "job", job).split())
    except SlurmError:
        return False
    return told.get("JobState") == "RUNNING" and told.get("PreemptTime", "None") != "None"


def requeue(job: str) -> None:
    """Have a job that runs wait for another turn. Raises SlurmError."""
    _run("scontrol", "requeue", job)


def _chunks(ids: Collection[str]) -> Iterator[list[str]]:
    wanted = sorted(ids)
    return (wanted[start : start + IDS_A_CALL] for start in range(0, len(wanted), IDS_A_CALL))


def _parse(lines: str) -> Iterator[tuple[str, Seen]]:
    for line in lines.splitlines():
        job, _, rest = line.partition("|")
        state, _, reason = rest.partition("|")
        word = state.split()[0] if state.strip() else ""  # sacct: "CANCELLED by 1000"
        if word in _WAITING:
            yield job, Seen("waiting", "" if reason == "None" else reason.strip(), None)
        elif word in _ENDS:
            yield job, Seen("ended", word, _ENDS[word])
        elif word:
            yield job, Seen("running", "" if word == "RUNNING" else word, None)


def _run(*command: str) -> str:
    name = command[0]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=ANSWERS_WITHIN, check=False
        )
    except FileNotFoundError:
        raise SlurmError(f"There is no {name} on this host.", "Look after these runs from a login node.") from None
    except subprocess.TimeoutExpired:
        raise SlurmError(f"{name} gave no answer in {ANSWERS_WITHIN:.0f} s.", "It is asked again.") from None
    if done.returncode:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        why = said[-1] if said else f"exit code {done.returncode}"
        raise SlurmError(f"{name} failed: {why.rstrip('.')}.", "It is asked again.")
    return done.stdout
