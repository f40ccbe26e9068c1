"""A run as it goes on: what was appended to its logs since the last look."""

from __future__ import annotations

from typing import Any

from mixtui.store.history import History
from mixtui.store.jsonl import JsonlReader
from mixtui.store.paths import RunPaths
from mixtui.store.run import reading


class RunWatch:
    """Follows the run in `paths`; a look costs only what was appended."""

    def __init__(self, paths: RunPaths) -> None:
        self._paths = paths
        self.history = History()
        self._events = JsonlReader(paths.events)
        self._steps = JsonlReader(paths.steps)
        self.last_step: dict[str, Any] | None = None

    def look(self) -> list[dict[str, Any]]:
        """The events since the last look; `history` and `last_step` are brought up to date.

        Raises BrokenRunError when they cannot be read.
        """
        with reading(self._paths):
            events = self._events.read()
            self.history = self.history.add(events)
            steps = self.history.in_force(self._steps.read())
        known = [self.last_step] if self.last_step else []
        self.last_step = next(reversed(self.history.in_force([*known, *steps[-1:]])), None)
        return events
