"""What a scheduler says of a run, written down and read again, and what becomes of records that are none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtui.store.job import Job, read_job, write_job
from mixtui.store.paths import RunPaths
from tests.store.made_documents import anything

WHOLE = {"attempt": 2, "scheduler": "Slurm", "id": "7_1", "phase": "running", "why": "", "reason": None}


def test_what_is_written_is_what_is_read(paths: RunPaths) -> None:
    assert read_job(paths) is None
    for job in (Job(1, "Slurm", "7_1", "waiting", "Resources"), Job(2, "Slurm", "8", "ended", "TIMEOUT", "timeout")):
        write_job(paths, job)
        assert read_job(paths) == job


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("timeout", "Slurm job 7 reached its time limit."),
        ("preempted", "Slurm job 7 had to give way to another."),
        ("node-failed", "The node of Slurm job 7 failed."),
        ("cancelled", "Slurm job 7 was cancelled."),
        ("oom", "Slurm job 7 took more memory than it had asked for."),
        ("error", "Slurm job 7 failed."),
        ("unknown", "Of Slurm job 7 nothing is known any more."),
        ("done", "Slurm job 7 ended."),
        ("a word of tomorrow", "Slurm job 7 ended."),
        (None, "Slurm job 7 ended."),
    ],
)
def test_an_end_is_told_in_a_sentence(reason: str | None, sentence: str) -> None:
    assert Job(1, "Slurm", "7", "ended", "", reason).sentence == sentence


def test_a_name_with_braces_is_no_format() -> None:
    assert Job(1, "{0.__class__}", "{}", "ended", "", "cancelled").sentence == "{0.__class__} job {} was cancelled."


def test_more_than_is_known_does_no_harm_and_a_reason_may_lack(paths: RunPaths) -> None:
    paths.job.write_text(json.dumps({**WHOLE, "node": "node1"} | {"reason": None}))
    assert read_job(paths) == Job(2, "Slurm", "7_1", "running")


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "null", "\0"])
def test_what_is_no_record_is_an_error(content: str, paths: RunPaths) -> None:
    paths.job.write_text(content)
    with pytest.raises(ValueError, match="job"):
        read_job(paths)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("attempt", "2"),
        ("attempt", 1.5),
        ("scheduler", ["Slurm"]),
        ("id", 7),
        ("id", None),
        ("phase", "done"),
        ("phase", []),
        ("why", None),
        ("reason", 3),
    ],
)
def test_a_value_of_another_kind_is_an_error_that_names_it(name: str, value: object, paths: RunPaths) -> None:
    paths.job.write_text(json.dumps({**WHOLE, name: value}))
    with pytest.raises(ValueError, match=rf"job\.json: {name} is"):
        read_job(paths)


@settings(max_examples=50)
@given(changes=st.dictionaries(st.sampled_from(sorted(WHOLE)), anything, max_size=3))
def test_whatever_a_record_holds_it_is_read_or_refused(changes: dict[str, Any], scratch: RunPaths) -> None:
    scratch.job.write_text(json.dumps({**WHOLE, **changes}))
    try:
        job = read_job(scratch)
    except ValueError:
        return
    assert job is not None
    assert job.sentence.endswith(".")
