"""The documents of a folder brought up to date: those of a listing at every moment, and read only when need be."""

from __future__ import annotations

import operator
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixtui.errors import MixtuiError
from mixtui.store import folder_watch, server_clock
from mixtui.store.control import change_control
from mixtui.store.files import encode_json, read_json, write_json
from mixtui.store.folder_watch import CLOSELY_EVERY, FolderWatch
from mixtui.store.jsonl import JsonlWriter
from mixtui.store.listing import listed
from mixtui.store.paths import RunPaths
from mixtui.store.process import this_process
from mixtui.store.run import Run
from mixtui.store.store import Store
from mixtui.store.trash import Trash

MakeEvent = Callable[..., dict[str, Any]]
MakeRun = Callable[..., RunPaths]


class Clock:
    """The time as the watch sees it."""

    def __init__(self) -> None:
        self.later = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.later

    def server_time(self, folder: Path) -> float:
        return time.time() + self.later


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(folder_watch, "monotonic", clock.monotonic)
    monkeypatch.setattr(folder_watch, "server_time", clock.server_time)
    return clock


@pytest.fixture
def ended(make_run: MakeRun, make_event: MakeEvent) -> RunPaths:
    return make_run([make_event("attempt"), make_event("epoch"), make_event("end")], claims=1)


@pytest.fixture
def live(make_run: MakeRun, make_event: MakeEvent) -> RunPaths:
    return make_run([make_event("attempt")], claims=1)


def append(paths: RunPaths, *events: dict[str, Any]) -> None:
    log = JsonlWriter(paths.events)
    log.append(events)
    log.close()


def edit(path: Path, **changes: Any) -> None:
    """As some editors do, which leave the folder alone."""
    path.write_bytes(encode_json({**(read_json(path) or {}), **changes}))


def rest(watch: FolderWatch, clock: Clock) -> None:
    """Let what was written so far be long ago."""
    for _ in range(2):
        clock.later += 10
        watch.look()


# What is listed


def test_the_documents_of_a_listing(store: Store, make_run: MakeRun, ended: RunPaths, live: RunPaths) -> None:
    broken = make_run()
    broken.config.write_bytes(b"{")
    (store.root / "no-run").mkdir()
    (store.root / "a-file").touch()
    watch = FolderWatch(store)
    assert watch.look()
    assert list(watch.documents) == listed(store)
    assert len(watch.documents) == 3
    before = watch.documents
    assert not watch.look()
    assert watch.documents == before


def test_a_folder_that_comes_and_goes(store: Store, make_run: MakeRun) -> None:
    watch = FolderWatch(store)
    assert not watch.look()
    assert watch.documents == ()
    make_run()
    assert watch.look()
    assert list(watch.documents) == listed(store)
    shutil.rmtree(store.root)
    assert watch.look()
    assert watch.documents == ()


def test_a_folder_that_cannot_be_read(store: Store) -> None:
    store.root.write_bytes(b"")
    watch = FolderWatch(store)
    for _ in range(2):
        with pytest.raises(MixtuiError, match="cannot be read"):
            watch.look()
    store.root.unlink()
    assert not watch.look()


def test_a_run_that_comes_is_read_alone(store: Store, make_run: MakeRun, ended: RunPaths, loaded: list[str]) -> None:
    watch = FolderWatch(store)
    watch.look()
    [old] = watch.documents
    loaded.clear()
    new = make_run()
    assert watch.look()
    assert set(loaded) == {new.id}
    assert sum(document is old for document in watch.documents) == 1
    assert list(watch.documents) == listed(store)


def test_a_run_that_is_removed_and_restored(store: Store, ended: RunPaths, live: RunPaths) -> None:
    watch, trash = FolderWatch(store), Trash(store.root)
    watch.look()
    trash.put(Run.load(ended.root))
    assert watch.look()
    assert [document["id"] for document in watch.documents] == [live.id]
    trash.restore(ended.id)
    assert watch.look()
    assert list(watch.documents) == listed(store)


