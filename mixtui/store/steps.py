"""The steps of a run as arrays that grow while it trains, for curves of a million steps."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from mixtui.store.history import History, Record
from mixtui.store.jsonl import parse_lines
from mixtui.store.paths import RunPaths
from mixtui.store.run import reading

LOOK_BYTES = 16 * 2**20  # some 150,000 steps
# Read at a time: the records of more would take much memory for a moment. A longer line is none of a step.
_BLOCK_BYTES = 64 * 1024
_LARGEST_INT = 2**53  # beyond it not every whole number is a float64
_LARGEST_STEP = 2**31 - 1  # of an int32: what claims to be a later one is no step
_ROW = np.dtype([("step", np.int32), ("loss", np.float32), ("lam", np.float32)])
_SPARE = 1 / 8  # of the rows, as room for more


@dataclass(frozen=True, eq=False)  # arrays have no single truth value, so == compares identity
class Steps:
    """The steps in force at one moment, in the order they were recorded; what comes later does not change it.

    `step`, `loss` and `lam`: (n,), read-only; nan where a step has no such number, inf where it is beyond float32.
    """

    step: NDArray[np.int32]
    loss: NDArray[np.float32]
    lam: NDArray[np.float32]
    images_per_second: float  # as the last step recorded it; nan where it did not

    @classmethod
    def of_rows(cls, rows: NDArray[np.void], images_per_second: float) -> Steps:
        """Shows `rows`, (n,), which get read-only."""
        rows.flags.writeable = False
        return cls(rows["step"], rows["loss"], rows["lam"], images_per_second)


NO_STEPS = Steps.of_rows(np.empty(0, _ROW), math.nan)


class StepSeries:
    """Follows the `steps.jsonl` of the run in `paths`. One thread may look while another uses `steps`."""

    def __init__(self, paths: RunPaths) -> None:
        self._paths = paths
        self._history = History()
        self.steps = NO_STEPS
        self._is_changed = False  # since `steps` was made
        self.is_behind = False
        self._begin_again(inode=0)

    def look(self, history: History, limit_bytes: int = LOOK_BYTES) -> bool:
        """Read what was appended, at most `limit_bytes` of it rounded up to whole blocks of 64 KiB; leave out what
        `history` says is void.

        True when `steps` changed; `is_behind` tells whether there is more to read. Raises BrokenRunError when the file
        cannot be read.
        """
        self._take_history(history)
        self.is_behind = False
        with reading(self._paths):
            for records in self._appended(limit_bytes):
                self._take(records)
        if self._is_changed:
            self.steps = Steps.of_rows(self._rows[: self._count], self._images_per_second)
            self._is_changed = False
            return True
        return False

    def _begin_again(self, inode: int) -> None:
        self._inode = inode
        self._offset = 0
        self._is_inside_line = False  # one that is too long to be read at once
        self._rows = np.empty(0, _ROW)
        self._count = 0
        self._images_per_second = math.nan
        self._is_changed = len(self.steps.step) > 0

    def _take_history(self, history: History) -> None:
        """Begin again where what was read is other than what is in force now: that is rare, and needs no memory of
        which attempt recorded a step."""
        known, rewinds = self._history.rewinds, history.rewinds
        self._history = history
        read = self._rows["step"][: self._count]
        new = rewinds[len(known) :]
        if rewinds[: len(known)] != known or any((read > rewind.from_step).any() for rewind in new):
            self._begin_again(self._inode)

    def _appended(self, limit_bytes: int) -> Iterator[list[Record]]:
        """The whole records that were appended, block by block."""
        try:
            file = FileIO(self._paths.steps)
        except FileNotFoundError:
            return
        with file:
            found = os.fstat(file.fileno())
            if found.st_ino != self._inode or found.st_size < self._offset:  # replaced or cut short
                self._begin_again(found.st_ino)
            end = self._offset + limit_bytes
            while self._offset < end:
                block = os.pread(file.fileno(), _BLOCK_BYTES, self._offset)
                whole = block.rfind(b"\n") + 1
                if whole:
                    begin = block.find(b"\n") + 1 if self._is_inside_line else 0
                    self._is_inside_line = False
                    self._offset += whole
                    yield _parse(block[begin:whole])
                elif len(block) == _BLOCK_BYTES:
                    self._is_inside_line = True
                    self._offset += len(block)
                else:
                    return
            self.is_behind = True

    def _take(self, records: list[Record]) -> None:
        records = _in_force(records, self._history)
        if not records:
            return
        count = self._count + len(records)
        if count > len(self._rows):  # into a new array: snapshots show the old one
            grown = np.empty(count + int(count * _SPARE), _ROW)
            grown[: self._count] = self._rows[: self._count]
            self._rows = grown
        new = self._rows[self._count : count]
        with np.errstate(over="ignore"):
            new["step"] = [record["step"] for record in records]
            new["loss"], new["lam"] = _numbers(records, "loss"), _numbers(records, "lam")
        self._count = count
        self._images_per_second = _number(records[-1].get("images_per_second"))
        self._is_changed = True


def step_records(paths: RunPaths, history: History) -> Iterator[list[Record]]:
    """The whole records of all steps in force, block by block, so that any number of them takes little memory.

    Raises BrokenRunError when the file cannot be read.
    """
    with reading(paths):
        try:
            file = paths.steps.open("rb")
        except FileNotFoundError:
            return
        with file:
            while lines := file.readlines(_BLOCK_BYTES):
                whole = lines if lines[-1].endswith(b"\n") else lines[:-1]  # the last one may be half written
                yield _in_force(_parse(b"".join(whole)), history)


def _parse(lines: bytes) -> list[Record]:
    """What `parse_lines` gives, in half the time where no line is damaged."""
    try:
        records = orjson.loads(b"[" + lines[:-1].replace(b"\n", b",") + b"]")
    except orjson.JSONDecodeError:
        return parse_lines(lines)
    # Two torn lines can make one record together.
    return records if len(records) == lines.count(b"\n") else parse_lines(lines)


def _in_force(records: list[Record], history: History) -> list[Record]:
    """The records of steps that `history` does not make void. Where none is odd and none can be void, which is nearly
    always so, whole columns tell in a fifth of the time."""
    try:
        steps = [record["step"] for record in records]
        attempts = [record.get("attempt", 0) for record in records]
    except (KeyError, TypeError):  # what is no step, or no object
        return history.in_force(filter(_is_step, records))
    if set(map(type, steps)) == set(map(type, attempts)) == {int}:
        (first, last), earliest = (min(steps), max(steps)), min(attempts)
        is_sound = first >= 0 and last <= _LARGEST_STEP and earliest >= 0
        if is_sound and all(earliest >= rewind.attempt or last <= rewind.from_step for rewind in history.rewinds):
            return records
    return history.in_force(filter(_is_step, records))


def _is_step(record: Any) -> bool:
    if not isinstance(record, dict):
        return False
    attempt, step = record.get("attempt", 0), record.get("step")
    return type(attempt) is int and attempt >= 0 and type(step) is int and 0 <= step <= _LARGEST_STEP


def _numbers(records: list[Record], name: str) -> list[float]:
    """A field of the records; nan where it is no number."""
    values: list[Any] = [record.get(name) for record in records]
    return values if set(map(type, values)) == {float} else list(map(_number, values))


def _number(value: object) -> float:
    if type(value) is float:
        return value
    return float(value) if type(value) is int and abs(value) <= _LARGEST_INT else math.nan
