"""The table of runs: moving in it, marking, sorting, folding, and a cursor that stays where a person left it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from textual.events import MouseScrollDown

from mixtui.store.store import Store
from mixtui.ui.widgets.runs_table import RunsTable
from tests.ui.conftest import MadeRuns, OpenApp, Opened

CURSOR = "▸"


@pytest.fixture
def thirty(runs: MadeRuns) -> MadeRuns:
    for number in range(30):
        runs.finished(0.1, seed=number)
    return runs


async def click_heading(opened: Opened, name: str) -> None:
    x = opened.line_of("model", "epoch").index(name) - opened.table.region.x
    await opened.pilot.click(RunsTable, offset=(x, 0))


# Moving


async def test_keys_move_the_cursor(thirty: MadeRuns, open_app: OpenApp) -> None:
    async with open_app() as opened:
        for keys, row in (
            ("k up", 0),  # there is nothing above
            ("j down j k", 2),
            ("up", 1),
            ("G", 29),
            ("j down", 29),
            ("g", 0),
            ("end", 29),
            ("home", 0),
        ):
            await opened.press(*keys.split())
            assert opened.cursor == opened.shown[row], keys
            assert CURSOR in opened.text  # where it can be seen


async def test_half_a_page_is_half_of_what_is_seen(thirty: MadeRuns, open_app: OpenApp) -> None:
    async with open_app() as opened:
        seen = sum("finished " in line for line in opened.lines[3:])
        for down, up in (("ctrl+d", "ctrl+u"), ("pagedown", "pageup")):
            await opened.press(down)
            assert opened.cursor == opened.shown[seen // 2]
            await opened.press(up)
            assert opened.cursor == opened.shown[0]


async def test_a_held_key_moves_the_cursor_at_once_and_the_panels_when_it_rests(
    thirty: MadeRuns, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_app() as opened:
        await opened.until(lambda: opened.app.views)
        followed: list[list[str]] = []
        monkeypatch.setattr(opened.app, "follow", lambda ids: followed.append(list(ids)))
        await opened.press(*"j" * 25)
        assert opened.cursor == opened.shown[25]
        assert len(followed) < 10  # none is owed for each row that was passed
        await opened.until(lambda: followed and followed[-1][0] == opened.cursor)


# The cursor stays


async def test_a_step_of_the_cursor_draws_two_lines_and_no_others(
    thirty: MadeRuns, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_app() as opened:
        drawn = list[int]()
        render_line = RunsTable.render_line
        monkeypatch.setattr(RunsTable, "render_line", lambda table, y: drawn.append(y) or render_line(table, y))
        first = opened.row_of(CURSOR)
        await opened.press("j")
        await opened.until(lambda: opened.row_of(CURSOR) == first + 1)
        assert sorted(drawn) == [1, 2]
        assert opened.text.count(CURSOR) == 1


async def test_the_cursor_stays_on_its_run_and_line_while_runs_come_and_end(
    thirty: MadeRuns, open_app: OpenApp
) -> None:
    live = thirty.running(0.7)
    async with open_app() as opened:
        await opened.press(*"j" * 15)
        run, line = opened.cursor, opened.row_of(CURSOR)
        thirty.finished(0.4, seed=99)
        await opened.until(lambda: len(opened.shown) == 32)
        assert (opened.cursor, opened.row_of(CURSOR)) == (run, line)
        thirty.queued(0.2)
        await opened.until_shown("1 queued")
        assert (opened.cursor, opened.row_of(CURSOR)) == (run, line)
        thirty.finish(live)
        await opened.until_gone("1 running")
        assert (opened.cursor, opened.row_of(CURSOR)) == (run, line)


async def test_the_cursor_stays_on_its_run_and_line_while_it_is_sorted_and_filtered(
    thirty: MadeRuns, open_app: OpenApp
) -> None:
    async with open_app() as opened:
        await opened.press(*"j" * 15)
        run, line = opened.cursor, opened.row_of(CURSOR)
        await click_heading(opened, "seed")
        assert "seed ▲" in opened.text
        for turn in range(2):
            assert (opened.cursor, opened.row_of(CURSOR)) == (run, line), turn
            await opened.press("S")
        await opened.press("slash")
        await opened.write("seed>2")
        await opened.until_shown("27 of 30")
        assert (opened.cursor, opened.row_of(CURSOR)) == (run, line)


async def test_where_the_run_is_gone_the_cursor_stays_on_its_line(
    thirty: MadeRuns, store: Store, open_app: OpenApp
) -> None:
    async with open_app() as opened:
        await opened.press(*"j" * 5)
        line, follower = opened.row_of(CURSOR), opened.shown[6]
        (store.root / str(opened.cursor)).rename(store.root / ".away")
        await opened.until_shown("Runs · 29")
        assert (opened.cursor, opened.row_of(CURSOR)) == (follower, line)


# Marks


async def test_space_marks_and_goes_on_and_a_marks_all_or_none(runs: MadeRuns, open_app: OpenApp) -> None:
    for alpha in (0.1, 0.2, 0.3):
        runs.finished(alpha)
    async with open_app() as opened:
        first, second, _ = opened.shown
        await opened.press("space", "space")
        assert opened.table.marked == {first, second}
        assert sum("■" in line for line in opened.lines) == 2
        await opened.press("k", "space")
        assert opened.table.marked == {first}
        await opened.press("a")
        assert opened.table.marked == set(opened.shown)
        await opened.press("a")
        assert not opened.table.marked


async def test_a_run_that_is_gone_is_not_marked_any_more(runs: MadeRuns, store: Store, open_app: OpenApp) -> None:
    gone = runs.finished(0.1)
    kept = runs.finished(0.2)
    async with open_app() as opened:
        await opened.press("a")
        gone.root.rename(store.root / ".away")
        await opened.until(lambda: opened.table.marked == {kept.id})


# The queue


async def test_the_queue_folds_behind_its_first_three_and_unfolds(runs: MadeRuns, open_app: OpenApp) -> None:
    queued = [runs.queued(0.1, seed=seed, tags=["study-1"]) for seed in range(6)]
    async with open_app() as opened:
        assert "3 more queued: study-1" in opened.text
        await opened.press("o")
        assert opened.shown == [paths.id for paths in queued]
        assert "6th" in opened.text
        await opened.press("o")
        assert "3 more queued" in opened.text
        await opened.press("G", "enter")
        assert opened.cursor == queued[3].id
        assert len(opened.shown) == 6


async def test_marking_the_fold_marks_its_runs(runs: MadeRuns, open_app: OpenApp) -> None:
    queued = [runs.queued(seed=seed, tags=["study-1"]) for seed in range(5)]
    async with open_app() as opened:
        await opened.press("G", "space")
        assert opened.table.marked == {paths.id for paths in queued[3:]}


# Sorting


async def test_s_asks_which_column_to_sort_by_and_the_same_again_turns_it_round(
    runs: MadeRuns, open_app: OpenApp
) -> None:
    by_alpha = [runs.finished(alpha, ece=ece).id for alpha, ece in ((0.1, 0.3), (0.2, 0.1), (0.3, 0.2))]
    async with open_app() as opened:
        newest_first = opened.shown
        await opened.press("s")
        await opened.until_shown("Sort by", "accuracy", "created")
        await opened.press("down", "j", "enter")
        assert opened.shown == by_alpha
        assert "alpha ▲" in opened.line_of("Runs ·")
        await opened.press("S")
        assert opened.shown == by_alpha[::-1]
        assert "alpha ▼" in opened.line_of("Runs ·")
        await opened.press("s", "enter")
        assert opened.shown == by_alpha
        await opened.press("s", "e", "e", "enter")  # epoch, then ece
        assert opened.shown == [by_alpha[1], by_alpha[2], by_alpha[0]]
        for no in ("escape", "q"):
            await opened.press("s", "down", no)
            assert "ece ▲" in opened.line_of("Runs ·")
        await opened.press("s", "l", "enter")  # round to the first
        assert "live, queued, newest" in opened.text
        assert opened.shown == newest_first
        assert opened.app.focused is opened.table


# The mouse


async def test_a_click_puts_the_cursor_there_and_the_wheel_scrolls(thirty: MadeRuns, open_app: OpenApp) -> None:
    async with open_app() as opened:
        await opened.pilot.click(RunsTable, offset=(20, 4))
        assert opened.cursor == opened.shown[3]
        assert opened.app.focused is opened.table
        cursor = opened.cursor
        await opened.pilot._post_mouse_events([MouseScrollDown], RunsTable, button=0, offset=(20, 4))
        await opened.until(lambda: opened.table.scroll_offset.y > 0)
        assert opened.cursor == cursor
        top = opened.table.scroll_offset.y
        await opened.pilot.click(RunsTable, offset=(20, 4))
        assert opened.cursor == opened.shown[top + 3]


async def test_a_double_click_opens(runs: MadeRuns, open_app: OpenApp) -> None:
    queued = [runs.queued(seed=seed) for seed in range(6)]
    async with open_app() as opened:
        await opened.pilot.click(RunsTable, offset=(20, 4), times=2)  # the fold
        await opened.until(lambda: len(opened.shown) == len(queued))


async def test_a_click_on_a_heading_sorts_and_the_next_turns_it_round(runs: MadeRuns, open_app: OpenApp) -> None:
    first, second = runs.finished(0.4, ece=0.1).id, runs.finished(0.2, ece=0.2).id
    async with open_app() as opened:
        await click_heading(opened, "ECE")
        assert opened.shown == [first, second]
        await click_heading(opened, "ECE")
        assert opened.shown == [second, first]
        await click_heading(opened, "α")
        assert opened.shown == [second, first]
        assert "alpha ▲" in opened.text
        await opened.pilot.click(RunsTable, offset=(0, 0))  # the gutter belongs to no column
        assert "alpha ▲" in opened.text


# Cells


async def test_values_that_change_move_no_column(runs: MadeRuns, open_app: OpenApp) -> None:
    live = runs.running(0.1, epochs=100)
    async with open_app() as opened:
        heading = opened.line_of("model", "epoch")
        ends = {name: heading.index(name) + len(name) for name in ("loss", "acc", "ECE")}
        for epoch, (loss, accuracy) in enumerate([(0.5, 0.5), (float("nan"), 1.0), (1e300, None), (12.345, 0.0)], 2):
            metrics = {"accuracy": accuracy, "confidence": 0.75, "ece": accuracy}
            runs.end_epoch(live, epoch, train_loss=loss, metrics=metrics)
            await opened.until(lambda epoch=epoch: f" {epoch}/100" in opened.text)
            line = opened.line_of("running ", "resnet18")
            assert opened.line_of("model", "epoch") == heading
            for end in (ends["loss"], ends["acc"]):
                assert line[end - 1] != " ", line
                assert line[end] == " ", line
        assert "12.35" in opened.text or "12.34" in opened.text


async def test_what_ended_unseen_is_bold_until_the_cursor_has_passed(runs: MadeRuns, open_app: OpenApp) -> None:
    live = runs.running(0.7)
    runs.finished(0.1)
    async with open_app() as opened:
        await opened.press("G", "q")
    runs.finish(live, time=datetime.now(UTC).isoformat())
    async with open_app() as opened:
        assert opened.table.new == {live.id}
        assert "1 finished" in opened.line_of("since ")
        await opened.press("g")
        assert not opened.table.new
