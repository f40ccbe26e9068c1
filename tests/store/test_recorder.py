"""What a training process writes, also when the disk fills."""

from __future__ import annotations

import errno
import os
import time
import types
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mixtui.store import jsonl, recorder
from mixtui.store.jsonl import JsonlReader
from mixtui.store.paths import RunPaths
from mixtui.store.recorder import RESERVE_BYTES, Recorder
from mixtui.store.run import Run
from mixtui.store.status import State

MakeRun = Callable[..., RunPaths]


@pytest.fixture
def paths(make_run: MakeRun) -> RunPaths:
    return make_run(claims=1)


class SmallDisk:
    """A disk on which the files of `folder` may hold `size` bytes together; the logs write to it."""

    def __init__(self, folder: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.size = size
        monkeypatch.setattr(jsonl, "os", types.SimpleNamespace(**{**vars(os), "write": self.write}))

    def used(self) -> int:
        return sum(path.stat().st_size for path in self.folder.iterdir())

    def write(self, file: int, data: bytes) -> int:
        free = self.size - self.used()
        if free <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return os.write(file, data[:free])


def end(log: Recorder, state: str = "finished", reason: str = "done") -> None:
    log.end(4, state=state, reason=reason, message="It ended.", exit_code=0)


def test_an_event_says_what_when_and_in_which_attempt(paths: RunPaths) -> None:
    log = Recorder(paths, attempt=2)
    log.event("warning", 7, message="Take care.")
    [event] = JsonlReader(paths.events).read()
    assert {**event, "time": None} == {
        "type": "warning",
        "time": None,
        "attempt": 2,
        "step": 7,
        "message": "Take care.",
    }
    time_of_event = datetime.fromisoformat(event["time"])
    assert time_of_event.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - time_of_event) < timedelta(minutes=1)


def test_steps_and_bins_carry_the_attempt(paths: RunPaths) -> None:
    log = Recorder(paths, attempt=2)
    log.steps([{"step": 1, "loss": 2.5}, {"step": 2, "loss": float("nan")}])
    log.bins({"step": 2, "epoch": 1, "count": [4]})
    log.sync()
    assert JsonlReader(paths.steps).read() == [
        {"attempt": 2, "step": 1, "loss": 2.5},
        {"attempt": 2, "step": 2, "loss": None},
    ]
    assert JsonlReader(paths.bins).read() == [{"attempt": 2, "step": 2, "epoch": 1, "count": [4]}]


def test_a_later_attempt_goes_on_in_the_same_logs(paths: RunPaths) -> None:
    Recorder(paths, attempt=1).event("phase", 0, phase="training")
    with paths.events.open("ab") as file:
        file.write(b'{"type":"epoch","ti')  # the process was killed here
    Recorder(paths, attempt=2).event("phase", 0, phase="training")
    assert [event["attempt"] for event in JsonlReader(paths.events).read()] == [1, 2]


def test_a_path_that_is_no_utf8_can_be_recorded(paths: RunPaths) -> None:
    folder = os.fsdecode(b"/data/caf\xe9")
    Recorder(paths, attempt=1).event("warning", 0, message=f"{folder} is empty.")
    assert JsonlReader(paths.events).read()[0]["message"] == f"{folder} is empty."


def test_the_end_is_the_last_event_and_nothing_in_hand_is_left(paths: RunPaths) -> None:
    log = Recorder(paths, attempt=1)
    assert paths.reserve.stat().st_size == RESERVE_BYTES
    end(log)
    assert not paths.reserve.exists()
    assert Run.load(paths.root).status.state is State.FINISHED


def test_the_end_is_written_though_the_disk_is_full(paths: RunPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    log = Recorder(paths, attempt=1)
    log.event("phase", 0, phase="training")
    disk = SmallDisk(paths.root, 0, monkeypatch)
    disk.size = disk.used() + 200
    log.event("warning", 1, message="Take care.")
    with pytest.raises(OSError, match="No space"):
        log.steps({"step": step, "loss": 1.0} for step in range(1, 100))
    with pytest.raises(OSError, match="No space"):
        log.event("epoch", 2, epoch=1)
    assert disk.used() == disk.size
    end(log, state="stopped", reason="disk-full")

    run = Run.load(paths.root)
    assert (run.status.state, run.status.reason) == (State.STOPPED, "disk-full")
    assert run.history.warnings == ("Take care.",)
    steps = [record["step"] for record in JsonlReader(paths.steps).read()]
    assert steps == list(range(1, len(steps) + 1))


def test_what_a_killed_attempt_was_writing_is_removed(paths: RunPaths) -> None:
    kept = [paths.checkpoint, paths.root / ".control.json.1a2b3c4d.tmp"]
    unfinished = [paths.root / f".{name}.1a2b3c4d.tmp" for name in ("checkpoint.pt", "predictions.npz", "holdout.npz")]
    for path in (*kept, *unfinished):
        path.touch()
    Recorder(paths, attempt=2)
    assert all(path.exists() for path in kept)
    assert not any(path.exists() for path in unfinished)


def test_a_beat_touches_the_heartbeat_but_not_at_every_call(paths: RunPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    log = Recorder(paths, attempt=1)
    assert time.time() - paths.heartbeat.stat().st_mtime < 60
    os.utime(paths.heartbeat, (1, 1))
    log.beat()
    assert paths.heartbeat.stat().st_mtime == 1
    monkeypatch.setattr(recorder, "BEAT_EVERY", 0.0)
    log.beat()
    assert time.time() - paths.heartbeat.stat().st_mtime < 60


def test_a_beat_that_cannot_be_given_is_no_accident(paths: RunPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    log = Recorder(paths, attempt=1)
    monkeypatch.setattr(recorder, "BEAT_EVERY", 0.0)
    paths.root.rename(paths.root.with_name("moved"))
    log.beat()
    assert not paths.root.exists()
