"""The top labels of logits."""

from __future__ import annotations

import numpy as np

from mixtui.calibration.scores import score_logits
from mixtui.calibration.top_labels import TopLabels


def test_they_are_those_that_are_scored_in_however_many_chunks() -> None:
    rng = np.random.default_rng(0)
    logits, labels = 5 * rng.standard_normal((30_000, 20)).astype(np.float32), rng.integers(0, 20, 30_000)
    found, scored = TopLabels.of_logits(logits, labels), score_logits(logits, labels).top_labels
    np.testing.assert_allclose(found.confidence, scored.confidence, rtol=1e-12)
    np.testing.assert_array_equal(found.correct, scored.correct)


def test_no_confidence_is_above_1() -> None:
    logits = np.concatenate([np.full((1000, 1), 40.0), np.random.default_rng(0).normal(size=(1000, 9))], axis=1)
    assert TopLabels.of_logits(logits, np.zeros(1000, dtype=np.int64)).confidence.max() <= 1
