"""The noise floor: the ECE that the same confidences would score if they were perfectly calibrated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixtui.calibration.bins import Bins, FloatArray

RESAMPLES = 1000
# From this variance of a number of right answers on, a normal one does as well, and takes a tenth of the time.
NORMAL_FROM = 10.0


@dataclass(frozen=True)
class Floor:
    """Mean and central 95 % range of the ECE that chance alone gives a calibrated model."""

    mean: float
    low: float
    high: float


def noise_floor(fine: Bins, m: int) -> Floor:
    """The floor of the ECE of `fine` merged into `m` bins; the time does not grow with the number of samples.

    In each of `RESAMPLES` redraws, every fine bin gets Binomial(n_b, conf_b) right answers, or where a shown bin
    varies by many, that gets a normal number of the same mean and variance: the consistency resampling of Bröcker &
    Smith (2007), but that the confidences are kept. The redraws are the same at every call. Raises MixtuiError where
    `merged` does.
    """
    return floor_of(redraw_calibrated(fine, m, np.random.default_rng(0)))


def merged(fine: Bins, m: int) -> Bins:
    """The `m` bins that are shown: `fine` itself where it has `m`, of any widths, else `fine.coarsen(m)`.

    Raises MixtuiError where these bins cannot be merged into `m`.
    """
    return fine if m == fine.m else fine.coarsen(m)


def redraw_calibrated(fine: Bins, m: int, rng: np.random.Generator) -> FloatArray:
    """Σ (confidence − correct) / n of each non-empty shown bin in each redraw, (non-empty bins, RESAMPLES).

    Raises MixtuiError where `merged` does.
    """
    shown = merged(fine, m)
    filled = np.flatnonzero(fine.count)
    count, chance = fine.count[filled], np.clip(fine.confidence[filled], 0, 1)  # a sum may pass its count by rounding
    _, first = np.unique(filled // (fine.m // shown.m), return_index=True)
    variance = np.add.reduceat(count * chance * (1 - chance), first)
    excess = np.sqrt(variance)[:, np.newaxis] * rng.standard_normal((len(first), RESAMPLES))
    bounds = np.append(first, len(filled))
    for index in np.flatnonzero(variance < NORMAL_FROM):
        part = slice(bounds[index], bounds[index + 1])
        right = rng.binomial(count[part, np.newaxis], chance[part, np.newaxis], (len(count[part]), RESAMPLES))
        excess[index] = count[part] @ chance[part] - right.sum(axis=0)
    return excess / fine.n


def floor_of(calibrated: FloatArray) -> Floor:
    """The floor that `calibrated`, (non-empty bins, redraws), gives, which is the result of `redraw_calibrated`."""
    eces = np.abs(calibrated).sum(axis=0)
    low, high = np.quantile(eces, (0.025, 0.975))
    return Floor(float(eces.mean()), float(low), float(high))
