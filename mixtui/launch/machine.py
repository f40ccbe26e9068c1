"""What this machine has to do and has left, moment by moment: processor, memory, GPUs, disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psutil

from mixtui.launch.cgroup import memory_limit
from mixtui.launch.gpus import Gpu, gpus
from mixtui.launch.memory import ram_free

T = TypeVar("T")


@dataclass(frozen=True)
class GpuUse:
    """One GPU, or a slice of one; memory in bytes."""

    name: str
    percent: int | None  # of the last moment in which it computed; None where the driver does not say, as of slices
    memory_used: int
    memory_total: int


@dataclass(frozen=True)
class Sample:
    """The machine at one moment; None for what could not be read. Memory and disk in bytes."""

    cpu_percent: float | None  # since the sample before, of the cores that this process may use
    memory_used: int | None  # within the control group's limit, where there is one
    memory_total: int | None
    gpus: tuple[GpuUse, ...]
    disk_free: int | None  # for the folder of runs


class Sampler:
    """Samples the machine for the folder `runs`. The first sample's CPU percentage is that since the sampler was made.

    A sample takes about a millisecond and raises nothing. The kernel counts in hundredths of a second, so that samples
    less than a second apart tell little of the CPU.
    """

    def __init__(self, runs: Path) -> None:
        self._runs = runs.absolute()
        self._cpu_before = _or_none(_cpu_seconds)

    def sample(self) -> Sample:
        memory = _or_none(_memory)
        used, total = memory or (None, None)
        return Sample(
            cpu_percent=self._cpu_percent(),
            memory_used=used,
            memory_total=total,
            gpus=_or_none(_gpu_uses) or (),
            disk_free=_or_none(lambda: disk_free(self._runs)),
        )

    def _cpu_percent(self) -> float | None:
        # Not psutil.cpu_percent: what that remembers belongs to the thread that asks, and it takes the cores of others
        # in.
        before, now = self._cpu_before, _or_none(_cpu_seconds)
        self._cpu_before = now
        if before is None or now is None or now[1] <= before[1]:  # no clock tick since
            return None
        return min(100.0, max(0.0, round(100 * (now[0] - before[0]) / (now[1] - before[1]), 1)))


def disk_free(folder: Path) -> int:
    """Bytes free where `folder` is, or would be made. Raises OSError where that cannot be asked."""
    folder = folder.absolute()
    there = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    return shutil.disk_usage(there).free


def _cpu_seconds() -> tuple[float, float]:
    """Seconds that the cores of this process were busy since the machine started, and seconds in all."""
    everywhere = psutil.cpu_times(percpu=True)
    ours = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(len(everywhere))
    busy = total = 0.0
    for core in ours:
        if core < len(everywhere):  # psutil counts without those switched off
            times = everywhere[core]._asdict()
            # The kernel counts a guest's time in `user` and `nice` already.
            spent = sum(times.values()) - times.get("guest", 0.0) - times.get("guest_nice", 0.0)
            total += spent
            busy += spent - times["idle"] - times.get("iowait", 0.0)
    return busy, total


def _memory() -> tuple[int, int]:
    """Bytes used and in all."""
    total: int = psutil.virtual_memory().total
    total = min(total, memory_limit() or total)
    return max(0, total - ram_free()), total


def _gpu_uses() -> tuple[GpuUse, ...]:
    return tuple(GpuUse(gpu.name, _gpu_percent(gpu), gpu.total - gpu.free, gpu.total) for gpu in gpus())


def _gpu_percent(gpu: Gpu) -> int | None:
    import pynvml

    try:
        return int(pynvml.nvmlDeviceGetUtilizationRates(pynvml.nvmlDeviceGetHandleByUUID(gpu.uuid)).gpu)
    except pynvml.NVMLError:
        return None


def _or_none(read: Callable[[], T]) -> T | None:
    """What `read` gives, or None: a figure that is missing for a moment must not end a view that shows ten others."""
    try:
        return read()
    except Exception:
        return None
