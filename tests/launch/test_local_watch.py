"""The queue's watch: order, places, memory, ends and deaths; trainings are stand-ins without torch."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mixtui.launch import gpu_sharing
from mixtui.launch import local_watch as local_watch_module
from mixtui.launch import places as places_module
from mixtui.launch.gpus import Gpu
from mixtui.launch.local_launcher import LocalLauncher
from mixtui.launch.local_watch import LocalWatch
from mixtui.launch.mps import MpsUnavailableError
from mixtui.launch.queue import asking_to_end, enqueue, pick_up_left_over, put_first, want_again
from mixtui.store.control import change_control
from mixtui.store.files import read_json
from mixtui.store.paths import RunPaths
from mixtui.store.run import Run
from mixtui.store.status import State
from mixtui.store.store import Store
from mixtui.store.tickets import Tickets
from tests.launch.conftest import PATIENT, QUICK, WORKER, adopt_all, go, state

MakeEvent = Callable[..., dict[str, Any]]
MakeRun = Callable[..., RunPaths]


@pytest.fixture(autouse=True)
def cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with two cores and memory in plenty."""
    monkeypatch.setattr(places_module, "cores", lambda: 2)
    monkeypatch.setattr(places_module, "ram_free", lambda: 2**40)


@dataclass(frozen=True)
class Queue:
    """Runs that wait, the watch that looks after them, and what trains in place of a worker."""

    watch: LocalWatch
    add: Callable[..., RunPaths]
    train_as: Callable[[str], None]

    def until(self, what: Callable[[], bool]) -> None:
        until(self.watch, what)

    def finish(self) -> None:
        finish(self.watch)


@pytest.fixture
def queue(store: Store, queued: Callable[..., RunPaths], stand_in_worker: Callable[[str], None]) -> Queue:
    return Queue(LocalWatch(store.root), queued, stand_in_worker)


def until(watch: LocalWatch, what: Callable[[], bool]) -> None:
    """Let the supervisor work until something is so."""
    deadline = time.monotonic() + 30
    while True:
        watch.tick()
        if what():
            return
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


def finish(watch: LocalWatch) -> None:
    until(watch, lambda: not watch.tick())


# Order and places


def test_places_are_filled_in_the_order_of_the_queue(queue: Queue) -> None:
    queue.train_as(PATIENT)
    first, second, third = queue.add(), queue.add(), queue.add()
    queue.until(lambda: state(second) is State.RUNNING and state(first) is State.RUNNING)
    assert state(third) is State.QUEUED
    assert queue.watch.note == ""
    go(first)
    queue.until(lambda: state(third) is State.RUNNING)
    assert state(first) is State.FINISHED
    for paths in (second, third):
        go(paths)
    queue.finish()
    assert [state(paths) for paths in (first, second, third)] == [State.FINISHED] * 3
    assert Tickets(first.root.parent).ids() == set()


def test_priority_goes_before_first_come(queue: Queue) -> None:
    queue.train_as(PATIENT)
    runs = [queue.add(recipe={"threads": 2}) for _ in range(3)]
    put_first([Run.load(runs[2].root)], [Run.load(paths.root) for paths in runs])
    queue.until(lambda: state(runs[2]) is State.RUNNING)
    assert [state(paths) for paths in runs[:2]] == [State.QUEUED] * 2


def test_a_run_with_two_threads_waits_for_both_cores_and_lets_none_past(queue: Queue) -> None:
    queue.train_as(PATIENT)
    small, wide, late = queue.add(), queue.add(recipe={"threads": 2}), queue.add()
    queue.until(lambda: state(small) is State.RUNNING)
    for _ in range(5):
        queue.watch.tick()
    assert (state(wide), state(late)) == (State.QUEUED, State.QUEUED)
    go(small)
    queue.until(lambda: state(wide) is State.RUNNING)
    assert state(late) is State.QUEUED


def test_more_threads_than_cores_take_all_cores(queue: Queue) -> None:
    queue.train_as(QUICK)
    paths = queue.add(recipe={"threads": 64})
    queue.finish()
    assert state(paths) is State.FINISHED


