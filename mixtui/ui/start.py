"""Starting the interface, and leaving things as they were found."""

from __future__ import annotations

import gc
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from mixtui.store.store import Store
from mixtui.ui.first_look import FirstLook

if TYPE_CHECKING:
    from mixtui.ui.preferences import Preferences

FIRST_LOOK = 0.3  # seconds that the runs are waited for before the interface is imported


def run_interface(store: Store) -> int:
    """Run the interface over the runs of `store`; the exit code.

    Raises MixtuiError for preferences that cannot be read.
    """
    gc.disable()  # until the first runs are shown: to look for garbage would take a tenth of the start
    first_look = FirstLook(store)
    first_look.start()
    first_look.join(FIRST_LOOK)  # by itself it is soon done; beside the imports both take longer
    from textual.theme import BUILTIN_THEMES  # imported while the runs are read

    from mixtui.ui import theme
    from mixtui.ui.app import SWITCH_EVERY, MixtuiApp
    from mixtui.ui.commands import BY_ID
    from mixtui.ui.folder_state import load_folder_state, save_folder_state
    from mixtui.ui.preferences import load_preferences

    themes = [*BUILTIN_THEMES, *(one.name for one in theme.THEMES)]
    preferences = for_this_terminal(load_preferences(themes, BY_ID))
    app = MixtuiApp(store, preferences, load_folder_state(store.root), first_look)
    sys.setswitchinterval(SWITCH_EVERY)
    line = app.run()
    save_folder_state(store.root, app.state)
    if line:
        print(line)
    return app.return_code or 0


def for_this_terminal(preferences: Preferences) -> Preferences:
    """ASCII where the terminal has nothing else, whatever the person prefers elsewhere."""
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    return preferences if utf8 else replace(preferences, glyphs="ascii")
