"""A training process: how it ends, what it leaves behind, and that the next attempt goes on from there exactly."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import pytest
import torch

from mixtui import worker
from mixtui.datasets.arrays import ImageData
from mixtui.errors import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_USAGE, MixtuiError
from mixtui.store.control import change_control, want
from mixtui.store.jsonl import JsonlReader
from mixtui.store.run import Run
from mixtui.store.status import State
from mixtui.training.exceptions import NonFiniteError, StopTrainingError
from mixtui.training.loop import Trainer
from mixtui.worker import EndWatch, ending_of

MakeRun = Callable[..., Run]
Work = Callable[[Run], int]
StartWorker = Callable[[Run], ForkServerProcess]
Train = Callable[..., Trainer]
Outcome = Callable[[Run], dict[str, Any]]

EVERYTHING = {"augment": True, "mixup_per": "sample", "schedule": "cosine"}
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR2)
ENDLESS = 1_000_000  # epochs, for a run that is to be ended


@pytest.fixture(autouse=True)
def keep_signal_handlers() -> Iterator[None]:
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


def events(run: Run, kind: str) -> list[dict[str, Any]]:
    return [event for event in JsonlReader(run.paths.events).read() if event["type"] == kind]


def end_of(run: Run) -> dict[str, Any]:
    """The last event, which must be the end of the last attempt."""
    last = JsonlReader(run.paths.events).read()[-1]
    assert last["type"] == "end"
    assert last["attempt"] == Run.load(run.paths.root).history.last_attempt
    return {key: last[key] for key in ("state", "reason", "message", "exit_code")}


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def test_from_beginning_to_end(make_run: MakeRun, work: Work, train: Train, outcome: Outcome, data: ImageData) -> None:
    run, alike = make_run(), make_run()
    assert work(run) == 0
    train(alike)
    assert outcome(run) == outcome(alike)
    assert end_of(run) == {
        "state": "finished",
        "reason": "done",
        "message": "2 epochs, predictions.npz written.",
        "exit_code": 0,
    }
    kinds = [event["type"] for event in JsonlReader(run.paths.events).read()]
    assert kinds[:4] == ["attempt", "data", "phase", "memory"]
    assert [kind for kind in kinds[4:] if kind != "memory"] == ["epoch", "epoch", "end"]
    (attempt,), (found,) = events(run, "attempt"), events(run, "data")
    assert attempt["pid"] == os.getpid()
    assert attempt["threads"] == 1
    assert found["key"] == data.key
    assert found["image_shape"] == [8, 8, 3]
    assert (found["n_train"], found["n_test"], found["steps_per_epoch"]) == (25, 12, 3)
    assert found["parameters"] == sum(p.numel() for p in train(alike).model.parameters())
    assert Run.load(run.paths.root).status.state is State.FINISHED
    assert sorted(path.name for path in run.paths.root.iterdir() if path.name.startswith(".")) == []


def test_killed_again_and_again(make_run: MakeRun, start_worker: StartWorker, train: Train, outcome: Outcome) -> None:
    recipe = {**EVERYTHING, "epochs": 60}
    whole, run = make_run(**recipe), make_run(**recipe)
    train(whole)
    moment = random.Random(0)
    for reached in ("attempt", "phase", "epoch", "epoch", "epoch"):
        already = len(events(run, reached))
        process = start_worker(run)
        wait_for(lambda already=already, reached=reached: len(events(run, reached)) > already)
        time.sleep(moment.uniform(0, 0.05))
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        assert Run.load(run.paths.root).history.end is None
    process = start_worker(run)
    wait_for(lambda: any(epoch["attempt"] == 6 for epoch in events(run, "epoch")))
    process.terminate()
    process.join()
    assert process.exitcode == EXIT_INTERRUPTED
    process = start_worker(run)
    process.join()
    assert process.exitcode == 0
    history = Run.load(run.paths.root).history
    assert [event["attempt"] for event in events(run, "resumed")][-1] == history.last_attempt == 7
    assert history.inexact == ()
    assert outcome(run) == outcome(whole)
    assert [path.name for path in run.paths.root.iterdir() if path.name.endswith(".tmp")] == []


def test_ended_by_a_signal(make_run: MakeRun, own_code: Path) -> None:
    """The command itself, in the folder of the user's own code."""
    run = make_run(**EVERYTHING, epochs=ENDLESS)
    command = [sys.executable, "-m", "mixtui.worker", str(run.paths.root), "1"]
    with subprocess.Popen(
        command, cwd=own_code, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        wait_for(lambda: events(run, "epoch"))
        process.terminate()
        output, _ = process.communicate()
    assert process.returncode == EXIT_INTERRUPTED
    assert output.splitlines() == [f"attempt 1: {run.id}", "stopped: Stopped by SIGTERM; it can be resumed."]
    assert end_of(run)["reason"] == "signal"
    assert Run.load(run.paths.root).status.state is State.STOPPED
    saved = torch.load(run.paths.checkpoint, weights_only=True)["position"]
    assert saved["step"] == JsonlReader(run.paths.steps).read()[-1]["step"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_other_signals(number: signal.Signals, make_run: MakeRun, start_worker: StartWorker) -> None:
    run = make_run(epochs=ENDLESS)
    process = start_worker(run)
    wait_for(lambda: events(run, "epoch"))
    os.kill(process.pid, number)
    process.join()
    assert process.exitcode == EXIT_INTERRUPTED
    assert end_of(run)["message"] == f"Stopped by {number.name}; it can be resumed."


@pytest.mark.parametrize(("what", "state"), [("stop", State.STOPPED), ("pause", State.PAUSED)])
def test_ended_by_request(what: Any, state: State, make_run: MakeRun, start_worker: StartWorker) -> None:
    run = make_run(epochs=ENDLESS)
    process = start_worker(run)
    wait_for(lambda: events(run, "epoch"))
    want(run.paths, what)
    process.join()
    assert process.exitcode == EXIT_INTERRUPTED
    assert end_of(run)["reason"] == "requested"
    assert Run.load(run.paths.root).status.state is state
    assert run.paths.checkpoint.exists()


def test_a_request_counts_for_more_than_the_signal_that_hastens_it(make_run: MakeRun) -> None:
    run = make_run()
    watch = EndWatch(run.paths, 1)
    assert not watch.wanted()
    want(run.paths, "stop")
    os.kill(os.getpid(), signal.SIGTERM)
    assert watch.wanted()
    assert ending_of(StopTrainingError(), watch).reason == "requested"


def test_a_scheduler_says_by_a_signal_that_time_is_up(make_run: MakeRun) -> None:
    watch = EndWatch(make_run().paths, 1)
    os.kill(os.getpid(), signal.SIGUSR2)
    assert watch.wanted()
    ending = ending_of(StopTrainingError(), watch)
    assert (ending.state, ending.reason, ending.exit_code) == ("stopped", "timeout", EXIT_INTERRUPTED)
    want(watch._paths, "pause")
    assert watch.wanted()
    assert ending_of(StopTrainingError(), watch).state == "paused"


@pytest.mark.parametrize(("attempt", "superseded"), [(1, False), (2, False), (3, True), (None, False), ("3", False)])
def test_a_training_that_was_begun_anew_elsewhere_ends(attempt: object, superseded: bool, make_run: MakeRun) -> None:
    """Its host was out of reach for a while, and two must not write."""
    run = make_run()
    change_control(run.paths, attempt=attempt)
    watch = EndWatch(run.paths, 2)
    assert watch.wanted() is superseded
    assert watch.want == ("stop" if superseded else "run")


def test_an_end_wanted_before_the_training(make_run: MakeRun, work: Work, train: Train, outcome: Outcome) -> None:
    run, alike = make_run(), make_run()
    want(run.paths, "stop")
    assert work(run) == EXIT_INTERRUPTED
    assert [event["type"] for event in JsonlReader(run.paths.events).read()] == ["attempt", "end"]
    want(run.paths, "run")
    assert work(run) == 0
    train(alike)
    assert outcome(run) == outcome(alike)


def test_an_end_wanted_while_the_data_are_read(make_run: MakeRun, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run()

    def load(dataset: str, location: Path, data_dir: Path, progress: Callable[[str, float], None]) -> None:
        for percent in range(101):
            progress("decoding", percent / 100)
        want(run.paths, "stop")
        time.sleep(worker.LOOK_EVERY)
        progress("caching", 0.0)

    monkeypatch.setattr("mixtui.training.data.load", load)
    assert work(run) == EXIT_INTERRUPTED
    assert end_of(run)["reason"] == "requested"
    assert [phase["fraction"] for phase in events(run, "phase")] == [round(k / 20, 2) for k in range(21)]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"want": 3'])
def test_a_control_file_that_cannot_be_read(content: str, make_run: MakeRun) -> None:
    run = make_run()
    watch = EndWatch(run.paths, 1)
    run.paths.control.write_text(content)
    assert not watch.wanted()
    watch.signal = "SIGTERM"
    assert watch.wanted()


def test_a_loss_that_is_not_finite(make_run: MakeRun, work: Work) -> None:
    run = make_run(lr=1e30, epochs=ENDLESS)
    assert work(run) == EXIT_FAILED
    end = end_of(run)
    bad = JsonlReader(run.paths.steps).read()[-1]
    assert (end["state"], end["reason"]) == ("failed", "nan")
    assert end["message"].startswith("the loss is ")
    assert f"at step {bad['step']} (" in end["message"]
    assert end["message"].endswith(" before it). A lower --lr may help.")
    assert Run.load(run.paths.root).status.state is State.FAILED


def test_an_output_that_is_not_finite(make_run: MakeRun, work: Work) -> None:
    run = make_run(model="own_code:NanWhenEvaluated")
    assert work(run) == EXIT_FAILED
    assert end_of(run)["reason"] == "nan"
    assert "output is not finite after step 3 (loss " in end_of(run)["message"]


def test_a_full_disk(make_run: MakeRun, work: Work, train: Train, outcome: Outcome) -> None:
    run, alike = make_run(), make_run()
    run.paths.steps.symlink_to("/dev/full")
    assert work(run) == EXIT_FAILED
    assert end_of(run) == {
        "state": "stopped",
        "reason": "disk-full",
        "message": "The disk is full; make room and resume it.",
        "exit_code": EXIT_FAILED,
    }
    assert Run.load(run.paths.root).status.state is State.STOPPED
    run.paths.steps.unlink()
    assert work(run) == 0
    train(alike)
    assert outcome(run) == outcome(alike)


def stopped_after_an_epoch(make_run: MakeRun, train: Train) -> Run:
    """A run with a checkpoint from the middle of its second epoch."""
    run = make_run()
    looks = iter(range(100))
    with pytest.raises(StopTrainingError):
        train(run, lambda: next(looks) == 6)
    return run


def test_a_damaged_checkpoint(make_run: MakeRun, work: Work, train: Train) -> None:
    run = stopped_after_an_epoch(make_run, train)
    run.paths.checkpoint.write_bytes(run.paths.checkpoint.read_bytes()[:1000])
    assert work(run) == EXIT_FAILED
    end = end_of(run)
    assert (end["state"], end["reason"]) == ("failed", "error")
    assert end["message"].startswith("checkpoint.pt is damaged")
    assert Run.load(run.paths.root).epoch == 1


def test_other_images_than_before(make_run: MakeRun, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run()
    assert work(run) == 0
    checkpoint = run.paths.checkpoint.read_bytes()
    monkeypatch.setenv("OWN_IMAGES", "8")
    assert work(run) == EXIT_USAGE
    assert end_of(run)["message"].startswith("own_code:images holds other images than when this run began. Put")
    assert run.paths.checkpoint.read_bytes() == checkpoint


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "own_code:broken"}, "--model own_code:broken failed: ValueError: no such width. Call"),
        ({"model": "not_there:cnn"}, "--model not_there:cnn cannot be imported: ModuleNotFoundError"),
        ({"model": "own_code:too_many_classes"}, "own_code:too_many_classes does not return logits of shape"),
        ({"model": "own_code:sees_too_much"}, "own_code:sees_too_much cannot take images of 8×8: RuntimeError"),
        ({"model": "inception_v3"}, "inception_v3 cannot take images of 8×8: RuntimeError"),
        ({"batch_size": 1}, "--batch-size 1 cannot train own_code:cnn: its BatchNorm"),
        ({"dataset": "own_code:not_there"}, "own_code:not_there does not exist"),
    ],
)
def test_what_cannot_be_trained(
    changes: dict[str, Any], message: str, make_run: MakeRun, work: Work, capfd: pytest.CaptureFixture[str]
) -> None:
    run = make_run(**changes)
    assert work(run) == EXIT_USAGE
    end = end_of(run)
    assert (end["state"], end["reason"]) == ("failed", "error")
    assert end["message"].startswith(message)
    assert "\n" not in end["message"]
    assert f"failed: {message}" in capfd.readouterr().out
    assert Run.load(run.paths.root).status.state is State.FAILED


