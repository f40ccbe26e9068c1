"""Removing runs, and bringing them back as they were."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixtui.errors import MixtuiError, UnsuitableRunError
from mixtui.store.control import change_control
from mixtui.store.job import JOB_FILES, Job, write_job
from mixtui.store.paths import RunPaths
from mixtui.store.run import Run
from mixtui.store.store import Store
from mixtui.store.trash import Trash

MakeEvent = Callable[..., dict[str, Any]]
MakeRun = Callable[..., RunPaths]
Refused = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def trash(store: Store) -> Trash:
    return Trash(store.root)


@pytest.fixture
def finished(make_run: MakeRun, make_event: MakeEvent) -> Run:
    return Run.load(make_run([make_event("attempt"), make_event("end")], claims=1).root)


def content_of(folder: Path) -> dict[Path, bytes | None]:
    return {path.relative_to(folder): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


# There and back


def test_a_removed_run_is_not_listed_any_more_and_comes_back_as_it_was(
    trash: Trash, finished: Run, store: Store
) -> None:
    before = content_of(finished.paths.root)
    trash.put(finished)
    assert store.run_dirs() == []
    assert trash.ids() == [finished.id]
    assert trash.restore(finished.id) == finished.paths.root
    assert trash.ids() == []
    assert content_of(finished.paths.root) == before
    assert Run.load(finished.paths.root) == finished


def test_an_untouched_trash_is_empty(trash: Trash, store: Store, refused: Refused) -> None:
    assert (trash.ids(), trash.size()) == ([], 0)
    trash.empty()
    with refused("No removed run is called 'latest'"):
        trash.restore("latest")
    assert not store.root.exists()


def test_a_run_that_is_a_link_to_another_disk_comes_and_goes_as_one(
    trash: Trash, finished: Run, tmp_path: Path
) -> None:
    elsewhere = finished.paths.root.rename(tmp_path / "big disk")
    finished.paths.root.symlink_to(elsewhere)
    trash.put(finished)
    assert trash.size() < 1000  # the link alone
    trash.restore(finished.id)
    assert finished.paths.root.is_symlink()
    trash.put(finished)
    trash.empty()
    assert (elsewhere / "config.json").exists()


# Which may be removed


@pytest.mark.parametrize("end", ["stopped", "paused", "failed", "finished"])
def test_a_run_that_has_ended_may_be_removed(end: str, trash: Trash, make_run: MakeRun, make_event: MakeEvent) -> None:
    paths = make_run([make_event("attempt"), make_event("end", state=end)], claims=1)
    trash.put(Run.load(paths.root))
    assert trash.ids() == [paths.id]


def test_a_live_or_queued_run_is_refused(trash: Trash, make_run: MakeRun, make_event: MakeEvent) -> None:
    queued = make_run()
    live = make_run([make_event("attempt"), make_event("phase")], claims=1)
    stopping = make_run([make_event("attempt"), make_event("phase")], claims=1)
    change_control(stopping, want="stop")
    for paths, state in ((queued, "queued"), (live, "running"), (stopping, "stopping")):
        with pytest.raises(UnsuitableRunError) as caught:
            trash.put(Run.load(paths.root))
        assert f"is {state}" in caught.value.message
        assert f"mixtui stop {paths.id}" in caught.value.hint
        assert paths.root.exists()


def test_a_run_that_somebody_has_resumed_meanwhile_is_refused(trash: Trash, finished: Run, refused: Refused) -> None:
    change_control(finished.paths, attempt=2)
    with refused("is queued"):
        trash.put(finished)
    assert finished.paths.root.exists()


def test_a_run_that_is_gone_already_is_an_error_for_a_person(trash: Trash, finished: Run) -> None:
    trash.put(finished)
    with pytest.raises(MixtuiError):
        trash.put(finished)
    assert trash.ids() == [finished.id]


# Which is meant


def test_a_removed_run_is_found_by_its_tail_or_the_beginning_of_its_id(trash: Trash, finished: Run) -> None:
    for reference in (finished.id, finished.id[-4:], finished.id[:8], finished.id[:-1]):
        trash.put(finished)
        assert trash.restore(reference) == finished.paths.root


def test_what_fits_none_or_several_is_refused(
    trash: Trash, make_run: MakeRun, make_event: MakeEvent, refused: Refused
) -> None:
    runs = [make_run([make_event("attempt"), make_event("end")], claims=1) for _ in range(2)]
    for paths in runs:
        trash.put(Run.load(paths.root))
    with refused("2 removed runs are called '2'"):
        trash.restore("2")
    with refused("No removed run is called ''"):
        trash.restore("")
    assert trash.ids() == sorted(paths.id for paths in runs)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(reference=st.text(max_size=20) | st.sampled_from(["..", "../..", "/", ".", "*", "/etc/passwd", "\0"]))
def test_nothing_but_a_removed_run_is_ever_moved(reference: str, trash: Trash, finished: Run, store: Store) -> None:
    if finished.paths.root.exists():
        trash.put(finished)
    (store.root.parent / "precious").mkdir(exist_ok=True)
    try:
        restored = trash.restore(reference)
    except MixtuiError:
        assert trash.ids() == [finished.id]
    else:
        assert restored == finished.paths.root
        assert finished.id.startswith(reference) or finished.id.endswith(reference)
    assert (store.root.parent / "precious").exists()


@pytest.mark.parametrize("what", ["folder", "file", "link to nothing"])
def test_a_place_that_is_taken_stays_as_it_is(what: str, trash: Trash, finished: Run, refused: Refused) -> None:
    trash.put(finished)
    place = finished.paths.root
    match what:
        case "folder":
            place.mkdir()
        case "file":
            place.write_text("in the way")
        case _:
            place.symlink_to("a disk that is not mounted now")
    with refused("is there already"):
        trash.restore(finished.id)
    assert os.path.lexists(place)
    assert trash.ids() == [finished.id]


# Emptying


def test_emptying_frees_what_it_said_and_touches_nothing_else(
    trash: Trash, finished: Run, make_run: MakeRun, store: Store, tmp_path: Path
) -> None:
    other = make_run()
    big = tmp_path / "big"
    big.write_bytes(bytes(10_000_000))
    before = trash.size()
    finished.paths.checkpoint.write_bytes(bytes(100_000))
    finished.paths.predictions.symlink_to(big)
    (finished.paths.root / "nowhere").symlink_to("gone")
    trash.put(finished)
    assert before + 100_000 < trash.size() < 200_000
    trash.empty()
    assert (trash.ids(), trash.size()) == ([], 0)
    assert store.run_dirs() == [other.root]
    assert big.exists()


def test_what_is_kept_of_a_clusters_jobs_goes_with_their_runs(
    trash: Trash, make_run: MakeRun, make_event: MakeEvent, store: Store
) -> None:
    jobs = {"7": "ended", "8_1": "ended", "8_2": "running", "*": "ended"}
    for job, phase in jobs.items():
        paths = make_run([make_event("attempt"), make_event("end")], claims=1)
        write_job(paths, Job(1, "Slurm", job, phase))  # type: ignore[arg-type]
        trash.put(Run.load(paths.root))
    spoilt = Run.load(make_run([make_event("attempt"), make_event("end")], claims=1).root)
    spoilt.paths.job.write_text("{")
    trash.put(spoilt)
    kept = {".lock", "8_submission.sh", "8_2_submitted.pkl", "8_11_0_log.out", "77_0_log.out", "1f3a.pkl"}
    gone = {"7_submission.sh", "7_submitted.pkl", "7_0_log.out", "8_1_0_result.pkl", "8_1_0_log.out"}
    folder = store.root / JOB_FILES
    folder.mkdir()
    for name in kept | gone:
        (folder / name).touch()
    trash.empty()
    assert {path.name for path in folder.iterdir()} == kept
    assert trash.ids() == []


def test_a_trash_that_cannot_be_used_is_an_error_for_a_person(
    trash: Trash, finished: Run, store: Store, refused: Refused
) -> None:
    (store.root / f".trash-{os.getuid()}").write_text("a file is in the way")
    with refused(f"{finished.id} cannot be moved"):
        trash.put(finished)
    assert finished.paths.root.exists()
    assert trash.ids() == []
