"""`?`: every key that counts, on the screen that it was asked on."""

from __future__ import annotations

import pytest
from textual.containers import VerticalScroll
from textual.widgets import Static

from mixtui.store.meta import tag
from mixtui.store.run import Run
from mixtui.ui.commands import Place, key_name, of_places
from mixtui.ui.preferences import Preferences
from mixtui.ui.screens.keys import KeysScreen
from tests.ui.conftest import MadeRuns, OpenApp, Opened


def shown(opened: Opened) -> str:
    """All of its text, seen or not."""
    return str(opened.app.screen.query_one("#keys Static", Static).content)


async def test_it_has_every_command_of_home_with_its_keys(runs: MadeRuns, open_app: OpenApp) -> None:
    runs.finished()
    async with open_app((200, 50)) as opened:
        await opened.press("question_mark")
        assert isinstance(opened.app.screen, KeysScreen)
        text = shown(opened)
        for command in of_places((Place.HOME, Place.TABLE, Place.ALL)):
            assert command.help in text
            assert all(key_name(key) in text for key in command.keys)
        assert "Play the epochs" not in text


@pytest.mark.parametrize(
    ("ways", "places"),
    [
        (["enter"], (Place.RUN, Place.DIAGRAM)),
        (["enter", "2"], (Place.RUN, Place.CURVES)),
        (["enter", "4"], (Place.RUN, Place.TABLE)),
        (["enter", "5"], (Place.RUN, Place.LOG)),
        (["c"], (Place.COMPARE, Place.TABLE)),
        (["n"], (Place.FORM, Place.CHOICE)),
        (["U"], (Place.TRASH, Place.TABLE)),
    ],
    ids=lambda each: " ".join(each),
)
async def test_it_has_every_command_of_every_screen(
    runs: MadeRuns, open_app: OpenApp, ways: list[str], places: tuple[Place, ...]
) -> None:
    tag(Run.load(runs.finished(0.4).root), add=["study-1"])
    async with open_app((160, 45)) as opened:
        for key in ways:
            before = opened.app.screen
            await opened.press(key)
            if key.isalpha():
                await opened.until(lambda before=before: opened.app.screen is not before)  # type: ignore[misc]
        if ways == ["c"]:
            await opened.press("3")
        await opened.press("question_mark")
        await opened.until(lambda: isinstance(opened.app.screen, KeysScreen))
        text = shown(opened)
        assert [command.id for command in of_places((*places, Place.ALL)) if command.help not in text] == []


async def test_each_way_to_close_it(runs: MadeRuns, open_app: OpenApp) -> None:
    runs.finished()
    async with open_app() as opened:
        for key in ("question_mark", "escape", "q"):
            await opened.press("question_mark")
            assert isinstance(opened.app.screen, KeysScreen)
            await opened.press(key)
            assert opened.app.screen is opened.home


async def test_it_scrolls_where_it_is_longer_than_the_screen(runs: MadeRuns, open_app: OpenApp) -> None:
    runs.finished()
    async with open_app((80, 24)) as opened:
        await opened.press("question_mark", *"jjj")
        scroll = opened.app.screen.query_one(VerticalScroll)
        await opened.until(lambda: scroll.scroll_offset.y == 3)
        await opened.press("k")
        await opened.until(lambda: scroll.scroll_offset.y == 2)


async def test_it_shows_a_persons_own_keys_and_the_trash_its_own(runs: MadeRuns, open_app: OpenApp) -> None:
    runs.finished()
    async with open_app(preferences=Preferences(keys={"stop": "f5,ctrl+x"}, glyphs="ascii")) as opened:
        await opened.press("question_mark")
        line = next(line for line in shown(opened).split("\n") if "Stop: save" in line)
        assert line.split()[:2] == ["f5", "^x"]
        await opened.press("q", "U", "question_mark")
        assert "Bring the run back" in shown(opened)
        assert "Choose alphas" not in shown(opened)
