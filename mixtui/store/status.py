"""The state of a run, from evidence: its last event, its process, and what is wanted of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mixtui.store.files import read_json
from mixtui.store.history import History
from mixtui.store.paths import RunPaths
from mixtui.store.process import ProcessIdentity

STALLED_AFTER = 60.0  # seconds without a sign of a live process
LOST_AFTER = 120.0  # seconds without a sign of a process on another host
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


@dataclass(frozen=True)
class Status:
    """`reason` is the design's word (done, requested, signal, ...) and `sentence` says it in full."""

    state: State
    reason: str | None = None
    sentence: str = ""
    stalled_for: float | None = None  # seconds since the last sign of a live run that has gone silent
    host: str | None = None  # where it runs, when that is another host


def status(
    paths: RunPaths,
    history: History,
    control: dict[str, Any],
    alive: Callable[[ProcessIdentity], bool] = ProcessIdentity.is_alive,
) -> Status:
    """The state of the run in `paths`; `alive` is asked about its process, and only when that matters."""
    attempt = paths.last_claim()
    if control.get("attempt", 0) > attempt:
        return _without_process(control)
    if history.end is not None and history.end.get("attempt") == attempt:
        return _ended(history.end)
    ended = read_json(paths.exit) or {}
    if ended.get("attempt") == attempt:
        return _died(history, ended)
    process = read_json(paths.process) or {}
    if process.get("attempt") != attempt:
        return _between_claim_and_process(paths, attempt)
    identity = ProcessIdentity.from_json(process)
    silence = time.time() - _modified(paths, attempt)
    if not identity.is_here():
        if silence > LOST_AFTER:
            return Status(
                State.LOST,
                "unknown",
                f"No sign from {identity.host} for {_span(silence)}.",
                host=identity.host,
            )
        return Status(_live_state(history, control, attempt), host=identity.host)
    if alive(identity):
        stalled = silence if silence > STALLED_AFTER else None
        return Status(_live_state(history, control, attempt), stalled_for=stalled)
    return _died(history, {})


def _without_process(control: dict[str, Any]) -> Status:
    match control.get("want"):
        case "pause":
            return Status(State.PAUSED, "requested", "Paused before it started.")
        case "stop":
            return Status(State.STOPPED, "requested", "Stopped before it started.")
        case _:
            return Status(State.QUEUED)


def _live_state(history: History, control: dict[str, Any], attempt: int) -> State:
    if control.get("want") in ("stop", "pause"):
        return State.STOPPING
    trains = history.phase is not None and history.phase.get("phase") == "training"
    return State.RUNNING if trains and history.attempts[-1].get("attempt") == attempt else State.STARTING


def _ended(end: dict[str, Any]) -> Status:
    return Status(State(end["state"]), end.get("reason"), end.get("message", ""))


def _between_claim_and_process(paths: RunPaths, attempt: int) -> Status:
    age = time.time() - paths.claim(attempt).stat().st_mtime
    if age < CLAIM_GRACE:
        return Status(State.STARTING)
    return Status(State.CRASHED, "unknown", "Its process could not be started.")


def _died(history: History, ended: dict[str, Any]) -> Status:
    place = f"Died in epoch {len(history.epochs) + 1}" if history.attempts else "Died before it began"
    if ended.get("signal"):
        return Status(State.CRASHED, "signal", f"{place}: {ended['signal']}.")
    if "code" in ended:
        return Status(State.CRASHED, "error", f"{place}: exit code {ended['code']}. Its log may say why.")
    return Status(State.CRASHED, "unknown", f"{place}; nobody was there to see how.")


def _modified(paths: RunPaths, attempt: int) -> float:
    """The time of the last sign of the attempt's process."""
    try:
        return max(paths.heartbeat.stat().st_mtime, paths.process.stat().st_mtime)
    except FileNotFoundError:
        return paths.claim(attempt).stat().st_mtime


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
