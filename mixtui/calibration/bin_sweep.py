"""ECE against the number of bins: how much of a score is the choice of M."""

from __future__ import annotations

from mixtui.calibration.bin_scores import ece
from mixtui.calibration.bins import EXACT_M, Bins
from mixtui.calibration.noise_floor import Floor, noise_floor


def ece_by_m(fine: Bins) -> dict[int, float]:
    """ECE for each M in `EXACT_M` from fine equal-width bins. Raises MixtuiError where `fine.coarsen` does."""
    return {m: ece(fine.coarsen(m)) for m in EXACT_M}


def floor_by_m(fine: Bins) -> dict[int, Floor]:
    """The noise floor of each ECE that `ece_by_m` gives. Raises MixtuiError as that does."""
    return {m: noise_floor(fine, m) for m in EXACT_M}
