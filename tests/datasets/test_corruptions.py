"""Images made worse on purpose."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import gaussian_filter1d

from mixtui.datasets.corruptions import CORRUPTIONS, STRENGTHS, corrupt


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    """Twelve smooth coloured images of 24×20 pixels, with some structure at every scale."""
    random = np.random.default_rng(3)
    rough = random.normal(size=(12, 24, 20, 3))
    smooth = gaussian_filter1d(gaussian_filter1d(rough, 1.5, axis=1), 1.5, axis=2)
    return (128 + 70 * smooth / smooth.std()).clip(0, 255).astype(np.uint8)


def damage(images: np.ndarray, corruption: str, strength: int) -> float:
    return float(np.abs(corrupt(images, corruption, strength).astype(float) - images).mean())


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_the_damage_grows_with_the_strength(images: np.ndarray, corruption: str) -> None:
    damages = [damage(images, corruption, strength) for strength in STRENGTHS]
    assert damages[0] > 0
    assert damages == sorted(set(damages))


@given(
    images=st.tuples(st.integers(0, 3), st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3])).flatmap(
        lambda shape: arrays(np.uint8, shape)
    ),
    corruption=st.sampled_from(CORRUPTIONS),
    strength=st.sampled_from(STRENGTHS),
)
@settings(max_examples=50, deadline=None)
def test_any_images_keep_their_shape_and_type(images: np.ndarray, corruption: str, strength: int) -> None:
    before = images.copy()
    corrupted = corrupt(images, corruption, strength)
    assert corrupted.shape == images.shape
    assert corrupted.dtype == np.uint8
    assert (images == before).all()


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_an_image_is_corrupted_alike_in_every_call_and_whatever_comes_after_it(
    images: np.ndarray, corruption: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = corrupt(images, corruption, 3)
    assert (corrupt(images[:5], corruption, 3) == whole[:5]).all()
    monkeypatch.setattr("mixtui.datasets.corruptions._CHUNK_VALUES", 1)
    assert (corrupt(images, corruption, 3) == whole).all()


def test_noise_has_the_published_deviation_and_does_not_wrap_around() -> None:
    grey = np.full((50, 32, 32, 3), 128, np.uint8)
    for strength, deviation in zip(STRENGTHS, (0.04, 0.06, 0.08, 0.09, 0.10), strict=True):
        assert corrupt(grey, "noise", strength).std() == pytest.approx(255 * deviation, rel=0.01)
    assert corrupt(np.full_like(grey, 255), "noise", 5).min() > 100
    assert corrupt(np.zeros_like(grey), "noise", 5).max() < 155


# Of CIFAR-10-C (Hendrycks & Dietterich 2019).
@pytest.mark.parametrize(("strength", "sigma"), [(1, 0.4), (2, 0.6), (3, 0.7), (4, 0.8), (5, 1.0)])
def test_the_blur_is_scipys_with_edges_reflected(images: np.ndarray, strength: int, sigma: float) -> None:
    expected = images.astype(float)
    for axis in (1, 2):
        expected = gaussian_filter1d(expected, sigma, axis=axis, mode="reflect")
    assert np.abs(corrupt(images, "blur", strength) - expected).max() < 0.501


@pytest.mark.parametrize(("strength", "share"), [(1, 0.75), (2, 0.5), (3, 0.4), (4, 0.3), (5, 0.15)])
def test_contrast_shrinks_towards_the_mean_of_each_channel(images: np.ndarray, strength: int, share: float) -> None:
    mean = images.mean(axis=(1, 2), keepdims=True)
    assert np.abs(corrupt(images, "contrast", strength) - (mean + share * (images - mean))).max() < 0.501


@pytest.mark.parametrize("corruption", ["blur", "contrast"])
def test_there_is_nothing_to_blur_or_to_fade_in_a_flat_image(corruption: str) -> None:
    flat = np.full((2, 5, 7, 1), 77, np.uint8)
    assert (corrupt(flat, corruption, 5) == flat).all()