def test_a_run_that_vanishes_while_it_is_read_is_no_broken_one(
    store: Store, ended: RunPaths, live: RunPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = FolderWatch(store)
    watch.look()
    load = Run.load

    def load_too_late(root: Path) -> Run:
        if root == ended.root:
            shutil.rmtree(root)
        return load(root)

    monkeypatch.setattr(Run, "load", load_too_late)
    ended.meta.unlink()
    assert watch.look()
    assert [document["id"] for document in watch.documents] == [live.id]


def test_a_folder_that_becomes_a_run(store: Store, ended: RunPaths) -> None:
    copy = store.root / "copy"
    copy.mkdir()
    watch = FolderWatch(store)
    watch.look()
    assert len(watch.documents) == 1
    shutil.copy(ended.config, copy)
    assert watch.look()
    assert list(watch.documents) == listed(store)
    assert len(watch.documents) == 2


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
def test_a_run_that_may_be_read_from_now_on(store: Store, ended: RunPaths, clock: Clock) -> None:
    ended.root.chmod(0)
    watch = FolderWatch(store)
    watch.look()
    rest(watch, clock)
    assert watch.documents == ()
    ended.root.chmod(0o755)
    assert watch.look()
    assert list(watch.documents) == listed(store)


# What is read


def test_what_is_at_rest_is_not_read(
    store: Store, make_run: MakeRun, make_event: MakeEvent, ended: RunPaths, clock: Clock, loaded: list[str]
) -> None:
    make_run()  # queued
    change_control(make_run(), want="pause")
    dead = make_run([make_event("attempt", boot_id="another")], claims=1)
    watch = FolderWatch(store)
    watch.look()
    assert [document["state"] for document in watch.documents if document["id"] == dead.id] == ["crashed"]
    rest(watch, clock)
    before = watch.documents
    loaded.clear()
    for _ in range(2 * CLOSELY_EVERY):
        clock.later += 1
        assert not watch.look()
    assert loaded == []
    assert all(map(operator.is_, watch.documents, before))


def test_what_was_written_a_moment_ago_is_read_once_more(
    store: Store, ended: RunPaths, clock: Clock, loaded: list[str]
) -> None:
    """A file system can tell a later change by the same time."""
    watch = FolderWatch(store)
    watch.look()
    rest(watch, clock)
    clock.later = 0.0
    ended.meta.unlink()
    watch.look()
    loaded.clear()
    rest(watch, clock)
    rest(watch, clock)
    assert loaded == [ended.id]


def test_it_is_read_once_more_too_where_this_hosts_clock_is_ahead_of_the_servers(
    store: Store, ended: RunPaths, clock: Clock, loaded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    host = time.time
    monkeypatch.setattr(time, "time", lambda: host() + 60)
    monkeypatch.setattr(folder_watch, "server_time", server_clock.server_time)
    server_clock._offsets.clear()
    watch = FolderWatch(store)
    watch.look()
    loaded.clear()
    rest(watch, clock)
    server_clock._offsets.clear()
    assert set(loaded) == {ended.id}


def test_a_live_run_is_read_every_two_seconds(store: Store, live: RunPaths, clock: Clock, loaded: list[str]) -> None:
    watch = FolderWatch(store)
    watch.look()
    loaded.clear()
    clock.later += 1.9
    watch.look()
    assert loaded == []
    clock.later += 0.2
    assert not watch.look()
    assert loaded == [live.id]


def test_a_process_that_dies_silently_is_noticed(store: Store, make_run: MakeRun, clock: Clock) -> None:
    paths = make_run(claims=1)
    write_json(paths.process, {"attempt": 1, **this_process().to_json()})
    watch = FolderWatch(store)
    watch.look()
    assert watch.documents[0]["state"] == "starting"
    edit(paths.process, start_time=0)  # as if the pid were another process's by now
    assert watch.look()
    assert watch.documents[0]["state"] == "crashed"


def test_a_claim_that_no_process_follows_crashes_by_the_clock(store: Store, make_run: MakeRun, clock: Clock) -> None:
    paths = make_run(claims=1)
    watch = FolderWatch(store)
    watch.look()
    assert watch.documents[0]["state"] == "starting"
    long_ago = time.time() - 100
    os.utime(paths.claim(1), (long_ago, long_ago))  # which changes no file that is watched
    clock.later += 2
    assert watch.look()
    assert watch.documents[0]["state"] == "crashed"


def test_a_broken_run_is_mended(store: Store, ended: RunPaths, clock: Clock) -> None:
    whole = ended.config.read_bytes()
    ended.config.write_bytes(b"{")
    watch = FolderWatch(store)
    watch.look()
    rest(watch, clock)
    assert watch.documents[0]["state"] == "broken"
    ended.config.write_bytes(whole)
    assert watch.look()
    assert watch.documents[0]["state"] == "finished"


def test_a_file_edited_where_it_lies_is_seen_after_some_looks(store: Store, ended: RunPaths, clock: Clock) -> None:
    watch = FolderWatch(store)
    watch.look()
    rest(watch, clock)
    edit(ended.meta, name="typed")
    assert any(watch.look() for _ in range(CLOSELY_EVERY))
    assert watch.documents[0]["name"] == "typed"


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch, store: Store, make_run: MakeRun, make_event: MakeEvent) -> list[RunPaths]:
    """Five runs that ended, of which one look sees to two; in time to one more each second."""
    monkeypatch.setattr(folder_watch, "AT_REST_A_LOOK", 2)
    monkeypatch.setattr(folder_watch, "AT_REST_A_SECOND", 1)
    return [make_run([make_event("attempt"), make_event("end")], claims=1) for _ in range(5)]


def tag_all(runs: list[RunPaths]) -> None:
    for paths in runs:
        write_json(paths.meta, {"tags": ["new"]})


def tagged(watch: FolderWatch) -> int:
    return sum(document["tags"] == ["new"] for document in watch.documents)


def test_of_many_runs_at_rest_a_look_sees_to_some(store: Store, large: list[RunPaths], clock: Clock) -> None:
    watch = FolderWatch(store)
    watch.look()
    rest(watch, clock)
    tag_all(large)
    seen = []
    for _ in range(3):
        watch.look()
        seen.append(tagged(watch))
    assert seen == [2, 4, 5]


def test_many_runs_at_rest_are_all_seen_to_in_some_seconds(store: Store, large: list[RunPaths], clock: Clock) -> None:
    watch = FolderWatch(store)
    watch.look()
    rest(watch, clock)
    tag_all(large)
    for _ in range(5):
        clock.later += 1
        watch.look()
    assert tagged(watch) == 5


def test_beside_many_runs_at_rest_a_live_one_is_seen_at_every_look(
    store: Store, large: list[RunPaths], live: RunPaths, make_event: MakeEvent, clock: Clock
) -> None:
    watch = FolderWatch(store)
    watch.look()
    rest(watch, clock)
    for epoch in range(1, 4):
        append(live, make_event("epoch", epoch=epoch))
        assert watch.look()
        assert [document["epoch"] for document in watch.documents if document["id"] == live.id] == [epoch]


def test_what_a_person_changed_just_now_is_seen_whatever_the_turn(
    store: Store, large: list[RunPaths], clock: Clock
) -> None:
    watch = FolderWatch(store)
    watch.look()
    rest(watch, clock)
    tag_all(large)
    watch.look_at_all()
    assert watch.look()
    assert tagged(watch) == 5


def test_runs_that_come_and_go_keep_none_from_its_turn(
    store: Store, large: list[RunPaths], make_run: MakeRun, clock: Clock
) -> None:
    watch = FolderWatch(store)
    watch.look()
    rest(watch, clock)
    tag_all(large)
    watch.look()
    shutil.rmtree(make_run().root)
    shutil.rmtree(large[0].root)
    for _ in range(3):
        watch.look()
    assert tagged(watch) == 4


def test_a_live_run_at_every_epoch(store: Store, live: RunPaths, make_event: MakeEvent) -> None:
    watch = FolderWatch(store)
    watch.look()
    for epoch in range(1, 4):
        append(live, make_event("epoch", epoch=epoch))
        assert watch.look()
        assert watch.documents[0]["epoch"] == epoch


# Whatever happens


CHANGES: dict[str, Callable[[RunPaths, MakeEvent], object]] = {
    "an epoch": lambda paths, event: append(paths, event("epoch", epoch=Run.load(paths.root).epoch + 1)),
    "an end": lambda paths, event: append(paths, event("end", Run.load(paths.root).attempt, state="stopped")),
    "an attempt": lambda paths, event: append(paths, event("attempt", Run.load(paths.root).attempt)),
    "a death": lambda paths, event: append(paths, event("attempt", Run.load(paths.root).attempt, boot_id="another")),
    "a claim": lambda paths, event: paths.claim(Run.load(paths.root).attempt + 1).touch(),
    "an exit": lambda paths, event: write_json(paths.exit, {"attempt": Run.load(paths.root).attempt, "code": 1}),
    "resumed": lambda paths, event: change_control(paths, want="run", attempt=Run.load(paths.root).attempt + 1),
    "paused": lambda paths, event: change_control(paths, want="pause"),
    "tagged": lambda paths, event: write_json(paths.meta, {"tags": [*Run.load(paths.root).tags, "t"]}),
    "broken": lambda paths, event: paths.config.rename(paths.root / "aside.json"),
    "mended": lambda paths, event: (paths.root / "aside.json").rename(paths.config),
    "gone": lambda paths, event: paths.root.rename(paths.root.with_name(f".{paths.id}")),
    "back": lambda paths, event: paths.root.with_name(f".{paths.id}").rename(paths.root),
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.lists(st.tuples(st.sampled_from(sorted(CHANGES)), st.integers(0, 1), st.booleans()), max_size=12))
def test_whatever_happens_to_runs_the_documents_are_those_of_a_listing(
    store: Store,
    make_run: MakeRun,
    make_event: MakeEvent,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    changes: list[tuple[str, int, bool]],
) -> None:
    monkeypatch.setattr(folder_watch, "AT_REST_A_LOOK", 1)
    shutil.rmtree(store.root, ignore_errors=True)
    runs = [make_run([make_event("attempt"), make_event("epoch"), make_event("end")], claims=1) for _ in range(2)]
    watch = FolderWatch(store)
    watch.look()
    for change, which, at_rest in changes:
        if at_rest:
            rest(watch, clock)
        try:
            CHANGES[change](runs[which], make_event)
        except (MixtuiError, OSError):
            continue  # it is broken, or gone
        # What is written to where it lies, in a run that ended, is nothing a mixtui does, and is seen after a while.
        for _ in range(len(runs) * CLOSELY_EVERY):
            watch.look()
        assert [_undated(document) for document in watch.documents] == [_undated(d) for d in listed(store)]


def _undated(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "stalled_for": None}
