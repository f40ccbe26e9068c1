"""How sure the ECE of bins is, computed on a thread: it takes up to a fifth of a second."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
from textual.message import Message
from textual.widget import Widget

from mixtui.calibration.bins import Bins
from mixtui.calibration.certainty import Certainty, certainty
from mixtui.calibration.noise_floor import Floor, noise_floor
from mixtui.errors import MixtuiError

_REMEMBERED = 4000  # results, a hundred bytes each

Key = tuple[bytes, int]
_Result = TypeVar("_Result")


@dataclass(frozen=True, eq=False)
class Wanted:
    """The certainty of `fine` merged into each of `ms`, or of the floors alone, which take a fifth of the time."""

    fine: Bins
    ms: Sequence[int]
    floors_only: bool = False


@dataclass(frozen=True, eq=False)
class Computed:
    """None for bins that nothing can be computed of."""

    certainties: Mapping[Key, Certainty | None]
    floors: Mapping[Key, Floor | None]


class CertaintyComputed(Message):
    """A thread is done with something wanted; `Certainties.take` remembers it."""

    def __init__(self, computed: Computed) -> None:
        super().__init__()
        self.computed = computed


class Certainties:
    """Remembers what was computed by the very bins that it is of, and computes what is wanted, a thing at a time, on
    threads of `widget`, which gets a CertaintyComputed for each."""

    def __init__(self, widget: Widget | None = None) -> None:
        self._widget = widget
        self._certainties: dict[Key, Certainty | None] = {}
        self._floors: dict[Key, Floor | None] = {}
        self._wanted: list[Wanted] = []
        self._is_busy = False

    def of(self, fine: Bins, m: int) -> Certainty | None:
        """None before it was computed."""
        return self._certainties.get((_digest(fine), m))

    def floor(self, fine: Bins, m: int) -> Floor | None:
        """None before it was computed."""
        return self._floors.get((_digest(fine), m))

    def want(self, wanted: Sequence[Wanted]) -> None:
        """Compute this next, in this order, and nothing that was wanted before."""
        self._wanted = list(wanted)
        self._start()

    def take(self, computed: Computed) -> None:
        _remember(self._certainties, computed.certainties)
        _remember(self._floors, computed.floors)
        self._is_busy = False
        self._start()

    def _start(self) -> None:
        self._wanted = [wanted for wanted in self._wanted if not self._is_known(wanted)]
        if self._wanted and self._widget is not None and not self._is_busy:
            self._is_busy = True
            work = partial(self._compute, self._wanted[0])
            self._widget.run_worker(work, group="certainties", thread=True, exit_on_error=False)

    def _is_known(self, wanted: Wanted) -> bool:
        known: Mapping[Key, object] = self._floors if wanted.floors_only else self._certainties
        digest = _digest(wanted.fine)
        return all((digest, m) in known for m in wanted.ms)

    def _compute(self, wanted: Wanted) -> None:
        assert self._widget is not None
        self._widget.post_message(CertaintyComputed(compute(wanted)))


def compute(wanted: Wanted) -> Computed:
    digest = _digest(wanted.fine)
    certainties: dict[Key, Certainty | None] = {}
    floors: dict[Key, Floor | None] = {}
    for m in wanted.ms:
        key = digest, m
        floors[key] = None
        if not wanted.floors_only:
            certainties[key] = None
        with contextlib.suppress(MixtuiError, ValueError, ArithmeticError), np.errstate(all="ignore"):
            if wanted.floors_only:
                floors[key] = noise_floor(wanted.fine, m)
            else:
                found = certainties[key] = certainty(wanted.fine, m)
                floors[key] = found.floor
    return Computed(certainties, floors)


def _remember(known: dict[Key, _Result], new: Mapping[Key, _Result]) -> None:
    known.update(new)
    while len(known) > _REMEMBERED:
        del known[next(iter(known))]


def _digest(bins: Bins) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for array in (bins.edges, bins.count, bins.confidence_sum, bins.correct):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.digest()
