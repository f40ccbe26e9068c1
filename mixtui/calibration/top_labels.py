"""What calibration is measured of: the confidence of each top label, and whether it was right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixtui.calibration.bins import FINE_BINS, Bins, BoolArray, FloatArray, IntArray, equal_mass, equal_width
from mixtui.calibration.chunks import row_chunks
from mixtui.calibration.softmax import softmax


@dataclass(frozen=True, eq=False)  # see Bins
class TopLabels:
    """Confidences of the top labels of n samples, (n,), from 0 to 1, and whether each was right, (n,)."""

    confidence: FloatArray
    correct: BoolArray

    @staticmethod
    def of_logits(logits: NDArray[np.number], labels: IntArray) -> TopLabels:
        """Those of checked `logits`, (n, classes), with their `labels`, (n,)."""
        confidence, correct = np.empty(len(labels)), np.empty(len(labels), dtype=np.bool_)
        for rows in row_chunks(*logits.shape):
            confidence[rows], correct[rows] = top_label(softmax(logits[rows]), labels[rows])
        return TopLabels(confidence, correct)

    def bins(self, m: int, *, of_equal_mass: bool = False) -> Bins:
        """`m` bins of equal width, or about `m` of equal mass."""
        return (equal_mass if of_equal_mass else equal_width)(self.confidence, self.correct, m)

    def fine_bins(self, m: int) -> Bins:
        """Bins of equal width, `FINE_BINS` or somewhat more, that can be merged into `m`."""
        return self.bins(m * -(-FINE_BINS // m))


def top_label(probs: FloatArray, labels: IntArray) -> tuple[FloatArray, BoolArray]:
    """Highest probability of each row of `probs`, (n, classes), and whether its class is the label.

    Both results are (n,). Of classes that tie for the highest probability, the first counts as predicted.
    """
    predicted = probs.argmax(axis=1)
    return probs[np.arange(len(probs)), predicted], predicted == labels
