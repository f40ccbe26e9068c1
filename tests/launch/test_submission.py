"""From what a person asks for to runs that wait in the queue."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from mixtui.config import RunConfig
from mixtui.datasets.resolve import Resolution
from mixtui.errors import MixtuiError
from mixtui.launch import devices
from mixtui.launch import submission as submission_module
from mixtui.launch.gpus import Gpu
from mixtui.launch.queue import queue_order
from mixtui.launch.slurm.launcher import SlurmLauncher
from mixtui.launch.slurm.settings import SlurmSettings
from mixtui.launch.submission import Submission
from mixtui.store.files import read_json
from mixtui.store.run import Run
from mixtui.store.status import State, Status
from mixtui.store.store import Store

Refused = Callable[[str], AbstractContextManager[None]]

GRID = [(alpha, seed) for seed in (0, 1) for alpha in (0.0, 0.2, 0.4)]


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four cores and no GPU to use, and CIFAR-10 cannot be had."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(devices, "cores", lambda: 4)

    def resolve(requested: str | None, data_dir: Path) -> Resolution:
        if requested is None:
            return Resolution("synthetic", location=None, notice="It is synthetic instead.")
        if requested == "folder:birds":
            return Resolution(requested, location=data_dir / "birds", notice=None)
        raise MixtuiError(f"{requested} cannot be had.", "Connect to the network.")

    monkeypatch.setattr(submission_module, "resolve", resolve)


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    monkeypatch.setattr(devices, "version_of", lambda package: "2.14.1")
    gpus = [Gpu(uuid, "a GPU", 2**34, 2**34) for uuid in ("GPU-1", "GPU-2")]
    monkeypatch.setattr(devices, "visible_gpus", lambda: gpus)


def prepare(dataset: str | None = None, device: str = "auto", precision: str = "auto", **more: Any) -> Submission:
    return submission_module.prepare(dataset, Path("/data"), device, precision, **{"points": [(0.4, 0)], **more})


def config_of(submission: Submission) -> RunConfig:
    (config,) = submission.configs
    return config


def create(submission: Submission, store: Store, handling: dict[str, Any] | None = None) -> list[Run]:
    return [Run.load(paths.root) for paths in submission.create(store, {"tags": ["paper"]}, handling or {})]


# Resolving


def test_everything_that_is_automatic_is_resolved() -> None:
    config = config_of(prepare())
    assert (config.device, config.precision, config.threads) == ("cpu", "fp32", 4)


@pytest.mark.usefixtures("two_gpus")
def test_a_gpu_is_taken_where_there_is_one() -> None:
    config = config_of(prepare())
    assert (config.device, config.threads) == ("cuda", 1)


@pytest.mark.usefixtures("two_gpus")
def test_what_is_asked_for_stays() -> None:
    config = config_of(prepare(device="cuda:1", precision="bf16", points=[(0.2, 7)], model="vgg11"))
    assert (config.device, config.precision, config.model) == ("cuda:1", "bf16", "vgg11")
    assert (config.alpha, config.seed) == (0.2, 7)


def test_a_gpu_that_is_not_there_is_refused(refused: Refused) -> None:
    with refused("CUDA_VISIBLE_DEVICES"):
        prepare(device="cuda")


def test_a_fallback_is_recorded_and_told() -> None:
    submission = prepare()
    config = config_of(submission)
    assert (config.dataset, config.dataset_requested) == ("synthetic", None)
    assert config.fallback
    assert submission.notice == "It is synthetic instead."


def test_a_data_set_that_cannot_be_had_is_refused_before_anything_is_made(store: Store, refused: Refused) -> None:
    with refused("cifar100 cannot be had"):
        prepare("cifar100")
    assert not store.root.exists()


@pytest.mark.parametrize(
    "recipe", [{"points": [(0.4, 0), (-1.0, 0)]}, {"epochs": 0}, {"model": "resnet"}, {"precision": "fp8"}]
)
def test_a_recipe_that_cannot_work_is_refused_before_a_server_is_asked(
    recipe: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        pytest.fail("a server was asked")

    monkeypatch.setattr(submission_module, "resolve", fail)
    with pytest.raises(MixtuiError):
        prepare(**recipe)


# A sweep


def test_a_sweep_has_a_run_of_every_point_on_one_data_set(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []

    def resolve(requested: str | None, data_dir: Path) -> Resolution:
        asked.append(requested)
        return Resolution("synthetic", location=None, notice=None)

    monkeypatch.setattr(submission_module, "resolve", resolve)
    configs = prepare(points=GRID).configs
    assert [(config.alpha, config.seed) for config in configs] == GRID
    assert {config.dataset for config in configs} == {"synthetic"}
    assert asked == [None]


def test_the_runs_of_a_sweep_start_in_its_order(store: Store) -> None:
    runs = sorted(create(prepare(points=GRID), store), key=queue_order)
    assert [(run.config.alpha, run.config.seed) for run in runs] == GRID


def test_what_the_runs_of_a_sweep_are_made_with_is_found_out_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr("mixtui.store.provenance._git_commit", lambda: asked.append("git") or "0123abc")
    runs = create(prepare(points=GRID), store)
    assert asked == ["git"]
    assert {(read_json(run.paths.config) or {})["git_commit"] for run in runs} == {"0123abc"}


@pytest.mark.parametrize(("runs", "beside", "threads"), [(1, 0, 4), (2, 0, 2), (1, 1, 2), (6, 0, 1), (1, 9, 1)])
def test_the_cores_are_divided_between_runs_side_by_side(runs: int, beside: int, threads: int) -> None:
    configs = prepare(points=GRID[:runs], beside=beside).configs
    assert [config.threads for config in configs] == [threads] * runs


@pytest.mark.parametrize(("wanted", "threads"), [("3", 3), ("", 4), ("0", 4), ("-1", 4), ("many", 4), ("²", 4)])
def test_a_person_may_say_how_many_threads(wanted: str, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", wanted)
    assert config_of(prepare()).threads == threads


# Making the runs


def test_a_named_data_set_is_recorded_with_where_it_lies(store: Store) -> None:
    submission = prepare("folder:birds")
    config = config_of(submission)
    assert (config.dataset, config.dataset_requested) == ("folder:birds", "folder:birds")
    assert not config.fallback
    assert submission.notice is None

    (run,) = create(submission, store)
    assert run.config == config
    assert (run.control["location"], run.control["data_dir"]) == ("/data/birds", "/data")


def test_every_run_is_queued_here_and_has_its_own_labels(store: Store) -> None:
    runs = create(prepare(points=GRID), store, {"retries": 2, "slots_per_gpu": None})
    assert len({run.id for run in runs}) == len(GRID)
    for run in runs:
        assert run.status == Status(State.QUEUED)
        assert run.tags == ("paper",)
        assert (run.control["retries"], run.control["slots_per_gpu"]) == (2, None)


@pytest.mark.usefixtures("two_gpus")
@pytest.mark.parametrize(("device", "gpus"), [("cuda", ["GPU-1", "GPU-2"]), ("cuda:1", ["GPU-2"]), ("cpu", [])])
def test_a_run_says_which_gpus_it_may_have(device: str, gpus: list[str], store: Store) -> None:
    (run,) = create(prepare(device=device), store)
    assert run.control["gpus"] == gpus


def test_a_runs_folder_that_cannot_be_made_is_an_error_for_a_person(store: Store, refused: Refused) -> None:
    store.root.write_text("a file is in the way")
    with refused("No run can be made"):
        create(prepare(), store)


def test_submitting_imports_no_torch() -> None:
    code = "import sys, mixtui.launch.submission, mixtui.launch.start; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_a_function_that_its_module_lacks_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: Refused
) -> None:
    (tmp_path / "own.py").write_text("raise SystemExit\ndef small(): ...\n")
    monkeypatch.chdir(tmp_path)
    with refused("--model own:smal: own has no smal."):
        prepare(model="own:smal")
    with refused("--dataset own:smal: own has no smal."):
        prepare("own:smal")
    assert config_of(prepare(model="own:small")).model == "own:small"


# On a cluster


def test_on_slurm_device_and_threads_are_what_is_asked_of_it(store: Store) -> None:
    launcher = SlurmLauncher(SlurmSettings({"gres": "gpu:1", "cpus-per-task": "8"}, runs_per_task=2))
    submission = prepare(launcher=launcher, points=GRID)
    assert {(config.device, config.threads) for config in submission.configs} == {("cuda", 4)}
    runs = create(submission, store)
    assert {run.control["launcher"] for run in runs} == {"slurm"}
    assert not any("host" in run.control for run in runs)
    assert SlurmSettings.from_json(runs[0].control["launcher_options"]) == launcher.settings


def test_a_gpu_that_is_not_asked_of_slurm_is_an_error_for_a_person(refused: Refused) -> None:
    with refused("none is asked of Slurm"):
        prepare(device="cuda", launcher=SlurmLauncher())
