"""What a training process writes: the run's logs, its sign of life, and its end."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from mixtui.store.files import remove_unfinished
from mixtui.store.jsonl import JsonlWriter
from mixtui.store.paths import RunPaths

BEAT_EVERY = 2.0  # seconds
RESERVE_BYTES = 64 * 1024


class Recorder:
    """The only writer of a run's logs while attempt number `attempt` lasts. Raises OSError as the file system does."""

    def __init__(self, paths: RunPaths, attempt: int) -> None:
        self.paths = paths
        self.attempt = attempt
        for path in (paths.checkpoint, paths.predictions, paths.holdout):
            remove_unfinished(path)
        self._events = JsonlWriter(paths.events)
        self._steps = JsonlWriter(paths.steps)
        self._bins = JsonlWriter(paths.bins)
        self._last_beat = 0.0
        with contextlib.suppress(OSError):  # a disk that is full already is met at the first event
            paths.reserve.write_bytes(bytes(RESERVE_BYTES))
        self.beat()

    def event(self, kind: str, step: int, **fields: Any) -> None:
        """Append one event, on disk when this returns."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._events.append([{"type": kind, "time": now, "attempt": self.attempt, "step": step, **fields}])
        self._events.sync()

    def steps(self, records: Iterable[dict[str, Any]]) -> None:
        """Append a record for each step, to `steps.jsonl`; on disk after `sync`."""
        self._steps.append({"attempt": self.attempt, **record} for record in records)

    def bins(self, record: dict[str, Any]) -> None:
        """Append the fine bins of an epoch, to `bins.jsonl`; on disk after `sync`."""
        self._bins.append([{"attempt": self.attempt, **record}])

    def sync(self) -> None:
        """Bring everything to disk: before a checkpoint, so that no checkpoint is ahead of the logs."""
        for log in (self._events, self._steps, self._bins):
            log.sync()

    def beat(self) -> None:
        """Give a sign of life; costs nothing when the last one is recent."""
        now = time.monotonic()
        if now - self._last_beat >= BEAT_EVERY:
            self._last_beat = now
            with contextlib.suppress(OSError):  # a full disk is met where something must be written
                self.paths.heartbeat.touch()

    def end(self, step: int, *, state: str, reason: str, message: str, exit_code: int) -> None:
        """Write the last event, from the bytes kept in hand if the disk is full."""
        self.paths.reserve.unlink(missing_ok=True)
        self.event("end", step, state=state, reason=reason, message=message, exit_code=exit_code)
        for log in (self._events, self._steps, self._bins):
            log.close()
