"""The process that keeps a queue going, over whichever watches there are."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mixtui.errors import MixtuiError
from mixtui.launch import supervisor
from mixtui.launch.launcher import Watch
from mixtui.launch.wake import lock_path, note_of
from mixtui.lock import is_locked
from mixtui.store.paths import RunPaths
from mixtui.store.run import Run
from mixtui.store.status import State
from mixtui.store.store import Store
from tests.launch.conftest import PATIENT, QUICK, go, state

MakeEvent = Callable[..., dict[str, Any]]
MakeRun = Callable[..., RunPaths]
StandIn = Callable[[str], None]


def test_one_supervisor_works_at_a_time_and_ends_when_nothing_is_left(
    store: Store, queued: Callable[..., RunPaths], stand_in_worker: StandIn
) -> None:
    stand_in_worker(QUICK)
    runs = [queued() for _ in range(3)]
    command = [sys.executable, "-P", "-m", "mixtui.launch.supervisor", str(store.root)]
    processes = [subprocess.Popen(command, cwd="/") for _ in range(3)]
    for process in processes:
        assert process.wait(timeout=60) == 0
    assert [state(paths) for paths in runs] == [State.FINISHED] * 3
    assert [paths.last_claim() for paths in runs] == [1, 1, 1]


def test_a_supervisor_that_is_killed_takes_no_training_with_it(
    store: Store, queued: Callable[..., RunPaths], stand_in_worker: StandIn
) -> None:
    stand_in_worker(PATIENT)
    paths = queued()
    command = [sys.executable, "-P", "-m", "mixtui.launch.supervisor", str(store.root)]
    first = subprocess.Popen(command, cwd="/", start_new_session=True)
    deadline = time.monotonic() + 30
    while state(paths) is not State.RUNNING and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    assert state(paths) is State.RUNNING
    second = subprocess.Popen(command, cwd="/")
    go(paths)
    assert second.wait(timeout=30) == 0
    assert state(paths) is State.FINISHED
    assert lock_path(store.root).exists()


def test_a_supervisor_whose_lock_was_tidied_away_leaves_the_queue_to_another(
    store: Store, queued: Callable[..., RunPaths], stand_in_worker: StandIn
) -> None:
    stand_in_worker(PATIENT)
    paths = queued()
    command = [sys.executable, "-P", "-m", "mixtui.launch.supervisor", str(store.root)]
    process = subprocess.Popen(command, cwd="/")
    deadline = time.monotonic() + 30
    while state(paths) is not State.RUNNING and time.monotonic() < deadline:
        time.sleep(0.02)
    lock_path(store.root).unlink()
    assert process.wait(timeout=30) == 1
    assert state(paths) is State.RUNNING


def test_the_listing_after_a_long_queue_finds_the_runs_read_already(
    store: Store, make_run: MakeRun, make_event: MakeEvent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("mixtui.store.listing.MANY", 2)
    monkeypatch.setattr("mixtui.store.listing.SETTLED_AFTER", 0)
    for _ in range(3):
        make_run([make_event("attempt"), make_event("end")], claims=1)
    assert supervisor.main(store.root) == 0
    (kept,) = (tmp_path / "cache").rglob("*.jsonl")
    assert len(kept.read_text().splitlines()) == 4


# Several watches


@dataclass
class MadeWatch:
    """Has something to do for some ticks, tells what it was asked, and raises what it was given to raise."""

    ticks: int = 0
    note: str = ""
    errors: dict[str, Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    at_tick: Callable[[], object] = lambda: None

    def adopt(self, run: Run) -> None:
        self._do("adopt")

    def tick(self) -> bool:
        self.ticks -= 1
        self._do("tick")
        self.at_tick()
        return self.ticks > 0

    def has_tickets(self) -> bool:
        return self.ticks > 0

    def leave(self) -> None:
        self.note = ""
        self._do("leave")

    def _do(self, what: str) -> None:
        self.asked.append(what)
        if what in self.errors:
            raise self.errors.pop(what)


@pytest.fixture
def supervise(store: Store, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Lets a supervisor work over the given watches and one run till they are done; its exit code."""
    monkeypatch.setattr(supervisor, "LOOK_EVERY", 0.01)
    make_run()

    def supervise(*watches: Watch) -> int:
        launchers = [MadeLauncher(watch) for watch in watches]
        monkeypatch.setattr(supervisor, "watching_launchers", lambda: launchers)
        return supervisor.main(store.root)

    return supervise


