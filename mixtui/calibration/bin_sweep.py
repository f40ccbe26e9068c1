"""ECE against the number of bins: how much of a score is the choice of M."""

from __future__ import annotations

from collections.abc import Iterable

from mixtui.calibration.bin_scores import ece
from mixtui.calibration.bins import EXACT_M, Bins
from mixtui.calibration.noise_floor import Floor, noise_floor


def ece_by_m(fine: Bins, ms: Iterable[int] = EXACT_M) -> dict[int, float]:
    """ECE for each M in `ms` from fine equal-width bins. Raises MixtuiError on an M that `fine.coarsen` refuses."""
    return {m: ece(fine.coarsen(m)) for m in ms}


def floor_by_m(fine: Bins, ms: Iterable[int] = EXACT_M) -> dict[int, Floor]:
    """The noise floor of each ECE that `ece_by_m` gives. Raises MixtuiError as that does."""
    return {m: noise_floor(fine, m) for m in ms}
