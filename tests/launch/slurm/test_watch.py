"""What squeue says of jobs is written down for all who show runs, and what has ended is seen to."""

from __future__ import annotations

import errno
import os
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mixtui.launch.queue import asking_to_end, enqueue, want_again
from mixtui.launch.slurm import watch as watch_module
from mixtui.launch.slurm.settings import SlurmSettings
from mixtui.launch.slurm.watch import SlurmWatch
from mixtui.store.control import change_control, read_control
from mixtui.store.files import write_json
from mixtui.store.job import Job, write_job
from mixtui.store.jsonl import JsonlWriter
from mixtui.store.paths import RunPaths
from mixtui.store.process import this_process
from mixtui.store.run import Run
from mixtui.store.status import State
from mixtui.store.store import Store
from mixtui.store.tickets import Tickets
from tests.launch.conftest import adopt_all
from tests.launch.slurm.conftest import Cluster, job_of, status_of

MakeEvent = Callable[..., dict[str, Any]]
Wanted = Callable[..., RunPaths]

ELSEWHERE = replace(this_process(), host="node1", boot_id="another").to_json()


@pytest.fixture(autouse=True)
def _always_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "ASK_EVERY", 0.0)
    monkeypatch.setattr(watch_module, "TRY_AGAIN_AFTER", 0.0)
    monkeypatch.setattr(watch_module, "ASK_AGAIN_AFTER", 0.0)


@pytest.fixture
def watch(store: Store) -> SlurmWatch:
    return SlurmWatch(store.root)


@pytest.fixture
def submitted(cluster: Cluster, wanted: Wanted) -> Callable[..., list[RunPaths]]:
    """Makes so many runs that wait in jobs of one array, 100_0 and so on, since a while."""

    def make(count: int = 1, settings: SlurmSettings | None = None, **control: Any) -> list[RunPaths]:
        runs = [wanted(settings, **control) for _ in range(count)]
        enqueue(runs)
        for paths in runs:
            make_old(paths)
        (cluster.folder / "calls").unlink()
        return runs

    return make


def make_old(paths: RunPaths) -> None:
    """As if the record of its job had been written a while ago."""
    then = time.time() - 60
    os.utime(paths.job, (then, then))


def begin(paths: RunPaths, make_event: MakeEvent, attempt: int = 1, job: str = "100") -> None:
    """As a job that starts to train a run."""
    paths.claim(attempt).touch()
    write_events(paths, make_event("attempt", attempt, **ELSEWHERE), make_event("phase", attempt))
    write_job(paths, Job(attempt, "Slurm", job, "running"))
    make_old(paths)
    paths.heartbeat.touch()


def write_events(paths: RunPaths, *events: dict[str, Any]) -> None:
    log = JsonlWriter(paths.events)
    log.append(events)
    log.close()


def tickets(store: Store) -> set[str]:
    return Tickets(store.root, "slurm").ids()


# What is written down


def test_a_job_is_followed_from_waiting_to_its_end_in_one_call_a_look(
    watch: SlurmWatch, cluster: Cluster, submitted: Callable[..., list[RunPaths]], make_event: MakeEvent, store: Store
) -> None:
    runs = submitted(3)
    cluster.queue(j100_0="PENDING|Resources", j100_1="PENDING|JobArrayTaskLimit", j100_2="PENDING|Priority")
    assert watch.tick()
    assert [status_of(paths).waits_for for paths in runs] == ["Resources", "JobArrayTaskLimit", "Priority"]
    assert "Resources" in status_of(runs[0]).sentence

    begin(runs[0], make_event, job="100_0")
    cluster.queue(j100_0="RUNNING", j100_1="PENDING|JobArrayTaskLimit", j100_2="CANCELLED")
    assert watch.tick()
    assert [job_of(paths).phase for paths in runs] == ["running", "waiting", "ended"]
    assert (status_of(runs[2]).state, status_of(runs[2]).reason) == (State.STOPPED, "cancelled")
    assert status_of(runs[0]).state is State.RUNNING
    assert tickets(store) == {runs[0].id, runs[1].id}

    write_events(runs[0], make_event("end"))
    cluster.queue(j100_0="COMPLETED", j100_1="TIMEOUT", j100_2="CANCELLED")
    make_old(runs[0])
    assert watch.tick()
    assert status_of(runs[0]).state is State.FINISHED
    assert tickets(store) == set()
    assert not watch.tick()
    assert [len(cluster.calls(command)) for command in ("squeue", "sacct")] == [3, 0]


