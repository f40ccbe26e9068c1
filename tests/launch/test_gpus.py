"""Finding GPUs, with a stand-in for NVIDIA's library that knows a few made ones."""

# ruff: noqa: N802 - the library's own names

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtui.launch import gpus as gpus_module
from mixtui.launch.gpus import Gpu, gpus, gpus_called, visible_gpus

GIB = 2**30


class NVMLError(Exception):
    pass


class NotSupportedError(NVMLError):
    pass


@dataclass
class Device:
    uuid: str
    free: int = 20 * GIB
    slices: list[Device | None] | None = None  # of a GPU in MIG mode; None is an empty place
    knows_mig: bool = True
    failure: NVMLError | None = None  # raised when it is asked for its memory


@dataclass
class Nvml:
    """What of `pynvml` mixtui uses. Its functions raise NVMLError as the real ones do."""

    devices: list[Device] = field(default_factory=list)
    failure: NVMLError | None = None  # of the library
    starts: int = 0

    NVMLError = NVMLError
    NVMLError_NotSupported = NotSupportedError
    NVML_DEVICE_MIG_ENABLE = 1

    def nvmlInit(self) -> None:
        self.starts += 1
        if self.failure:
            raise self.failure

    def nvmlDeviceGetCount(self) -> int:
        if self.failure:
            raise self.failure
        return len(self.devices)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> Device:
        return self.devices[index]

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> Device:
        everything = [part for device in self.devices for part in (device, *(device.slices or [])) if part]
        for device in everything:
            if device.uuid == uuid:
                return device
        raise NVMLError("Not Found")

    def nvmlDeviceGetUUID(self, device: Device) -> str:
        return device.uuid

    def nvmlDeviceGetName(self, device: Device) -> str:
        return "NVIDIA H100 80GB HBM3"

    def nvmlDeviceGetMemoryInfo(self, device: Device) -> SimpleNamespace:
        if device.failure:
            raise device.failure
        return SimpleNamespace(free=device.free, total=80 * GIB, used=80 * GIB - device.free)

    def nvmlDeviceGetMigMode(self, device: Device) -> list[int]:
        if not device.knows_mig:
            raise NotSupportedError("Not Supported")
        return [int(device.slices is not None)] * 2

    def nvmlDeviceGetMaxMigDeviceCount(self, device: Device) -> int:
        return len(device.slices or [])

    def nvmlDeviceGetMigDeviceHandleByIndex(self, device: Device, index: int) -> Device:
        if (part := (device.slices or [])[index]) is None:
            raise NVMLError("Not Found")
        return part


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch) -> Iterator[Nvml]:
    """Three GPUs, two of which have names that begin alike."""
    library = Nvml([Device("GPU-aa11"), Device("GPU-aa22"), Device("GPU-bb33")])
    monkeypatch.setitem(sys.modules, "pynvml", library)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    gpus_module._nvml.cache_clear()
    yield library
    gpus_module._nvml.cache_clear()


def uuids(found: list[Gpu]) -> list[str]:
    return [gpu.uuid for gpu in found]


# All of them


def test_gpus_are_found_with_what_is_free_now(nvml: Nvml) -> None:
    assert gpus()[0] == Gpu("GPU-aa11", "NVIDIA H100 80GB HBM3", 20 * GIB, 80 * GIB)
    assert uuids(gpus()) == ["GPU-aa11", "GPU-aa22", "GPU-bb33"]
    nvml.devices[0].free = GIB
    assert gpus()[0].free == GIB
    assert nvml.starts == 1


def test_without_a_driver_there_is_none(nvml: Nvml) -> None:
    nvml.failure = NVMLError("Driver Not Loaded")
    assert gpus() == visible_gpus() == gpus_called(["GPU-aa11"]) == []


def test_with_a_driver_that_went_away_there_is_none(nvml: Nvml) -> None:
    assert len(gpus()) == 3
    nvml.failure = NVMLError("Driver/library version mismatch")
    assert gpus() == visible_gpus() == []


def test_a_gpu_that_has_failed_hides_no_other(nvml: Nvml) -> None:
    nvml.devices[0].failure = NVMLError("GPU is lost")
    assert uuids(gpus()) == ["GPU-aa22", "GPU-bb33"]
    assert uuids(gpus_called(["GPU-aa11", "GPU-bb33"])) == ["GPU-bb33"]


def test_a_gpu_without_memory_of_its_own_has_the_machines(nvml: Nvml, monkeypatch: pytest.MonkeyPatch) -> None:
    nvml.devices[:] = [Device("GPU-spark", failure=NotSupportedError("Not Supported"))]
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=100 * GIB, total=120 * GIB))
    assert [(gpu.free, gpu.total) for gpu in gpus()] == [(100 * GIB, 120 * GIB)]


