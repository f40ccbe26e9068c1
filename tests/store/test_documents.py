"""What is told of a run by its document."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from mixtui.launch.queue import queue_order
from mixtui.store.control import change_control
from mixtui.store.documents import needs_attention, part, queue, study_tag, tags
from mixtui.store.job import Job, write_job
from mixtui.store.run import Run
from mixtui.store.run_document import listed_document
from mixtui.store.store import Store
from tests.conftest import MakeRun
from tests.store.made_documents import hostile_documents


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["study-1", "paper", "study-2"], "study-2"),
        (["paper", "talk"], "paper"),
        ([], ""),
        (None, ""),
        ("study-1", ""),
        ([1, None, "paper"], "paper"),
    ],
)
def test_a_sweep_is_named_by_its_study(names: Any, expected: str) -> None:
    assert study_tag({"id": "r", "tags": names}) == expected


def test_runs_in_trouble_need_attention() -> None:
    assert all(needs_attention({"state": state}) for state in ("failed", "crashed", "lost", "broken"))
    assert not any(needs_attention({"state": state}) for state in ("queued", "running", "finished", "paused"))
    assert needs_attention({"state": "running", "stalled_for": 70.0})


def test_the_queue_has_the_order_in_which_runs_start(store: Store, make_run: MakeRun) -> None:
    controls: list[dict[str, Any]] = [
        {"priority": 0, "queued": "2026-11-23T10:00:00+00:00"},
        {"priority": 0, "queued": "2026-11-23T09:00:00+00:00"},
        {"priority": 1, "queued": "2026-11-23T11:00:00+00:00"},
        {"priority": -0.5, "queued": "2026-11-23T08:00:00+00:00"},
        {"priority": 0, "queued": "2026-11-23T09:00:00+00:00"},
        {},
    ]
    for control in controls:
        change_control(make_run(), **control)
    runs = [Run.load(path) for path in store.run_dirs()]
    expected = [found.id for found in sorted(runs, key=queue_order)]
    assert [document["id"] for document in queue(map(listed_document, runs))] == expected


def test_a_run_that_a_scheduler_has_says_who_and_what_it_waits_for(make_run: MakeRun) -> None:
    paths = make_run()
    own = listed_document(Run.load(paths.root))
    assert (own["launcher"], own["waits_for"]) == (None, None)
    change_control(paths, launcher="slurm")
    write_job(paths, Job(1, "Slurm", "7", "waiting", "Resources"))
    waiting = listed_document(Run.load(paths.root))
    assert (waiting["state"], waiting["launcher"], waiting["waits_for"]) == ("queued", "slurm", "Resources")
    write_job(paths, Job(1, "Slurm", "7", "ended", "TIMEOUT", "timeout"))
    ended = listed_document(Run.load(paths.root))
    assert (ended["state"], ended["reason"], ended["waits_for"]) == ("crashed", "timeout", None)
    assert waiting.keys() == own.keys() == ended.keys()


@settings(max_examples=50)
@given(hostile_documents())
def test_anything_may_stand_in_a_document(document: dict[str, Any]) -> None:
    assert all(isinstance(tag, str) for tag in (study_tag(document), *tags(document)))
    assert isinstance(part(document, "metrics"), dict)