def test_what_has_not_changed_is_not_read_again(
    watch: SlurmWatch,
    cluster: Cluster,
    submitted: Callable[..., list[RunPaths]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    submitted(3)
    cluster.queue(j100_0="PENDING", j100_1="PENDING|Resources", j100_2="RUNNING")
    for _ in range(2):
        watch.tick()
    monkeypatch.setattr(watch_module, "read_job", lambda paths: pytest.fail(f"{paths.id} is read again"))
    monkeypatch.setattr(Run, "load", lambda root: pytest.fail(f"{root.name} is read again"))
    watch.tick()


@pytest.mark.parametrize(
    ("word", "state", "reason"),
    [
        ("TIMEOUT", State.CRASHED, "timeout"),
        ("PREEMPTED", State.STOPPED, "preempted"),
        ("NODE_FAIL", State.CRASHED, "node-failed"),
        ("CANCELLED", State.STOPPED, "cancelled"),
        ("OUT_OF_MEMORY", State.CRASHED, "oom"),
    ],
)
def test_a_job_that_ended_before_its_run_says_why(
    word: str,
    state: State,
    reason: str,
    watch: SlurmWatch,
    cluster: Cluster,
    submitted: Callable[..., list[RunPaths]],
    make_event: MakeEvent,
    store: Store,
) -> None:
    (paths,) = submitted()
    begin(paths, make_event)
    cluster.queue(j100=word)
    watch.tick()
    status = status_of(paths)
    assert (status.state, status.reason) == (state, reason)
    assert "Slurm job 100" in status.sentence
    assert tickets(store) == set()


def test_a_job_that_squeue_knows_no_more_is_asked_of_the_accounting(
    watch: SlurmWatch, cluster: Cluster, submitted: Callable[..., list[RunPaths]], make_event: MakeEvent
) -> None:
    runs = submitted(2)
    for number, paths in enumerate(runs):
        begin(paths, make_event, job=f"100_{number}")
    cluster.queue()
    cluster.says("sacct", "100_0|NODE_FAIL|None", "100_1|TIMEOUT|None")
    watch.tick()
    assert [status_of(paths).reason for paths in runs] == ["node-failed", "timeout"]
    assert len(cluster.calls("sacct")) == 1


@pytest.mark.parametrize(("began", "reason"), [(False, "cancelled"), (True, "unknown")])
def test_without_accounting_a_job_that_is_gone_was_cancelled_or_nobody_knows(
    began: bool,
    reason: str,
    watch: SlurmWatch,
    cluster: Cluster,
    submitted: Callable[..., list[RunPaths]],
    make_event: MakeEvent,
) -> None:
    (paths,) = submitted()
    if began:
        begin(paths, make_event)
    cluster.queue()
    watch.tick()
    assert job_of(paths).reason == reason


def test_how_a_job_ended_is_not_forgotten_when_slurm_forgets_it(
    watch: SlurmWatch, cluster: Cluster, submitted: Callable[..., list[RunPaths]]
) -> None:
    """Its watch was killed just then; the next is woken hours later."""
    (paths,) = submitted()
    write_job(paths, Job(1, "Slurm", "100", "ended", "CANCELLED", "cancelled"))
    make_old(paths)
    cluster.queue()
    watch.tick()
    assert status_of(paths).reason == "cancelled"


def test_a_newer_word_of_the_job_itself_stands(
    watch: SlurmWatch, cluster: Cluster, submitted: Callable[..., list[RunPaths]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (paths,) = submitted()
    cluster.queue(j100="PENDING|Resources")
    ask = watch_module.ask_queue

    def ask_while_it_begins() -> Any:
        told = ask()
        write_job(paths, Job(1, "Slurm", "100", "running"))
        return told

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(watch_module, "ask_queue", ask_while_it_begins)
        watch.tick()
    assert job_of(paths).phase == "running"
    make_old(paths)
    cluster.queue(j100="SUSPENDED")
    watch.tick()
    assert job_of(paths) == Job(1, "Slurm", "100", "running", "SUSPENDED")


def test_a_queue_that_cannot_be_asked_changes_nothing_and_is_told(
    watch: SlurmWatch,
    cluster: Cluster,
    submitted: Callable[..., list[RunPaths]],
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (paths,) = submitted()
    before = job_of(paths)
    cluster.fails("squeue", "slurm_load_jobs error: Unable to contact slurm controller")
    assert watch.tick()
    assert "Unable to contact slurm controller" in watch.note
    assert job_of(paths) == before
    assert tickets(store) == {paths.id}
    cluster.queue(j100="PENDING|Priority")
    watch.tick()
    assert watch.note == ""
    assert status_of(paths).waits_for == "Priority"
    monkeypatch.setattr(watch_module, "ASK_AGAIN_AFTER", 3600.0)
    cluster.fails("squeue", "no")
    watch.tick()
    calls = len(cluster.calls("squeue"))
    watch.tick()
    assert len(cluster.calls("squeue")) == calls


def test_a_controller_is_not_asked_at_every_tick(
    watch: SlurmWatch,
    cluster: Cluster,
    submitted: Callable[..., list[RunPaths]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watch_module, "ASK_EVERY", 3600.0)
    submitted()
    cluster.queue(j100="PENDING")
    for _ in range(5):
        assert watch.tick()
    assert len(cluster.calls("squeue")) == 1


# Ends, retries, and what is wanted meanwhile


def test_a_crash_is_retried_as_often_as_was_asked_for(
    watch: SlurmWatch, cluster: Cluster, submitted: Callable[..., list[RunPaths]], make_event: MakeEvent, store: Store
) -> None:
    (paths,) = submitted(retries=1)
    for attempt, job in ((1, "100"), (2, "101")):
        begin(paths, make_event, attempt, job)
        write_json(paths.exit, {"attempt": attempt, "code": 1, "signal": None})
        cluster.queue(**{f"j{job}": "FAILED"})
        for _ in range(2):  # it is seen; it is handed over
            watch.tick()
        make_old(paths)
    assert len(cluster.batches) == 2
    assert status_of(paths).state is State.CRASHED
    assert (read_control(paths)["retries"], read_control(paths)["attempt"]) == (0, 2)
    assert tickets(store) == set()


def test_two_watches_at_once_retry_once(
    cluster: Cluster, submitted: Callable[..., list[RunPaths]], make_event: MakeEvent, store: Store
) -> None:
    (paths,) = submitted(retries=3)
    begin(paths, make_event)
    write_json(paths.exit, {"attempt": 1, "code": 1, "signal": None})
    cluster.queue(j100="FAILED", j101="PENDING")
    watches = [SlurmWatch(store.root) for _ in range(3)]
    for _ in range(2):
        threads = [threading.Thread(target=watch.tick) for watch in watches]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for watch in watches:
        watch.tick()
    assert len(cluster.batches) == 2
    assert (read_control(paths)["attempt"], read_control(paths)["retries"]) == (2, 2)
    assert job_of(paths) == Job(2, "Slurm", "101", "waiting")
    assert tickets(store) == {paths.id}


def test_whoever_resumes_a_run_at_the_same_moment_is_not_lost(
    watch: SlurmWatch, cluster: Cluster, submitted: Callable[..., list[RunPaths]], make_event: MakeEvent, store: Store
) -> None:
    (paths,) = submitted()
    begin(paths, make_event)
    write_events(paths, make_event("end", state="stopped", reason="requested"))
    cluster.queue(j100="COMPLETED", j101="PENDING")
    want_again(Run.load(paths.root))  # and they were killed before they handed it over
    for _ in range(2):
        watch.tick()
    assert job_of(paths) == Job(2, "Slurm", "101", "waiting")
    assert tickets(store) == {paths.id}


def test_a_run_that_goes_on_in_another_job_is_followed_there_while_the_first_lives_on(
    watch: SlurmWatch, cluster: Cluster, submitted: Callable[..., list[RunPaths]], make_event: MakeEvent
) -> None:
    shared = SlurmSettings(runs_per_task=2)
    first, other = submitted(2, shared)
    for paths in (first, other):
        begin(paths, make_event)
    cluster.queue(j100="RUNNING")
    watch.tick()
    write_events(first, make_event("end", state="stopped", reason="requested"))
    want_again(Run.load(first.root))
    enqueue([first])
    make_old(first)
    cluster.queue(j100="RUNNING", j101="PENDING|Resources")
    watch.tick()
    assert status_of(first).waits_for == "Resources"
    cluster.queue(j100="RUNNING", j101="CANCELLED")
    watch.tick()
    assert (status_of(first).state, status_of(first).reason) == (State.STOPPED, "cancelled")
    assert status_of(other).state is State.RUNNING


def test_a_run_without_a_job_is_handed_over_and_a_refusal_is_told_till_it_is_tried_again(
    watch: SlurmWatch, cluster: Cluster, wanted: Wanted, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_module, "TRY_AGAIN_AFTER", 3600.0)
    paths = wanted()
    Tickets(store.root, "slurm").add(paths.id)
    cluster.fails("sbatch", "sbatch: error: Invalid qos specification")
    for _ in range(3):
        watch.tick()
        assert "Invalid qos" in watch.note
    assert len(cluster.calls("sbatch")) == 1
    heir = SlurmWatch(store.root)
    (cluster.folder / "sbatch.error").unlink()
    heir.tick()
    assert job_of(paths).id == "100"
    assert heir.note == ""


def test_a_run_that_is_stopped_while_it_waits_gives_its_ticket_back(
    watch: SlurmWatch, cluster: Cluster, submitted: Callable[..., list[RunPaths]], store: Store
) -> None:
    (paths,) = submitted()
    cluster.queue(j100="PENDING")
    watch.tick()
    with asking_to_end("stop") as ask:
        ask(Run.load(paths.root))
    make_old(paths)
    cluster.queue(j100="CANCELLED")
    watch.tick()
    assert tickets(store) == set()
    assert (status_of(paths).state, status_of(paths).reason) == (State.STOPPED, "requested")


def test_a_live_run_keeps_its_ticket_until_it_is_known_how_it_ended(
    watch: SlurmWatch, cluster: Cluster, submitted: Callable[..., list[RunPaths]], make_event: MakeEvent, store: Store
) -> None:
    (paths,) = submitted()
    begin(paths, make_event)
    write_json(paths.process, {"attempt": 1, **this_process().to_json()})  # its keeper is on this very host
    cluster.queue(j100="COMPLETED")
    watch.tick()
    assert tickets(store) == {paths.id}
    write_events(paths, make_event("end"))
    watch.tick()
    assert tickets(store) == set()


# Oddities


@pytest.mark.parametrize("damage", ["removed", "job spoilt", "control spoilt", "events removed"])
@pytest.mark.parametrize("when", ["before", "between"])
def test_a_run_that_is_removed_or_spoilt_does_not_keep_the_others(
    damage: str,
    when: str,
    watch: SlurmWatch,
    cluster: Cluster,
    submitted: Callable[..., list[RunPaths]],
    store: Store,
) -> None:
    odd, good = submitted(2)
    cluster.queue(j100_0="PENDING", j100_1="PENDING")
    if when == "between":
        watch.tick()
    match damage:
        case "removed":
            shutil.rmtree(odd.root)
        case "job spoilt":
            odd.job.write_text('{"attempt": 1}')
        case "control spoilt":
            odd.control.write_text("{")
        case "events removed":
            odd.events.unlink(missing_ok=True)
    cluster.queue(j100_0="CANCELLED", j100_1="PENDING|Resources")
    for _ in range(2):
        assert watch.tick()
    assert status_of(good).waits_for == "Resources"
    assert tickets(store) == {good.id}


def test_a_run_whose_record_cannot_be_written_for_a_moment_is_not_given_up(
    watch: SlurmWatch,
    cluster: Cluster,
    submitted: Callable[..., list[RunPaths]],
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (paths,) = submitted(1)
    cluster.queue(j100="RUNNING")

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(watch_module, "write_job", refuse)
        assert watch.tick()
    assert tickets(store) == {paths.id}
    watch.tick()
    assert job_of(paths).phase == "running"


def test_a_run_of_odd_options_is_told_of_and_does_not_keep_the_others(
    watch: SlurmWatch, cluster: Cluster, wanted: Wanted, store: Store
) -> None:
    odd, good = wanted(), wanted()
    change_control(odd, launcher_options={"runs_per_task": "many"})
    for paths in (odd, good):
        Tickets(store.root, "slurm").add(paths.id)
    watch.tick()
    assert job_of(good).id == "100"
    assert "runs_per_task" in watch.note


def test_a_new_watch_takes_over_what_waits_what_lives_and_what_is_lost(
    watch: SlurmWatch,
    cluster: Cluster,
    submitted: Callable[..., list[RunPaths]],
    wanted: Wanted,
    make_run: Wanted,
    make_event: MakeEvent,
    store: Store,
) -> None:
    waiting, live, lost, ended = submitted(4)
    young, left_over, local = wanted(), wanted(), make_run()
    begin(live, make_event, job="100_1")
    begin(lost, make_event, job="100_2")
    for path in (lost.heartbeat, lost.claim(1)):
        os.utime(path, (1e9, 1e9))
    assert status_of(lost).state is State.LOST
    write_job(ended, Job(1, "Slurm", "100_3", "ended", "CANCELLED", "cancelled"))
    for root in (left_over.root, local.root):
        os.utime(root, (1e9, 1e9))
    for paths in (waiting, live, lost, ended):
        Tickets(store.root, "slurm").remove(paths.id)
    assert not watch.has_tickets()
    adopt_all(watch, store.root)
    assert watch.has_tickets()
    assert tickets(store) == {waiting.id, live.id, lost.id, left_over.id}
    assert young.id not in tickets(store)
    cluster.queue(j100_0="PENDING", j100_1="RUNNING", j100_2="NODE_FAIL")
    watch.tick()
    assert (status_of(lost).state, status_of(lost).reason) == (State.CRASHED, "node-failed")
    watch.leave()
    assert watch.note == ""
