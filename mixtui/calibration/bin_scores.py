"""Scores that follow from the bins alone."""

from __future__ import annotations

import numpy as np

from mixtui.calibration.bins import Bins, FloatArray


def accuracy(bins: Bins) -> float:
    """Share of samples whose top label is right."""
    return float(bins.correct.sum() / bins.n)


def mean_confidence(bins: Bins) -> float:
    """Mean top-label confidence."""
    return float(bins.confidence_sum.sum() / bins.n)


def signed_gap(bins: Bins) -> float:
    """Mean confidence minus accuracy: positive when overconfident."""
    return float((bins.confidence_sum.sum() - bins.correct.sum()) / bins.n)


def ece(bins: Bins) -> float:
    """Expected calibration error: Σ n_b/N · |conf_b − acc_b| (Guo et al. 2017)."""
    return float(np.abs(bins.confidence_sum - bins.correct).sum() / bins.n)


def mce(bins: Bins) -> float:
    """Maximum calibration error: the largest |conf_b − acc_b| of a non-empty bin (Guo et al. 2017)."""
    return float(np.nanmax(np.abs(bins.gap)))


def oe(bins: Bins) -> float:
    """Overconfidence error: Σ n_b/N · conf_b · max(conf_b − acc_b, 0) (Thulasidasan et al. 2019)."""
    return _confidence_weighted(bins, np.maximum(bins.gap, 0))


def ue(bins: Bins) -> float:
    """Underconfidence error, `oe` with the sign swapped: Σ n_b/N · conf_b · max(acc_b − conf_b, 0)."""
    return _confidence_weighted(bins, np.maximum(bins.accuracy - bins.confidence, 0))


def _confidence_weighted(bins: Bins, gap: FloatArray) -> float:
    """Σ n_b/N · conf_b · gap_b over the non-empty bins; n_b · conf_b is the bin's sum of confidences."""
    return float(np.nansum(bins.confidence_sum * gap) / bins.n)
