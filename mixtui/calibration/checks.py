"""Checks of what is scored: logits or probabilities of every class, with their labels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixtui.calibration.bins import BoolArray, IntArray, no_samples, refuse_rows
from mixtui.calibration.chunks import row_chunks
from mixtui.errors import MixtuiError

# Rows of probabilities may miss a sum of one by this much: rounding to float16 moves a sum by up to
# 2^-11 ≈ .0005, four decimals and ten classes by as much, float32 by far less; logits miss it by more.
ROW_SUM_TOLERANCE = 1e-3


def check_logits(logits: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.number], IntArray]:
    """`logits`, (n, classes), as given, and `labels`, (n,), as int64.

    Raises MixtuiError unless there are n ≥ 1 rows of two or more classes, of finite numbers, and a label
    from 0 to classes − 1 for each; a bad value is named by its row and its column, counted from 0.
    """
    return _check_classes("logits", logits, labels)


def check_probs(probs: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.number], IntArray]:
    """`probs`, (n, classes), as given, and `labels`, (n,), as int64.

    Raises MixtuiError as `check_logits` does, and unless every probability is from 0 to 1 and every row
    sums to one within `ROW_SUM_TOLERANCE`.
    """
    values, checked_labels = _check_classes("probs", probs, labels)
    hint = "If these are logits, say so: give them as logits."
    if values.min() < 0 or values.max() > 1:
        raise _bad_value(
            "probs", values, lambda part: (part < 0) | (part > 1), "has a probability outside 0 to 1", hint
        )
    sums = values.sum(axis=1, dtype=np.float64)
    off = np.abs(sums - 1) > ROW_SUM_TOLERANCE
    refuse_rows(off, "probs", f"does not sum to one but to {sums[off.argmax()]:.6g}", hint)
    return values, checked_labels


def _check_classes(name: str, outputs: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.number], IntArray]:
    values, targets = np.asarray(outputs), np.asarray(labels)
    if values.ndim != 2 or targets.shape != values.shape[:1]:
        raise MixtuiError(
            f"{name} has shape {values.shape} and labels has shape {targets.shape}.",
            f"{name} needs shape (samples, classes), labels needs shape (samples,).",
        )
    if len(values) == 0:
        raise no_samples()
    if values.shape[1] < 2:
        raise MixtuiError(f"{name} has a single class.", "Give a column for each class, two for a binary one.")
    if values.dtype.kind not in "fiu":
        raise MixtuiError(f"{name} is of type {values.dtype}.", f"Save {name} as floating-point numbers.")
    if targets.dtype.kind not in "iu":
        raise MixtuiError(f"labels is of type {targets.dtype}.", "Save labels as integers.")
    # The extremes tell nan and infinity without an array of the size of all values.
    if not (_are_finite(values.min()) and _are_finite(values.max())):
        raise _bad_value(name, values, lambda part: ~_are_finite(part), "holds nan or infinity")
    classes = values.shape[1]
    outside = (targets < 0) | (targets >= classes)
    refuse_rows(outside, "labels", f"is {targets[outside.argmax()]}, which is not a class from 0 to {classes - 1}")
    return values, targets.astype(np.int64)


def _are_finite(values: NDArray[np.number] | np.number) -> BoolArray:
    with np.errstate(over="ignore"):  # a longdouble may be beyond float64
        return np.isfinite(values.astype(np.float64))


def _bad_value(
    name: str,
    values: NDArray[np.number],
    is_bad: Callable[[NDArray[np.number]], BoolArray],
    fault: str,
    hint: str = "Correct or remove that row.",
) -> MixtuiError:
    """The error that names the first bad one of `values`, (n, classes), of which there must be one."""
    first = next(rows for rows in row_chunks(*values.shape) if is_bad(values[rows]).any())
    row, column = np.argwhere(is_bad(values[first]))[0]
    return MixtuiError(
        f"{name}: row {first.start + row} (counted from 0) {fault}: {values[first][row, column]} in column {column}.",
        hint,
    )
