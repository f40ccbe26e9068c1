"""Smooth ECE: a calibration error without bins, and so without a number of bins to choose."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mixtui.calibration.bins import FloatArray, check_top_label

_CELLS = 2**14  # of the grid from 0 to 1: with it the score is exact to 1e-5
_BISECTIONS = 30  # of the interval from 0 to 2: to 2e-9


def smooth_ece(confidence: ArrayLike, correct: ArrayLike) -> float:
    """smECE, the calibration error after kernel smoothing (Błasiok & Nakkiran 2023, arXiv:2309.12236).

    smECE_σ = ∫ |1/n Σ (correct_i − confidence_i) · K_σ(t, confidence_i)| dt over t from 0 to 1, K_σ being the
    Gaussian of standard deviation σ reflected at 0 and at 1, so that no mass leaves the interval: confidences of
    exactly 0 or 1 count in full. It falls as σ rises, and smECE is its value where smECE_σ = σ.

    `confidence`: (n,), top-label confidences; `correct`: (n,), whether the top label was right. Raises MixtuiError
    on input that `check_top_label` refuses.
    """
    confidences, hits = check_top_label(confidence, correct)
    spectrum = _spectrum(_on_grid(confidences, (hits - confidences) / len(hits)))
    low, high = 0.0, 2.0  # no smECE_σ is above 1
    for _ in range(_BISECTIONS):
        sigma = (low + high) / 2
        if _smoothed_error(spectrum, sigma) > sigma:
            low = sigma
        else:
            high = sigma
    return low  # rather than high, so that residuals that cancel out score 0


def _on_grid(position: FloatArray, mass: FloatArray) -> FloatArray:
    """The masses, (n,), moved to the nodes 0, 1/cells, …, 1, (cells + 1,): each is shared between its neighbours."""
    scaled = position * _CELLS
    left = np.minimum(scaled.astype(np.int64), _CELLS - 1)
    to_the_right = mass * (scaled - left)
    nodes: FloatArray = np.bincount(left, weights=mass - to_the_right, minlength=_CELLS + 1).astype(np.float64)
    nodes[1:] += np.bincount(left, weights=to_the_right, minlength=_CELLS)
    return nodes


def _spectrum(nodes: FloatArray) -> FloatArray:
    """Fourier coefficients of the interval and its mirror image, joined to a circle of length 2, (cells + 1,).

    On that circle the reflected kernel is an ordinary convolution. A node and its image coincide at 0 and at 1, so
    the mass there is doubled.
    """
    circle = np.concatenate((nodes, nodes[-2:0:-1]))
    circle[[0, _CELLS]] *= 2
    return np.fft.rfft(circle).real  # real, since the circle is symmetric


def _smoothed_error(spectrum: FloatArray, sigma: float) -> float:
    """smECE_σ of the residuals that have this spectrum."""
    gaussian = np.exp(-((np.pi * sigma * np.arange(_CELLS + 1)) ** 2) / 2)
    return float(np.abs(np.fft.irfft(spectrum * gaussian)).sum() / 2)  # half the circle
