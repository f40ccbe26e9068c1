"""Predictions made anywhere: read from a .npz or .csv file, and evaluated."""

from __future__ import annotations

import csv
import hashlib
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mixtui.calibration.bins import DEFAULT_M, IntArray, no_samples
from mixtui.calibration.checks import check_logits, check_probs
from mixtui.calibration.scores import (
    Evaluation,
    score_logits,
    score_probs,
    score_top_label,
)
from mixtui.errors import MixtuiError
from mixtui.wording import plural

_NPZ_HINT = "Write it with numpy.savez(path, logits=…, labels=…), or probs=… in place of logits."
_CSV_COLUMNS = ("true_label", "pred_label", "confidence")
_CSV_HINT = f"The first line names the columns, separated by commas: {','.join(_CSV_COLUMNS)}."


@dataclass(frozen=True, eq=False)  # arrays have no single truth value, so == compares identity
class Predictions:
    """Checked predictions of n samples.

    For the kinds "logits" and "probs", `outputs` is (n, classes) and `targets` is (n,), the labels. For
    "top-label", `outputs` is (n,), the top label's confidence, and `targets` is (n,), 1 where it was right
    and 0 elsewhere; only then is `label_digest` kept, of the labels as text, to tell the samples by.
    """

    kind: Literal["logits", "probs", "top-label"]
    outputs: NDArray[np.number]
    targets: IntArray
    label_digest: bytes | None = None


def load(path: str | Path) -> Predictions:
    """Read and check a file of predictions.

    `.npz`: `labels` and exactly one of `logits` and `probs` (which of the two is never guessed from the
    values); other arrays are ignored. `.csv`: a header with `true_label`, `pred_label` and `confidence`, in
    any order; other columns are ignored. Labels in a .csv are text, compared without surrounding blanks, so
    `3` and `3.0` differ.

    Raises MixtuiError naming the file and what is wrong: in a .npz by the row, counted from 0, in a .csv by
    the line, counted from 1, and the column.
    """
    path = Path(path)
    try:
        return _load(path)
    except FileNotFoundError as error:
        raise MixtuiError(f"{path} does not exist.", "Check the path of the file of predictions.") from error
    except OSError as error:
        raise MixtuiError(f"{path} cannot be read: {error.strerror}.", "Check its permissions.") from error
    except MixtuiError as error:
        raise MixtuiError(f"{path}: {error.message}", error.hint) from error


def evaluate(predictions: Predictions, m: int = DEFAULT_M) -> Evaluation:
    """Score `predictions` with `m` bins; raises MixtuiError if `m` is not from 1 to `MOST_BINS`."""
    match predictions.kind:
        case "logits":
            return score_logits(predictions.outputs, predictions.targets, m)
        case "probs":
            return score_probs(predictions.outputs, predictions.targets, m)
        case "top-label":
            return score_top_label(predictions.outputs, predictions.targets, m)


def have_same_labels(first: Predictions, second: Predictions) -> bool:
    """Whether both are predictions of the same labels in the same order, and so, it seems, of the same samples."""
    return len(first.targets) == len(second.targets) and _label_digest(first) == _label_digest(second)


def _label_digest(predictions: Predictions) -> bytes:
    return predictions.label_digest or _digest(map(str, predictions.targets.tolist()))


def _digest(labels: Iterable[str]) -> bytes:
    return hashlib.blake2b("\n".join(labels).encode(), digest_size=16).digest()


def _load(path: Path) -> Predictions:
    if path.is_dir():
        raise MixtuiError("This is a directory.", "Give a .npz or .csv file.")
    match path.suffix.lower():
        case ".npz":
            return _load_npz(path)
        case ".csv":
            return _load_csv(path)
    raise MixtuiError("The name ends neither in .npz nor in .csv.", "Give a file of one of the two formats.")


def _load_npz(path: Path) -> Predictions:
    with path.open("rb") as file:
        if not zipfile.is_zipfile(file):
            raise MixtuiError("This is not a .npz file, or it was cut short.", _NPZ_HINT)
        file.seek(0)
        try:
            with np.load(file, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in ("logits", "probs", "labels") if name in archive}
        except Exception as error:  # damaged bytes make zipfile, zlib and NumPy raise nearly anything
            why = " ".join(str(error).split())  # NumPy's messages can be several lines
            raise MixtuiError(f"Its arrays cannot be read ({why}).", _NPZ_HINT) from error
    if "labels" not in arrays:
        raise MixtuiError("There is no array labels.", _NPZ_HINT)
    if "logits" in arrays and "probs" in arrays:
        raise MixtuiError("It has both logits and probs.", "Keep the one that is to be scored.")
    if "logits" in arrays:
        return Predictions("logits", *check_logits(arrays["logits"], arrays["labels"]))
    if "probs" in arrays:
        return Predictions("probs", *check_probs(arrays["probs"], arrays["labels"]))
    raise MixtuiError("There is neither an array logits nor an array probs.", _NPZ_HINT)


def _load_csv(path: Path) -> Predictions:
    true_labels: list[str] = []
    confidence: list[float] = []
    correct: list[bool] = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file, strict=True)
        try:
            names = _read_header(next(lines, []))
            true_at, pred_at, confidence_at = (names.index(column) for column in _CSV_COLUMNS)
            for row in lines:
                if not row:
                    continue
                if len(row) != len(names):
                    raise _csv_error(lines.line_num, _wrong_width(len(row), names))
                true_label, pred_label = row[true_at].strip(), row[pred_at].strip()
                if not true_label or not pred_label:
                    column = "pred_label" if true_label else "true_label"
                    raise _csv_error(lines.line_num, f"has nothing in column {column}")
                confidence.append(_confidence(row[confidence_at], lines.line_num))
                correct.append(true_label == pred_label)
                true_labels.append(true_label)
        except csv.Error as error:
            raise _csv_error(lines.line_num, f"cannot be read ({error})") from error
        except UnicodeDecodeError as error:
            raise MixtuiError("It is not UTF-8 text.", "Save it as UTF-8, with commas.") from error
    if not confidence:
        raise no_samples()
    hits = np.array(correct, dtype=np.int64)
    return Predictions("top-label", np.array(confidence), hits, _digest(true_labels))


def _read_header(header: list[str]) -> list[str]:
    """The names of the columns, true_label, pred_label and confidence each once among them."""
    if not header:
        raise MixtuiError("The file is empty, or its first line is.", _CSV_HINT)
    names = [name.strip() for name in header]
    for column in _CSV_COLUMNS:
        if names.count(column) != 1:
            times = "no column" if column not in names else "more than one column"
            raise MixtuiError(f"The header, line 1, has {times} {column}.", _CSV_HINT)
    return names


def _wrong_width(width: int, names: list[str]) -> str:
    missing = f": column {names[width]} is missing" if width < len(names) else ""
    return f"has {plural(width, 'field')}, the header has {len(names)}{missing}"


def _confidence(text: str, line: int) -> float:
    try:
        value = float(text)
    except ValueError:
        raise _csv_error(line, f"has {text[:40]!r} in column confidence, not a number") from None
    if not 0 <= value <= 1:  # nan too
        raise _csv_error(line, f"has {text[:40]!r} in column confidence, not from 0 to 1")
    return value


def _csv_error(line: int, fault: str) -> MixtuiError:
    return MixtuiError(f"Line {line} {fault}.", "Correct or remove that line.")
