"""The runs that come with mixtui, on the screens: folded below a person's own, to be read and never changed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from mixtui.presets import PRESETS
from mixtui.store.files import write_json
from mixtui.store.paths import RunPaths
from mixtui.store.store import Store
from tests.ui.conftest import MadeRuns, OpenApp
from tests.ui.made_runs import make_finished_run

FOLD = "fold reference read-only"


@pytest.fixture
def shipped(store: Store, shipped_folder: Path) -> list[str]:
    """Two alphas, with diagrams."""
    made = [make_finished_run(Store(shipped_folder), alpha=alpha, seed=0) for alpha in (0.0, 0.4)]
    for paths in made:
        write_json(paths.meta, {"tags": ["reference"]})
    return [paths.id for paths in made]


async def test_an_empty_folder_shows_them_and_what_to_do(shipped: list[str], open_app: OpenApp) -> None:
    async with open_app() as opened:
        await opened.until_shown("No runs in", "see the reference study, 2 runs", "3 Reliability ", "ECE .")
        assert opened.cursor == FOLD
        await opened.press("enter")
        await opened.until_shown("compare · reference study · read-only", "α 0.4")


async def test_they_stand_below_a_persons_own_and_count_for_nothing(
    shipped: list[str], runs: MadeRuns, open_app: OpenApp
) -> None:
    own = runs.finished()
    async with open_app() as opened:
        await opened.until_shown("reference study  2 runs")
        assert opened.shown == [own.id, FOLD]
        assert "No runs in" not in opened.text
        assert "Runs · 1 " in opened.text
        assert "✓ 1 finished" in opened.lines[0]


@pytest.mark.parametrize("size", [(80, 24), (100, 24), (120, 34), (200, 50)], ids=str)
async def test_every_study_is_seen_at_once(
    store: Store, shipped_folder: Path, open_app: OpenApp, size: tuple[int, int]
) -> None:
    for preset in PRESETS:
        write_json(make_finished_run(Store(shipped_folder), alpha=0.4, seed=0).meta, {"tags": [preset]})
    async with open_app(size) as opened:
        await opened.until_shown("No runs in", "n  choose alphas", "reference study, w", "reference study, s")


async def test_what_to_do_is_laid_out_anew_in_another_size(shipped: list[str], open_app: OpenApp) -> None:
    async with open_app((200, 50)) as opened:
        side_by_side = re.compile("choose alphas and start +⏎  see the reference study")
        assert not side_by_side.search(opened.text)
        await opened.pilot.resize_terminal(120, 34)
        await opened.until(lambda: side_by_side.search(opened.text) is not None)


async def test_none_is_changed(shipped: list[str], shipped_folder: Path, open_app: OpenApp) -> None:
    before = {path: path.read_bytes() for path in shipped_folder.rglob("*") if path.is_file()}
    async with open_app() as opened:
        await opened.until(lambda: opened.cursor == FOLD)
        for key in ("x", "p", "r", "R", "d", "t", "e", "asterisk"):
            await opened.press(key)
            await opened.until_shown("Reference runs are read-only.")
            opened.app.clear_notifications()
            await opened.until_gone("Reference runs are read-only.")
    assert {path: path.read_bytes() for path in shipped_folder.rglob("*") if path.is_file()} == before


async def test_one_is_opened_like_any_other(shipped: list[str], open_app: OpenApp) -> None:
    async with open_app() as opened:
        await opened.until(lambda: opened.cursor == FOLD)
        await opened.press("o")
        await opened.until(lambda: opened.shown == shipped)
        await opened.press("enter")
        await opened.until_shown("α 0 · seed 0", "bin ")


async def test_a_filter_finds_them_too(shipped: list[str], runs: MadeRuns, open_app: OpenApp) -> None:
    own = runs.finished(alpha=0.4)
    runs.finished(alpha=0.2)
    async with open_app() as opened:
        await opened.until(lambda: FOLD in opened.shown)
        await opened.press("slash", *"alpha:0.4", "enter")
        await opened.until(lambda: opened.shown == [own.id, FOLD])
        await opened.until_shown("reference study  1 run")


async def test_from_the_study_the_runs_of_an_alpha_are_found(shipped: list[str], open_app: OpenApp) -> None:
    async with open_app() as opened:
        await opened.until(lambda: opened.cursor == FOLD)
        await opened.press("enter")
        await opened.until_shown("read-only", "α 0.4")
        await opened.press("enter")
        await opened.until(lambda: opened.shown == shipped[:1])
        await opened.until_shown("Runs · 1 of 2 · ")


async def test_of_one_without_a_log_that_is_said(shipped: list[str], shipped_folder: Path, open_app: OpenApp) -> None:
    RunPaths(shipped_folder / shipped[0]).output.unlink()
    async with open_app() as opened:
        await opened.until(lambda: opened.cursor == FOLD)
        await opened.press("o")
        await opened.until(lambda: opened.shown == shipped)
        await opened.press("enter")
        await opened.until_shown("α 0 · seed 0", "bin ")
        await opened.press("5")
        await opened.until_shown("No output of this run was kept.")


async def test_a_note_on_one_is_refused_where_it_is_open_too(shipped: list[str], open_app: OpenApp) -> None:
    async with open_app() as opened:
        await opened.until(lambda: opened.cursor == FOLD)
        await opened.press("o")
        await opened.until(lambda: opened.shown == shipped)
        await opened.press("enter")
        await opened.until_shown("α 0 · seed 0", "bin ")
        await opened.press("e")
        await opened.until_shown("Reference runs are read-only.")


async def test_marks_on_them_are_remembered(shipped: list[str], runs: MadeRuns, open_app: OpenApp) -> None:
    runs.finished()
    async with open_app() as opened:
        await opened.until(lambda: FOLD in opened.shown)
        await opened.press("G", "space", "q")
    async with open_app() as opened:
        await opened.until(lambda: FOLD in opened.shown)
        assert opened.table.marked == set(shipped)


async def test_all_are_a_persons_own(shipped: list[str], runs: MadeRuns, open_app: OpenApp) -> None:
    own = runs.finished()
    async with open_app() as opened:
        await opened.until(lambda: FOLD in opened.shown)
        await opened.press("a")
        assert opened.table.marked == {own.id}


async def test_whoever_made_them_does_not_see_them_twice(
    shipped: list[str], shipped_folder: Path, store: Store, open_app: OpenApp
) -> None:
    store.root.mkdir(exist_ok=True)
    for run_id in shipped:
        shutil.copytree(shipped_folder / run_id, store.root / run_id)
    async with open_app() as opened:
        await opened.until(lambda: opened.app.shipped)
        assert sorted(opened.shown) == shipped


async def test_a_folder_that_cannot_be_read_is_as_good_as_none(
    runs: MadeRuns, shipped_folder: Path, open_app: OpenApp
) -> None:
    own = runs.finished()
    shipped_folder.write_text("../runs/reference")  # a link, where a file system has none
    async with open_app() as opened:
        await opened.until(lambda: opened.app.shipped == ())
        assert opened.shown == [own.id]
