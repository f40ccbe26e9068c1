"""From logits to probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mixtui.calibration.bins import FloatArray


def softmax(logits: ArrayLike) -> FloatArray:
    """Softmax over the last axis, in float64, without overflow.

    `logits`: (…, classes), finite; the result is of the same shape.
    """
    values = np.asarray(logits, dtype=np.float64)
    with np.errstate(over="ignore"):  # what is too far below the top for a float is -inf
        exps: FloatArray = np.exp(values - values.max(axis=-1, keepdims=True))
    exps /= exps.sum(axis=-1, keepdims=True)
    return exps
