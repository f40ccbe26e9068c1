"""A run as the JSON that `show --json` and `list --json` print. The keys are a contract: docs/architecture.md."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from mixtui.store.job import read_job
from mixtui.store.metrics import METRICS
from mixtui.store.run import BrokenRunError, Run
from mixtui.store.shifts import read_shifts
from mixtui.store.status import State
from mixtui.store.truth import truth_document

NO_METRICS: dict[str, float | None] = dict.fromkeys(METRICS)
NO_BINS: dict[str, list[float]] = {"edges": [], "count": [], "confidence": [], "accuracy": []}


def run_document(run: Run) -> dict[str, Any]:
    """Every figure of the run, `null` where it cannot be given (yet); its key is always there."""
    last = run.history.last_epoch or {}
    shifts = read_shifts(run.paths)
    return {
        **listed_document(run),
        "bins": last.get("bins", NO_BINS),
        "truth": truth_document(run),
        "shifts": None if shifts is None else shifts.to_json(),
    }


def listed_document(run: Run) -> dict[str, Any]:
    """`run_document` without what only one run is asked for."""
    history, status, last = run.history, run.status, run.history.last_epoch or {}
    return {
        "id": run.id,
        "state": status.state.value,
        "reason": status.reason,
        "sentence": status.sentence,
        "stalled_for": status.stalled_for,
        "host": status.host or _host(run),
        "launcher": run.control.get("launcher"),
        "job": _job(run),
        "waits_for": status.waits_for,
        "name": run.meta.get("name"),
        "tags": list(run.tags),
        "note": run.meta.get("note"),
        "pinned": bool(run.meta.get("pinned")),
        "retry_of": run.meta.get("retry_of"),
        "read_only": run.read_only,
        **_queue(run),
        **_phase(run),
        "dataset": run.config.dataset,
        "dataset_requested": run.config.dataset_requested,
        "fallback": run.config.fallback,
        "config": run.config.to_json(),
        "created": run.created,
        "started": history.attempts[0]["time"] if history.attempts else None,
        "ended": run.end["time"] if run.end else _died(run),
        "attempts": len(history.attempts),
        "epoch": run.epoch,
        "epochs": run.config.epochs,
        "epoch_ended": last.get("time"),
        "seconds": run.seconds,
        "train_loss": last.get("train_loss"),
        "train_accuracy_mixed": last.get("train_accuracy_mixed"),
        "metrics": NO_METRICS | last.get("metrics", {}),
        "train_metrics": NO_METRICS | last.get("train_metrics", {}),
        "data": {key: value for key, value in (history.data or {}).items() if key in DATA_KEYS},
        "warnings": list(history.warnings),
        "inexact": list(history.inexact),
        "path": str(run.paths.root),
    }


def _died(run: Run) -> str | None:
    """When a run crashed, where its keeper saw it."""
    try:
        moment = run.paths.exit.stat().st_mtime if run.status.state is State.CRASHED else None
    except OSError:  # there was no keeper either
        return None
    return None if moment is None else datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")


def _queue(run: Run) -> dict[str, Any]:
    """What its place in the queue follows from."""
    queued = run.status.state is State.QUEUED
    return {
        "priority": run.control.get("priority", 0) if queued else None,
        "queued": run.control.get("queued") if queued else None,
    }


def _phase(run: Run) -> dict[str, Any]:
    """What a live run does now: fetching, decoding, caching, training; and how far that is."""
    phase = (run.history.phase or {}) if run.status.state.is_live else {}
    return {"phase": phase.get("phase"), "fraction": phase.get("fraction")}


def _host(run: Run) -> str | None:
    """Where the run runs, or ran last; its next attempt, while it waits or only begins, may run elsewhere."""
    state, history = run.status.state, run.history
    if state is State.QUEUED or (state.is_live and history.last_attempt < run.attempt):
        return None
    return history.attempts[-1]["host"] if history.attempts else None


def _job(run: Run) -> str | None:
    """The scheduler's job that has, or had, the run: `1234_5`."""
    if "launcher" not in run.control:
        return None
    try:
        job = read_job(run.paths)
    except (OSError, ValueError):  # since the run was read
        return None
    return None if job is None else job.id


DATA_KEYS = ("name", "key", "path", "classes", "image_shape", "n_train", "n_test", "steps_per_epoch", "parameters")


def broken_document(error: BrokenRunError) -> dict[str, Any]:
    """What stands in a listing for a run directory that cannot be read."""
    return {"id": error.run_id, "state": "broken", "reason": None, "sentence": error.message}
