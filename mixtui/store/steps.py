"""The steps of a run as arrays that grow while it trains, for curves of a million steps."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import FileIO
from typing import Any, TypeGuard

import numpy as np
import orjson
from numpy.typing import NDArray

from mixtui.store.history import History, Record, Rewind
from mixtui.store.jsonl import parse_lines
from mixtui.store.paths import RunPaths
from mixtui.store.run import reading

FloatArray = NDArray[np.float64]

LOOK_BYTES = 16 * 2**20  # some 150,000 steps
# Read at a time: the records of more would take much memory for a moment. A longer line is none of a step.
_BLOCK_BYTES = 256 * 1024
_LARGEST_INT = 2**53  # beyond it not every whole number is a float64
_FIRST_CAPACITY = 1024


@dataclass(frozen=True, eq=False)  # arrays have no single truth value, so == compares identity
class Steps:
    """The steps in force at one moment, in the order they were recorded; what comes later does not change it.

    `step`, `loss` and `lam`: (n,), read-only; nan where a step has no such number.
    """

    step: FloatArray
    loss: FloatArray
    lam: FloatArray
    images_per_second: float  # as the last step recorded it; nan where it did not


class StepSeries:
    """Follows the `steps.jsonl` of the run in `paths`. One thread may look while another uses `steps`."""

    def __init__(self, paths: RunPaths) -> None:
        self._paths = paths
        self._rewinds: tuple[Rewind, ...] = ()
        nothing = np.empty(0)
        self.steps = Steps(nothing, nothing, nothing, math.nan)
        self._is_changed = False  # since `steps` was made
        self.is_behind = False
        self._begin_again(inode=0)

    def look(self, history: History, limit_bytes: int = LOOK_BYTES) -> bool:
        """Read what was appended, at most `limit_bytes` of it rounded up to whole blocks of 256 KiB; leave out what
        `history` says is void.

        True when `steps` changed; `is_behind` tells whether there is more to read. Raises BrokenRunError when the file
        cannot be read.
        """
        self._rewind(history.rewinds)
        self.is_behind = False
        with reading(self._paths):
            for records in self._appended(limit_bytes):
                self._take(records)
        if self._is_changed:
            self.steps = self._snapshot()
            self._is_changed = False
            return True
        return False

    def _begin_again(self, inode: int) -> None:
        self._inode = inode
        self._offset = 0
        self._is_inside_line = False  # one that is too long to be read at once
        self._columns = np.empty((4, _FIRST_CAPACITY))  # attempt, step, loss, lam
        self._count = 0
        self._images_per_second = math.nan
        self._is_changed = len(self.steps.step) > 0

    def _snapshot(self) -> Steps:
        columns = self._columns[1:, : self._count]
        columns.flags.writeable = False
        step, loss, lam = columns
        return Steps(step, loss, lam, self._images_per_second)

    def _rewind(self, rewinds: tuple[Rewind, ...]) -> None:
        known, self._rewinds = self._rewinds, rewinds
        if rewinds[: len(known)] != known:  # another log of events: what was void may not be so now
            self._begin_again(self._inode)
        elif len(rewinds) > len(known):
            rows = self._columns[:, : self._count]
            kept = _in_force(rows, rewinds[len(known) :])
            if not kept.all():  # into new arrays: snapshots show the old ones
                self._columns = rows.compress(kept, axis=1)
                self._count = self._columns.shape[1]
                self._is_changed = True

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

    def _take(self, records: Iterable[Record]) -> None:
        rows = np.array([row for record in records if (row := _row(record))], dtype=np.float64).reshape(-1, 5).T
        rows = rows[:, _in_force(rows, self._rewinds)]
        if rows.size == 0:
            return
        count = self._count + rows.shape[1]
        if count > self._columns.shape[1]:
            grown = np.empty((4, 2 ** math.ceil(math.log2(count))))
            grown[:, : self._count] = self._columns[:, : self._count]
            self._columns = grown
        self._columns[:, self._count : count] = rows[:4]
        self._count = count
        self._images_per_second = float(rows[4, -1])
        self._is_changed = True


def _parse(lines: bytes) -> list[Record]:
    """What `parse_lines` gives, in half the time where no line is damaged."""
    try:
        records = orjson.loads(b"[" + lines[:-1].replace(b"\n", b",") + b"]")
    except orjson.JSONDecodeError:
        return parse_lines(lines)
    # Two torn lines can make one record together.
    return records if len(records) == lines.count(b"\n") else parse_lines(lines)


def _row(record: Any) -> tuple[float, ...] | None:
    """Attempt, step, loss, lam and images per second; None for what is no record of a step."""
    if not isinstance(record, dict):
        return None
    attempt, step = record.get("attempt", 0), record.get("step")
    if not (_is_count(attempt) and _is_count(step)):
        return None
    get = record.get
    return attempt, step, _number(get("loss")), _number(get("lam")), _number(get("images_per_second"))


def _is_count(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 <= value <= _LARGEST_INT


def _number(value: object) -> float:
    if type(value) is float:
        return value
    return float(value) if type(value) is int and abs(value) <= _LARGEST_INT else math.nan


def _in_force(rows: FloatArray, rewinds: Iterable[Rewind]) -> NDArray[np.bool_]:
    """Which of `rows`, (attempt and step first, n), no rewind voids: `History.in_force` for arrays, (n,)."""
    kept = np.ones(rows.shape[1], dtype=bool)
    for rewind in rewinds:
        attempt, from_step = (max(-1, min(number, _LARGEST_INT)) for number in (rewind.attempt, rewind.from_step))
        kept &= ~((rows[0] < attempt) & (rows[1] > from_step))
    return kept
