"""What is known of the run on screen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from mixtui.calibration.bins import EXACT_M, FINE_BINS, Bins
from mixtui.calibration.direction import Direction, direction
from mixtui.calibration.scores import accuracy, mean_confidence
from mixtui.store.history import History, Record
from mixtui.store.listing import Document
from mixtui.store.steps import Steps
from mixtui.ui.columns import run_direction
from mixtui.ui.drawing import bins_of_epoch
from mixtui.ui.rows import part

_MOST_EPOCHS = 1_000_000  # of a configuration
_LARGEST_STEP = 2**53

NO_STEPS = Steps(np.empty(0), np.empty(0), np.empty(0), float("nan"))


@dataclass(frozen=True, eq=False)
class Extras:
    """What is read of a run beyond what the reader follows: the 300 bins of each epoch; the bins of equal mass after
    the last one, by their number; scores of the true posterior, where it is known."""

    fine_bins: Mapping[int, Bins] = field(default_factory=dict)
    mass_bins: Mapping[int, Bins] = field(default_factory=dict)
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

    @property
    def config(self) -> dict[str, Any]:
        return part(self.document, "config")

    @property
    def own_m(self) -> int:
        """The number of bins that the run was scored with."""
        return int(self.config.get("bins", 15))

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

    def bins(self, epoch: int, m: int) -> Bins | None:
        """`m` bins of equal width after an epoch; None where they cannot be had."""
        fine = self.extras.fine_bins.get(epoch)
        if fine is not None and FINE_BINS % m == 0:
            return fine.coarsen(m)
        return bins_of_epoch(self.record(epoch)) if m == self.own_m else None

    def way_of(self, metrics: object) -> Direction | None:
        """The direction that recorded scores tell; the clean training images are as many as those of the test split."""
        return run_direction({"metrics": metrics, "data": self.data})

    def way(self, bins: Bins) -> Direction:
        return direction(min(max(accuracy(bins), 0.0), 1.0), mean_confidence(bins), bins.n)


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
