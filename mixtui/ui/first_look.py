"""The first look at the runs of a folder, which takes a moment: it begins before the interface is imported."""

from __future__ import annotations

import contextlib
import threading

from mixtui.errors import MixtuiError
from mixtui.store.folder_watch import FolderWatch
from mixtui.store.store import Store


class FirstLook(threading.Thread):
    """Looks once at the runs of `store`; `folder` has them when the thread has ended."""

    def __init__(self, store: Store) -> None:
        super().__init__(daemon=True)
        self.folder = FolderWatch(store)

    def run(self) -> None:
        with contextlib.suppress(MixtuiError):  # whoever looks next meets it again
            self.folder.look()
