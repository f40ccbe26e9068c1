"""The curves of runs as long tables, for whatever plots and analyses them: a row for each epoch, or for each step."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

import orjson

from mixtui.store.metrics import METRICS
from mixtui.store.run import Run
from mixtui.store.steps import step_records

Value = str | int | float | None
Row = tuple[Value, ...]

_RUN = ("id", "alpha", "seed", "dataset", "model")
_OF_EPOCH = ("train_loss", "train_accuracy_mixed", "lr", "seconds", "images_per_second")
_OF_STEP = ("loss", "lam", "lr", "images_per_second")
_SPLITS = {"test": "metrics", "train": "train_metrics"}


@dataclass(frozen=True)
class Curves:
    """A kind of table: its columns after those that name the run, and what stands in them for a run, in order."""

    columns: tuple[str, ...]
    rows: Callable[[Run], Iterator[Row]]


def _epochs(run: Run) -> Iterator[Row]:
    """Of each epoch a row for the test split and one for the clean training images; what belongs to the epoch as a
    whole stands in both."""
    for record in run.history.epochs:
        of_epoch = [_figure(record.get(name)) for name in _OF_EPOCH]
        for split, key in _SPLITS.items():
            scores = [_figure(record[key].get(name)) for name in METRICS]
            yield record["epoch"], record["step"], split, *scores, *of_epoch


def _steps(run: Run) -> Iterator[Row]:
    """Raises BrokenRunError when the steps cannot be read."""
    per_epoch = (run.history.data or {}).get("steps_per_epoch", 0)
    for records in step_records(run.paths, run.history):
        for record in records:
            step = record["step"]
            epoch = (step - 1) // per_epoch + 1 if per_epoch > 0 else None
            yield epoch, step, *[_figure(record.get(name)) for name in _OF_STEP]


CURVES = {
    "epoch": Curves(("epoch", "step", "split", *METRICS, *_OF_EPOCH), _epochs),
    "step": Curves(("epoch", "step", *_OF_STEP), _steps),
}


class Table(Protocol):
    """A table that is written row by row, in UTF-8. Raises OSError as the file system does."""

    def add(self, run: Run) -> None:
        """The rows of a run. Raises BrokenRunError when what they are made of cannot be read."""

    def end(self) -> None: ...


class CsvTable:
    """Comma-separated, with a heading; a value that there is none of is empty."""

    def __init__(self, file: BinaryIO, curves: Curves) -> None:
        self._file, self._curves = file, curves
        file.write(_csv_line((*_RUN, *curves.columns)) + b"\n")

    def add(self, run: Run) -> None:
        beginning = _csv_line(_about(run)) + b","
        for row in self._curves.rows(run):
            # As JSON in half the time of the csv module: of numbers, none and a split's name it is CSV but for null.
            self._file.write(beginning + orjson.dumps(row)[1:-1].replace(b"null", b"") + b"\n")

    def end(self) -> None:
        pass


class JsonTable:
    """An array with an object for each row, all with the same keys, each on a line of its own; `null` for none."""

    def __init__(self, file: BinaryIO, curves: Curves) -> None:
        self._file, self._curves = file, curves
        self._separator = b"[\n"

    def add(self, run: Run) -> None:
        columns = self._curves.columns
        beginning = orjson.dumps(dict(zip(_RUN, _about(run), strict=True)))[:-1] + b","
        for row in self._curves.rows(run):
            rest = orjson.dumps(dict(zip(columns, row, strict=True)))[1:]
            self._file.write(self._separator + beginning + rest)
            self._separator = b",\n"

    def end(self) -> None:
        self._file.write(b"[]\n" if self._separator == b"[\n" else b"\n]\n")


FORMATS: dict[str, Callable[[BinaryIO, Curves], Table]] = {"csv": CsvTable, "json": JsonTable}


def _about(run: Run) -> Row:
    config = run.config
    return _text(run.id), config.alpha, config.seed, _text(config.dataset), _text(config.model)


def _csv_line(values: Row) -> bytes:
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="").writerow(values)
    return line.getvalue().encode()


def _text(text: str) -> str:
    """A path that is no UTF-8 has lone surrogates in it, which no file in UTF-8 holds."""
    return text.encode(errors="backslashreplace").decode()


def _figure(value: object) -> int | float | None:
    """None for what is no number, or not a finite one."""
    if type(value) is float:
        return value if math.isfinite(value) else None
    return value if type(value) is int else None
