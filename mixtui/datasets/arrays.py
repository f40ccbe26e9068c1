"""A data set as arrays: its images, labels, and what is measured from them."""

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixtui.errors import MixtuiError

Progress = Callable[[str, float], None]
"""Called with a phase (`waiting`, `fetching`, `decoding`, `caching`) and the fraction of it that is done.

It may raise to interrupt the work: nothing half-done is left behind.
"""

_CHUNK = 4096  # images measured at a time, so that the temporary arrays stay small


@dataclass(frozen=True, eq=False)
class Split:
    """The training or the test part: `images` uint8 (N, H, W, C) and `labels` int64 (N,)."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """A test set by itself: the names of its classes, and its images."""

    classes: tuple[str, ...]
    split: Split


@dataclass(frozen=True, eq=False)
class ImageData:
    """A data set, made by `image_data`. Its arrays may be read-only and memory-mapped."""

    name: str
    key: str
    """SHA-256 over pixels, labels and class names: equal on two machines when the data are."""
    classes: tuple[str, ...]
    train: Split
    test: Split
    mean: tuple[float, ...]
    """Mean of the training pixels, per channel, in units of 0 to 255."""
    std: tuple[float, ...]
    """Standard deviation of the training pixels, likewise."""
    warnings: tuple[str, ...] = ()


def image_data(
    name: str,
    classes: tuple[str, ...],
    train: Split,
    test: Split,
    warnings: tuple[str, ...] = (),
) -> ImageData:
    """Check two splits (shapes: `Split`) against each other, and measure their key, mean and standard deviation.

    Raises MixtuiError where a classifier could not be trained on them: fewer than two classes, unequal shapes, a split
    without images, labels that are missing or beyond the classes.
    """
    _check(name, len(classes), train, test)
    mean, std = _mean_std(train.images)
    return ImageData(name, _content_key(classes, train, test), classes, train, test, mean, std, warnings)


def _check(name: str, n_classes: int, train: Split, test: Split) -> None:
    if n_classes < 2:
        raise MixtuiError(f"{name} has fewer than two classes.", "A classifier needs at least two.")
    if train.images.shape[1:] != test.images.shape[1:]:
        raise MixtuiError(
            f"{name}: training images are {_shape(train)} (height × width × channels), test images {_shape(test)}.",
            "Give both the same size and number of channels.",
        )
    for part, split in (("training", train), ("test", test)):
        if split.images.size == 0:
            raise MixtuiError(f"{name} has no {part} images.", "Both parts need at least one image.")
        if len(split.images) != len(split.labels):
            raise MixtuiError(
                f"{name} has {len(split.images)} {part} images but {len(split.labels)} {part} labels.",
                "Every image needs one label.",
            )
        if split.labels.min() < 0 or split.labels.max() >= n_classes:
            raise MixtuiError(
                f"{name}: {part} labels run from {split.labels.min()} to {split.labels.max()},"
                f" with {n_classes} classes.",
                f"Labels are whole numbers from 0 to {n_classes - 1}.",
            )


def _shape(split: Split) -> str:
    return " × ".join(str(length) for length in split.images.shape[1:])


def _mean_std(images: NDArray[np.uint8]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Per channel, from whole-number sums: no order of summation can change the last bit."""
    channels = images.shape[-1]
    total = np.zeros(channels, np.int64)
    squares = np.zeros(channels, np.int64)
    for start in range(0, len(images), _CHUNK):
        values = images[start : start + _CHUNK].reshape(-1, channels).astype(np.uint16)
        total += values.sum(axis=0, dtype=np.int64)
        squares += (values * values).sum(axis=0, dtype=np.int64)  # 255² fits 16 bits
    count = images.size // channels
    # Python's whole numbers have no bounds, and the variance of a constant channel is exactly 0.
    sums = list(zip(total.tolist(), squares.tolist(), strict=True))
    mean = tuple(s / count for s, _ in sums)
    std = tuple(math.sqrt((q * count - s * s) / (count * count)) for s, q in sums)
    return mean, std


def _content_key(classes: tuple[str, ...], train: Split, test: Split) -> str:
    shapes = [train.images.shape, test.images.shape]
    digest = hashlib.sha256(json.dumps([classes, shapes]).encode())
    for split in (train, test):
        digest.update(np.ascontiguousarray(split.images).data)
        digest.update(np.ascontiguousarray(split.labels, dtype="<i8").data)
    return digest.hexdigest()
