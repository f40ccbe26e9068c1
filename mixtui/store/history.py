"""What a run's events tell, folded into one value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

Record = dict[str, Any]


@dataclass(frozen=True)
class Rewind:
    """A resumed attempt: what earlier attempts recorded beyond `from_step` was trained again, and is void."""

    attempt: int
    from_step: int

    def voids(self, record: Record) -> bool:
        return bool(record.get("attempt", 0) < self.attempt and record.get("step", 0) > self.from_step)


@dataclass(frozen=True)
class History:
    """The events of a run, void ones left out. `add` takes what was appended; every value is the last one known."""

    attempts: tuple[Record, ...] = ()
    epochs: tuple[Record, ...] = ()  # one record an epoch, in order
    warnings: tuple[str, ...] = ()
    inexact: tuple[str, ...] = ()  # why the run's metrics may differ from an uninterrupted run's
    rewinds: tuple[Rewind, ...] = ()
    data: Record | None = None  # the data set as the last attempt found it: key, path, sizes
    phase: Record | None = None  # what the current attempt does: fetching, decoding, training, ...
    end: Record | None = None  # how the current attempt ended

    def add(self, records: Iterable[Record]) -> Self:
        new = self
        for record in records:
            new = new._with(record)
        return new

    def _with(self, record: Record) -> Self:
        change: dict[str, Any]
        match record.get("type"):
            case "attempt":
                change = {"attempts": (*self.attempts, record), "phase": None, "end": None}
            case "data":
                change = {"data": record}
            case "phase":
                change = {"phase": record}
            case "epoch":
                change = {"epochs": (*self.epochs, record)}
            case "warning":
                change = {"warnings": (*self.warnings, str(record.get("message")))}
            case "resumed":
                rewind = Rewind(record["attempt"], record["from_step"])
                change = {
                    "rewinds": (*self.rewinds, rewind),
                    "epochs": tuple(epoch for epoch in self.epochs if not rewind.voids(epoch)),
                    "inexact": (*self.inexact, *record.get("inexact", ())),
                }
            case "end":
                change = {"end": record}
            case _:
                return self  # a later version's event
        return type(self)(**{**self.__dict__, **change})

    @property
    def last_epoch(self) -> Record | None:
        return self.epochs[-1] if self.epochs else None

    def in_force(self, records: Iterable[Record]) -> list[Record]:
        """The records of `steps.jsonl` or `bins.jsonl` that no later attempt made void."""
        return [r for r in records if not any(rewind.voids(r) for rewind in self.rewinds)]
