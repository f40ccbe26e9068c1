"""The training images, and how a batch of them comes to the device."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from mixtui.datasets.arrays import Split

Change = Callable[[np.ndarray], np.ndarray]

RESIDENT_SHARE = 0.25  # of the GPU's free memory


def to_device(tensor: Tensor, device: torch.device) -> Tensor:
    """`tensor`, of main memory and any shape, on the device; on a GPU a copy that nobody waits for."""
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor


class DeviceImages:
    """The images and labels of `split`; with `may_reside` they are kept on a GPU where they take no more than a share
    of what is free there."""

    def __init__(self, split: Split, device: torch.device, *, may_reside: bool) -> None:
        self._images = split.images
        self._device = device
        self._labels = torch.from_numpy(np.array(split.labels)).to(device)
        resides = may_reside and device.type == "cuda" and _fits(split.images.nbytes, device)
        self._resident = torch.from_numpy(np.array(split.images)).to(device) if resides else None

    def take(self, chosen: np.ndarray, change: Change | None = None) -> tuple[Tensor, Tensor]:
        """Images uint8 (n, H, W, C) and labels int64 (n,) of those `chosen`, int64 (n,), on the device.

        `change` is applied to the images in main memory.
        """
        index = to_device(torch.from_numpy(chosen), self._device)
        if self._resident is not None and change is None:
            return self._resident[index], self._labels[index]
        images = self._images[chosen]
        images = change(images) if change else images
        return to_device(torch.from_numpy(images), self._device), self._labels[index]


def _fits(size: int, device: torch.device) -> bool:
    free, _total = torch.cuda.mem_get_info(device)
    return size <= free * RESIDENT_SHARE
