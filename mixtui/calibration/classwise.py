"""Calibration of each class: is the probability given to class k how often the label is k?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixtui.calibration.bins import Bins, FloatArray, IntArray, equal_width_edges, equal_width_index


@dataclass(frozen=True, eq=False)  # see Bins
class ClasswiseBins:
    """One-vs-rest reliability bins of every class: n samples, each in one of M bins of every class.

    `edges`: (M + 1,); `count`: (classes, M), samples whose probability of the class lies in the bin;
    `probability_sum`: (classes, M), the sum of these probabilities; `of_class`: (classes, M), how many of these
    samples have the class as their label.
    """

    edges: FloatArray
    count: IntArray
    probability_sum: FloatArray
    of_class: IntArray

    @property
    def ece(self) -> FloatArray:
        """ECE of each class over all n samples, (classes,); classwise ECE is their mean (Kull et al. 2019)."""
        ece: FloatArray = np.abs(self.probability_sum - self.of_class).sum(axis=1) / self.count[0].sum()
        return ece

    @property
    def worst_first(self) -> IntArray:
        """The classes by falling ECE, (classes,); of equal ones the first comes first."""
        return np.argsort(-self.ece, kind="stable")

    def of(self, k: int) -> Bins:
        """Bins for the reliability diagram of class `k`: its probability as confidence, "the label is k" as correct."""
        return Bins(self.edges, self.count[k], self.probability_sum[k], self.of_class[k])


class ClasswiseSums:
    """Sums up ClasswiseBins of `m` equal-width bins from chunks of samples, so that memory does not grow with n."""

    def __init__(self, classes: int, m: int) -> None:
        self._edges = equal_width_edges(m)
        self._shape = (classes, m)
        self._count = np.zeros(classes * m, dtype=np.int64)
        self._probability_sum = np.zeros(classes * m)
        self._of_class = np.zeros(classes * m, dtype=np.int64)

    def add(self, probs: FloatArray, labels: IntArray) -> None:
        """Add samples: `probs`, (samples, classes), and `labels`, (samples,), both checked."""
        classes, m = self._shape
        index = equal_width_index(probs, self._edges)
        index += m * np.arange(classes)
        in_memory = index.ravel("K")  # in whichever order `probs` lies in memory: so nothing is copied
        self._count += np.bincount(in_memory, minlength=classes * m)
        self._probability_sum += np.bincount(in_memory, weights=probs.ravel("K"), minlength=classes * m)
        self._of_class += np.bincount(index[np.arange(len(labels)), labels], minlength=classes * m)

    def bins(self) -> ClasswiseBins:
        """The bins of all samples added."""
        return ClasswiseBins(
            edges=self._edges,
            count=self._count.reshape(self._shape),
            probability_sum=self._probability_sum.reshape(self._shape),
            of_class=self._of_class.reshape(self._shape),
        )
