"""The documents of all runs, kept from one listing to the next, and never one that does not hold any more."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixtui.calibration.analysis import SCALED_NAMES
from mixtui.calibration.scores import Scores
from mixtui.store import listing
from mixtui.store.control import change_control
from mixtui.store.files import encode_json, read_json, write_json
from mixtui.store.jsonl import JsonlWriter
from mixtui.store.listing import listed
from mixtui.store.paths import RunPaths
from mixtui.store.run import BrokenRunError, Run
from mixtui.store.run_document import METRICS, broken_document, listed_document
from mixtui.store.store import Store

Document = dict[str, Any]
MakeEvent = Callable[..., dict[str, Any]]
MakeRun = Callable[..., RunPaths]


def as_they_are(store: Store) -> list[Document]:
    return [broken_document(run) if isinstance(run, BrokenRunError) else listed_document(run) for run in store.runs()]


def append(paths: RunPaths, *events: dict[str, Any]) -> None:
    log = JsonlWriter(paths.events)
    log.append(events)
    log.close()


ages: Iterator[int] = iter(range(10**9))


def let_time_pass(*runs: RunPaths) -> None:
    """What was written in the runs just now was written long ago, and later than what was written before."""
    now, then = time.time(), 10**9 + next(ages)
    for paths in runs:
        for path in (*paths.root.iterdir(), paths.root):
            if path.stat().st_mtime > now - 1000:
                os.utime(path, (then, then))


@pytest.fixture
def finished(make_run: MakeRun, make_event: MakeEvent) -> RunPaths:
    paths = make_run([make_event("attempt"), make_event("data"), make_event("epoch"), make_event("end")], claims=1)
    let_time_pass(paths)
    return paths


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of kept documents, in which those of the smallest folder of runs are kept."""
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / "cache" / name)
    monkeypatch.setattr(listing, "MANY", 1)
    return tmp_path / "cache" / "mixtui" / "listings"


# What is listed


def test_documents_of_all_runs_oldest_first_beside_what_is_broken(store: Store, make_run: MakeRun) -> None:
    paths = [make_run(seed=seed) for seed in range(3)]
    first, broken, last = sorted(paths, key=lambda p: p.id)
    broken.config.unlink()
    documents = listed(store)
    assert [document["id"] for document in documents] == [first.id, broken.id, last.id]
    assert [document["state"] for document in documents] == ["queued", "broken", "queued"]
    assert "config.json is missing" in documents[1]["sentence"]


def test_no_folder_is_no_documents(store: Store) -> None:
    assert listed(store) == []


def test_the_metrics_of_the_contract_are_the_scores() -> None:
    assert (*Scores.__dataclass_fields__, *SCALED_NAMES) == METRICS


def test_a_run_that_waits_for_another_attempt_is_nowhere_yet(make_run: MakeRun, make_event: MakeEvent) -> None:
    ended = [make_event("attempt", host="elsewhere"), make_event("end", state="stopped")]
    paths = make_run(ended, claims=1)
    assert listed_document(Run.load(paths.root))["host"] == "elsewhere"
    change_control(paths, attempt=2)
    assert listed_document(Run.load(paths.root))["host"] is None
    paths.claim(2).touch()
    assert listed_document(Run.load(paths.root))["host"] is None
    append(paths, make_event("attempt", attempt=2))
    assert listed_document(Run.load(paths.root))["host"] is not None


def test_listing_imports_nothing_heavy() -> None:
    code = "import sys, mixtui.store.listing; assert not {'numpy', 'torch', 'rich', 'textual'} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


# What is kept


def test_what_ended_is_read_once(store: Store, finished: RunPaths, kept: Path, loaded: list[str]) -> None:
    documents = listed(store)
    assert loaded == [finished.id]
    assert listed(store) == documents == as_they_are(store)
    assert loaded == [finished.id] * 2  # once by the listing, once for the comparison


def test_what_does_not_depend_on_its_files_alone_is_read_anew(
    store: Store, make_run: MakeRun, make_event: MakeEvent, kept: Path, loaded: list[str]
) -> None:
    ended = [make_event("attempt"), make_event("end", state="stopped")]
    live = make_run([make_event("attempt")], claims=1)
    crashed = make_run([make_event("attempt", boot_id="another")], claims=1)
    again = make_run(ended, claims=1)
    change_control(again, attempt=2)
    broken = make_run(ended)
    broken.config.unlink()
    queued = make_run()
    let_time_pass(live, crashed, again, broken, queued)
    assert {document["state"] for document in listed(store)} == {"starting", "crashed", "queued", "broken"}
    loaded.clear()
    listed(store)
    assert len(loaded) == 5


def test_what_was_written_a_moment_ago_is_read_anew(
    store: Store, finished: RunPaths, kept: Path, loaded: list[str]
) -> None:
    """A file system can tell a later change by the same time."""
    finished.meta.touch()
    listed(store)
    listed(store)
    assert loaded == [finished.id] * 2


def test_a_folder_that_is_no_run_is_not_listed(store: Store, finished: RunPaths, kept: Path) -> None:
    for _ in range(2):
        (store.root / "notes").mkdir(exist_ok=True)
        assert [document["id"] for document in listed(store)] == [finished.id]


def test_a_run_that_was_removed_is_not_listed(store: Store, finished: RunPaths, kept: Path) -> None:
    assert listed(store)
    finished.config.unlink()
    finished.events.unlink()
    assert listed(store) == []


