"""What a run's events tell, folded into one value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from types import UnionType
from typing import Any, Self

Record = dict[str, Any]

# What every reader may count on in an event, beside anything more that it holds.
_COMMON = {"time": str, "attempt": int, "step": int}
_FIELDS: dict[str, dict[str, type | UnionType]] = {
    "attempt": {"pid": int, "start_time": int | float, "boot_id": str, "host": str},
    "data": {"key": str, "n_test": int, "steps_per_epoch": int},
    "phase": {"phase": str},
    "epoch": {"epoch": int, "seconds": int | float, "metrics": dict, "train_metrics": dict, "bins": dict},
    "warning": {"message": str},
    "resumed": {"from_step": int, "inexact": list},
    "end": {"state": str, "reason": str, "message": str, "exit_code": int},
}


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
        """Raises ValueError on an event that lacks what its type has."""
        new = self
        for record in records:
            new = new._with(record)
        return new

    def _with(self, record: Record) -> Self:
        kind = record.get("type")
        if not isinstance(kind, str) or kind not in _FIELDS:
            return self  # a later version's event
        _check_fields(kind, record)
        change: dict[str, Any]
        match kind:
            case "attempt":
                change = {"attempts": (*self.attempts, record), "phase": None, "end": None}
            case "data":
                change = {"data": record}
            case "phase":
                change = {"phase": record}
            case "epoch":
                # A checkpoint between an epoch's last step and its record has the epoch evaluated once more.
                before = (epoch for epoch in self.epochs if epoch["epoch"] < record["epoch"])
                change = {"epochs": (*before, record)}
            case "warning":
                change = {"warnings": (*self.warnings, record["message"])}
            case "resumed":
                rewind = Rewind(record["attempt"], record["from_step"])
                change = {
                    "rewinds": (*self.rewinds, rewind),
                    "epochs": tuple(epoch for epoch in self.epochs if not rewind.voids(epoch)),
                    "inexact": tuple(dict.fromkeys((*self.inexact, *map(str, record["inexact"])))),
                }
            case "end":
                change = {"end": record}
        return replace(self, **change)

    @property
    def last_attempt(self) -> int:
        """The number of the last attempt whose process came to life, 0 for none."""
        return self.attempts[-1]["attempt"] if self.attempts else 0

    @property
    def last_epoch(self) -> Record | None:
        return self.epochs[-1] if self.epochs else None

    def in_force(self, records: Iterable[Record]) -> list[Record]:
        """The records of `steps.jsonl` or `bins.jsonl` that no later attempt made void."""
        return [r for r in records if not any(rewind.voids(r) for rewind in self.rewinds)]


def _check_fields(kind: str, event: Record) -> None:
    wrong = [name for name, kinds in (_COMMON | _FIELDS[kind]).items() if not isinstance(event.get(name), kinds)]
    if wrong:
        raise ValueError(f"events.jsonl holds an event {kind!r} with {', '.join(wrong)} missing or of a wrong kind")
