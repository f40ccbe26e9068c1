"""What tests of the store share."""

from __future__ import annotations

from pathlib import Path

import pytest

from mixtui.store.run import Run


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
