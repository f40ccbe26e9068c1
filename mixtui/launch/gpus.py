"""The NVIDIA GPUs of this machine, found without importing torch."""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from functools import cache
from types import ModuleType

import psutil


@dataclass(frozen=True)
class Gpu:
    """One GPU as the driver sees it now; memory in bytes."""

    uuid: str
    name: str
    free: int
    total: int


def gpus() -> list[Gpu]:
    """All GPUs, in nvidia-smi's order, one in MIG mode as its slices; none without a driver."""
    nvml = _nvml()
    if nvml is None:
        return []
    found: list[Gpu] = []
    for index in range(_count(nvml)):
        with contextlib.suppress(nvml.NVMLError):  # one that has failed, or is not ours, hides no other
            found += [_look_at(nvml, part) for part in _slices(nvml, nvml.nvmlDeviceGetHandleByIndex(index))]
    return found


def gpus_called(uuids: list[str]) -> list[Gpu]:
    """Those of the GPUs `uuids` that are there."""
    nvml = _nvml()
    if nvml is None:
        return []
    found = []
    for uuid in uuids:
        with contextlib.suppress(nvml.NVMLError):
            found.append(_look_at(nvml, nvml.nvmlDeviceGetHandleByUUID(uuid)))
    return found


def visible_gpus() -> list[Gpu]:
    """The GPUs that CUDA_VISIBLE_DEVICES leaves, in its order: numbers are nvidia-smi's; a name may be a beginning."""
    here = gpus()
    wanted = os.environ.get("CUDA_VISIBLE_DEVICES")
    if wanted is None:
        return here
    entries = [entry.strip() for entry in wanted.split(",")]
    visible: list[Gpu] = []
    # As CUDA does: an entry that does not name one GPU, or not in the way of the first (by number or by name), hides
    # itself and the rest; a GPU named twice hides all.
    for entry in entries:
        meant = _meant(entry, here)
        if len(meant) != 1 or entry[0].isdecimal() != entries[0][0].isdecimal():
            break
        if meant[0].uuid in (gpu.uuid for gpu in visible):
            return []
        visible += meant
    return visible


def _meant(entry: str, here: list[Gpu]) -> list[Gpu]:
    """The GPUs that an entry of CUDA_VISIBLE_DEVICES may mean: a number, or a name or the beginning of one."""
    if number := re.match("[0-9]+", entry):  # whatever follows
        return here[int(number[0]) : int(number[0]) + 1]
    if entry.startswith("MIG-"):
        return gpus_called([entry])
    return [gpu for gpu in here if entry.startswith("GPU-") and entry != "GPU-" and gpu.uuid.startswith(entry)]


def _count(nvml: ModuleType) -> int:
    try:
        return int(nvml.nvmlDeviceGetCount())
    except nvml.NVMLError:  # the driver is being replaced
        return 0


def _slices(nvml: ModuleType, handle: object) -> list[object]:
    """The slices of a GPU in MIG mode, which computes by them alone; else the GPU itself."""
    try:
        current, _ = nvml.nvmlDeviceGetMigMode(handle)
    except nvml.NVMLError:  # it knows no such mode
        return [handle]
    if current != nvml.NVML_DEVICE_MIG_ENABLE:
        return [handle]
    slices: list[object] = []
    for index in range(nvml.nvmlDeviceGetMaxMigDeviceCount(handle)):
        with contextlib.suppress(nvml.NVMLError):  # an empty place
            slices.append(nvml.nvmlDeviceGetMigDeviceHandleByIndex(handle, index))
    return slices


def _look_at(nvml: ModuleType, handle: object) -> Gpu:
    try:
        memory = nvml.nvmlDeviceGetMemoryInfo(handle)
        free, total = memory.free, memory.total
    except nvml.NVMLError_NotSupported:  # a GPU without memory of its own, as DGX Spark's
        machine = psutil.virtual_memory()
        free, total = machine.available, machine.total
    return Gpu(nvml.nvmlDeviceGetUUID(handle), nvml.nvmlDeviceGetName(handle), free, total)


@cache
def _nvml() -> ModuleType | None:
    """NVML, ready for use in this process; None without a driver."""
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    return pynvml  # type: ignore[no-any-return]
