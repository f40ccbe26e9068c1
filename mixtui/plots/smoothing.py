"""Smoothing a curve."""

import numpy as np

from mixtui.calibration.bins import FloatArray, RealArray

_BLOCK = 64
_UNBIASED_AFTER = 4096  # values, after which factor^k is below rounding, up to a factor of .99


def ema(y: RealArray, factor: float) -> FloatArray:
    """Debiased exponential moving average of `y`, (n,), with `factor` in [0, 1).

    m ← factor·m + (1 − factor)·y, from m = 0, divided by 1 − factor^k after k values (the bias correction of Adam,
    Kingma and Ba 2015, section 3). A value that is not finite gives NaN there; the average goes on after it.
    """
    values = np.asarray(y, dtype=np.float64)
    finite = np.isfinite(values)
    if not finite.all():
        smooth = np.full(len(values), np.nan)
        smooth[finite] = ema(values[finite], factor)
        return smooth
    # By blocks, as a product with a matrix: scipy.signal.lfilter is as fast, but takes most of a second to import.
    n = len(values)
    blocks = np.pad(values, (0, -n % _BLOCK)).reshape(-1, _BLOCK)
    age = np.subtract.outer(np.arange(_BLOCK), np.arange(_BLOCK))
    weights = np.where(age >= 0, (1 - factor) * float(factor) ** np.maximum(age, 0), 0.0)
    averages = blocks @ weights.T  # as if each block were the first
    decay = float(factor) ** np.arange(1, _BLOCK + 1)
    carried, carry = np.empty(len(blocks)), 0.0
    for index, last in enumerate(averages[:, -1].tolist()):
        carried[index] = carry
        carry = last + decay[-1] * carry
    averages += np.outer(carried, decay)
    result: FloatArray = averages.ravel()[:n]
    with np.errstate(over="ignore", under="ignore"):
        bias = 1 - float(factor) ** np.arange(1, min(n, _UNBIASED_AFTER) + 1)
        result[: len(bias)] /= bias
    return result
