"""What the files of a run tell beyond its document, read bit by bit as they grow."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from mixtui.errors import MixtuiError
from mixtui.store.history import History
from mixtui.store.jsonl import JsonlReader
from mixtui.store.log_tail import LogTail
from mixtui.store.paths import RunPaths
from mixtui.store.run import reading
from mixtui.store.steps import Steps, StepSeries

READ_AT_ONCE = 64  # pieces of steps a look, so that the first curves come soon
PIECE = 256 * 1024  # bytes
LOG_LINES = 200


@dataclass(frozen=True)
class RunView:
    """A run at one moment."""

    history: History
    steps: Steps
    log: tuple[str, ...]  # the last lines that its process printed


class FollowedRun:
    """The files of one run, each read from where the last look ended."""

    def __init__(self, paths: RunPaths) -> None:
        self._paths = paths
        self._history = History()
        self._events = JsonlReader(paths.events)
        self._steps = StepSeries(paths)
        self._log = LogTail(paths.output, LOG_LINES)

    @property
    def is_behind(self) -> bool:
        """Whether there is more to read at once."""
        return self._steps.is_behind

    def look(self, give_way: Callable[[], object]) -> bool:
        """Read what was appended, with `give_way` called between two pieces of it; whether there was something.

        Raises BrokenRunError for what cannot be read.
        """
        with reading(self._paths):
            events = self._events.read()
            self._history = self._history.add(events)
        steps = lines = False
        for _ in range(READ_AT_ONCE):
            give_way()
            steps |= self._steps.look(self._history, PIECE)
            if not self._steps.is_behind:
                break
        with contextlib.suppress(MixtuiError):  # the rest counts without a log that cannot be read
            lines = self._log.look()
        return bool(events) or steps or lines

    def view(self) -> RunView:
        return RunView(self._history, self._steps.steps, self._log.lines)
