"""The state of a run, from evidence: its last event, its process, and what is wanted of it."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mixtui.store.files import last_line, read_json
from mixtui.store.history import History
from mixtui.store.job import Job, read_job
from mixtui.store.paths import RunPaths
from mixtui.store.process import ProcessIdentity, boot_id
from mixtui.store.server_clock import server_time

STALLED_AFTER = 60.0  # seconds without a sign of a live process
LOST_AFTER = 120.0  # seconds without a sign of a process on another host
ASK_SERVER_AFTER = 20.0  # seconds: a client of a file server may hold a file's time back for as long as a minute
CLAIM_GRACE = 20.0  # seconds between an attempt's claim and its process record


class State(StrEnum):
    QUEUED = "queued"
    PAUSED = "paused"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"
    CRASHED = "crashed"
    LOST = "lost"

    @property
    def is_live(self) -> bool:
        """True while a process trains, as far as can be told."""
        return self in (State.STARTING, State.RUNNING, State.STOPPING)

    @property
    def has_ended(self) -> bool:
        """True where nothing goes on unless somebody asks for it; of a lost run the host may only be out of reach."""
        return self in (State.FINISHED, State.STOPPED, State.FAILED, State.CRASHED)


@dataclass(frozen=True)
class Status:
    """`reason` is the design's word (done, requested, signal, ...) and `sentence` says it in full."""

    state: State
    reason: str | None = None
    sentence: str = ""
    stalled_for: float | None = None  # seconds since the last sign of a live run that has gone silent
    host: str | None = None  # where it runs or is queued, when that is another host
    waits_for: str | None = None  # why a run waits that a cluster's scheduler has, in that one's own word
    began: bool = True  # False for a crash before there was a process, of which nothing can be lost


def status(
    paths: RunPaths,
    history: History,
    control: dict[str, Any],
    attempt: int,
) -> Status:
    """The state of the run in `paths`, whose last attempt that anyone began is number `attempt`, 0 for none.

    Raises ValueError on evidence that cannot be read.
    """
    wanted = control.get("attempt", 0)
    if not isinstance(wanted, int):
        raise ValueError(f"control.json asks for attempt {wanted!r}")  # noqa: TRY004 - as for text that is no JSON
    job = _job_of(paths, control, max(wanted, attempt))
    if wanted > attempt:
        return _without_process(control, job)
    if job is not None and job.phase == "waiting" and _was_interrupted(paths, history, attempt):
        return _without_process(control, job, "went on")
    if history.end is not None and history.end.get("attempt") == attempt:
        return _ended(history.end, job)
    ended = _exit_record(paths)
    if ended.get("attempt") == attempt:
        return _died(history, attempt, ended, control, job)
    process = _process_of(paths, history, attempt)
    if process is None:
        return _between_claim_and_process(paths, attempt, job)
    identity = ProcessIdentity.from_json(process)
    silence = _silence(paths, attempt)
    if not identity.is_here():
        # Nothing known of it any more may be a controller's lapse: a run that gives signs of life is alive.
        if job is not None and job.phase == "ended" and (job.reason != "unknown" or silence > LOST_AFTER):
            return _died(history, attempt, {}, control, job)
        if silence > LOST_AFTER:
            return Status(
                State.LOST,
                "unknown",
                f"No sign from {identity.host} for {_span(silence)}.",
                host=identity.host,
            )
        return Status(_live_state(history, control, attempt), host=identity.host)
    if identity.is_alive() or _keeper_is_alive(process):
        stalled = silence if silence > STALLED_AFTER else None
        return Status(_live_state(history, control, attempt), stalled_for=stalled)
    ended = _exit_record(paths)
    if ended.get("attempt") != attempt:  # not written since
        ended = {"restarted": identity.boot_id != boot_id()}
    return _died(history, attempt, ended, control, job)