def test_the_users_own_error_is_in_the_log(make_run: MakeRun, work: Work, capfd: pytest.CaptureFixture[str]) -> None:
    work(make_run(model="own_code:broken"))
    log = capfd.readouterr().err
    assert 'raise ValueError("no such width")' in log
    work(make_run(batch_size=1))
    assert "Traceback" not in capfd.readouterr().err


def test_a_warning_is_given_once(make_run: MakeRun, work: Work) -> None:
    run = make_run(batch_size=100)
    want(run.paths, "stop")
    work(run)
    want(run.paths, "run")
    for _ in range(2):
        assert work(run) == 0
    assert [w["message"] for w in events(run, "warning")] == [
        "The batch size is above the data set's 25 images: one step an epoch."
    ]


def test_other_surroundings_make_a_run_inexact(
    make_run: MakeRun, work: Work, train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run()
    want(run.paths, "stop")
    work(run)
    want(run.paths, "run")
    monkeypatch.setattr(worker, "processor", lambda: "another one")
    work(run)
    (inexact,) = Run.load(run.paths.root).history.inexact
    assert inexact.startswith("processor was ")
    assert inexact.endswith(", is another one.")


def raised(error: Exception, cause: Exception | None = None, context: Exception | None = None) -> Exception:
    error.__cause__, error.__context__ = cause, context
    return error


DISK_FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("error", "state", "reason", "exit_code"),
    [
        (NonFiniteError("the loss is nan"), "failed", "nan", EXIT_FAILED),
        (DISK_FULL, "stopped", "disk-full", EXIT_FAILED),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "stopped", "disk-full", EXIT_FAILED),
        # torch.save says only that a position in the file is unexpected.
        (raised(RuntimeError("unexpected pos 704"), context=DISK_FULL), "stopped", "disk-full", EXIT_FAILED),
        (raised(MixtuiError("no room for images", "Free 3 MB."), cause=DISK_FULL), "stopped", "disk-full", EXIT_FAILED),
        (OSError(errno.EACCES, "Permission denied"), "failed", "error", EXIT_FAILED),
        (MemoryError(), "failed", "oom", EXIT_FAILED),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "failed", "oom", EXIT_FAILED),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to"), "failed", "oom", EXIT_FAILED),
        (RuntimeError("several\nlines"), "failed", "error", EXIT_FAILED),
        (MixtuiError("bad input", "Mend it."), "failed", "error", EXIT_USAGE),
        (SystemExit(3), "failed", "error", EXIT_FAILED),
    ],
)
def test_what_an_error_means(error: BaseException, state: str, reason: str, exit_code: int, make_run: MakeRun) -> None:
    ending = ending_of(error, EndWatch(make_run().paths, 1))
    assert (ending.state, ending.reason, ending.exit_code) == (state, reason, exit_code)
    assert ending.message
    assert "\n" not in ending.message


def test_two_processes_do_not_train_one_run_at_once(
    make_run: MakeRun, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "EARLIER_ENDS_WITHIN", 0.1)
    run = make_run()
    with worker.sole_writer(run.paths), pytest.raises(MixtuiError, match="Another process trains"):
        work(run)
    assert work(run) == 0
