"""What is known of the run on screen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from mixtui.calibration.bins import DEFAULT_M, EXACT_M, FINE_BINS, Bins
from mixtui.calibration.direction import Direction
from mixtui.store.documents import Document, part
from mixtui.store.history import History, Record
from mixtui.store.shifts import Shifts
from mixtui.store.steps import NO_STEPS, Steps
from mixtui.terminal_text import printable
from mixtui.ui.columns import run_direction
from mixtui.ui.run_tabs.certainties import Certainties
from mixtui.ui.run_tabs.last_epoch import LastEpoch

_MOST_EPOCHS = 1_000_000  # of a configuration
_LARGEST_STEP = 2**53
_LONGEST_NAME = 24  # characters of a class


@dataclass(frozen=True, eq=False)
class Extras:
    """What is read of a run beyond what the reader follows: the 300 bins of each epoch; what the predictions after the
    last one tell; how it does on other test sets; scores of the true posterior, where it is known."""

    fine_bins: Mapping[int, Bins] = field(default_factory=dict)
    last_epoch: LastEpoch | None = None
    shifts: Shifts | None = None
    truth: Mapping[str, float | None] | None = None


@dataclass(frozen=True, eq=False)
class Facts:
    """A run at one moment: its document, its logs (`is_read` once there was a look at them), and the rest."""

    document: Document
    history: History = History()  # noqa: RUF009 - frozen
    steps: Steps = NO_STEPS
    log: tuple[str, ...] = ()
    is_read: bool = False
    extras: Extras = Extras()
    certainties: Certainties = field(default_factory=Certainties)

    @property
    def config(self) -> dict[str, Any]:
        return part(self.document, "config")

    @property
    def holdout(self) -> int:
        """Images kept out of training to fit the temperature on."""
        kept_out = self.config.get("holdout")
        return kept_out if isinstance(kept_out, int) and kept_out > 0 else 0

    @property
    def own_m(self) -> int:
        """The number of bins that the run was scored with."""
        return int(self.config.get("bins", DEFAULT_M))

    @property
    def data(self) -> dict[str, Any]:
        return part(self.document, "data")

    @property
    def classes(self) -> int | None:
        """How many there are, where that is known."""
        classes = self.data.get("classes")
        return len(classes) if isinstance(classes, list) and len(classes) > 1 else None

    @cached_property
    def epochs(self) -> tuple[int, ...]:
        """The epochs that were evaluated, in order."""
        return tuple(record["epoch"] for record in self.history.epochs)

    @property
    def all_epochs(self) -> int:
        """How many the run is to have."""
        epochs = self.document.get("epochs")
        return epochs if isinstance(epochs, int) else 0

    def record(self, epoch: int) -> Record:
        return next((record for record in self.history.epochs if record["epoch"] == epoch), {})

    def m_choices(self) -> tuple[int, ...]:
        """The numbers of bins that can be shown."""
        known = EXACT_M if self.extras.fine_bins else ()
        return tuple(sorted({*known, self.own_m}))

    def last_epoch(self, epoch: int) -> LastEpoch | None:
        """What the predictions tell, which are those after the last epoch."""
        return self.extras.last_epoch if self.epochs and epoch == self.epochs[-1] else None

    def class_name(self, k: int) -> str:
        """`3 cat`, or the number alone."""
        names = self.data.get("classes")
        known = isinstance(names, list) and k < len(names) and isinstance(names[k], str)
        name = printable(names[k])[:_LONGEST_NAME].strip() if known and names else ""
        return f"{k} {name}" if name and name != str(k) else str(k)

    def fine_bins(self, epoch: int, m: int) -> Bins | None:
        """Bins of equal width after an epoch that can be merged into `m`; None where there are none."""
        fine = self.extras.fine_bins.get(epoch)
        if fine is not None and FINE_BINS % m == 0:
            return fine
        last = self.last_epoch(epoch)
        return None if last is None else last.raw.fine.get(m)

    def way_of(self, metrics: object) -> Direction | None:
        """The direction that recorded scores tell; the clean training images are as many as those of the test split."""
        return run_direction({"metrics": metrics, "data": self.data})


def number_of(value: object) -> float | None:
    """A number of a record as a float; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def plausible(history: History) -> History:
    """Without the epochs whose numbers no training gives: axes could not span them."""
    good = tuple(
        record
        for record in history.epochs
        if 0 < record["epoch"] <= _MOST_EPOCHS and 0 <= record["step"] <= _LARGEST_STEP
    )
    return history if len(good) == len(history.epochs) else replace(history, epochs=good)