def test_two_runs_folders_do_not_book_one_core_twice(queue: Queue, make_run: MakeRun, tmp_path: Path) -> None:
    queue.train_as(PATIENT)
    here = queue.add(recipe={"threads": 2})
    queue.until(lambda: state(here) is State.RUNNING)
    elsewhere = Store(tmp_path / "others")
    paths = elsewhere.create(Run.load(here.root).config, data_dir=tmp_path, location=None, meta={})
    change_control(paths, **LocalLauncher().wants(Run.load(here.root).config, 0))
    enqueue([paths])
    other = LocalWatch(elsewhere.root)
    for _ in range(5):
        other.tick()
    assert state(paths) is State.QUEUED
    go(here)
    go(paths)
    queue.finish()
    finish(other)
    assert state(paths) is State.FINISHED


def test_a_run_that_was_paused_or_stopped_while_it_waited_does_not_start(queue: Queue) -> None:
    queue.train_as(QUICK)
    paused, stopped, other = queue.add(), queue.add(), queue.add()
    with asking_to_end("pause") as ask:
        ask(Run.load(paused.root))
    with asking_to_end("stop") as ask:
        ask(Run.load(stopped.root))
    queue.finish()
    assert [state(paths) for paths in (paused, stopped, other)] == [State.PAUSED, State.STOPPED, State.FINISHED]
    want_again(Run.load(paused.root))
    enqueue([paused])
    queue.finish()
    assert state(paused) is State.FINISHED


def test_another_hosts_queue_is_left_alone(queue: Queue) -> None:
    queue.train_as(QUICK)
    paths = queue.add(host="elsewhere")
    queue.finish()
    assert state(paths) is State.QUEUED


# Ends and deaths


def test_a_crash_stays_a_crash_unless_retries_were_asked_for(queue: Queue) -> None:
    queue.train_as(WORKER.replace("BODY", "os.kill(os.getpid(), signal.SIGKILL)"))
    plain, stubborn = queue.add(), queue.add(retries=2)
    queue.finish()
    assert (state(plain), state(stubborn)) == (State.CRASHED, State.CRASHED)
    assert (plain.last_claim(), stubborn.last_claim()) == (1, 3)
    assert "SIGKILL" in Run.load(plain.root).status.sentence


def test_a_run_that_was_asked_to_stop_and_crashes_is_not_retried(queue: Queue) -> None:
    queue.train_as(WORKER.replace("BODY", "wait_for(paths.root / 'told'); os.kill(os.getpid(), signal.SIGKILL)"))
    paths = queue.add(retries=5)
    queue.until(lambda: state(paths) is State.RUNNING)
    with asking_to_end("stop") as ask:
        ask(Run.load(paths.root))
    queue.finish()
    assert paths.last_claim() == 1


def test_a_run_that_does_not_end_when_asked_is_killed_with_all_it_started(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_watch_module, "GRACE", 0.3)
    deaf = """
import subprocess
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
(paths.root / "child").write_text(str(child.pid))
(paths.root / "ready").touch()
time.sleep(60)
"""
    queue.train_as(WORKER.replace("BODY", deaf))
    paths = queue.add()
    queue.until(lambda: (paths.root / "ready").exists())
    with asking_to_end("stop") as ask:
        ask(Run.load(paths.root))
    queue.finish()
    found = Run.load(paths.root).status
    assert (found.state, found.reason) == (State.STOPPED, "requested")
    assert "killed" in found.sentence
    deadline = time.monotonic() + 10
    while Path(f"/proc/{(paths.root / 'child').read_text()}/cmdline").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    with pytest.raises(ProcessLookupError):
        os.kill(int((paths.root / "child").read_text()), 0)


def test_a_new_supervisor_takes_over_what_lives_and_what_waits(queue: Queue, store: Store) -> None:
    queue.train_as(PATIENT)
    runs = [queue.add() for _ in range(3)]
    queue.until(lambda: [state(paths) for paths in runs[:2]] == [State.RUNNING] * 2)
    for paths in runs:
        Tickets(store.root).remove(paths.id)  # even without tickets
        os.utime(paths.root, (1e9, 1e9))  # which somebody who is just making runs has not dropped yet
    heir = LocalWatch(store.root)
    adopt_all(heir, store.root)
    for paths in runs:
        go(paths)
    finish(heir)
    assert [state(paths) for paths in runs] == [State.FINISHED] * 3
    assert [paths.last_claim() for paths in runs] == [1, 1, 1]


