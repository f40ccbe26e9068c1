"""Which device a training is given, and how many threads."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtui.launch import devices
from mixtui.launch.devices import choose_device, cores, gpus_for, threads_for
from mixtui.launch.gpus import Gpu

Refused = Callable[[str], AbstractContextManager[None]]

GPUS = [Gpu(f"GPU-{name}", "a GPU", 2**34, 2**34) for name in "ab"]
CORES = st.integers(1, 256)
RUNS = st.integers(1, 1000)


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two GPUs, a build of torch for them, and nothing wished for."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(devices, "version_of", lambda package: "2.14.1+cu130")
    show(monkeypatch, GPUS)


def show(monkeypatch: pytest.MonkeyPatch, visible: list[Gpu], here: list[Gpu] = GPUS) -> None:
    monkeypatch.setattr(devices, "visible_gpus", lambda: visible)
    monkeypatch.setattr(devices, "gpus", lambda: here)


# The device


def test_automatic_is_the_gpu_where_torch_can_use_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_device("auto") == "cuda"
    monkeypatch.setattr(devices, "version_of", lambda package: "2.14.1+cpu")
    assert choose_device("auto") == "cpu"
    monkeypatch.setattr(devices, "version_of", lambda package: None)
    assert choose_device("auto") == "cuda"
    show(monkeypatch, [])
    assert choose_device("auto") == "cpu"


@pytest.mark.parametrize("wanted", ["cpu", "cuda", "cuda:0", "cuda:1"])
def test_what_is_there_is_given(wanted: str) -> None:
    assert choose_device(wanted) == wanted


@pytest.mark.parametrize("hidden", ["", " ", "-1"])
def test_hidden_gpus_are_not_used_and_named_as_the_cause(
    hidden: str, monkeypatch: pytest.MonkeyPatch, refused: Refused
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    assert choose_device("auto") == "cpu"
    with refused("CUDA_VISIBLE_DEVICES hides every GPU"):
        choose_device("cuda")


def test_a_wrong_name_in_the_environment_is_named_as_the_cause(
    monkeypatch: pytest.MonkeyPatch, refused: Refused
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "NoDevFiles")
    show(monkeypatch, [])
    with refused("CUDA_VISIBLE_DEVICES names none of the GPUs"):
        choose_device("cuda:0")


def test_a_machine_without_a_gpu_says_so(monkeypatch: pytest.MonkeyPatch, refused: Refused) -> None:
    show(monkeypatch, [], [])
    with refused("no NVIDIA GPU"):
        choose_device("cuda")
    assert choose_device("cpu") == "cpu"


def test_a_build_of_torch_without_gpus_says_so(monkeypatch: pytest.MonkeyPatch, refused: Refused) -> None:
    monkeypatch.setattr(devices, "version_of", lambda package: "2.14.1+cpu")
    with refused("for the CPU alone"):
        choose_device("cuda")


@pytest.mark.parametrize("number", [2, 3, 10**9])
def test_a_number_beyond_the_last_gpu_is_refused(number: int, refused: Refused) -> None:
    with refused("the GPUs are 0 to 1"):
        choose_device(f"cuda:{number}")


def test_the_gpus_that_a_run_may_be_given() -> None:
    assert gpus_for("cpu") == []
    assert gpus_for("cuda") == ["GPU-a", "GPU-b"]
    assert gpus_for("cuda:1") == ["GPU-b"]


# Cores


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="the system has no affinity")
@pytest.mark.parametrize(
    ("affinity", "quota", "expected"),
    [(8, None, 8), (8, 2.0, 2), (2, 8.0, 2), (8, 1.6, 2), (8, 1.4, 1), (8, 0.2, 1), (1, None, 1)],
)
def test_cores_are_bounded_by_affinity_and_quota(
    affinity: int, quota: float | None, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(affinity)))
    monkeypatch.setattr(devices, "cpu_quota", lambda: quota)
    assert cores() == expected


# Threads


def on(here: int, device: str, runs: int) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(devices, "cores", lambda: here)
        return threads_for(device, runs)


@given(here=CORES, runs=RUNS)
def test_trainings_side_by_side_never_have_more_threads_than_there_are_cores(here: int, runs: int) -> None:
    threads = on(here, "cpu", runs)
    beside = min(runs, here // threads)
    assert 1 <= threads * beside <= here


@given(here=CORES, runs=RUNS, more=RUNS)
def test_more_runs_never_have_more_threads_each(here: int, runs: int, more: int) -> None:
    assert on(here, "cpu", runs + more) <= on(here, "cpu", runs)


@given(here=CORES)
def test_a_single_run_has_all_cores(here: int) -> None:
    assert on(here, "cpu", 1) == here


@given(here=CORES, rounds=st.integers(1, 20))
def test_as_many_runs_as_cores_have_one_each(here: int, rounds: int) -> None:
    assert on(here, "cpu", here * rounds) == 1


@pytest.mark.parametrize(("here", "runs", "threads"), [(2, 2, 1), (2, 6, 1), (16, 2, 8), (16, 4, 4), (16, 6, 2)])
def test_few_runs_divide_the_cores(here: int, runs: int, threads: int) -> None:
    assert on(here, "cpu", runs) == threads


@given(here=CORES, runs=RUNS)
def test_a_run_on_a_gpu_needs_one_thread(here: int, runs: int) -> None:
    assert on(here, "cuda", runs) == 1


@given(wish=st.integers(1, 4096), here=CORES, runs=RUNS, device=st.sampled_from(["cpu", "cuda", "cuda:1"]))
def test_a_wish_wins(wish: int, here: int, runs: int, device: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", str(wish))
        assert on(here, device, runs) == wish


@pytest.mark.parametrize("wish", ["", "0", "-2", "many", "4,2", "2.0", "²"])
def test_a_wish_that_is_no_number_of_threads_is_none(wish: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", wish)
    assert on(4, "cpu", 1) == 4
