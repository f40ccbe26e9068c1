"""What a job does with its runs; the trainings are real workers but for the training, which takes no torch."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

import mixtui
from mixtui.launch.queue import want_again
from mixtui.launch.slurm import task as task_module
from mixtui.launch.slurm.settings import SlurmSettings
from mixtui.launch.slurm.task import Task
from mixtui.launch.start import worker_of
from mixtui.store.control import change_control, read_control, want
from mixtui.store.job import Job, write_job
from mixtui.store.paths import RunPaths
from mixtui.store.run import Run
from mixtui.store.status import State
from tests.launch.slurm.conftest import Cluster, job_of, status_of

StandIn = Callable[[str], None]
Wanted = Callable[..., RunPaths]

# The real worker, which trains by counting steps until `go` is there. It goes on from the step in `checkpoint.pt`.
TRAINING = f"""
import importlib.util
from mixtui.store.process import this_process

spec = importlib.util.spec_from_file_location("real_worker", {str(Path(mixtui.__path__[0]) / "worker.py")!r})
real = sys.modules["real_worker"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(real)
saved = paths.checkpoint

def train(self):
    self.done = began = int(saved.read_text()) if saved.exists() else 0
    real.Attempt.step = property(lambda self: self.done)
    host = dict(this_process().to_json(), device="cpu", threads=1, versions={{}}, processor="a processor")
    self.recorder.event("attempt", began, **host)
    if self.run.history.attempts:
        self.recorder.event("resumed", began, from_step=began, inexact=[])
    self.recorder.event("phase", began, phase="training")
    (paths.root / f"began-{{attempt}}").touch()
    deadline = time.monotonic() + 40
    BODY

def steps(self, count=1):
    self.done += count
    saved.write_text(str(self.done))

real.Attempt.train = train
sys.exit(real.main())
"""
QUICK = TRAINING.replace("BODY", "steps(self)")
PATIENT = TRAINING.replace(
    "BODY",
    """steps(self)
    while not (paths.root / "go").exists() and time.monotonic() < deadline:
        self._stop_if_wanted()
        time.sleep(0.01)""",
)
STUCK = PATIENT.replace("steps(self)\n", "pass\n", 1)  # it comes to no step


@pytest.fixture(autouse=True)
def _in_a_job(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """These tests are Slurm's job 100_3, which looks often. Signals are those of before when they end."""
    for name, value in {"JOB_ID": "103", "ARRAY_JOB_ID": "100", "ARRAY_TASK_ID": "3"}.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    monkeypatch.setattr(task_module, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(task_module, "REQUEUE_TAKES", 0.0)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGUSR2)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def handed_over(wanted: Wanted) -> Callable[..., RunPaths]:
    """Makes a run that waits in job 100_3."""

    def make(*, job: str = "100_3", **control: Any) -> RunPaths:
        paths = wanted(SlurmSettings(), **control)
        write_job(paths, Job(1, "Slurm", job, "waiting"))
        return paths

    return make


def task_of(*runs: RunPaths) -> Task:
    return Task(tuple(str(paths.root) for paths in runs))


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.01)


def trains(paths: RunPaths, attempt: int = 1) -> bool:
    return (paths.root / f"began-{attempt}").exists() and worker_of(paths) is not None


def meanwhile(act: Callable[[], object]) -> threading.Thread:
    """Does something beside the job, which has the main thread."""
    thread = threading.Thread(target=act)
    thread.start()
    return thread


def run_job(task: Task, act: Callable[[], object]) -> None:
    """Let a job do its work, and `act` beside it, to the end of both."""
    failed: list[BaseException] = []

    def try_it() -> None:
        try:
            act()
        except BaseException as error:
            failed.append(error)
            for paths in task._paths:
                (paths.root / "go").touch()
            raise

    thread = meanwhile(try_it)
    try:
        task()
    finally:
        thread.join()
    assert not failed


def signal_workers(number: signal.Signals, *runs: RunPaths) -> None:
    """As Slurm does, which signals all processes of a job."""
    for paths in runs:
        identity = worker_of(paths)
        if identity is not None:
            os.kill(identity.pid, number)


# Turns