@dataclass
class MadeLauncher:
    its: Watch

    def watch(self, root: Path) -> Watch:
        return self.its


def test_it_works_until_the_last_watch_has_nothing_left_to_do(supervise: Callable[..., int], store: Store) -> None:
    short, long = MadeWatch(ticks=1), MadeWatch(ticks=4)
    assert supervise(short, long) == 0
    assert long.asked.count("tick") == short.asked.count("tick") == 4
    for watch in (short, long):
        assert (watch.asked[0], watch.asked[-1]) == ("adopt", "leave")
    assert not is_locked(lock_path(store.root))


@pytest.mark.parametrize("when", ["adopt", "tick", "leave"])
@pytest.mark.parametrize("error", [OSError("the server is away"), MixtuiError("The queue is odd.", "Mend it.")])
def test_a_watch_that_fails_does_not_keep_the_others(
    when: str, error: Exception, supervise: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    odd, good = MadeWatch(ticks=2, errors={when: error}), MadeWatch(ticks=3)
    assert supervise(odd, good) == 0
    assert good.asked.count("tick") >= 3
    assert good.asked[-1] == "leave"
    assert str(error) in capsys.readouterr().err  # which is its log


def test_each_run_is_read_once_for_all_watches(supervise: Callable[..., int], monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []
    load = Run.load
    monkeypatch.setattr(Run, "load", lambda root: read.append(root) or load(root))
    assert supervise(MadeWatch(ticks=1), MadeWatch(ticks=1)) == 0
    monkeypatch.undo()
    assert 2 <= len(read) <= 3  # at its begin, at its end, and for the next listing


def test_what_fails_at_every_look_is_told_once(
    supervise: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    away = MadeWatch(ticks=20)

    def fail() -> None:
        if away.ticks > 0:
            raise OSError(f"the server is away for long: file {away.ticks}")

    away.at_tick = fail
    assert supervise(away) == 0
    assert capsys.readouterr().err.count("OSError: the server is away for long") == 1


def test_a_watch_that_failed_for_a_moment_is_asked_again(supervise: Callable[..., int]) -> None:
    watch = MadeWatch(ticks=2, errors={"tick": OSError("the server is away")})
    assert supervise(watch) == 0
    assert watch.ticks <= 0


def test_the_first_watch_with_a_note_is_heard_and_in_the_end_there_is_none(
    supervise: Callable[..., int], store: Store
) -> None:
    heard: list[str] = []
    silent, other = MadeWatch(ticks=3), MadeWatch(ticks=3, note="squeue failed.")
    silent.at_tick = lambda: heard.append(note_of(store.root))
    assert supervise(silent, other) == 0
    assert heard[1:] == ["squeue failed."] * 2
    assert note_of(store.root) == ""


def test_a_run_queued_just_before_it_ends_is_seen(supervise: Callable[..., int]) -> None:
    watch = MadeWatch(ticks=1)

    def queue_one() -> None:
        if watch.asked.count("leave") == 0 and watch.asked.count("adopt") == 2:
            watch.ticks = 3

    adopt = watch.adopt

    def adopt_and_find(run: Run) -> None:
        adopt(run)
        queue_one()

    watch.adopt = adopt_and_find  # type: ignore[method-assign]
    assert supervise(watch) == 0
    assert watch.asked.count("tick") == 4
    assert watch.asked[-1] == "leave"
