"""Giving memory back is for those C libraries that know how; elsewhere nothing happens."""

from __future__ import annotations

import ctypes

import pytest

from mixtui.ui.freed_memory import give_back_freed_memory


class Mallopt:
    def __init__(self) -> None:
        self.told = dict[int, int]()

    def mallopt(self, parameter: int, value: int) -> int:
        self.told[parameter] = value
        return 1


def test_glibc_is_told_to_keep_little(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Mallopt()
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    give_back_freed_memory()
    m_arena_max, m_mmap_threshold, m_trim_threshold = -8, -3, -1
    assert library.told[m_arena_max] == 1
    assert library.told[m_mmap_threshold] == library.told[m_trim_threshold] < 2**20


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_elsewhere_nothing_happens(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    give_back_freed_memory()
