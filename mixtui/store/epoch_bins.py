"""The bins of every epoch of a run, from which reliability diagrams are drawn."""

from __future__ import annotations

import numpy as np

from mixtui.calibration.bins import FINE_BINS, Bins
from mixtui.errors import MixtuiError
from mixtui.store.history import History, Record
from mixtui.store.jsonl import JsonlReader
from mixtui.store.paths import RunPaths
from mixtui.store.run import reading


def read_epoch_bins(paths: RunPaths, history: History) -> dict[int, Bins]:
    """The 300 equal-width bins of the test split after each epoch, epochs in order; any M that divides 300 follows
    from them by `Bins.coarsen`.

    The last whole record of an epoch counts. Raises BrokenRunError when the file cannot be read.
    """
    with reading(paths):
        records = JsonlReader(paths.bins).read()
    found: dict[int, Bins] = {}
    for record in history.in_force(record for record in records if _is_placed(record)):
        try:
            bins = Bins.from_compact_json(record)
        except MixtuiError:
            continue
        if bins.m == FINE_BINS and bins.are_possible:
            found[record["epoch"]] = bins
    return dict(sorted(found.items()))


def bins_of_epoch(record: Record) -> Bins | None:
    """The bins of an epoch's record at the run's own M; None where there are none, or none that can be used."""
    try:
        with np.errstate(all="ignore"):
            bins = Bins.from_json(record["bins"])
    except (MixtuiError, KeyError, TypeError, ValueError, OverflowError):
        return None
    return bins if bins.are_possible else None


def _is_placed(record: Record) -> bool:
    """Whether it tells when it was recorded; the rest is for `Bins` to judge."""
    return type(record.get("epoch")) is int and all(type(record.get(name, 0)) is int for name in ("attempt", "step"))
