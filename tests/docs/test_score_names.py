"""The names that a run's scores have in JSON stand where the documentation tells what they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mixtui.store.metrics import METRICS

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", ["calibration.md", "architecture.md"])
def test_every_score_is_named_in(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    assert [name for name in METRICS if not re.search(rf"\b{name}\b", text)] == []
