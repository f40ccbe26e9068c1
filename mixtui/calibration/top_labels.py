"""What calibration is measured of: the confidence of each top label, and whether it was right."""

from __future__ import annotations

from dataclasses import dataclass

from mixtui.calibration.bins import FINE_BINS, Bins, BoolArray, FloatArray, equal_mass, equal_width


@dataclass(frozen=True, eq=False)  # see Bins
class TopLabels:
    """Confidences of the top labels of n samples, (n,), from 0 to 1, and whether each was right, (n,)."""

    confidence: FloatArray
    correct: BoolArray

    def bins(self, m: int, *, of_equal_mass: bool = False) -> Bins:
        """`m` bins of equal width, or about `m` of equal mass."""
        return (equal_mass if of_equal_mass else equal_width)(self.confidence, self.correct, m)

    def fine_bins(self, m: int) -> Bins:
        """Bins of equal width, `FINE_BINS` or somewhat more, that can be merged into `m`."""
        return self.bins(m * -(-FINE_BINS // m))