def test_a_run_queued_again_just_as_it_is_seen_off_is_not_lost(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    queue.train_as(WORKER.replace("BODY", "end('stopped', 'requested', 'Stopped.') if attempt == 1 else end()"))
    paths = queue.add()
    remove = Tickets.remove

    def slow_remove(tickets: Tickets, run_id: str) -> None:
        if paths.last_claim() == 1:  # somebody resumes it between the look and the removal
            want_again(Run.load(paths.root))
            tickets.add(run_id)
        remove(tickets, run_id)

    monkeypatch.setattr(Tickets, "remove", slow_remove)
    queue.finish()
    assert state(paths) is State.FINISHED


def test_a_run_that_is_removed_or_damaged_does_not_keep_the_others(
    queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue.train_as(QUICK)
    monkeypatch.setattr(local_watch_module, "REST", 0.05)
    removed, damaged, other = queue.add(), queue.add(), queue.add()
    removed.root.rename(tmp_path / "away")
    damaged.control.write_text("{")
    queue.finish()
    assert state(other) is State.FINISHED
    assert Tickets(other.root.parent).ids() == set()


def test_what_goes_wrong_with_one_run_does_not_keep_the_others(
    queue: Queue, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    queue.train_as(QUICK)
    odd, other = queue.add(), queue.add()
    monkeypatch.setattr(local_watch_module, "REST", 0.2)
    start = local_watch_module.start
    failures = iter([True])

    def start_or_fail(paths: RunPaths, *arguments: Any) -> Any:
        if paths.id == odd.id and next(failures, False):
            raise ZeroDivisionError
        return start(paths, *arguments)

    monkeypatch.setattr(local_watch_module, "start", start_or_fail)
    queue.until(lambda: state(other) is State.FINISHED)
    assert "ZeroDivisionError" in capsys.readouterr().err
    queue.until(lambda: state(odd) is State.FINISHED)  # it was tried again after a rest


def test_of_a_long_queue_every_run_is_looked_at_in_time(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_watch_module, "QUEUED_A_LOOK", 3)
    monkeypatch.setattr(LocalWatch, "_start_what_fits", lambda self: None)
    runs = [queue.add() for _ in range(10)]
    queue.watch.tick()
    for paths in runs:
        change_control(paths, want="stop")
    for _ in range(10):
        queue.watch.tick()
    assert Tickets(runs[0].root.parent).ids() == set()


# Memory


def test_an_unknown_training_is_tried_alone_and_then_known(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places_module, "ram_free", lambda: 3 * 2**30)
    learned = "wait_for(paths.root / 'learned'); recorder.event('memory', 1, ram=2**30, gpu=0)"
    queue.train_as(PATIENT.replace("deadline =", f"{learned}\ndeadline ="))
    first, second = queue.add(), queue.add()
    queue.until(lambda: state(first) is State.RUNNING)
    for _ in range(3):
        queue.watch.tick()
    assert state(second) is State.QUEUED
    assert "waits for memory: it needs 8.0 GiB, " in queue.watch.note
    (first.root / "learned").touch()
    queue.until(lambda: state(second) is State.RUNNING)
    (second.root / "learned").touch()
    assert queue.watch.note == ""


def test_without_memory_for_a_known_training_none_starts_and_the_queue_says_so(
    queue: Queue, make_run: MakeRun, make_event: MakeEvent, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_run([make_event("attempt"), make_event("memory", ram=4 * 2**30, gpu=0), make_event("end")], claims=1)
    adopt_all(queue.watch, store.root)
    paths = queue.add()
    monkeypatch.setattr(places_module, "ram_free", lambda: 2**30)
    queue.watch.tick()
    assert state(paths) is State.QUEUED
    assert "it needs 4.6 GiB, 1.0 GiB is free" in queue.watch.note


# GPUs


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> list[Gpu]:
    """Two GPUs of 24 GiB with nothing on them, and a working MPS; a list that a test may change."""
    here = [Gpu("GPU-a", "a GPU", 24 * 2**30, 24 * 2**30), Gpu("GPU-b", "a GPU", 24 * 2**30, 24 * 2**30)]
    monkeypatch.setattr(places_module, "gpus_called", lambda uuids: [gpu for gpu in here if gpu.uuid in uuids])
    monkeypatch.setattr(gpu_sharing, "mps_environment", lambda folder: {"CUDA_MPS_PIPE_DIRECTORY": "/pipe"})
    monkeypatch.setattr("mixtui.launch.local_launcher.gpus_for", lambda device: [gpu.uuid for gpu in here])
    return here


ON_GPU = {"device": "cuda"}


def test_trainings_are_spread_over_gpus_and_told_theirs(queue: Queue, gpus: list[Gpu]) -> None:
    queue.train_as(PATIENT.replace("deadline =", "print(os.environ['CUDA_VISIBLE_DEVICES'], flush=True)\ndeadline ="))
    runs = [queue.add(recipe=ON_GPU, slots_per_gpu=1) for _ in range(3)]
    queue.until(lambda: all(paths.output.exists() and paths.output.read_text() for paths in runs[:2]))
    assert {paths.output.read_text().strip() for paths in runs[:2]} == {"GPU-a", "GPU-b"}
    assert state(runs[2]) is State.QUEUED
    assert {(read_json(paths.process) or {})["gpu"] for paths in runs[:2]} == {"GPU-a", "GPU-b"}


def test_an_unknown_training_is_tried_alone_on_a_small_gpu(queue: Queue, gpus: list[Gpu]) -> None:
    gpus[:] = [Gpu("GPU-a", "a small GPU", 8 * 2**30, 8 * 2**30)]
    learned = "wait_for(paths.root / 'learned'); recorder.event('memory', 1, ram=2**30, gpu=2**30)"
    queue.train_as(PATIENT.replace("deadline =", f"{learned}\ndeadline ="))
    runs = [queue.add(recipe=ON_GPU) for _ in range(8)]
    queue.until(lambda: state(runs[0]) is State.RUNNING)
    queue.watch.tick()
    assert state(runs[1]) is State.QUEUED
    for paths in runs:
        (paths.root / "learned").touch()
    queue.until(lambda: sum(state(paths).is_live for paths in runs) == 6)  # as many as may share it
    for _ in range(3):
        queue.watch.tick()
    assert sum(state(paths) is State.QUEUED for paths in runs) == 2


def test_a_gpu_that_is_gone_is_waited_for_and_cpu_runs_go_on(queue: Queue, gpus: list[Gpu]) -> None:
    queue.train_as(QUICK)
    on_gpu = queue.add(recipe=ON_GPU)
    gpus.clear()
    on_cpu = queue.add()
    queue.until(lambda: state(on_cpu) is State.FINISHED)
    assert state(on_gpu) is State.QUEUED
    assert "needs a GPU" in queue.watch.note


def test_without_mps_runs_on_a_gpu_take_turns_and_say_so(
    queue: Queue, gpus: list[Gpu], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path) -> dict[str, str]:
        raise MpsUnavailableError("it is not there")

    monkeypatch.setattr(gpu_sharing, "mps_environment", refuse)
    queue.train_as(PATIENT.replace("deadline =", "print(os.environ['MIXTUI_REMARK'], flush=True)\ndeadline ="))
    runs = [queue.add(recipe=ON_GPU), queue.add(recipe=ON_GPU)]
    queue.until(lambda: all(paths.output.exists() and paths.output.read_text() for paths in runs))
    assert "take turns" in runs[0].output.read_text()
    assert (read_json(runs[0].process) or {})["mps"] is False


def test_an_mps_fault_is_named_and_what_it_took_down_goes_on_in_turns(
    queue: Queue, gpus: list[Gpu], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_watch_module, "TOGETHER", 0.3)
    fault = """
if "CUDA_MPS_PIPE_DIRECTORY" in os.environ:
    wait_for(paths.root.parent / "fault")
    end("failed", "error", "AcceleratorError: CUDA error: the remote procedural call between the MPS server and ...")
else:
    print(os.environ["MIXTUI_REMARK"], flush=True)
    end()
"""
    queue.train_as(WORKER.replace("BODY", fault))
    runs = [queue.add(recipe=ON_GPU) for _ in range(3)]
    queue.until(lambda: all(state(paths) is State.RUNNING for paths in runs))
    (runs[0].root.parent / "fault").touch()
    queue.finish()
    for paths in runs:
        assert state(paths) is State.FINISHED
        assert "An MPS fault took 3 runs down together" in paths.output.read_text()


def test_one_training_that_fails_alone_under_mps_has_failed(
    queue: Queue, gpus: list[Gpu], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_watch_module, "TOGETHER", 0.2)
    alone = """
if "a0.3" in paths.id:
    end("failed", "error", "AcceleratorError: CUDA error: device-side assert triggered")
else:
    wait_for(paths.root / "go")
    end()
"""
    queue.train_as(WORKER.replace("BODY", alone))
    bad, good = queue.add(recipe={**ON_GPU, "alpha": 0.3}), queue.add(recipe=ON_GPU)
    queue.until(lambda: state(bad) is State.FAILED)
    queue.until(lambda: bad.id not in Tickets(bad.root.parent).ids())
    go(good)
    queue.finish()
    assert (state(bad), state(good)) == (State.FAILED, State.FINISHED)
    assert bad.last_claim() == 1


# Oddities


def test_a_run_that_cannot_be_started_holds_up_no_other_and_the_queue_says_why(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_watch_module, "REST", 0.5)
    queue.train_as(QUICK)
    odd, other = queue.add(python="/no/such/python"), queue.add()
    queue.until(lambda: state(other) is State.FINISHED)
    assert queue.watch.tick()
    assert "cannot be started" in queue.watch.note
    change_control(odd, python=sys.executable)
    queue.until(lambda: state(odd) is State.FINISHED)
    queue.watch.tick()
    assert queue.watch.note == ""


def test_what_was_claimed_and_never_begun_is_begun_by_the_next_supervisor(queue: Queue) -> None:
    queue.train_as(QUICK)
    paths = queue.add()
    paths.claim(1).touch()  # and the supervisor was killed before it started the keeper
    os.utime(paths.claim(1), (1e9, 1e9))
    assert state(paths) is State.CRASHED
    adopt_all(queue.watch, paths.root.parent)
    queue.finish()
    assert state(paths) is State.FINISHED
    assert paths.last_claim() == 1


def test_a_keeper_that_comes_too_late_does_not_train_beside_another(queue: Queue) -> None:
    queue.train_as(QUICK)
    paths = queue.add()
    paths.claim(1).touch()
    paths.claim(2).touch()
    keeper = [sys.executable, "-P", "-m", "mixtui.launch.keeper", str(paths.root), "1", "{}"]
    assert subprocess.run(keeper, check=False, timeout=30).returncode == 0
    assert not paths.process.exists()


def test_runs_that_somebody_was_killed_over_are_found_without_tickets(queue: Queue, store: Store) -> None:
    queue.train_as(QUICK)
    young, old = queue.add(), queue.add()
    for paths in (young, old):
        Tickets(store.root).remove(paths.id)
    os.utime(old.root, (1e9, 1e9))
    pick_up_left_over(store, [young.id, old.id])
    assert Tickets(store.root).ids() == {old.id}


def test_odd_values_in_one_control_file_do_not_stop_the_queue(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_watch_module, "REST", 0.05)
    queue.train_as(QUICK)
    values = (("priority", "high"), ("gpus", None), ("gpus", [["GPU-a"]]), ("retries", "2"))
    odd = [queue.add(**{name: value}) for name, value in values]
    good = queue.add()
    queue.finish()
    assert state(good) is State.FINISHED
    assert all(paths.last_claim() == 0 for paths in odd)


def test_a_full_disk_is_waited_for(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    queue.train_as(QUICK)
    paths = queue.add()
    with monkeypatch.context() as full:
        full.setattr(local_watch_module, "ROOM", 2**62)
        queue.watch.tick()
    assert (state(paths), paths.last_claim()) == (State.QUEUED, 0)
    assert "waits for room on the disk" in queue.watch.note
    queue.finish()
    assert state(paths) is State.FINISHED
