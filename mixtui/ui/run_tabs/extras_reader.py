"""Reading the files that tell more of a run than what is followed of it: its bins, its predictions, the truth."""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from textual.message import Message
from textual.widget import Widget

from mixtui.calibration.bins import EXACT_M
from mixtui.errors import MixtuiError
from mixtui.store.documents import Document
from mixtui.store.epoch_bins import read_epoch_bins
from mixtui.store.history import History
from mixtui.store.paths import RunPaths
from mixtui.store.run import Run
from mixtui.store.run_predictions import read_holdout, read_predictions
from mixtui.store.shifts import read_shifts
from mixtui.store.truth import truth_document
from mixtui.ui.run_tabs.facts import Extras, Facts
from mixtui.ui.run_tabs.last_epoch import analyse_last_epoch

Parts = Mapping[str, object]
"""Fields of Extras."""

_REMEMBERED = 8  # runs whose extras are kept while others are looked at


class ExtrasRead(Message):
    """A thread has read parts of a run's extras; `ExtrasReader.take` puts them to the others."""

    def __init__(self, run_id: str, parts: Parts) -> None:
        super().__init__()
        self.run_id, self.parts = run_id, parts


class ExtrasReader:
    """Has the files of runs read on threads of `widget`, which gets an ExtrasRead; each file is read
    again only when there is more in it. Damaged ones are passed over: the bins in the log of events do."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._known: OrderedDict[str, Extras] = OrderedDict()
        self._read_for: dict[tuple[str, str], object] = {}  # by run and kind: how far the run was

    def known(self, run_id: str) -> Extras:
        return self._known.get(run_id, Extras())

    def take(self, message: ExtrasRead) -> None:
        before = self._known.pop(message.run_id, Extras())
        self._known[message.run_id] = replace(before, **message.parts)  # type: ignore[arg-type]
        while len(self._known) > _REMEMBERED:
            gone, _ = self._known.popitem(last=False)
            self._read_for = {key: mark for key, mark in self._read_for.items() if key[0] != gone}

    def look(self, document: Document, history: History) -> None:
        """Read what is new after the epochs of `history`."""
        mark = len(history.epochs), len(history.rewinds)
        self._look(document, "bins", mark, lambda paths: {"fine_bins": read_epoch_bins(paths, history)})
        if history.epochs and len(history.epochs) >= (document.get("epochs") or 0):
            own_m = Facts(document).own_m
            self._look(document, "predictions", mark, lambda paths: _read_last_epoch(paths, own_m))

    def look_at_truth(self, document: Document) -> None:
        if document.get("dataset") == "synthetic" and document.get("epoch"):
            self._look(document, "truth", (document["epoch"], document["state"]), _read_truth)

    def look_at_shifts(self, document: Document, visit: int) -> None:
        """`visit` counts how often the run was turned to: `mixtui evaluate` writes them at any time."""
        if document.get("epoch"):
            self._look(document, "shifts", visit, lambda paths: {"shifts": read_shifts(paths)})

    def _look(self, document: Document, kind: str, mark: object, read: Callable[[RunPaths], Parts]) -> None:
        key = document["id"], kind
        if self._read_for.get(key) != mark:
            self._read_for[key] = mark
            read_it = partial(self._read, document["id"], RunPaths(Path(document["path"])), read)
            self._widget.run_worker(read_it, group="extras", thread=True, exit_on_error=False)

    def _read(self, run_id: str, paths: RunPaths, read: Callable[[RunPaths], Parts]) -> None:
        with contextlib.suppress(MixtuiError):
            self._widget.post_message(ExtrasRead(run_id, read(paths)))


def _read_last_epoch(paths: RunPaths, own_m: int) -> Parts:
    predictions = read_predictions(paths)
    if predictions is None:
        return {}
    choices = sorted({*EXACT_M, own_m})
    return {"last_epoch": analyse_last_epoch(predictions, own_m, choices, read_holdout(paths))}


def _read_truth(paths: RunPaths) -> Parts:
    return {"truth": truth_document(Run.load(paths.root))}
