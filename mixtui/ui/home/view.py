"""What the panels of the home screen show at one moment: immutable, so that another thread can draw it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mixtui.store.documents import Document
from mixtui.terminal_text import printable
from mixtui.ui.ink import Ink
from mixtui.ui.number_cells import number

if TYPE_CHECKING:
    from mixtui.plots.alpha_colors import SeriesStyle
    from mixtui.ui.run_view import RunView

_SPEAKS_OF_ITSELF = ("running", "starting", "finished")  # states whose sentence says no more than the log


@dataclass(frozen=True)
class PlottedRun:
    """A run that is plotted, and what was read of it."""

    document: Document
    view: RunView
    style: SeriesStyle


@dataclass(frozen=True)
class HomeView:
    """The run under the cursor, and the runs that are plotted, the last one on top; `wanted` counts those not read yet
    too. `seconds_per_epoch` is what an epoch of the run under the cursor takes, where that is known."""

    ink: Ink
    at_cursor: Document | None
    view: RunView | None
    runs: tuple[PlottedRun, ...]
    wanted: int
    smoothing: float
    log_scale: bool
    seconds_per_epoch: float | None
    queue_note: str  # what the queue waits for

    def label(self, run: PlottedRun) -> str:
        """What a curve of the run is called."""
        return self.ink.glyphs.words(f"α {number(run.document['config']['alpha'])}")

    def is_on_top(self, run: PlottedRun) -> bool:
        """Whether it is the run under the cursor."""
        return self.at_cursor is not None and run.document["id"] == self.at_cursor["id"]

    def log(self) -> Sequence[str]:
        """The last lines of the run under the cursor, and how it ended."""
        if self.at_cursor is None:
            return ()
        lines = self.view.log if self.view is not None else ()
        sentence = self.at_cursor.get("sentence")
        if self.at_cursor["state"] not in _SPEAKS_OF_ITSELF and sentence:
            return (*lines, self.ink.glyphs.words(printable(sentence)))
        return lines

    def epochs_done(self) -> tuple[object, ...]:
        """Another value once an epoch was finished, or another run is shown."""
        at_cursor = (self.at_cursor["id"], self.at_cursor["state"]) if self.at_cursor else None
        plotted = tuple((run.document["id"], run.view.history.epochs) for run in self.runs)
        return at_cursor, self.view and self.view.history.epochs, plotted
