"""How much memory a training says that it takes."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mixtui.training.memory import CONTEXT_BYTES, MemoryUse, memory_in_use

MIB = 2**20
CPU = torch.device("cpu")

uses = st.builds(MemoryUse, st.integers(0, 2**40), st.integers(0, 2**40))


def test_on_the_cpu_it_is_what_this_process_has_and_nothing_of_a_gpu() -> None:
    used = memory_in_use(CPU)
    assert 0 < used.ram <= psutil.Process().memory_info().rss + 64 * MIB
    assert used.gpu == 0
    assert used.to_json() == {"ram": used.ram, "gpu": 0}


def test_arrays_count_and_mapped_images_do_not(tmp_path: Path) -> None:
    np.save(tmp_path / "images.npy", np.zeros(96 * MIB, np.uint8))
    before = memory_in_use(CPU).ram
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    assert mapped.sum() == 0  # every page of it is in memory now
    with_images = memory_in_use(CPU).ram
    assert with_images - before < 32 * MIB
    array = np.ones(96 * MIB, np.uint8)
    assert memory_in_use(CPU).ram - with_images > 64 * MIB
    assert array.all()


def test_a_system_that_knows_nothing_of_sharing_counts_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil.Process, "memory_info", lambda _: SimpleNamespace(rss=5 * MIB, vms=0))
    assert memory_in_use(CPU) == MemoryUse(5 * MIB, 0)


def test_on_a_gpu_it_is_the_most_it_had_and_its_context(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "max_memory_reserved", lambda device: 300 * MIB)
    assert memory_in_use(torch.device("cuda")).gpu == 300 * MIB + CONTEXT_BYTES


@pytest.mark.parametrize(
    ("now", "well_above"),
    [
        ((100, 100), False),
        ((110, 110), False),
        ((111, 100), True),
        ((100, 111), True),
        ((50, 111), True),
        ((0, 0), False),
    ],
)
def test_well_above_is_more_than_a_tenth_of_either(now: tuple[int, int], well_above: bool) -> None:
    assert MemoryUse(*now).is_well_above(MemoryUse(100, 100)) == well_above


@given(use=uses)
def test_whatever_is_used_is_well_above_nothing(use: MemoryUse) -> None:
    assert use.is_well_above(MemoryUse(0, 0)) == (use.ram + use.gpu > 0)
    assert not use.is_well_above(use)
