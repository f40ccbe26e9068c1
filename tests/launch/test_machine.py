"""What the machine is seen to do, with stand-ins for the GPUs' library and for readings that fail."""

# ruff: noqa: N802 - the library's own names

from __future__ import annotations

import shutil
import sys
import time
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from mixtui.launch import machine
from mixtui.launch.gpus import Gpu
from mixtui.launch.machine import GpuUse, Sampler, disk_free

GIB = 2**30
Times = namedtuple("Times", "user nice system idle iowait guest")
Cores = Callable[..., None]


@pytest.fixture
def cores(monkeypatch: pytest.MonkeyPatch) -> Cores:
    """Sets what psutil says of each core, and which of them are this process's."""

    def put(*times: Times, ours: set[int]) -> None:
        monkeypatch.setattr(psutil, "cpu_times", lambda percpu: list(times))
        monkeypatch.setattr(machine.os, "sched_getaffinity", lambda pid: ours, raising=False)

    return put


def test_a_sample_of_this_machine_is_plausible(tmp_path: Path) -> None:
    sampler = Sampler(tmp_path / "no" / "runs" / "yet")
    deadline = time.monotonic() + 10
    while (sample := sampler.sample()).cpu_percent is None and time.monotonic() < deadline:
        pass  # until the kernel's clock has ticked
    assert sample.cpu_percent is not None
    assert 0 <= sample.cpu_percent <= 100
    assert sample.memory_used is not None
    assert sample.memory_total is not None
    assert 0 < sample.memory_used < sample.memory_total <= psutil.virtual_memory().total
    assert sample.disk_free is not None
    assert 0 <= sample.disk_free <= shutil.disk_usage(tmp_path).total


def test_the_processor_is_as_busy_as_its_cores_were_since_the_sample_before(tmp_path: Path, cores: Cores) -> None:
    cores(Times(10, 0, 0, 90, 0, 0), Times(50, 0, 0, 50, 0, 0), ours={0, 1})
    sampler = Sampler(tmp_path)
    cores(Times(15, 1, 1, 92, 1, 0), Times(60, 0, 0, 50, 0, 5), ours={0, 1})
    assert sampler.sample().cpu_percent == 85.0  # waiting for the disk is not work
    assert sampler.sample().cpu_percent is None  # no time has passed
    cores(Times(15, 1, 1, 102, 1, 0), Times(60, 0, 0, 60, 0, 5), ours={0, 1})
    assert sampler.sample().cpu_percent == 0.0


def test_only_the_cores_that_mixtui_may_use_count(tmp_path: Path, cores: Cores) -> None:
    cores(Times(0, 0, 0, 0, 0, 0), Times(0, 0, 0, 0, 0, 0), ours={1, 7})
    sampler = Sampler(tmp_path)
    cores(Times(10, 0, 0, 0, 0, 0), Times(2, 0, 0, 8, 0, 0), ours={1, 7})
    assert sampler.sample().cpu_percent == 20.0


@pytest.mark.parametrize(("limit", "total"), [(None, 16), (8, 8), (99, 16)])
def test_memory_is_what_the_machine_and_the_control_group_allow(
    limit: int | None, total: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=16 * GIB))
    monkeypatch.setattr(machine, "memory_limit", lambda: limit and limit * GIB)
    monkeypatch.setattr(machine, "ram_free", lambda: 3 * GIB)
    sample = Sampler(tmp_path).sample()
    assert (sample.memory_used, sample.memory_total) == ((total - 3) * GIB, total * GIB)


class NVMLError(Exception):
    pass


class Nvml:
    """What of `pynvml` the sampler itself uses; it knows the use of one GPU."""

    NVMLError = NVMLError

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> str:
        return uuid

    def nvmlDeviceGetUtilizationRates(self, handle: str) -> SimpleNamespace:
        if handle != "GPU-aa":
            raise NVMLError("Not Supported")
        return SimpleNamespace(gpu=87, memory=40)


def test_each_gpu_says_its_use_where_it_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [Gpu("GPU-aa", "NVIDIA H100", 60 * GIB, 80 * GIB), Gpu("MIG-1", "NVIDIA H100 MIG", 9 * GIB, 10 * GIB)]
    monkeypatch.setattr(machine, "gpus", lambda: found)
    monkeypatch.setitem(sys.modules, "pynvml", Nvml())
    assert Sampler(tmp_path).sample().gpus == (
        GpuUse("NVIDIA H100", 87, 20 * GIB, 80 * GIB),
        GpuUse("NVIDIA H100 MIG", None, GIB, 10 * GIB),
    )


def test_a_reading_that_fails_leaves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("/proc is not there")

    sampler = Sampler(tmp_path)
    monkeypatch.setattr(psutil, "cpu_times", fail)
    monkeypatch.setattr(psutil, "virtual_memory", fail)
    monkeypatch.setattr(machine, "gpus", fail)
    sample = sampler.sample()
    assert (sample.cpu_percent, sample.memory_used, sample.memory_total, sample.gpus) == (None, None, None, ())
    assert sample.disk_free is not None
    monkeypatch.setattr(shutil, "disk_usage", fail)
    assert sampler.sample().disk_free is None


def test_disk_is_free_also_for_a_folder_that_is_not_there_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []

    def usage(path: Path) -> SimpleNamespace:
        asked.append(path)
        return SimpleNamespace(free=7)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    assert disk_free(tmp_path / "a" / "b") == disk_free(tmp_path) == 7
    assert asked == [tmp_path, tmp_path]
