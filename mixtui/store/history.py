"""What a run's events tell, folded into one value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]

# What every reader may count on in an event, beside anything more that it holds.
_Kind = type | tuple[type, ...]
_NUMBER = (int, float)
_COMMON: dict[str, _Kind] = {"time": str, "attempt": int, "step": int}
_OWN: dict[str, dict[str, _Kind]] = {
    "attempt": {"pid": int, "start_time": _NUMBER, "boot_id": str, "host": str},
    "data": {"key": str, "n_test": int, "steps_per_epoch": int},
    "phase": {"phase": str},
    "epoch": {"epoch": int, "seconds": _NUMBER, "metrics": dict, "train_metrics": dict, "bins": dict},
    "memory": {"ram": int, "gpu": int},
    "warning": {"message": str},
    "resumed": {"from_step": int, "inexact": list},
    "end": {"state": str, "reason": str, "message": str, "exit_code": int},
}
_FIELDS = {kind: tuple((_COMMON | own).items()) for kind, own in _OWN.items()}


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
    memory: Record | None = None  # the bytes that the training was last seen to take
    end: Record | None = None  # how the current attempt ended

    def add(self, records: Iterable[Record]) -> History:
        """Raises ValueError on an event that lacks what its type has."""
        fold = _Fold(self)
        for record in records:
            fold.take(record)
        return fold.history()

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


class _Fold:
    """A history that takes one event after another in place: a new `History` for each costs more than to read it."""

    def __init__(self, before: History) -> None:
        self._attempts = list(before.attempts)
        self._epochs = list(before.epochs)
        self._warnings = list(before.warnings)
        self._inexact = list(before.inexact)
        self._rewinds = list(before.rewinds)
        self._data, self._phase, self._memory, self._end = before.data, before.phase, before.memory, before.end

    def history(self) -> History:
        return History(
            attempts=tuple(self._attempts),
            epochs=tuple(self._epochs),
            warnings=tuple(self._warnings),
            inexact=tuple(self._inexact),
            rewinds=tuple(self._rewinds),
            data=self._data,
            phase=self._phase,
            memory=self._memory,
            end=self._end,
        )

    def take(self, record: Record) -> None:
        kind = record.get("type")
        if not isinstance(kind, str) or kind not in _FIELDS:
            return  # a later version's event
        _check_fields(kind, record)
        match kind:
            case "attempt":
                self._attempts.append(record)
                self._phase = self._end = None
            case "data":
                self._data = record
            case "phase":
                self._phase = record
            case "memory":
                self._memory = record
            case "epoch":
                # A checkpoint between an epoch's last step and its record has the epoch evaluated once more.
                while self._epochs and self._epochs[-1]["epoch"] >= record["epoch"]:
                    self._epochs.pop()
                self._epochs.append(record)
            case "warning":
                self._warnings.append(record["message"])
            case "resumed":
                rewind = Rewind(record["attempt"], record["from_step"])
                self._rewinds.append(rewind)
                self._epochs = [epoch for epoch in self._epochs if not rewind.voids(epoch)]
                self._inexact = list(dict.fromkeys((*self._inexact, *map(str, record["inexact"]))))
            case "end":
                self._end = record


def _check_fields(kind: str, event: Record) -> None:
    for name, kinds in _FIELDS[kind]:
        if not isinstance(event.get(name), kinds):
            what = f"events.jsonl holds an event {kind!r} with {name} missing or of a wrong kind"
            raise ValueError(what)  # noqa: TRY004 - as for text that is no JSON
