"""The first paint: the newest runs of a large folder, and all of them a moment later."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import pytest

from mixtui.store.store import Store
from mixtui.ui import glimpse as glimpse_module
from mixtui.ui.app import MixtuiApp
from mixtui.ui.folder_state import FolderState
from mixtui.ui.glimpse import UNSEEN, glimpse
from mixtui.ui.preferences import Preferences
from mixtui.ui.reader import Reader
from mixtui.ui.widgets.runs_table import RunsTable
from tests.ui.conftest import MadeRuns, Opened


@pytest.fixture
def two_at_a_glance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glimpse_module, "MOST_RUNS", 2)


def test_a_small_folder_is_seen_whole(store: Store, runs: MadeRuns) -> None:
    assert glimpse(store).is_whole
    made = sorted(run.id for run in (runs.finished(), runs.broken(), runs.queued()))
    seen = glimpse(store)
    assert seen.is_whole
    assert [document["id"] for document in seen.documents] == made


def test_of_a_large_folder_the_newest_are_seen(store: Store, runs: MadeRuns, two_at_a_glance: None) -> None:
    made = sorted(runs.finished().id for _ in range(5))
    seen = glimpse(store)
    assert not seen.is_whole
    assert seen.folder_size == 5
    assert [document["id"] for document in seen.documents] == made[3:]


def test_a_slow_disk_is_not_waited_for(store: Store, runs: MadeRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    runs.finished()
    monkeypatch.setattr(glimpse_module, "LONGEST", -1)
    assert not glimpse(store).documents
    assert not glimpse(store).is_whole


def test_a_folder_that_is_none_is_left_to_whoever_looks_next(store: Store) -> None:
    store.root.rmdir() if store.root.exists() else None
    store.root.write_text("no folder")
    assert glimpse(store) == UNSEEN


@contextlib.asynccontextmanager
async def at_a_glance(
    store: Store, state: FolderState, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Opened, Reader]]:
    """The application before the folder was read; the reader that will do so when it is started."""
    start = Reader.start
    with monkeypatch.context() as patch:
        patch.setattr(Reader, "start", lambda reader: None)
        app = MixtuiApp(store, Preferences(), state, glimpse(store))
        async with app.run_test(size=(120, 40)) as pilot:
            opened = Opened(app, pilot)
            await opened.until(lambda: "Runs" in opened.text and app.shown)
            patch.setattr(Reader, "start", start)
            yield opened, app._reader


async def test_the_newest_come_first_and_the_cursor_goes_where_it_was(
    store: Store,
    runs: MadeRuns,
    two_at_a_glance: None,
    look_often: None,
    no_supervisor: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = sorted(runs.finished().id for _ in range(5))
    state = FolderState(cursor=made[1], marks=(made[0],))
    async with at_a_glance(store, state, monkeypatch) as (opened, reader):
        await opened.until(lambda: "Runs · 2 of 5" in opened.text)
        assert "finished" not in opened.lines[0]  # nobody knows yet how many
        reader.start()
        await opened.until(lambda: "Runs · 5 · 1 marked" in opened.text)
        table = opened.app.screen.query_one(RunsTable)
        assert table.cursor_row is not None
        assert table.cursor_row.key == made[1]


async def test_a_cursor_that_was_moved_stays(
    store: Store,
    runs: MadeRuns,
    two_at_a_glance: None,
    look_often: None,
    no_supervisor: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = sorted(runs.finished().id for _ in range(5))
    async with at_a_glance(store, FolderState(cursor=made[0]), monkeypatch) as (opened, reader):
        await opened.until(lambda: "Runs · 2 of 5" in opened.text)
        table = opened.app.screen.query_one(RunsTable)
        first = table.cursor_row
        await opened.press("down")
        await opened.until(lambda: table.cursor_row != first)
        moved_to = table.cursor_row
        assert moved_to is not None
        reader.start()
        await opened.until(lambda: "Runs · 5" in opened.text)
        assert table.cursor_row is not None
        assert table.cursor_row.key == moved_to.key != made[0]
