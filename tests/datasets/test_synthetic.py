"""The synthetic data set: the same everywhere, and its truth is true."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from mixtui.datasets import synthetic
from mixtui.datasets.arrays import ImageData
from mixtui.errors import MixtuiError


@pytest.fixture(scope="module")
def data() -> ImageData:
    return synthetic.make()


@pytest.fixture(scope="module")
def truth() -> NDArray[np.float64]:
    return synthetic.posterior_of_test()[0]


def test_it_is_the_pinned_one_to_the_last_bit(data: ImageData) -> None:
    assert data.key == synthetic.KEY == "d8811c2300f67e8c60c73fc2c4cc2ca941f020635f6f8710771f9e69c7a9fc75"


def test_another_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthetic, "_SEED", synthetic._SEED + 1)
    with pytest.raises(MixtuiError, match="another synthetic data set"):
        synthetic.make()


def test_shape_and_range(data: ImageData) -> None:
    assert data.train.images.shape == (10_000, 32, 32, 3)
    assert data.test.images.shape == (2_000, 32, 32, 3)
    assert len(data.classes) == 10
    assert data.mean == pytest.approx((128, 128, 128), abs=1)
    clipped = (data.train.images == 0) | (data.train.images == 255)
    assert clipped.mean() < 1e-3


def test_every_rounded_table_entry_is_far_from_a_half() -> None:
    """Else another mathematics library could round it the other way."""
    deviation = synthetic.NormalDist(sigma=synthetic._NOISE * synthetic._UNIT)
    normal = np.array([deviation.inv_cdf((i + 0.5) / 256) for i in range(256)])
    cosine = 4096 * np.cos(2 * np.pi * np.arange(32) / 32)
    for table in (normal, cosine):
        assert np.abs(np.abs(table - np.floor(table)) - 0.5).min() > 1e-6


def test_the_truth_is_a_posterior_that_its_labels_follow(data: ImageData, truth: NDArray[np.float64]) -> None:
    assert truth.shape == (2_000, 10)
    np.testing.assert_allclose(truth.sum(axis=1), 1)
    assert truth.max(axis=1).min() >= 0.55
    assert truth.max(axis=1).max() <= 0.98
    bayes_accuracy = (truth.argmax(axis=1) == data.test.labels).mean()
    assert bayes_accuracy == pytest.approx(truth.max(axis=1).mean(), abs=4 * 0.0095)  # four standard errors
    # Above and below the middle apart: the probability rises with the contrast as it says.
    sure = truth.max(axis=1) > 0.765
    for group in (sure, ~sure):
        right = (truth.argmax(axis=1) == data.test.labels)[group].mean()
        assert right == pytest.approx(truth.max(axis=1)[group].mean(), abs=0.06)


def test_contrast_shows_in_the_pixels(data: ImageData, truth: NDArray[np.float64]) -> None:
    spread = data.test.images.std(axis=(1, 2, 3))
    assert np.corrcoef(spread, truth.max(axis=1))[0, 1] > 0.95


def test_the_labels_of_the_truth_are_those_of_the_images(data: ImageData) -> None:
    np.testing.assert_array_equal(synthetic.posterior_of_test()[1], data.test.labels)


@given(st.lists(st.integers(0, 2), min_size=1, max_size=8), st.lists(st.integers(0, 2), min_size=8, max_size=8))
def test_total_variation_of_certain_rows_counts_the_disagreements(left: list[int], right: list[int]) -> None:
    probs, truth = np.eye(3)[left], np.eye(3)[right[: len(left)]]
    differing = sum(a != b for a, b in zip(left, right, strict=False))
    assert synthetic.mean_total_variation(probs, truth) == pytest.approx(differing / len(left))