def _job_of(paths: RunPaths, control: dict[str, Any], attempt: int) -> Job | None:
    """What a scheduler says of this attempt; None where none has it."""
    if "launcher" not in control:  # it trains, or waits, without one: the usual case costs no look
        return None
    job = read_job(paths)
    return job if job is not None and job.attempt == attempt else None


def _was_interrupted(paths: RunPaths, history: History, attempt: int) -> bool:
    """Whether an attempt came to no end of its own: its time was up, it had to give way, or its node failed."""
    if history.end is not None and history.end.get("attempt") == attempt:
        return history.end.get("reason") in ("signal", "timeout")
    ended = _exit_record(paths)
    if ended.get("attempt") == attempt:
        return ended.get("signal") in ("SIGUSR2", "SIGTERM", "SIGKILL") and not ended.get("out_of_memory")
    return True


_EXIT = {
    "signal": str | None,
    "out_of_memory": bool | None,
    "memory_limit": int | float | None,
    "last_line": str | None,
}


def _exit_record(paths: RunPaths) -> dict[str, Any]:
    """What the keeper wrote of an attempt's end; empty before. Raises ValueError where it is of another shape."""
    record = read_json(paths.exit) or {}
    for name, kind in _EXIT.items():
        if not isinstance(record.get(name), kind):
            raise ValueError(f"exit.json: {name} is {record[name]!r}")  # noqa: TRY004 - as for text that is no JSON
    return record


def _keeper_is_alive(process: dict[str, Any]) -> bool:
    """Whether the parent lives that will write down how the process ended: till then nobody knows."""
    keeper = process.get("keeper")
    return keeper is not None and ProcessIdentity.from_json(keeper).is_alive()


def _process_of(paths: RunPaths, history: History, attempt: int) -> dict[str, Any] | None:
    """The record of the attempt's process: its parent's, or its own where the parent could not write one."""
    records = (read_json(paths.process) or {}, *history.attempts[-1:])
    return next((record for record in records if record.get("attempt") == attempt), None)


def _without_process(control: dict[str, Any], job: Job | None, started: str = "started") -> Status:
    match control.get("want"):
        case "pause":
            return Status(State.PAUSED, "requested", f"Paused before it {started}.")
        case "stop":
            return Status(State.STOPPED, "requested", f"Stopped before it {started}.")
        case _ if job is not None and job.phase == "ended":
            return Status(_end_by(job), job.reason, f"{job.sentence} The run had not started.")
        case _ if job is not None:
            return _waits_in(job)
        case _:
            host = control.get("host")
            return Status(State.QUEUED, host=None if host in (None, socket.gethostname()) else str(host))


def _waits_in(job: Job) -> Status:
    why = f": {job.why}" if job.why else ""
    return Status(State.QUEUED, sentence=f"Waits as {job.scheduler} job {job.id}{why}.", waits_for=job.why)


def _end_by(job: Job) -> State:
    """What a run is whose job ended before it did: somebody wanted that, or it was an accident."""
    return State.STOPPED if job.reason in ("cancelled", "preempted") else State.CRASHED


def _live_state(history: History, control: dict[str, Any], attempt: int) -> State:
    if control.get("want") in ("stop", "pause"):
        return State.STOPPING
    phase = history.phase or {}
    trains = phase.get("phase") == "training" and phase.get("attempt") == attempt
    return State.RUNNING if trains else State.STARTING


def _ended(end: dict[str, Any], job: Job | None) -> Status:
    if job is not None and (end.get("reason"), job.reason) in _TELLS_MORE:
        return Status(State(end["state"]), job.reason, f"{job.sentence} The run saved before, and can be resumed.")
    message = end.get("message", "")
    if end.get("reason") == "timeout" and job is not None and job.phase == "ended":
        message += " It was not queued again: its time allowed no step, or the scheduler refused."
    return Status(State(end["state"]), end.get("reason"), message)


