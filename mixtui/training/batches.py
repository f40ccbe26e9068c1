"""From images in memory to the tensors of one step."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mixtui.datasets.arrays import ImageData
from mixtui.errors import MixtuiError
from mixtui.training.streams import Stream, generator


def batch_bounds(n: int, batch_size: int) -> list[tuple[int, int]]:
    """Where the batches of n images begin and end. The partial last one is kept; one of a single image joins the one
    before it, since BatchNorm cannot train on it."""
    starts = list(range(0, n, batch_size))
    if len(starts) > 1 and n - starts[-1] == 1 and batch_size > 1:
        starts.pop()
    return list(zip(starts, [*starts[1:], n], strict=True))


def epoch_order(n: int, seed: int, epoch: int) -> np.ndarray:
    """The order in which the n training images are visited in this epoch (from 0), int64 (n,)."""
    return generator(seed, Stream.ORDER, epoch).permutation(n)


def clean_sample(n_train: int, n_test: int) -> np.ndarray:
    """The training images that are evaluated without mixing, int64 (min(n_train, n_test),), rising; the same in every
    run."""
    chosen = generator(0, Stream.CLEAN_SAMPLE).choice(n_train, size=min(n_train, n_test), replace=False)
    return np.sort(chosen)


def kept_out(n_train: int, holdout: int) -> np.ndarray:
    """The `holdout` training images that no step sees, int64 (holdout,), rising; the same in every run.

    Raises MixtuiError where too few would be left to train on.
    """
    if holdout > n_train - 2:
        raise MixtuiError(
            f"--holdout {holdout} leaves too few of the {n_train} training images to train on.",
            "Keep fewer images out of training.",
        )
    return np.sort(generator(0, Stream.HOLDOUT).choice(n_train, size=holdout, replace=False))


class Normaliser:
    """Turns uint8 (n, H, W, C) into float32 (n, C, H, W), each channel of mean 0 and sd 1 over the training images.

    The result is channels-last in memory, as the images already are, which is also what convolutions like best.
    """

    def __init__(self, data: ImageData, device: torch.device) -> None:
        std = torch.tensor(data.std, dtype=torch.float32).clamp_min(1.0)  # a constant channel has none
        self._scale = (1 / std).to(device)
        self._shift = (-torch.tensor(data.mean, dtype=torch.float32) / std).to(device)

    def __call__(self, images: Tensor) -> Tensor:
        return torch.addcmul(self._shift, images.float(), self._scale).permute(0, 3, 1, 2)
