"""Reading the log of the run on screen, further back on request."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from functools import partial

from textual.message import Message
from textual.widget import Widget

from mixtui.errors import MixtuiError
from mixtui.store.log_tail import LogTail
from mixtui.store.paths import RunPaths

LINES = 1000  # read at once


class LogRead(Message):
    """The lines of a run's log as far as it is read, `has_all` or not, up to its end; `added_before` of them are new
    ones at the beginning."""

    def __init__(self, run_id: str, lines: Sequence[str], added_before: int, has_all: bool) -> None:
        super().__init__()
        self.run_id, self.lines, self.added_before, self.has_all = run_id, lines, added_before, has_all


class LogReader:
    """Has the log of the run in `paths` read on threads of `widget`, which gets a LogRead."""

    def __init__(self, paths: RunPaths, widget: Widget) -> None:
        self.run_id, self._widget = paths.id, widget
        self._tail = LogTail(paths.output, LINES)
        self._lock = threading.Lock()
        self._read_for: object = None
        self.has_begun = False

    def look(self, mark: object) -> None:
        """Read what was appended, once for each `mark` that is another than before."""
        if mark != self._read_for:
            self._read_for = mark
            self.read()

    def read(self, earlier: int = 0) -> None:
        """Read what was appended, and so many `earlier` lines."""
        self.has_begun = True
        self._widget.run_worker(partial(self._read, earlier), group="log", thread=True, exit_on_error=False)

    def _read(self, earlier: int) -> None:
        with self._lock, contextlib.suppress(MixtuiError):
            self._tail.look()
            added = self._tail.earlier(earlier) if earlier else 0
            self._widget.post_message(LogRead(self.run_id, self._tail.lines, added, self._tail.has_all))
