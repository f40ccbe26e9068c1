"""Draws the pictures of docs/pictures anew: python docs/make_pictures.py RUNS, a folder with a finished study.

Look at them before you commit them.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from mixtui.store.store import Store
from mixtui.ui.app import MixtuiApp
from mixtui.ui.folder_state import FolderState
from mixtui.ui.preferences import Preferences

PICTURES = Path(__file__).with_name("pictures")
SECONDS = 3.0  # for all that is read and drawn on other threads
FIRST = "first-start"  # in a folder without runs
# Name: columns and lines, the theme, and the keys that lead there from home.
SHOTS: dict[str, tuple[int, int, str, tuple[str, ...]]] = {
    FIRST: (120, 40, "mixtui-dark", ()),
    "home": (120, 40, "mixtui-dark", ("j",)),
    "home-80x24": (80, 24, "mixtui-dark", ("j",)),
    "home-light": (160, 45, "mixtui-light", ("j",)),
    "new-runs": (120, 40, "mixtui-dark", ("n",)),
    "run": (120, 40, "mixtui-dark", ("enter", "down", "down", "down")),
    "run-after-t": (120, 40, "mixtui-dark", ("enter", "T")),
    "curves": (120, 40, "mixtui-dark", ("enter", "2")),
    "mixup": (120, 40, "mixtui-dark", ("j", "enter", "3")),
    "compare": (160, 45, "mixtui-dark", ("c",)),
    "compare-after-t": (160, 45, "mixtui-dark", ("c", "T")),
}


async def draw(name: str, store: Store) -> None:
    columns, lines, theme, keys = SHOTS[name]
    app = MixtuiApp(store, Preferences(theme=theme), FolderState())
    async with app.run_test(size=(columns, lines)) as pilot:
        await asyncio.sleep(SECONDS)
        for key in keys:
            await pilot.press(key)
            await asyncio.sleep(SECONDS / 2)
        app.save_screenshot(f"{name}.svg", str(PICTURES))


def main() -> None:
    folder = Path(sys.argv[1])
    PICTURES.mkdir(exist_ok=True)
    for name in SHOTS:
        asyncio.run(draw(name, Store(folder.with_name("new") if name == FIRST else folder)))


if __name__ == "__main__":
    main()
