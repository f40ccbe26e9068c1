"""The usual augmentation of small images: a random crop from a padded image, and a random flip."""

from __future__ import annotations

import numpy as np

from mixtui.training.streams import Stream, generator

PADDING = 4  # black pixels on each side


def crop_and_flip(images: np.ndarray, seed: int, epoch: int, step: int) -> np.ndarray:
    """`images`, uint8 (n, H, W, C), each shifted by up to PADDING pixels and mirrored half of the time: a new array.

    The usual augmentation of CIFAR-10 (He et al. 2016, section 4.2).
    """
    n, height, width, _ = images.shape
    random = generator(seed, Stream.AUGMENTATION, epoch, step)
    top, left = random.integers(2 * PADDING + 1, size=(2, n, 1))
    columns = left + np.arange(width)
    columns = np.where(random.random((n, 1)) < 0.5, columns, columns[:, ::-1])
    padded = np.pad(images, ((0, 0), (PADDING, PADDING), (PADDING, PADDING), (0, 0)))
    rows = top + np.arange(height)
    return padded[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]]
