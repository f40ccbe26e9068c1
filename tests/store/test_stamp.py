"""Whether a run has changed, without reading it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from mixtui.store.control import want
from mixtui.store.files import write_json
from mixtui.store.job import Job, write_job
from mixtui.store.meta import pin
from mixtui.store.paths import RunPaths
from mixtui.store.recorder import Recorder
from mixtui.store.run import Run
from mixtui.store.stamp import run_stamp

MakeEvent = Callable[..., dict[str, Any]]
MakeRun = Callable[..., RunPaths]


@pytest.mark.parametrize(
    "change",
    [
        lambda paths: want(paths, "stop"),
        lambda paths: write_json(paths.process, {"attempt": 1}),
        lambda paths: write_json(paths.exit, {"attempt": 1}),
        lambda paths: pin(Run.load(paths.root), True),
        lambda paths: Recorder(paths, 1).event("phase", 0, phase="training"),
        lambda paths: write_job(paths, Job(1, "Slurm", "7", "waiting")),
        lambda paths: paths.meta.unlink(),
    ],
    ids=["a wish", "a process", "an exit", "a label", "an event", "a job", "a file gone"],
)
def test_whatever_can_change_what_is_known_changes_it(change: Callable[[RunPaths], object], make_run: MakeRun) -> None:
    paths = make_run()
    before = run_stamp(paths)
    assert run_stamp(paths) == before
    change(paths)
    assert run_stamp(paths) != before


def test_a_wish_taken_back_and_made_again_is_seen_each_time(make_run: MakeRun) -> None:
    paths = make_run()
    seen = [run_stamp(paths)]
    for _ in range(20):
        want(paths, "stop")
        seen.append(run_stamp(paths))
        want(paths, "run")
        seen.append(run_stamp(paths))
    assert all(before != after for before, after in pairwise(seen))


def test_training_on_does_not(make_run: MakeRun, make_event: MakeEvent) -> None:
    paths = make_run([make_event("attempt"), make_event("phase")], claims=1)
    recorder = Recorder(paths, 1)
    before = run_stamp(paths)
    recorder.steps([{"step": 1, "loss": 0.5}])
    recorder.bins({"epoch": 1})
    recorder.beat()
    paths.checkpoint.write_bytes(b"weights")
    paths.output.write_text("a line")
    assert run_stamp(paths) == before


def test_of_a_run_that_is_gone_there_is_none(make_run: MakeRun) -> None:
    paths = make_run()
    paths.root.rename(paths.root.with_name(".gone"))
    assert run_stamp(paths) == ()
