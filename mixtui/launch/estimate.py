"""How long runs will take, when the queue will be empty, what room a run needs: from what runs did here before.

Everything is computed from the documents of `list --json`, the clock passed in, and sizes on disk.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from mixtui.number_text import is_finite
from mixtui.store.documents import Document
from mixtui.time_text import known_seconds

MOST_DIRECTORIES = 20  # measured for one estimate
MOST_FILES = 1000  # counted in one directory

# What decides how long an epoch takes, the most telling first. Runs that agree in all of it count; where there are
# none, those that agree in all but the last, and so on, down to the first `_MUST_AGREE`.
_PACE_FIELDS = ("dataset", "model", "stem", "device", "batch_size", "precision", "host", "threads", "augment")
_MUST_AGREE = 4


@dataclass(frozen=True)
class Typical:
    """A median, in seconds or bytes, and of how many runs."""

    value: float
    runs: int


class Pace:
    """How fast trainings go, from the runs of a folder, for runs on `host`."""

    def __init__(self, documents: Iterable[Document], host: str) -> None:
        self._host = host
        self._seen: dict[tuple[Any, ...], list[float]] = {}
        for document in documents:
            config, seconds = _config_of(document), _own_seconds_per_epoch(document)
            if config is None or seconds is None:
                continue
            kind = _kind(config, document.get("host"))
            for fields in range(_MUST_AGREE, len(kind) + 1):
                self._seen.setdefault(kind[:fields], []).append(seconds)
        self._typical: dict[tuple[Any, ...], Typical] = {}

    def of_epoch(self, config: Mapping[str, Any]) -> Typical | None:
        """Seconds per epoch of the runs most like one with `config` (a RunConfig's JSON); None without such."""
        kind = _kind(config, self._host)
        for fields in range(len(kind), _MUST_AGREE - 1, -1):
            if seen := self._seen.get(kind[:fields]):
                if kind[:fields] not in self._typical:  # asked for every queued run
                    self._typical[kind[:fields]] = Typical(median(seen), len(seen))
                return self._typical[kind[:fields]]
        return None

    def of_run(self, config: Mapping[str, Any]) -> Typical | None:
        """Seconds of a whole run with `config`, None where nothing like it was seen."""
        typical, epochs = self.of_epoch(config), _number(config.get("epochs"))
        seconds = None if typical is None or epochs is None else known_seconds(typical.value * epochs)
        return None if typical is None or seconds is None else Typical(seconds, typical.runs)

    def left(
        self,
        document: Document,
        *,
        fraction: float | None = None,
        epoch_began: datetime | None = None,
        now: datetime | None = None,
    ) -> float | None:
        """Seconds until a live or queued run is finished; None where that is not known, as for a stalled one.

        Of its current epoch `fraction` is done; where that is None, the time since `epoch_began` until `now` tells,
        and without those it counts whole. A run that was asked to end has none left.
        """
        if document.get("state") == "stopping":
            return 0.0
        config = _config_of(document)
        epochs, done = _number(document.get("epochs")), _number(document.get("epoch"))
        if config is None or epochs is None or done is None or document.get("stalled_for") is not None:
            return None
        seconds = _own_seconds_per_epoch(document)
        if seconds is None:
            typical = self.of_epoch(config)
            if typical is None:
                return None
            seconds = typical.value
        if fraction is None and now and epoch_began:
            fraction = (now - epoch_began).total_seconds() / seconds
        begun = min(max(_number(fraction) or 0.0, 0.0), 1.0)
        return known_seconds(seconds * max(0.0, epochs - done - begun))


def until_empty(live: Sequence[float | None], queued: Sequence[float | None], places: int) -> float | None:
    """Seconds until the last run ends, each starting, in the queue's order, when one of `places` comes free.

    Both hold seconds left (`Pace.left`) of this host's runs; None where one of them is not known.
    """
    ends, waiting = [end for end in live if end is not None], [left for left in queued if left is not None]
    if len(ends) < len(live) or len(waiting) < len(queued):
        return None
    places = max(1, places)
    # Of more live runs than places, those that end last hold the places up.
    free_at = heapq.nlargest(places, ends + [0.0] * min(max(0, places - len(ends)), len(waiting)))
    heapq.heapify(free_at)
    last = max(ends, default=0.0)
    for left in waiting:
        end = free_at[0] + left
        heapq.heapreplace(free_at, end)
        last = max(last, end)
    return known_seconds(last)


def runs_at_once(device: str, threads: int, *, cores: int, gpus: int, slots_per_gpu: int | None = None) -> int:
    """How many runs the queue has at work at the same time, memory permitting.

    `cores` are this host's, `gpus` those that the runs may be given.
    """
    from mixtui.launch.places import MOST_SHARES  # what that imports takes longer than the rest of a listing

    if device == "cpu":
        return max(1, cores // max(1, threads))
    return max(1, gpus * (slots_per_gpu or MOST_SHARES))


def typical_size(
    config: Mapping[str, Any], documents: Sequence[Document], measure: Callable[[Path], int | None]
) -> Typical | None:
    """Bytes on disk of a finished run like one with `config`; None without such.

    Those of the same model, data and epochs count, else those of the same model and data: the latest, at most
    `MOST_DIRECTORIES` of them. `measure` gives the bytes of a directory, None where it cannot: `directory_size`.
    """
    finished = [document for document in reversed(documents) if document.get("state") == "finished"]
    for names in (("model", "dataset", "epochs"), ("model", "dataset")):
        alike = (document for document in finished if _agree(config, _config_of(document), names))
        paths = [document.get("path") for document in itertools.islice(alike, MOST_DIRECTORIES)]
        measured = [measure(Path(path)) for path in paths if isinstance(path, str)]
        if sizes := [size for size in measured if size is not None]:
            return Typical(median(sizes), len(sizes))
    return None


def directory_size(path: Path) -> int | None:
    """Bytes of the files in a run's directory and in its folders, of `MOST_FILES` at most; None if it is gone."""
    if not path.is_dir():
        return None
    files = (os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names)  # noqa: PTH118
    size = 0
    for file in itertools.islice(files, MOST_FILES):
        with contextlib.suppress(OSError, ValueError):
            size += os.lstat(file).st_size
    return size


def _kind(config: Mapping[str, Any], host: object) -> tuple[Any, ...]:
    """Trainings of one kind take the same time an epoch; of one on a GPU, whichever it is."""
    values = {**{name: config.get(name) for name in _PACE_FIELDS}, "host": host}
    values["device"] = str(values["device"]).partition(":")[0]
    return tuple(value if isinstance(value, str | int | float) else None for value in values.values())


def _agree(config: Mapping[str, Any], other: Mapping[str, Any] | None, names: Iterable[str]) -> bool:
    return other is not None and all(config.get(name) == other.get(name) for name in names)


def _config_of(document: Document) -> Mapping[str, Any] | None:
    """A broken run has none."""
    config = document.get("config")
    return config if isinstance(config, Mapping) else None


def _own_seconds_per_epoch(document: Document) -> float | None:
    """The mean over the run's own epochs; None before the first."""
    seconds, epochs = _number(document.get("seconds")), _number(document.get("epoch"))
    if seconds is None or epochs is None or seconds <= 0 or epochs < 1:
        return None
    return known_seconds(seconds / epochs) or None  # it may be too little for a float


def _number(value: object) -> float | None:
    """A finite number, None for all else."""
    return float(value) if is_finite(value) else None