def test_a_gpu_that_knows_no_mig_mode_is_one(nvml: Nvml) -> None:
    nvml.devices[:] = [Device("GPU-old", knows_mig=False)]
    assert uuids(gpus()) == ["GPU-old"]


def test_of_a_gpu_in_mig_mode_the_slices_are_there(nvml: Nvml) -> None:
    refused = NVMLError("Insufficient Permissions")  # the whole's memory is not everybody's to see
    nvml.devices[1] = Device(
        "GPU-mig", failure=refused, slices=[Device("MIG-1"), None, Device("MIG-2", free=GIB), None]
    )
    assert uuids(gpus()) == ["GPU-aa11", "MIG-1", "MIG-2", "GPU-bb33"]
    assert gpus()[2].free == GIB
    assert uuids(gpus_called(["MIG-2"])) == ["MIG-2"]


# Called by name


def test_gpus_are_called_by_name_in_the_order_asked_for(nvml: Nvml) -> None:
    assert uuids(gpus_called(["GPU-bb33", "GPU-gone", "GPU-aa11"])) == ["GPU-bb33", "GPU-aa11"]
    assert gpus_called([]) == []


# CUDA_VISIBLE_DEVICES


@pytest.mark.parametrize(
    ("wanted", "visible"),
    [
        (None, ["GPU-aa11", "GPU-aa22", "GPU-bb33"]),
        ("0", ["GPU-aa11"]),
        ("2,0", ["GPU-bb33", "GPU-aa11"]),
        (" 1 , 2 ", ["GPU-aa22", "GPU-bb33"]),
        ("GPU-bb33", ["GPU-bb33"]),
        ("GPU-b", ["GPU-bb33"]),
        ("GPU-bb33,GPU-aa2", ["GPU-bb33", "GPU-aa22"]),
        ("1x,2gpu", ["GPU-aa22", "GPU-bb33"]),
        # Nothing
        ("", []),
        ("-1", []),
        ("NoDevFiles", []),
        ("all", []),
        (",", []),
        ("GPU-cc", []),
        ("GPU-", []),
        ("GPU-aa", []),  # which of the two?
        # What names none hides the rest
        ("0,-1,1", ["GPU-aa11"]),
        ("1,7,0", ["GPU-aa22"]),
        ("GPU-bb33,GPU-cc,GPU-aa11", ["GPU-bb33"]),
        ("0,,1", ["GPU-aa11"]),
        ("0,GPU-bb33", ["GPU-aa11"]),  # numbers and names do not mix
        ("GPU-bb33,0", ["GPU-bb33"]),
        ("0,²", ["GPU-aa11"]),
        # Twice is none
        ("0,0", []),
        ("GPU-aa1,GPU-aa11", []),
    ],
)
def test_what_cuda_visible_devices_leaves(
    wanted: str | None, visible: list[str], nvml: Nvml, monkeypatch: pytest.MonkeyPatch
) -> None:
    if wanted is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", wanted)
    assert uuids(visible_gpus()) == visible


@pytest.mark.parametrize(
    ("wanted", "visible"),
    [
        (None, ["MIG-1", "MIG-2"]),
        ("0", ["MIG-1"]),
        ("MIG-2", ["MIG-2"]),
        ("MIG-2,MIG-1", ["MIG-2", "MIG-1"]),
        ("MIG-3", []),
        ("MIG-1,MIG-1", []),
    ],
)
def test_what_it_leaves_of_slices(
    wanted: str | None, visible: list[str], nvml: Nvml, monkeypatch: pytest.MonkeyPatch
) -> None:
    nvml.devices[:] = [Device("GPU-mig", slices=[Device("MIG-1"), Device("MIG-2")])]
    if wanted is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", wanted)
    assert uuids(visible_gpus()) == visible


entries = st.sampled_from(["0", "1", "2", "3", "-1", "GPU-aa11", "GPU-aa", "GPU-b", "GPU-", "MIG-1", "", " 2"])


@given(wanted=st.one_of(st.lists(entries, max_size=5).map(",".join), st.text("0123456789GPUMIG-ab, ", max_size=30)))
def test_whatever_it_holds_the_visible_are_some_of_all_and_each_once(wanted: str) -> None:
    library = Nvml([Device("GPU-aa11"), Device("GPU-aa22"), Device("GPU-bb33")])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gpus_module, "_nvml", lambda: library)
        patch.setenv("CUDA_VISIBLE_DEVICES", wanted)
        visible = uuids(visible_gpus())
        assert set(visible) <= set(uuids(gpus()))
        assert len(set(visible)) == len(visible)