def test_where_one_waits_for_the_disk_many_are_read_at_once(
    store: Store,
    make_run: MakeRun,
    make_event: MakeEvent,
    kept: Path,
    loaded: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs = [make_run([make_event("attempt"), make_event("end")], claims=1, seed=seed) for seed in range(12)]
    runs[5].config.write_bytes(b"{")
    let_time_pass(*runs)
    expected = as_they_are(store)
    loaded.clear()
    monkeypatch.setattr(listing, "TRIED", 2)
    monkeypatch.setattr(listing, "BATCH", 4)
    monkeypatch.setattr(listing, "WAITS", 0)
    assert listed(store) == expected
    assert sorted(loaded) == sorted(paths.id for paths in runs)
    loaded.clear()
    assert listed(store) == expected
    assert loaded == [runs[5].id]


def test_few_runs_are_not_kept(store: Store, finished: RunPaths, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MANY", 2)
    listed(store)
    assert not kept.exists()


def test_a_folder_named_another_way_has_its_paths_named_so(
    store: Store, finished: RunPaths, kept: Path, loaded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    listed(store)
    monkeypatch.chdir(store.root.parent)
    [document] = listed(Store(Path("runs")))
    assert loaded == [finished.id]
    assert document["path"] == f"runs/{finished.id}"


def test_what_another_version_kept_does_not_count(
    store: Store, finished: RunPaths, kept: Path, loaded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    listed(store)
    monkeypatch.setattr(listing, "__version__", "another")
    listed(store)
    assert loaded == [finished.id] * 2


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"{}\n", b'{"code": []}\nnull\n', None])
def test_what_cannot_be_read_or_written_is_done_without(
    store: Store, finished: RunPaths, kept: Path, content: bytes | None
) -> None:
    documents = listed(store)
    [place] = kept.iterdir()
    place.unlink()
    if content is None:
        place.mkdir()
    else:
        place.write_bytes(content)
    assert listed(store) == documents


def test_a_cache_folder_that_cannot_be_made_is_done_without(store: Store, finished: RunPaths, kept: Path) -> None:
    kept.parent.parent.write_bytes(b"")
    assert listed(store) == as_they_are(store)


def test_a_text_that_is_no_utf8_is_listed_as_ever(store: Store, finished: RunPaths, kept: Path) -> None:
    write_json(finished.meta, {"name": "caf\udce9", "tags": []})
    let_time_pass(finished)
    for _ in range(2):
        assert listed(store)[0]["name"] == "caf\udce9"


def edit(path: Path, **changes: Any) -> None:
    """As some editors do, which leave the folder alone."""
    path.write_bytes(encode_json({**(read_json(path) or {}), **changes}))


CHANGES: dict[str, Callable[[RunPaths, MakeEvent], object]] = {
    "a warning": lambda paths, event: append(paths, event("warning", message="More.")),
    "an epoch": lambda paths, event: append(paths, event("epoch", epoch=Run.load(paths.root).epoch + 1)),
    "an end": lambda paths, event: append(paths, event("end", Run.load(paths.root).attempt, state="stopped")),
    "an attempt": lambda paths, event: append(paths, event("attempt", Run.load(paths.root).attempt)),
    "a claim": lambda paths, event: paths.claim(Run.load(paths.root).attempt + 1).touch(),
    "resumed": lambda paths, event: change_control(paths, want="run", attempt=Run.load(paths.root).attempt + 1),
    "stopped": lambda paths, event: change_control(paths, want="stop"),
    "paused": lambda paths, event: change_control(paths, want="pause"),
    "tagged": lambda paths, event: write_json(paths.meta, {"tags": [*Run.load(paths.root).tags, "t"]}),
    "torn": lambda paths, event: paths.events.write_bytes(paths.events.read_bytes()[:-30]),
    "meta.json edited": lambda paths, event: edit(paths.meta, name="typed"),
    "control.json edited": lambda paths, event: edit(paths.control, attempt=Run.load(paths.root).attempt + 1),
    "config.json edited": lambda paths, event: edit(paths.config, seed=7),
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(st.sampled_from(sorted(CHANGES)), max_size=6))
def test_whatever_happens_to_a_run_its_document_is_never_an_old_one(
    store: Store, make_run: MakeRun, make_event: MakeEvent, kept: Path, changes: list[str]
) -> None:
    for old in store.run_dirs():
        old.rename(store.root / f".{old.name}")
    paths = make_run([make_event("attempt"), make_event("epoch"), make_event("end")], claims=1)
    for change in ["tagged", *changes]:
        CHANGES[change](paths, make_event)
        let_time_pass(paths)
        for _ in range(2):
            [document], [expected] = listed(store), as_they_are(store)
            assert {**document, "stalled_for": None} == {**expected, "stalled_for": None}


def test_a_crashed_run_ended_when_its_keeper_saw_it(make_run: MakeRun, make_event: MakeEvent) -> None:
    gone = {"pid": 2**22 - 1, "start_time": 1.0, "boot_id": "another"}
    paths = make_run([make_event("attempt", **gone)], claims=1)
    assert listed_document(Run.load(paths.root))["ended"] is None
    write_json(paths.exit, {"attempt": 1, "signal": "SIGKILL"})
    os.utime(paths.exit, (1_800_000_000, 1_800_000_000))
    assert listed_document(Run.load(paths.root))["ended"] == "2027-01-15T08:00:00.000+00:00"