def _between_claim_and_process(paths: RunPaths, attempt: int, job: Job | None) -> Status:
    ended = job is not None and job.phase == "ended"
    # What another host makes may be seen here as late as its heartbeat.
    if not ended and _silence(paths, attempt) < (CLAIM_GRACE if job is None else LOST_AFTER):
        return Status(State.STARTING)
    if job is not None and ended and job.reason in _TAKES_AWAY:
        return Status(_end_by(job), job.reason, f"{job.sentence} The run had not started.", began=False)
    said = last_line(paths.output)
    sentence = "Its process did not begin." + (f" Last line: {said}" if said else "")
    return Status(State.CRASHED, "unknown", sentence, began=False)


# How a scheduler ends a run that did nothing wrong, and what tells more than the signal by which it did.
_TAKES_AWAY = ("timeout", "preempted", "node-failed", "cancelled", "oom")
# A run's own last word, and the job's that says more: it ended then, or while it waited for its next turn.
_TELLS_MORE = {("signal", reason) for reason in _TAKES_AWAY}
_TELLS_MORE |= {("timeout", reason) for reason in ("cancelled", "preempted", "node-failed")}


def _died(history: History, attempt: int, ended: dict[str, Any], control: dict[str, Any], job: Job | None) -> Status:
    """What is known of an attempt whose process is gone without an end event."""
    began = history.last_attempt == attempt
    place = f"Died in epoch {len(history.epochs) + 1}" if began else "Died before it began"
    if control.get("killed") == attempt:
        return Status(_wanted_end(control), "requested", "It did not end when it was asked to, and was killed.")
    if not began and control.get("want") in ("stop", "pause") and ended.get("signal") == "SIGTERM":
        return Status(_wanted_end(control), "requested", "It was asked to end before it began.")
    if job is not None and job.reason == "cancelled" and control.get("want") in ("stop", "pause"):
        return Status(_wanted_end(control), "requested", f"It was asked to end. {job.sentence}")
    if job is not None and job.reason in _TAKES_AWAY and ended.get("code") is None:
        return Status(_end_by(job), job.reason, f"{place}: {job.sentence}")
    last_line = f" Last line: {ended['last_line']}" if ended.get("last_line") else ""
    if ended.get("out_of_memory"):
        limit = f" (limit {ended['memory_limit'] / 2**30:.1f} GiB)" if ended.get("memory_limit") else ""
        return Status(State.CRASHED, "oom", f"{place}: {ended.get('signal') or 'killed'}, out of memory{limit}.")
    if ended.get("signal"):
        return Status(State.CRASHED, "signal", f"{place}: {ended['signal']}.{last_line}")
    if ended.get("restarted"):
        return Status(State.CRASHED, "unknown", f"{place}: the machine was restarted.")
    if "code" in ended:
        return Status(State.CRASHED, "error", f"{place}: exit code {ended['code']}.{last_line}")
    if job is not None and job.phase == "ended":
        return Status(State.CRASHED, "unknown", f"{place}: {job.sentence}")
    return Status(State.CRASHED, "unknown", f"{place}; nobody was there to see how.")


def _wanted_end(control: dict[str, Any]) -> State:
    return State.PAUSED if control.get("want") == "pause" else State.STOPPED


def _silence(paths: RunPaths, attempt: int) -> float:
    """Seconds since the attempt was last heard of."""
    now = server_time(paths.root.parent)
    silence = now - _last_sign(paths, attempt)
    if silence > ASK_SERVER_AFTER:
        with contextlib.suppress(OSError), paths.heartbeat.open():  # which has a file server say how old it is
            silence = now - _last_sign(paths, attempt)
    return silence


def _last_sign(paths: RunPaths, attempt: int) -> float:
    """When that was, by the clock that stamps the files, in seconds since 1970."""
    signs = (paths.heartbeat, paths.process, paths.claim(attempt))
    return max((path.stat().st_mtime for path in signs if path.exists()), default=0.0)


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
