"""A data set that the user's own function returns, named as `package.module:function`."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mixtui.datasets.arrays import ImageData, Split, image_data
from mixtui.errors import MixtuiError, reason_of

_WANTED = "It must return ((train_images, train_labels), (test_images, test_labels))."


def load(path: str, location: Path | None) -> ImageData:
    """Call the function at `path`, importing it from the folder `location` or wherever else Python finds it.

    It returns `((train_images, train_labels), (test_images, test_labels))`: images uint8 (N, H, W, C) or
    (N, H, W), labels whole numbers (N,) from 0. Raises MixtuiError, with the reason, where any of that fails.
    """
    function = _import(path, location)
    try:
        returned = function()
    except Exception as error:
        raise MixtuiError(f"{path} failed: {reason_of(error)}.", "Run it in Python by itself to see where.") from error
    try:
        (train_images, train_labels), (test_images, test_labels) = returned
    except (TypeError, ValueError) as error:
        raise MixtuiError(f"{path} did not return two pairs.", _WANTED) from error
    train = _split(path, "training", train_images, train_labels)
    test = _split(path, "test", test_images, test_labels)
    n_classes = int(train.labels.max(initial=-1)) + 1
    return image_data(path, tuple(str(label) for label in range(n_classes)), train, test)


def _import(path: str, location: Path | None) -> Callable[[], Any]:
    module_name, _, function_name = path.partition(":")
    if location is not None and str(location) not in sys.path:
        sys.path.append(str(location))
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        raise MixtuiError(
            f"{module_name} cannot be imported: {reason_of(error)}.",
            "Start mixtui in the module's folder, or install it.",
        ) from error
    function: Callable[[], Any] | None = getattr(module, function_name, None)
    if not callable(function):
        fault = "is not callable" if hasattr(module, function_name) else "does not exist"
        raise MixtuiError(f"{path} {fault}.", f"Name a function of {module_name}.")
    return function


def _split(path: str, part: str, images: Any, labels: Any) -> Split:
    images, labels = np.asarray(images), np.asarray(labels)
    if images.dtype != np.uint8 or images.ndim not in (3, 4):
        raise MixtuiError(
            f"{path}: the {part} images are {images.dtype} of shape {images.shape}.",
            "Images are uint8 of shape (N, H, W, C) or (N, H, W).",
        )
    if not np.issubdtype(labels.dtype, np.integer) or labels.ndim != 1:
        raise MixtuiError(
            f"{path}: the {part} labels are {labels.dtype} of shape {labels.shape}.",
            "Labels are whole numbers of shape (N,).",
        )
    if images.ndim == 3:
        images = images[:, :, :, None]
    return Split(np.ascontiguousarray(images), labels.astype(np.int64))
