"""Adapting images of any size, grey or in colour, to a network that was trained on others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mixtui.errors import MixtuiError

_GREY, _COLOUR = 1, 3


def adapt_images(name: str, images: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """`images`, uint8 (n, h, w, c), as uint8 (n, *shape), `shape` being height, width and channels.

    Grey spreads over three channels, colour becomes its luma (ITU-R 601), and sizes change as Pillow's bilinear filter
    does it, without keeping the proportions. Raises MixtuiError, with the set's `name`, for other channels.
    """
    height, width, channels = shape
    if images.shape[3] != channels:
        if {images.shape[3], channels} != {_GREY, _COLOUR}:
            raise MixtuiError(
                f"{name} has images of {images.shape[3]} channels, and the network takes {channels}.",
                "Only grey and colour images can stand in for each other.",
            )
        images = np.repeat(images, _COLOUR, axis=3) if channels == _COLOUR else _luma(images)
    if images.shape[1:3] == (height, width):
        return images
    resized = np.empty((len(images), height, width, channels), np.uint8)
    for row, image in enumerate(images):
        for channel in range(channels):  # one by one, as Pillow has no images of any number of channels
            plane = Image.fromarray(np.ascontiguousarray(image[:, :, channel]))
            resized[row, :, :, channel] = np.asarray(plane.resize((width, height), Image.Resampling.BILINEAR))
    return resized


def _luma(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pillow's `convert("L")`, in the whole-number arithmetic that it uses."""
    weights = np.array([19595, 38470, 7471], np.uint32)
    return ((images @ weights + 0x8000) >> 16).astype(np.uint8)[..., None]
