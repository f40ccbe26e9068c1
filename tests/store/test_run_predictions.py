"""The predictions after the last epoch, as a run saved them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtui.store.paths import RunPaths
from mixtui.store.run import BrokenRunError
from mixtui.store.run_predictions import read_predictions


def test_no_predictions_yet(paths: RunPaths) -> None:
    assert read_predictions(paths) is None


def test_logits_and_labels(paths: RunPaths) -> None:
    logits = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    labels = np.array([0, 2, 1, 1])
    np.savez(paths.predictions, logits=logits, labels=labels, ids=np.arange(4))
    predictions = read_predictions(paths)
    assert predictions is not None
    np.testing.assert_array_equal(predictions.outputs, logits)
    np.testing.assert_array_equal(predictions.targets, labels)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"logits": np.zeros((2, 3))}, "labels"),
        ({"logits": np.zeros((2, 3)), "labels": np.array([0, 3])}, "labels"),
        ({"logits": np.full((2, 3), np.nan), "labels": np.array([0, 1])}, "logits"),
        ({"probs": np.full((2, 2), 0.5), "labels": np.array([0, 1])}, "probs, not logits"),
    ],
)
def test_predictions_that_are_none(paths: RunPaths, arrays: dict[str, Any], words: str) -> None:
    np.savez(paths.predictions, **arrays)
    with pytest.raises(BrokenRunError, match=words) as caught:
        read_predictions(paths)
    assert caught.value.run_id == paths.id


@settings(max_examples=50)
@given(st.binary(max_size=200))
def test_predictions_of_any_bytes(scratch: RunPaths, data: bytes) -> None:
    scratch.predictions.write_bytes(data)
    with pytest.raises(BrokenRunError, match=r"not a \.npz file"):
        read_predictions(scratch)
