"""The L2 calibration error without the part that is noise."""

from __future__ import annotations

import math

import numpy as np

from mixtui.calibration.bins import Bins


def debiased_ece(bins: Bins) -> float:
    """√ max(Σ n_b/N · ((conf_b − acc_b)² − acc_b · (1 − acc_b) / (n_b − 1)), 0) (Kumar et al. 2019, section 5).

    What is subtracted estimates, without bias, what chance adds to the squared gap. Bins with fewer than two samples
    count 0. A root mean square: to be compared with other L2 scores, not with `ece`.
    """
    some = bins.count >= 2
    count, accuracy, gap = bins.count[some], bins.accuracy[some], bins.gap[some]
    noise = accuracy * (1 - accuracy) / (count - 1)
    return math.sqrt(max(float(np.sum(count * (gap**2 - noise))) / bins.n, 0.0))
