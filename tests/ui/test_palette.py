"""The palette: every command that can be given here, found by its name."""

from __future__ import annotations

from textual.command import CommandPalette

from mixtui.ui.commands import Place, of_places
from mixtui.ui.screens.keys import KeysScreen
from mixtui.ui.screens.trash import TrashScreen
from tests.ui.conftest import MadeRuns, OpenApp, Opened, meta_of


def offered(opened: Opened) -> set[str]:
    return {command.title for command in opened.app.get_system_commands(opened.app.screen)}


async def test_it_offers_what_can_be_given_and_nothing_else(runs: MadeRuns, open_app: OpenApp) -> None:
    async with open_app() as opened:
        everywhere = {command.label for command in of_places([Place.ALL]) if command.palette}
        assert everywhere <= offered(opened)
        assert not {"stop", "remove", "compare", "undo"} & offered(opened)
        run = runs.finished()
        await opened.until(lambda: opened.cursor == run.id)
        assert {"remove", "compare", "retry", "doctor", "new"} <= offered(opened)
        assert not {"stop", "resume", "up"} & offered(opened)


async def test_a_command_is_found_by_its_name_and_given(runs: MadeRuns, open_app: OpenApp) -> None:
    run = runs.finished()
    async with open_app() as opened:
        for key in ("colon", "ctrl+p"):
            await opened.press(key)
            await opened.until(lambda: isinstance(opened.app.screen, CommandPalette))
            await opened.press("escape")
            await opened.until(lambda: opened.app.screen is opened.home)
        await opened.press("colon")
        await opened.write("pin")
        await opened.until_shown("Pin the run")
        await opened.press("down", "enter")
        await opened.until(lambda: meta_of(run).get("pinned"))
        await opened.until(lambda: opened.app.screen is opened.home)
        assert opened.app.focused is opened.table


async def test_it_gives_commands_of_the_table_the_screen_and_the_application(runs: MadeRuns, open_app: OpenApp) -> None:
    runs.finished()
    for name, screen in (("trash", TrashScreen), ("keys", KeysScreen)):
        async with open_app() as opened:
            await opened.press("colon")
            await opened.write(name)
            await opened.until_shown("What was removed" if name == "trash" else "Show every key")
            await opened.press("down", "enter")
            await opened.until(lambda screen=screen: isinstance(opened.app.screen, screen))
