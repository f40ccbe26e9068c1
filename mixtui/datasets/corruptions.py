"""Images made worse on purpose: Gaussian noise, Gaussian blur and low contrast, each at five strengths.

The strengths are those of CIFAR-10-C (Hendrycks & Dietterich 2019, `make_cifar_c.py`), whatever the size of the images.
These are no copies of its images: noise is drawn anew, pixels are rounded where there they are cut off, and the blur
reflects the image at its edges.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.uint8]
_Pixels = NDArray[np.float32]

STRENGTHS = (1, 2, 3, 4, 5)

_SEED = 5
_CHUNK_VALUES = 2**20  # pixels × channels worked on at a time: 4 MB for each temporary array
_TRUNCATE = 4.0  # standard deviations of the blur beyond which its kernel is cut off, as in SciPy


def corrupt(images: Images, corruption: str, strength: int) -> Images:
    """`images`, (n, H, W, C), under one of CORRUPTIONS at a strength from 1 to 5.

    Every call gives the same result, and an image the same one whatever comes after it.
    """
    act, levels = _CORRUPTIONS[corruption]
    level = levels[strength - 1]
    random = np.random.Generator(np.random.Philox(_SEED))  # the same draws at every strength
    corrupted = np.empty(images.shape, np.uint8)
    for rows in _row_chunks(images):
        pixels = act(images[rows].astype(np.float32), level, random)
        corrupted[rows] = np.rint(pixels.clip(0, 255, out=pixels), out=pixels)
    return corrupted


def _add_noise(pixels: _Pixels, deviation: float, random: np.random.Generator) -> _Pixels:
    """`deviation` is the noise's, in units of 255."""
    pixels += random.standard_normal(pixels.shape, dtype=np.float32) * np.float32(255 * deviation)
    return pixels


def _blur(pixels: _Pixels, sigma: float, _random: np.random.Generator) -> _Pixels:
    """`sigma` in pixels. Sums of shifted images, whose order is fixed, give the same last bit on every machine."""
    radius = int(_TRUNCATE * sigma + 0.5)
    weights = np.array([math.exp(-0.5 * (i / sigma) ** 2) for i in range(-radius, radius + 1)])
    weights /= weights.sum()
    for axis in (1, 2):
        length = pixels.shape[axis]
        padding = [(radius, radius) if i == axis else (0, 0) for i in range(4)]
        padded = np.moveaxis(np.pad(pixels, padding, mode="symmetric"), axis, 0)
        blurred = np.zeros_like(padded[:length])
        for start, weight in enumerate(weights.astype(np.float32)):
            blurred += weight * padded[start : start + length]
        pixels = np.moveaxis(blurred, 0, axis)
    return pixels


def _lower_contrast(pixels: _Pixels, share: float, _random: np.random.Generator) -> _Pixels:
    """Leaves `share` of the distance of each pixel from its image's mean, per channel."""
    mean: _Pixels = pixels.mean(axis=(1, 2), keepdims=True, dtype=np.float64).astype(np.float32)
    fainter: _Pixels = (pixels - mean) * np.float32(share) + mean
    return fainter


_CORRUPTIONS: dict[str, tuple[Callable[[_Pixels, float, np.random.Generator], _Pixels], tuple[float, ...]]] = {
    "noise": (_add_noise, (0.04, 0.06, 0.08, 0.09, 0.10)),
    "blur": (_blur, (0.4, 0.6, 0.7, 0.8, 1.0)),
    "contrast": (_lower_contrast, (0.75, 0.5, 0.4, 0.3, 0.15)),
}
CORRUPTIONS = tuple(_CORRUPTIONS)


def _row_chunks(images: Images) -> Iterator[slice]:
    step = max(1, _CHUNK_VALUES // max(1, math.prod(images.shape[1:])))
    return (slice(start, start + step) for start in range(0, len(images), step))
