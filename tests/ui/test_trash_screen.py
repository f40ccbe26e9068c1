"""The trash: what was removed comes back, or goes for good after its number was typed."""

from __future__ import annotations

import os

from mixtui.store.run import Run
from mixtui.store.store import Store
from mixtui.store.trash import Trash
from mixtui.ui.screens.trash import TrashList, TrashScreen
from tests.ui.conftest import MadeRuns, OpenApp


def removed(runs: MadeRuns, store: Store, count: int) -> list[str]:
    """The ids of runs that lie in the trash, in its order."""
    for seed in range(count):
        Trash(store.root).put(Run.load(runs.finished(seed=seed).root))
    return Trash(store.root).ids()[::-1]


async def test_an_empty_trash_says_so_and_offers_nothing(runs: MadeRuns, open_app: OpenApp) -> None:
    runs.finished()
    async with open_app() as opened:
        await opened.press("U")
        await opened.until_shown("The trash is empty.", "Trash · 0 runs")
        assert "restore" not in opened.lines[-1]
        await opened.press("r", "E", "enter")  # which do nothing here
        assert isinstance(opened.app.screen, TrashScreen)
        await opened.press("q")
        assert opened.app.screen is opened.home


async def test_keys_move_in_it_and_r_or_enter_brings_back(runs: MadeRuns, store: Store, open_app: OpenApp) -> None:
    ids = removed(runs, store, 30)
    async with open_app() as opened:
        await opened.press("U")
        await opened.until_shown("Trash · 30 runs", ids[0])
        assert "r restore" in opened.lines[-1]
        listed = opened.app.screen.query_one(TrashList)
        for key, place in {"j": 1, "down": 2, "k": 1, "up": 0, "G": 29, "g": 0, "end": 29, "home": 0}.items():
            await opened.press(key)
            assert listed.highlighted == place, key
        for down, up in (("ctrl+d", "ctrl+u"), ("pagedown", "pageup")):
            await opened.press(down)
            assert listed.highlighted, down
            await opened.press(up)
            assert listed.highlighted == 0, up
        await opened.press("r")
        await opened.until_shown("Trash · 29 runs")
        assert (store.root / ids[0]).is_dir()
        await opened.press("j", "enter")
        await opened.until_shown("Trash · 28 runs")
        assert (store.root / ids[2]).is_dir()
        await opened.press("escape")
        await opened.until(lambda: set(opened.shown) == {ids[0], ids[2]})


async def test_emptying_it_asks_for_the_number_of_runs(runs: MadeRuns, store: Store, open_app: OpenApp) -> None:
    removed(runs, store, 12)
    async with open_app() as opened:
        await opened.press("U")
        await opened.until_shown("Trash · 12 runs")
        await opened.press("E")
        await opened.until_shown("Delete 12 runs for good (", "Type 12.")
        await opened.press("1", "enter")
        assert len(Trash(store.root).ids()) == 12
        await opened.press("escape")
        assert isinstance(opened.app.screen, TrashScreen)
        await opened.press("E", "1", "2", "enter")
        await opened.until_shown("The trash is empty.", "Deleted 12 runs for good.")
        assert not Trash(store.root).ids()


async def test_what_cannot_come_back_says_why(runs: MadeRuns, store: Store, open_app: OpenApp) -> None:
    (run_id,) = removed(runs, store, 1)
    (store.root / run_id).mkdir()
    async with open_app() as opened:
        await opened.press("U")
        await opened.until_shown("Trash · 1 run")
        await opened.press("r")
        await opened.until_shown("is there already.", "Move it away first.")
        assert Trash(store.root).ids() == [run_id]


async def test_names_in_the_trash_are_shown_as_they_are(store: Store, open_app: OpenApp) -> None:
    for name in ("[b] [red]", "a\x1b[2Jb", "🎈" * 60, "x" * 200):
        (store.root / f".trash-{os.getuid()}" / name).mkdir(parents=True)
    async with open_app((60, 20)) as opened:
        await opened.press("U")
        await opened.until_shown("[b] [red]", "a?[2Jb", "xxxx")
        assert "E empty" in opened.lines[-1]
