"""From what a person asks for to a run that is ready to start."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from mixtui.datasets.resolve import Resolution
from mixtui.errors import MixtuiError
from mixtui.launch import devices, submit
from mixtui.launch.submit import Submission
from mixtui.store.run import Run
from mixtui.store.status import State
from mixtui.store.store import Store

Refused = Callable[[str], AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a GPU to use, on which CIFAR-10 cannot be had."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setenv("OMP_NUM_THREADS", "3")

    def resolve(requested: str | None, data_dir: Path) -> Resolution:
        if requested is None:
            return Resolution("synthetic", location=None, notice="It is synthetic instead.")
        if requested == "folder:birds":
            return Resolution(requested, location=data_dir / "birds", notice=None)
        raise MixtuiError(f"{requested} cannot be had.", "Connect to the network.")

    monkeypatch.setattr(submit, "resolve", resolve)


def prepare(dataset: str | None = None, device: str = "auto", precision: str = "auto", **recipe: Any) -> Submission:
    return submit.prepare(dataset, Path("/data"), device, precision, **{"alpha": 0.4, **recipe})


def test_everything_that_is_automatic_is_resolved() -> None:
    config = prepare().config
    assert (config.device, config.precision, config.threads) == ("cpu", "fp32", 3)


def test_what_is_asked_for_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    monkeypatch.setattr(devices, "version_of", lambda package: "2.14.1")
    monkeypatch.setattr(devices, "gpu_names", lambda: ["a GPU", "another"])
    config = prepare(device="cuda:1", precision="bf16", seed=7, model="vgg11").config
    assert (config.device, config.precision, config.seed, config.model) == ("cuda:1", "bf16", 7, "vgg11")


def test_a_gpu_that_is_not_there_is_refused(refused: Refused) -> None:
    with refused("CUDA_VISIBLE_DEVICES"):
        prepare(device="cuda")


def test_a_fallback_is_recorded_and_told() -> None:
    submission = prepare()
    assert (submission.config.dataset, submission.config.dataset_requested) == ("synthetic", None)
    assert submission.config.fallback
    assert submission.notice == "It is synthetic instead."


def test_a_named_data_set_is_recorded_with_where_it_lies(store: Store) -> None:
    submission = prepare("folder:birds")
    assert (submission.config.dataset, submission.config.dataset_requested) == ("folder:birds", "folder:birds")
    assert not submission.config.fallback
    assert submission.notice is None

    run = Run.load(submission.create(store, {"tags": ["paper"]}).root)
    assert run.config == submission.config
    assert (run.control["location"], run.control["data_dir"]) == ("/data/birds", "/data")
    assert run.status.state is State.QUEUED
    assert run.tags == ("paper",)


def test_a_data_set_that_cannot_be_had_is_refused_before_anything_is_made(store: Store, refused: Refused) -> None:
    with refused("cifar100 cannot be had"):
        prepare("cifar100")
    assert not store.root.exists()


@pytest.mark.parametrize("recipe", [{"alpha": -1.0}, {"epochs": 0}, {"model": "resnet"}, {"precision": "fp8"}])
def test_a_recipe_that_cannot_work_is_refused_before_a_server_is_asked(
    recipe: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        pytest.fail("a server was asked")

    monkeypatch.setattr(submit, "resolve", fail)
    with pytest.raises(MixtuiError):
        prepare(**recipe)


@pytest.mark.parametrize("wanted", ["", "0", "-1", "many", "²"])
def test_threads_are_the_cores_at_hand_where_no_number_is_wanted(wanted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", wanted)
    assert prepare().config.threads == len(os.sched_getaffinity(0))


def test_submitting_imports_no_torch() -> None:
    code = "import sys, mixtui.launch.submit, mixtui.launch.start; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
