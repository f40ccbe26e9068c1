"""Every state, from made evidence: events, process records, exit records, and the clock."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixtui.store.control import change_control
from mixtui.store.files import write_json
from mixtui.store.job import Job, write_job
from mixtui.store.jsonl import JsonlWriter
from mixtui.store.paths import RunPaths
from mixtui.store.process import ProcessIdentity, identify, this_process
from mixtui.store.run import BrokenRunError, Run
from mixtui.store.status import CLAIM_GRACE, LOST_AFTER, STALLED_AFTER, State, Status, status
from tests.store.made_documents import anything

MakeEvent = Callable[..., dict[str, Any]]
MakeRun = Callable[..., RunPaths]

ELSEWHERE = replace(this_process(), host="elsewhere", boot_id="another")
GONE = replace(this_process(), boot_id="another")


def status_of(paths: RunPaths) -> Status:
    return Run.load(paths.root).status


def record_process(paths: RunPaths, identity: ProcessIdentity, attempt: int = 1, **more: Any) -> None:
    write_json(paths.process, {"attempt": attempt, **identity.to_json(), **more})
    paths.heartbeat.touch()


def record_exit(
    paths: RunPaths, code: int | None = None, signal: str | None = None, attempt: int = 1, **more: Any
) -> None:
    ended = {"attempt": attempt, "time": "2026-11-22T23:15:02+00:00", "code": code, "signal": signal}
    write_json(paths.exit, {**ended, **more})


def make_silent(paths: RunPaths, seconds: float) -> None:
    then = time.time() - seconds
    for path in paths.root.iterdir():
        os.utime(path, (then, then))


@pytest.fixture
def training_run(make_run: MakeRun, make_event: MakeEvent) -> RunPaths:
    """A run whose first attempt trains: nothing says yet which process it is."""
    return make_run([make_event("attempt"), make_event("phase", phase="training")], claims=1)


# Without a process


@pytest.mark.parametrize(
    ("want", "state"), [("run", State.QUEUED), ("pause", State.PAUSED), ("stop", State.STOPPED), (None, State.QUEUED)]
)
def test_a_run_that_nobody_began(make_run: MakeRun, want: str | None, state: State) -> None:
    paths = make_run()
    change_control(paths, want=want)
    assert status_of(paths).state is state
    assert not state.is_live


@pytest.mark.parametrize(("want", "word"), [("pause", "Paused"), ("stop", "Stopped")])
def test_a_run_that_left_the_queue_says_that_it_never_started(make_run: MakeRun, want: str, word: str) -> None:
    paths = make_run()
    change_control(paths, want=want)
    status = status_of(paths)
    assert (status.reason, status.sentence) == ("requested", f"{word} before it started.")


def test_a_run_queued_on_another_host_says_where(make_run: MakeRun) -> None:
    paths = make_run()
    change_control(paths, host="elsewhere")
    assert status_of(paths) == Status(State.QUEUED, host="elsewhere")
    change_control(paths, host=socket.gethostname())
    assert status_of(paths) == Status(State.QUEUED)


def test_a_run_that_is_wanted_again_is_queued(make_run: MakeRun, make_event: MakeEvent) -> None:
    paths = make_run([make_event("attempt"), make_event("end", state="stopped")], claims=1)
    change_control(paths, attempt=2)
    assert status_of(paths).state is State.QUEUED


def test_a_fresh_claim_is_starting(make_run: MakeRun) -> None:
    assert status_of(make_run(claims=1)) == Status(State.STARTING)


def test_a_claim_that_no_process_followed_is_crashed(make_run: MakeRun) -> None:
    paths = make_run(claims=1)
    make_silent(paths, CLAIM_GRACE + 1)
    status = status_of(paths)
    assert (status.state, status.reason) == (State.CRASHED, "unknown")
    assert "did not begin" in status.sentence


# A live process


@pytest.mark.parametrize("phase", [None, "fetching", "decoding"])
def test_a_live_process_that_does_not_train_yet_is_starting(
    make_run: MakeRun, make_event: MakeEvent, phase: str | None
) -> None:
    events = [make_event("attempt")] + ([make_event("phase", phase=phase)] if phase else [])
    paths = make_run(events, claims=1)
    record_process(paths, this_process())
    assert status_of(paths) == Status(State.STARTING)


def test_a_live_process_that_trains_is_running(training_run: RunPaths) -> None:
    record_process(training_run, this_process())
    assert status_of(training_run) == Status(State.RUNNING)


@pytest.mark.parametrize("want", ["stop", "pause"])
def test_a_live_process_that_is_to_end_is_stopping(training_run: RunPaths, want: str) -> None:
    record_process(training_run, this_process())
    change_control(training_run, want=want)
    assert status_of(training_run).state is State.STOPPING


def test_an_earlier_attempts_training_is_not_this_ones(training_run: RunPaths) -> None:
    training_run.claim(2).touch()
    record_process(training_run, this_process(), attempt=2)
    assert status_of(training_run).state is State.STARTING


def test_a_phase_that_no_attempt_precedes_is_no_accident(make_run: MakeRun, make_event: MakeEvent) -> None:
    paths = make_run([make_event("phase", phase="training")], claims=1)
    record_process(paths, this_process())
    assert status_of(paths).state is State.RUNNING


def test_a_live_process_that_fell_silent_is_stalled_and_still_running(training_run: RunPaths) -> None:
    record_process(training_run, this_process())
    make_silent(training_run, STALLED_AFTER + 30)
    status = status_of(training_run)
    assert status.state is State.RUNNING
    assert status.stalled_for == pytest.approx(STALLED_AFTER + 30, abs=5)
    training_run.heartbeat.touch()
    assert status_of(training_run).stalled_for is None


def test_a_process_that_only_it_itself_recorded_counts(training_run: RunPaths) -> None:
    assert not training_run.process.exists()
    assert status_of(training_run).state is State.RUNNING


def test_a_run_is_live_until_its_keeper_has_said_how_its_process_ended(training_run: RunPaths) -> None:
    record_process(training_run, GONE, keeper=this_process().to_json())
    assert status_of(training_run) == Status(State.RUNNING)
    record_process(training_run, GONE, keeper=GONE.to_json())
    assert status_of(training_run).state is State.CRASHED


def test_a_run_outlives_its_keeper(training_run: RunPaths) -> None:
    record_process(training_run, this_process(), keeper=GONE.to_json())
    assert status_of(training_run) == Status(State.RUNNING)


# A process that is gone


@pytest.mark.parametrize(
    "change",
    [{"start_time": this_process().start_time - 1}, {"boot_id": "another"}, {"pid": 2**30}],
    ids=["its pid used again", "another boot", "no such pid"],
)
def test_another_process_is_not_the_run(training_run: RunPaths, change: dict[str, Any]) -> None:
    record_process(training_run, replace(this_process(), **change))
    status = status_of(training_run)
    assert (status.state, status.reason) == (State.CRASHED, "unknown")
    assert not status.state.is_live


def test_a_zombie_is_crashed(training_run: RunPaths) -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    record_process(training_run, identify(child.pid))
    assert status_of(training_run).state is State.RUNNING
    assert child.stdin is not None
    child.stdin.close()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert status_of(training_run).state is State.CRASHED
    child.wait()


@pytest.mark.parametrize(
    ("code", "signal", "reason", "words"),
    [(None, "SIGKILL", "signal", "SIGKILL"), (1, None, "error", "exit code 1"), (0, None, "error", "exit code 0")],
)
def test_an_exit_without_an_end_event_is_crashed_and_says_how(
    training_run: RunPaths, code: int | None, signal: str | None, reason: str, words: str
) -> None:
    record_process(training_run, this_process())
    record_exit(training_run, code, signal)
    status = status_of(training_run)
    assert (status.state, status.reason) == (State.CRASHED, reason)
    assert words in status.sentence
    assert "epoch 1" in status.sentence


def test_a_crash_is_told_with_the_last_line_that_was_printed(training_run: RunPaths) -> None:
    record_exit(training_run, code=1, last_line="RuntimeError: the cable is loose")
    assert (
        status_of(training_run).sentence == "Died in epoch 1: exit code 1. Last line: RuntimeError: the cable is loose"
    )
    record_exit(training_run, signal="SIGSEGV", last_line=None)
    assert status_of(training_run).sentence == "Died in epoch 1: SIGSEGV."


@pytest.mark.parametrize(("limit", "words"), [(3 * 2**29, " (limit 1.5 GiB)"), (None, "")])
def test_a_kill_for_want_of_memory_is_called_that(training_run: RunPaths, limit: int | None, words: str) -> None:
    record_exit(training_run, signal="SIGKILL", out_of_memory=True, memory_limit=limit, last_line="epoch 1")
    status = status_of(training_run)
    assert (status.state, status.reason) == (State.CRASHED, "oom")
    assert status.sentence == f"Died in epoch 1: SIGKILL, out of memory{words}."


@pytest.mark.parametrize(("want", "state"), [("stop", State.STOPPED), ("pause", State.PAUSED)])
def test_a_run_that_was_killed_because_it_did_not_end_has_not_crashed(
    training_run: RunPaths, want: str, state: State
) -> None:
    change_control(training_run, want=want, killed=1)
    record_exit(training_run, signal="SIGKILL", out_of_memory=True)
    status = status_of(training_run)
    assert (status.state, status.reason) == (state, "requested")
    assert "was killed" in status.sentence
    training_run.claim(2).touch()
    record_exit(training_run, signal="SIGKILL", attempt=2)
    assert status_of(training_run).state is State.CRASHED


@pytest.mark.parametrize(("want", "state"), [("stop", State.STOPPED), ("pause", State.PAUSED), ("run", State.CRASHED)])
def test_a_signal_may_end_a_process_before_it_can_say_so(make_run: MakeRun, want: str, state: State) -> None:
    paths = make_run(claims=1)
    change_control(paths, want=want)
    record_exit(paths, signal="SIGTERM")
    assert status_of(paths).state is state


def test_an_attempt_that_died_before_it_began_says_so(training_run: RunPaths) -> None:
    training_run.claim(2).touch()
    record_exit(training_run, code=1, attempt=2)
    assert "before it began" in status_of(training_run).sentence


def test_an_earlier_attempts_exit_is_not_this_ones(training_run: RunPaths) -> None:
    record_exit(training_run, signal="SIGKILL")
    training_run.claim(2).touch()
    record_process(training_run, this_process(), attempt=2)
    assert status_of(training_run).state is State.STARTING


# The end event


@pytest.mark.parametrize("state", [State.FINISHED, State.STOPPED, State.PAUSED, State.FAILED])
def test_the_end_event_is_the_last_word(make_run: MakeRun, make_event: MakeEvent, state: State) -> None:
    end = make_event("end", state=state.value, reason="requested", message="As it is.")
    paths = make_run([make_event("attempt"), end], claims=1)
    assert status_of(paths) == Status(state, "requested", "As it is.")
    record_process(paths, this_process())  # it may take its time to go
    record_exit(paths, signal="SIGKILL")
    assert status_of(paths) == Status(state, "requested", "As it is.")


def test_an_earlier_attempts_end_is_not_this_ones(make_run: MakeRun, make_event: MakeEvent) -> None:
    paths = make_run([make_event("attempt"), make_event("end", state="stopped")], claims=2)
    record_process(paths, this_process(), attempt=2)
    assert status_of(paths).state is State.STARTING


# Another host


def test_on_another_host_a_fresh_heartbeat_is_life(training_run: RunPaths) -> None:
    record_process(training_run, ELSEWHERE)
    assert status_of(training_run) == Status(State.RUNNING, host="elsewhere")


def test_on_another_host_a_heartbeat_that_expired_is_lost(training_run: RunPaths) -> None:
    record_process(training_run, ELSEWHERE)
    make_silent(training_run, LOST_AFTER + 60)
    status = status_of(training_run)
    assert (status.state, status.reason, status.host) == (State.LOST, "unknown", "elsewhere")
    assert status.sentence == "No sign from elsewhere for 3 min."


def test_on_another_host_an_exit_is_an_exit(training_run: RunPaths) -> None:
    record_process(training_run, ELSEWHERE)
    record_exit(training_run, signal="SIGTERM")
    assert status_of(training_run).state is State.CRASHED


# A job of a cluster's scheduler

WAITS = Job(1, "Slurm", "7", "waiting", "Resources")
TRAINS = Job(1, "Slurm", "7", "running")


def ended_by(reason: str, attempt: int = 1) -> Job:
    return Job(attempt, "Slurm", "7", "ended", reason.upper(), reason)


def give_to_slurm(paths: RunPaths, job: Job | None = None, **control: Any) -> None:
    change_control(paths, launcher="slurm", **control)
    if job is not None:
        write_job(paths, job)


@pytest.fixture
def on_a_node(training_run: RunPaths) -> RunPaths:
    """A run that trains as job 7 on another host."""
    record_process(training_run, ELSEWHERE)
    give_to_slurm(training_run, TRAINS)
    return training_run


@pytest.mark.parametrize(
    ("job", "want", "expected"),
    [
        (None, "run", Status(State.QUEUED)),
        (WAITS, "run", Status(State.QUEUED, sentence="Waits as Slurm job 7: Resources.", waits_for="Resources")),
        (replace(WAITS, why=""), "run", Status(State.QUEUED, sentence="Waits as Slurm job 7.", waits_for="")),
        (TRAINS, "run", Status(State.QUEUED, sentence="Waits as Slurm job 7.", waits_for="")),
        (replace(WAITS, attempt=0), "run", Status(State.QUEUED)),
        (WAITS, "stop", Status(State.STOPPED, "requested", "Stopped before it started.")),
        (WAITS, "pause", Status(State.PAUSED, "requested", "Paused before it started.")),
        (ended_by("cancelled"), "stop", Status(State.STOPPED, "requested", "Stopped before it started.")),
        (
            ended_by("cancelled"),
            "run",
            Status(State.STOPPED, "cancelled", "Slurm job 7 was cancelled. The run had not started."),
        ),
        (
            ended_by("node-failed"),
            "run",
            Status(State.CRASHED, "node-failed", "The node of Slurm job 7 failed. The run had not started."),
        ),
        (
            ended_by("error"),
            "run",
            Status(State.CRASHED, "error", "Slurm job 7 failed. The run had not started."),
        ),
    ],
)
def test_a_run_that_a_scheduler_has_and_nobody_began(
    job: Job | None, want: str, expected: Status, make_run: MakeRun
) -> None:
    paths = make_run()
    give_to_slurm(paths, job, want=want)
    assert status_of(paths) == expected


def test_a_job_counts_only_for_a_run_that_a_scheduler_has(make_run: MakeRun) -> None:
    paths = make_run()
    write_job(paths, WAITS)
    assert status_of(paths) == Status(State.QUEUED)
    paths.job.write_text("{")
    assert status_of(paths) == Status(State.QUEUED)


def test_a_job_of_an_earlier_attempt_says_nothing_of_this_one(on_a_node: RunPaths) -> None:
    change_control(on_a_node, attempt=2)
    assert status_of(on_a_node) == Status(State.QUEUED)
    on_a_node.claim(2).touch()
    record_process(on_a_node, ELSEWHERE, attempt=2)
    write_job(on_a_node, ended_by("node-failed"))
    assert status_of(on_a_node) == Status(State.STARTING, host="elsewhere")


@pytest.mark.parametrize(("want", "state"), [("run", State.RUNNING), ("stop", State.STOPPING)])
def test_a_run_that_trains_in_a_job_is_live(want: str, state: State, on_a_node: RunPaths) -> None:
    change_control(on_a_node, want=want)
    assert status_of(on_a_node) == Status(state, host="elsewhere")


def test_while_its_job_runs_a_run_that_is_silent_is_lost(on_a_node: RunPaths) -> None:
    make_silent(on_a_node, LOST_AFTER + 60)
    assert status_of(on_a_node).state is State.LOST


@pytest.mark.parametrize(
    ("reason", "state", "told"),
    [
        ("timeout", State.CRASHED, "timeout"),
        ("oom", State.CRASHED, "oom"),
        ("node-failed", State.CRASHED, "node-failed"),
        ("preempted", State.STOPPED, "preempted"),
        ("cancelled", State.STOPPED, "cancelled"),
        ("error", State.CRASHED, "unknown"),
        ("done", State.CRASHED, "unknown"),
        ("unknown", State.CRASHED, "unknown"),
    ],
)
@pytest.mark.parametrize("signal", [None, "SIGKILL", "SIGTERM"])
def test_a_run_that_its_jobs_end_took_along(
    reason: str, state: State, told: str, signal: str | None, on_a_node: RunPaths
) -> None:
    write_job(on_a_node, ended_by(reason))
    if reason == "unknown":
        make_silent(on_a_node, LOST_AFTER + 1)
    if signal is not None:
        record_exit(on_a_node, signal=signal)
        told = "signal" if told == "unknown" else told
    status = status_of(on_a_node)
    assert (status.state, status.reason) == (state, told)
    assert "epoch 1" in status.sentence


def test_a_run_that_gives_signs_of_life_outlives_a_scheduler_that_knows_nothing_of_it(on_a_node: RunPaths) -> None:
    write_job(on_a_node, ended_by("unknown"))
    assert status_of(on_a_node).state is State.RUNNING


@pytest.mark.parametrize("reason", ["timeout", "cancelled", "node-failed", "done"])
def test_a_training_that_ended_by_itself_is_not_its_jobs_doing(reason: str, on_a_node: RunPaths) -> None:
    write_job(on_a_node, ended_by(reason))
    record_exit(on_a_node, code=1)
    assert (status_of(on_a_node).state, status_of(on_a_node).reason) == (State.CRASHED, "error")


@pytest.mark.parametrize(("want", "state"), [("stop", State.STOPPED), ("pause", State.PAUSED)])
def test_a_job_that_was_cancelled_for_a_run_that_was_to_end(want: str, state: State, on_a_node: RunPaths) -> None:
    give_to_slurm(on_a_node, ended_by("cancelled"), want=want)
    assert status_of(on_a_node) == Status(state, "requested", "It was asked to end. Slurm job 7 was cancelled.")


@pytest.mark.parametrize("end", [None, "signal", "timeout"])
@pytest.mark.parametrize("signal", [None, "SIGKILL", "SIGTERM", "SIGUSR2"])
def test_an_interrupted_run_waits_for_its_jobs_next_turn(
    end: str | None, signal: str | None, on_a_node: RunPaths, make_event: MakeEvent
) -> None:
    if end is not None:
        log = JsonlWriter(on_a_node.events)
        log.append([make_event("end", state="stopped", reason=end)])
        log.close()
    if signal is not None:
        record_exit(on_a_node, signal=signal)
    write_job(on_a_node, WAITS)
    assert (status_of(on_a_node).state, status_of(on_a_node).waits_for) == (State.QUEUED, "Resources")
    change_control(on_a_node, want="stop")
    assert status_of(on_a_node) == Status(State.STOPPED, "requested", "Stopped before it went on.")
    change_control(on_a_node, want="pause")
    assert status_of(on_a_node) == Status(State.PAUSED, "requested", "Paused before it went on.")


@pytest.mark.parametrize(
    ("state", "reason"), [("finished", "done"), ("stopped", "requested"), ("failed", "nan"), ("stopped", "disk-full")]
)
@pytest.mark.parametrize("job", [WAITS, TRAINS, ended_by("timeout"), ended_by("cancelled")])
def test_a_run_that_came_to_its_end_is_at_its_end_whatever_its_job_does(
    state: str, reason: str, job: Job, make_run: MakeRun, make_event: MakeEvent
) -> None:
    paths = make_run([make_event("attempt"), make_event("end", state=state, reason=reason, message="So.")], claims=1)
    give_to_slurm(paths, job)
    assert status_of(paths) == Status(State(state), reason, "So.")


@pytest.mark.parametrize("record", [{"code": 1}, {"signal": "SIGSEGV"}, {"signal": "SIGKILL", "out_of_memory": True}])
def test_a_crash_is_one_though_its_job_goes_on_for_others(record: dict[str, Any], on_a_node: RunPaths) -> None:
    record_exit(on_a_node, **record)
    for job in (WAITS, TRAINS):
        write_job(on_a_node, job)
        assert status_of(on_a_node).state is State.CRASHED


@pytest.mark.parametrize(
    ("end", "job", "reason", "words"),
    [
        ("signal", TRAINS, "signal", "Saved."),
        ("signal", ended_by("preempted"), "preempted", "Slurm job 7 had to give way to another. The run saved before"),
        ("signal", ended_by("cancelled"), "cancelled", "Slurm job 7 was cancelled. The run saved before"),
        ("signal", ended_by("done"), "signal", "Saved."),
        ("timeout", TRAINS, "timeout", "Saved."),
        ("timeout", ended_by("done"), "timeout", "It was not queued again"),
        ("timeout", ended_by("cancelled"), "cancelled", "Slurm job 7 was cancelled. The run saved before"),
        ("timeout", ended_by("timeout"), "timeout", "It was not queued again"),
    ],
)
def test_a_run_that_saved_says_why_it_had_to(
    end: str, job: Job, reason: str, words: str, make_run: MakeRun, make_event: MakeEvent
) -> None:
    events = [make_event("attempt"), make_event("end", state="stopped", reason=end, message="Saved.")]
    paths = make_run(events, claims=1)
    give_to_slurm(paths, job)
    status = status_of(paths)
    assert (status.state, status.reason) == (State.STOPPED, reason)
    assert words in status.sentence


def test_a_claim_of_another_host_has_longer_to_show_its_process_unless_its_job_ended(make_run: MakeRun) -> None:
    paths = make_run(claims=1)
    give_to_slurm(paths, TRAINS)
    make_silent(paths, CLAIM_GRACE + 1)
    assert status_of(paths) == Status(State.STARTING)
    make_silent(paths, LOST_AFTER + 1)
    assert (status_of(paths).state, status_of(paths).began) == (State.CRASHED, False)
    paths.claim(1).touch()
    write_job(paths, ended_by("node-failed"))
    assert status_of(paths).state is State.CRASHED


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.dictionaries(st.sampled_from(["attempt", "id", "phase", "why", "reason"]), anything, max_size=3))
def test_whatever_stands_in_job_json_it_is_a_state_or_a_broken_run(
    changes: dict[str, Any], on_a_node: RunPaths
) -> None:
    whole = {"attempt": 1, "scheduler": "Slurm", "id": "7", "phase": "ended", "why": "", "reason": "cancelled"}
    on_a_node.job.write_text(json.dumps({**whole, **changes}))
    try:
        assert isinstance(status_of(on_a_node).state, State)
    except BrokenRunError as error:
        assert "job.json" in error.message


@pytest.mark.parametrize("content", ["", "{", "[]", "[" * 100_000, '{"attempt": 1', "\0\0"])
def test_a_job_that_cannot_be_read_is_a_broken_run(content: str, on_a_node: RunPaths) -> None:
    on_a_node.job.write_text(content)
    with pytest.raises(BrokenRunError, match="job"):
        Run.load(on_a_node.root)


# A folder that was copied, or where somebody left things


@pytest.mark.parametrize("end", [True, False])
def test_a_copy_without_hidden_files_keeps_its_state(make_run: MakeRun, make_event: MakeEvent, end: bool) -> None:
    paths = make_run([make_event("attempt", **GONE.to_json())] + [make_event("end")] * end, claims=1)
    before = status_of(paths)
    paths.claim(1).unlink()
    assert status_of(paths) == before
    assert before.state is (State.FINISHED if end else State.CRASHED)


def test_foreign_files_beside_the_claims_do_no_harm(training_run: RunPaths) -> None:
    for name in (".attempt-1.bak", ".attempt-", ".attempt-x"):
        (training_run.root / name).touch()
    assert status_of(training_run).state is State.RUNNING


@pytest.mark.parametrize("name", ["process.json", "exit.json"])
@pytest.mark.parametrize("content", ["", "{", "[]", "[" * 100_000, '{"attempt": 1', "\0\0"])
def test_evidence_that_cannot_be_read_is_a_broken_run(training_run: RunPaths, name: str, content: str) -> None:
    (training_run.root / name).write_text(content)
    with pytest.raises(BrokenRunError, match=name):
        Run.load(training_run.root)


@pytest.mark.parametrize(
    "record", [{"signal": 9}, {"out_of_memory": "yes"}, {"memory_limit": "8 GiB"}, {"last_line": ["x"]}]
)
def test_an_exit_record_of_another_shape_is_a_broken_run(training_run: RunPaths, record: dict[str, Any]) -> None:
    training_run.exit.write_text(json.dumps({"attempt": 1, "signal": "SIGKILL", **record}))
    with pytest.raises(BrokenRunError, match="exit"):
        Run.load(training_run.root)


def test_an_exit_for_want_of_memory_needs_no_signal(training_run: RunPaths) -> None:
    training_run.exit.write_text(json.dumps({"attempt": 1, "out_of_memory": True}))
    assert status_of(training_run).reason == "oom"


@pytest.mark.parametrize(
    "process",
    [{}, {"pid": "x"}, {"pid": None}, {"pid": 1e999}, {"pid": [1]}, {"start_time": {}}],
)
def test_a_process_record_of_another_shape_is_a_broken_run(training_run: RunPaths, process: dict[str, Any]) -> None:
    whole = this_process().to_json() if process else {}
    training_run.process.write_text(json.dumps({"attempt": 1, **whole, **process}))
    with pytest.raises(BrokenRunError, match="process"):
        Run.load(training_run.root)


def test_a_wish_of_another_shape_is_a_broken_run(make_run: MakeRun) -> None:
    paths = make_run()
    change_control(paths, attempt="2")
    with pytest.raises(BrokenRunError, match=r"control\.json"):
        Run.load(paths.root)


def test_an_end_in_an_unknown_state_is_a_broken_run(make_run: MakeRun, make_event: MakeEvent) -> None:
    paths = make_run([make_event("end", state="exploded")], claims=1)
    with pytest.raises(BrokenRunError, match="exploded"):
        Run.load(paths.root)


def test_evidence_that_is_no_file_is_a_broken_run(training_run: RunPaths) -> None:
    training_run.exit.mkdir()
    with pytest.raises(BrokenRunError, match=r"exit\.json"):
        Run.load(training_run.root)


def test_looking_changes_nothing(training_run: RunPaths) -> None:
    record_process(training_run, GONE)

    def everything() -> dict[Path, tuple[int, bytes]]:
        return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in training_run.root.iterdir()}

    before = everything()
    status_of(training_run)
    assert everything() == before


def test_a_run_that_ends_while_it_is_read_is_not_taken_for_crashed(
    training_run: RunPaths, make_event: MakeEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end_meanwhile(*arguments: Any) -> Status:
        monkeypatch.undo()
        record_exit(training_run, code=0)
        log = JsonlWriter(training_run.events)
        log.append([make_event("end")])
        log.close()
        return status(*arguments)

    monkeypatch.setattr("mixtui.store.run.status", end_meanwhile)
    assert status_of(training_run).state is State.FINISHED
