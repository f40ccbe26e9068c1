"""What tests of the store share."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mixtui.store.paths import RunPaths
from mixtui.store.run import Run


@pytest.fixture
def paths(tmp_path: Path) -> RunPaths:
    return RunPaths(tmp_path)


@pytest.fixture(scope="module")
def scratch() -> Iterator[RunPaths]:
    """One run for all examples of a property."""
    with tempfile.TemporaryDirectory() as folder:
        yield RunPaths(Path(folder))


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the runs that are read from now on."""
    ids: list[str] = []
    load = Run.load

    def load_and_tell(root: Path) -> Run:
        ids.append(root.name)
        return load(root)

    monkeypatch.setattr(Run, "load", load_and_tell)
    return ids
