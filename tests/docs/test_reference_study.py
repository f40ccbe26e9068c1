"""The page of the reference study: its tables are those of the runs that come with mixtui, which are what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.make_reference_study import PAGE, PICTURES, TABLE, with_tables
from docs.ship_runs import LIMIT_BYTES, OUT, is_of, size_of
from mixtui.presets import PRESETS
from mixtui.store.run import Run
from mixtui.store.status import State
from mixtui.store.store import Store

RUNS = [run for run in Store(OUT).runs() if isinstance(run, Run)]


def test_the_tables_are_those_of_the_runs() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert {found["preset"] for found in TABLE.finditer(page)} <= PRESETS.keys()
    assert with_tables(page) == page, "python docs/make_reference_study.py writes them anew"


def test_its_pictures_are_there() -> None:
    named = re.findall(r"\(pictures/([\w-]+\.svg)\)", PAGE.read_text(encoding="utf-8"))
    assert named
    assert all((PICTURES / name).exists() for name in named)


def test_every_run_can_be_read_and_they_are_not_too_large() -> None:
    assert len(RUNS) == len(Store(OUT).folder_names())
    assert size_of(OUT) <= LIMIT_BYTES


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.id)
def test_a_run_is_finished_and_of_its_preset(run: Run) -> None:
    (preset,) = run.tags
    assert run.status.state is State.FINISHED
    assert is_of(PRESETS[preset], run.config.to_json())
    kept = {path.name for path in run.paths.root.iterdir()}
    assert kept <= {"config.json", "events.jsonl", "steps.jsonl", "bins.jsonl", "predictions.npz", "meta.json"}


def test_no_run_tells_of_a_machine() -> None:
    for path in Path(OUT).rglob("*.json*"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"/(root|home|Users|tmp|work|mnt|data)/", text), path
