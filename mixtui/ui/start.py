"""Starting the interface, and leaving things as they were found."""

from __future__ import annotations

import gc
import locale
import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from mixtui.store.store import Store
from mixtui.ui.glimpse import glimpse

if TYPE_CHECKING:
    from mixtui.ui.preferences import GlyphSet, Preferences


def run_interface(store: Store) -> int:
    """Run the interface over the runs of `store`; the exit code.

    Raises MixtuiError for preferences that cannot be read.
    """
    gc.disable()  # until the first runs are shown: to look for garbage would take a tenth of the start
    first = glimpse(store)
    from textual.theme import BUILTIN_THEMES

    from mixtui.ui import theme
    from mixtui.ui.app import SWITCH_EVERY, MixtuiApp
    from mixtui.ui.commands import BY_ID
    from mixtui.ui.folder_state import load_folder_state, save_folder_state
    from mixtui.ui.preferences import load_preferences

    themes = [*BUILTIN_THEMES, *(one.name for one in theme.THEMES)]
    preferences = for_this_terminal(load_preferences(themes, BY_ID, glyphs_of_locale()))
    app = MixtuiApp(store, preferences, load_folder_state(store.root), first)
    sys.setswitchinterval(SWITCH_EVERY)
    line = app.run()
    save_folder_state(store.root, app.state)
    if line:
        print(line)
    return app.return_code or 0


def glyphs_of_locale() -> GlyphSet:
    """What the locale's charset has, which Python's own encoding does not tell: under `LC_ALL=C` that is UTF-8.

    A charset that the variables name counts where their locale is not installed, too: on a host one came to by SSH.
    """
    named = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_CTYPE", "LANG"))), "")
    return "braille" if any(map(_is_utf8, (named.rpartition(".")[2], locale.getencoding()))) else "ascii"


def for_this_terminal(preferences: Preferences) -> Preferences:
    """ASCII where nothing else can be written, whatever the person prefers."""
    return preferences if _is_utf8(sys.stdout.encoding or "") else replace(preferences, glyphs="ascii")


def _is_utf8(charset: str) -> bool:
    return charset.partition("@")[0].lower().replace("-", "") == "utf8"