def test_a_job_trains_its_runs_side_by_side(stand_in_worker: StandIn, handed_over: Wanted) -> None:
    stand_in_worker(PATIENT)
    runs = [handed_over() for _ in range(3)]

    def look() -> None:
        wait_until(lambda: all(map(trains, runs)))
        assert [job_of(paths) for paths in runs] == [Job(1, "Slurm", "100_3", "running")] * 3
        assert [status_of(paths).state for paths in runs] == [State.RUNNING] * 3
        for paths in runs:
            (paths.root / "go").touch()

    run_job(task_of(*runs), look)
    assert [status_of(paths).state for paths in runs] == [State.FINISHED] * 3
    assert "Slurm job 100_3" in runs[0].process.read_text()


@pytest.mark.parametrize("outcome", ["stop", "pause", "finished", "failed", "removed", "spoilt"])
def test_what_is_not_wanted_or_has_ended_is_left_out(
    outcome: str,
    stand_in_worker: StandIn,
    handed_over: Wanted,
    make_event: Callable[..., dict[str, Any]],
    wanted: Wanted,
) -> None:
    stand_in_worker(QUICK)
    if outcome in ("finished", "failed"):
        odd = wanted(events=[make_event("attempt"), make_event("end", state=outcome)], claims=1)
        write_job(odd, Job(1, "Slurm", "100_3", "running"))
    else:
        odd = handed_over()
    good = handed_over()
    match outcome:
        case "stop" | "pause":
            want(odd, outcome)  # type: ignore[arg-type]
        case "removed":
            odd.root.rename(odd.root.with_name(".gone"))
        case "spoilt":
            odd.control.write_text("{")
    task_of(odd, good)()
    assert status_of(good).state is State.FINISHED
    if outcome != "removed":
        assert odd.last_claim() == (1 if outcome in ("finished", "failed") else 0)


