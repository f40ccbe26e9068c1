"""Random crops and flips."""

from __future__ import annotations

import numpy as np
import pytest

from mixtui.training.augment import PADDING, crop_and_flip

Variant = tuple[int, int, bool]


def random_images(n: int, height: int = 8, width: int = 8, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(1, 256, size=(n, height, width, channels)).astype(np.uint8)


def variants(image: np.ndarray) -> dict[bytes, Variant]:
    """Every crop of the padded image, plain and mirrored, by its pixels."""
    height, width, channels = image.shape
    padded = np.zeros((height + 2 * PADDING, width + 2 * PADDING, channels), np.uint8)
    padded[PADDING:-PADDING, PADDING:-PADDING] = image
    found = {}
    for top in range(2 * PADDING + 1):
        for left in range(2 * PADDING + 1):
            crop = padded[top : top + height, left : left + width]
            found[crop.tobytes()] = (top, left, False)
            found[np.fliplr(crop).tobytes()] = (top, left, True)
    return found


@pytest.fixture(scope="module")
def drawn() -> list[Variant]:
    """What became of one image in a thousand places of a batch."""
    known = variants(random_images(1)[0])
    images = crop_and_flip(np.repeat(random_images(1), 1000, axis=0), seed=0, epoch=0, step=0)
    return [known[image.tobytes()] for image in images]  # a KeyError here is no crop at all


def test_every_shift_occurs_about_equally_often(drawn: list[Variant]) -> None:
    for axis in (0, 1):
        counts = np.bincount([variant[axis] for variant in drawn])
        assert len(counts) == 2 * PADDING + 1
        assert counts.min() > 70  # of 111 expected
    assert any(variant == (PADDING, PADDING, False) for variant in drawn)  # unchanged


def test_about_half_are_mirrored(drawn: list[Variant]) -> None:
    assert 430 < sum(mirrored for _, _, mirrored in drawn) < 570


@pytest.mark.parametrize("shape", [(5, 8, 8, 3), (1, 8, 8, 1), (4, 6, 11, 3), (3, 2, 2, 4)])
def test_every_image_becomes_a_crop_of_its_own(shape: tuple[int, int, int, int]) -> None:
    images = random_images(*shape)
    before = images.copy()
    images.flags.writeable = False
    augmented = crop_and_flip(images, seed=1, epoch=2, step=3)
    assert augmented.shape == shape
    assert augmented.dtype == np.uint8
    assert augmented.flags.c_contiguous
    assert augmented.flags.writeable
    assert np.array_equal(images, before)
    for image, result in zip(images, augmented, strict=True):
        assert result.tobytes() in variants(image)


def test_depends_on_seed_epoch_and_step_alone() -> None:
    images = random_images(20)
    places = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]
    results = [crop_and_flip(images, *place).tobytes() for place in places]
    assert results == [crop_and_flip(images, *place).tobytes() for place in places]
    assert len(set(results)) == len(places)