def test_a_run_that_cannot_be_started_does_not_take_the_others_turn(
    stand_in_worker: StandIn, handed_over: Wanted, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in_worker(QUICK)
    odd, good = handed_over(python="/no/such/python"), handed_over()
    task_of(odd, good)()
    assert status_of(good).state is State.FINISHED
    assert "cannot be started" in capsys.readouterr().err


def test_a_job_that_begins_before_its_word_was_left_says_so_itself(stand_in_worker: StandIn, wanted: Wanted) -> None:
    stand_in_worker(QUICK)
    paths = wanted()
    task_of(paths)()
    assert job_of(paths) == Job(1, "Slurm", "100_3", "running")
    assert status_of(paths).state is State.FINISHED


def test_a_job_outside_an_array_has_a_number_alone(
    stand_in_worker: StandIn, wanted: Wanted, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in_worker(QUICK)
    monkeypatch.delenv("SLURM_ARRAY_JOB_ID")
    paths = wanted()
    task_of(paths)()
    assert job_of(paths).id == "103"


# Being asked to end


def test_a_run_that_is_asked_to_stop_ends_and_the_job_with_it(stand_in_worker: StandIn, handed_over: Wanted) -> None:
    stand_in_worker(PATIENT)
    paths = handed_over()

    def stop() -> None:
        wait_until(lambda: trains(paths))
        want(paths, "stop")

    run_job(task_of(paths), stop)
    assert (status_of(paths).state, status_of(paths).reason) == (State.STOPPED, "requested")


def test_a_run_that_does_not_end_when_asked_is_killed_and_the_others_go_on(
    stand_in_worker: StandIn, handed_over: Wanted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_module, "GRACE", 0.2)
    stand_in_worker(
        PATIENT.replace("self._stop_if_wanted()", "(self._stop_if_wanted() if (paths.root / 'hears').exists() else 0)")
    )
    deaf, other = handed_over(), handed_over()
    (other.root / "hears").touch()

    def stop() -> None:
        wait_until(lambda: trains(deaf) and trains(other))
        want(deaf, "stop")
        wait_until(deaf.exit.exists)
        assert status_of(other).state is State.RUNNING
        (other.root / "go").touch()

    run_job(task_of(deaf, other), stop)
    assert (status_of(deaf).state, status_of(deaf).reason) == (State.STOPPED, "requested")
    assert "was killed" in status_of(deaf).sentence
    assert status_of(other).state is State.FINISHED


def test_a_wish_that_is_taken_back_kills_nobody(
    stand_in_worker: StandIn, handed_over: Wanted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_module, "GRACE", 0.3)
    stand_in_worker(PATIENT.replace("self._stop_if_wanted()", "pass"))
    paths = handed_over()

    def change_ones_mind() -> None:
        wait_until(lambda: trains(paths))
        want(paths, "stop")
        time.sleep(0.1)
        want(paths, "run")
        time.sleep(0.4)
        (paths.root / "go").touch()

    run_job(task_of(paths), change_ones_mind)
    assert status_of(paths).state is State.FINISHED


# The time limit


def checkpoint_of(task: Task, *runs: RunPaths) -> Any:
    """What comes of the signal that a job's time is nearly over, as submitit handles it: within the job's own work."""
    came: list[Any] = []

    class LeftError(Exception):
        pass

    def note(*_: object) -> None:
        try:
            came.append(task.checkpoint())
        except SystemExit as error:
            came.append(error)
        raise LeftError

    signal.signal(signal.SIGUSR2, note)

    def time_is_up() -> None:
        wait_until(lambda: all(map(trains, runs)))
        os.kill(os.getpid(), signal.SIGUSR2)

    thread = meanwhile(time_is_up)
    with pytest.raises(LeftError):
        task()
    thread.join()
    (outcome,) = came
    return outcome


def test_near_its_time_limit_a_job_saves_and_goes_on_in_its_next_turn(
    stand_in_worker: StandIn, handed_over: Wanted, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in_worker(PATIENT)
    runs = [handed_over(), handed_over()]
    submission = checkpoint_of(task_of(*runs), *runs)
    for paths in runs:
        assert job_of(paths) == Job(1, "Slurm", "100_3", "waiting")
        assert status_of(paths).state is State.QUEUED
        assert status_of(paths).waits_for == ""
        assert Run.load(paths.root).end is not None
        (paths.root / "go").touch()
    monkeypatch.setenv("SLURM_RESTART_COUNT", "1")
    pickle.loads(pickle.dumps(submission.function))()
    for paths in runs:
        assert status_of(paths).state is State.FINISHED
        assert (paths.last_claim(), read_control(paths)["attempt"]) == (2, 2)
        assert Run.load(paths.root).history.rewinds[-1].from_step == 1


def test_a_spoilt_run_does_not_cost_the_others_their_next_turn(
    stand_in_worker: StandIn, handed_over: Wanted, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in_worker(PATIENT)
    spoilt, other = handed_over(), handed_over()
    tell = task_module.signal_worker

    def tell_and_spoil(paths: RunPaths, number: signal.Signals) -> None:
        tell(paths, number)
        if paths == spoilt:
            paths.meta.write_text("{")

    monkeypatch.setattr(task_module, "signal_worker", tell_and_spoil)
    outcome = checkpoint_of(task_of(spoilt, other), spoilt, other)
    assert not isinstance(outcome, SystemExit)
    assert job_of(other).phase == "waiting"


def test_a_limit_that_allows_no_step_does_not_go_on_for_ever(stand_in_worker: StandIn, handed_over: Wanted) -> None:
    stand_in_worker(STUCK)
    paths = handed_over()
    ended = checkpoint_of(task_of(paths), paths)
    assert isinstance(ended, SystemExit)
    assert ended.code == 0
    assert job_of(paths).phase == "running"
    write_job(paths, Job(1, "Slurm", "100_3", "ended", "COMPLETED", "done"))
    assert (status_of(paths).state, status_of(paths).reason) == (State.STOPPED, "timeout")
    assert "not queued again" in status_of(paths).sentence


def test_a_job_whose_runs_were_all_asked_to_stop_is_not_queued_again(
    stand_in_worker: StandIn, handed_over: Wanted, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in_worker(PATIENT)
    paths = handed_over()
    signal_worker = task_module.signal_worker

    def stop_first(run: RunPaths, number: signal.Signals) -> None:
        want(run, "stop")
        signal_worker(run, number)

    monkeypatch.setattr(task_module, "signal_worker", stop_first)
    assert isinstance(checkpoint_of(task_of(paths), paths), SystemExit)
    assert (status_of(paths).state, status_of(paths).reason) == (State.STOPPED, "requested")


# Giving way


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ("JobState=RUNNING PreemptTime=2026-11-23T12:00:00", State.QUEUED),
        ("JobState=RUNNING PreemptTime=None", State.STOPPED),
    ],
)
def test_a_job_that_must_give_way_asks_for_its_next_turn(
    told: str, state: State, stand_in_worker: StandIn, handed_over: Wanted, cluster: Cluster
) -> None:
    stand_in_worker(PATIENT)
    cluster.says("scontrol", told)
    paths = handed_over()

    def end() -> None:
        wait_until(lambda: trains(paths))
        os.kill(os.getpid(), signal.SIGTERM)
        signal_workers(signal.SIGTERM, paths)

    run_job(task_of(paths), end)
    assert status_of(paths).state is state
    requeued = ["requeue", "100_3"] in cluster.calls("scontrol")
    assert requeued is (state is State.QUEUED)


def test_a_job_that_slurm_does_not_queue_again_says_that_it_gave_way(
    stand_in_worker: StandIn, handed_over: Wanted, cluster: Cluster
) -> None:
    stand_in_worker(PATIENT)
    scontrol = cluster.folder / "bin" / "scontrol"
    scontrol.write_text(
        "#!/bin/sh\n[ $1 = requeue ] && echo 'Requested operation is disabled' >&2 && exit 1\n"
        "echo JobState=RUNNING PreemptTime=2026-11-23T12:00:00\n"
    )
    paths = handed_over()

    def end() -> None:
        wait_until(lambda: trains(paths))
        os.kill(os.getpid(), signal.SIGTERM)
        signal_workers(signal.SIGTERM, paths)

    run_job(task_of(paths), end)
    assert (status_of(paths).state, status_of(paths).reason) == (State.STOPPED, "preempted")


# Other turns, other jobs


def test_after_its_node_failed_a_job_begins_the_next_attempt(
    stand_in_worker: StandIn, handed_over: Wanted, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in_worker(PATIENT)
    paths = handed_over()
    code = f"from mixtui.launch.slurm.task import Task; Task(({str(paths.root)!r},))()"
    first = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    wait_until(lambda: trains(paths))
    first.kill()  # the node's end: nobody writes how any of them ended
    first.wait()
    identity = worker_of(paths)
    assert identity is not None
    worker = psutil.Process(identity.pid)
    keeper = worker.parent()
    assert keeper is not None
    keeper.kill()
    worker.kill()
    wait_until(lambda: worker_of(paths) is None)
    assert not paths.exit.exists()

    monkeypatch.setenv("SLURM_RESTART_COUNT", "1")
    (paths.root / "go").touch()
    task_of(paths)()
    assert status_of(paths).state is State.FINISHED
    assert paths.last_claim() == 2


@pytest.mark.parametrize("restarts", ["0", "1"])
def test_a_run_that_trains_in_another_job_is_left_to_it(
    restarts: str, stand_in_worker: StandIn, handed_over: Wanted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was stopped and resumed while the first job went on with others, and that comes to another turn."""
    stand_in_worker(PATIENT)
    monkeypatch.setenv("SLURM_RESTART_COUNT", restarts)
    paths = handed_over(job="200")
    job = {**os.environ, "SLURM_ARRAY_JOB_ID": "", "SLURM_JOB_ID": "200"}
    code = f"from mixtui.launch.slurm.task import Task; Task(({str(paths.root)!r},))()"
    first = subprocess.Popen([sys.executable, "-c", code], env=job)
    wait_until(lambda: trains(paths))
    task_of(paths)()
    assert job_of(paths) == Job(1, "Slurm", "200", "running")
    assert status_of(paths).state is State.RUNNING
    (paths.root / "go").touch()
    assert first.wait(30) == 0
    assert status_of(paths).state is State.FINISHED
    assert paths.last_claim() == 1


def test_a_run_that_another_begins_at_this_moment_is_not_begun_twice(
    stand_in_worker: StandIn, handed_over: Wanted, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in_worker(QUICK)
    paths = handed_over()
    start = task_module.start

    def too_late(run: RunPaths, attempt: int, *rest: Any) -> Any:
        run.claim(attempt).touch()
        return start(run, attempt, *rest)

    monkeypatch.setattr(task_module, "start", too_late)
    task_of(paths)()
    assert "just been started by someone else" in capsys.readouterr().err
    assert not paths.process.exists()


def test_a_run_resumed_after_its_job_was_taken_back_is_trained_by_the_next(
    stand_in_worker: StandIn, handed_over: Wanted
) -> None:
    stand_in_worker(QUICK)
    paths = handed_over(job="99")
    change_control(paths, want="stop")
    write_job(paths, Job(1, "Slurm", "99", "ended", "CANCELLED", "cancelled"))
    want_again(Run.load(paths.root))
    paths.job.unlink()  # as handing it over does
    task_of(paths)()
    assert status_of(paths).state is State.FINISHED
