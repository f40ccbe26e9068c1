"""A network on its device, and its logits for a set of images."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from mixtui.config import MODELS, Precision, RunConfig
from mixtui.datasets.arrays import ImageData
from mixtui.training.batches import Normaliser
from mixtui.training.device_images import to_device
from mixtui.training.models import build_model
from mixtui.training.small_maps import LARGEST_INPUT, LARGEST_INPUT_ON_GPU, use_small_map_products

EVALUATION_BATCH = 250
EVALUATION_PIXELS_ON_GPU = 2**20  # in a batch, all images together


@dataclass(frozen=True)
class Network:
    """A network, and what it takes to show images to it as it was trained on them."""

    model: nn.Module
    normalise: Normaliser
    device: torch.device
    precision: Precision

    @classmethod
    def build(cls, config: RunConfig, data: ImageData, device: torch.device) -> Network:
        """The network of `config` for the images of `data`, untrained. Raises MixtuiError as `build_model` does."""
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False  # fp32 is that on a GPU too
        channels, image_size = data.train.images.shape[3], data.train.images.shape[1:3]
        model = build_model(config, len(data.classes), channels, image_size)
        if config.model in MODELS:  # a user's own network is left as it is
            largest = LARGEST_INPUT if device.type == "cpu" else LARGEST_INPUT_ON_GPU
            use_small_map_products(model, channels, image_size, largest)
        model = model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        return cls(model, Normaliser(data, device), device, config.precision)

    def autocast(self) -> AbstractContextManager[object]:
        """In this context the network computes with the run's precision."""
        if self.precision == "bf16":
            return torch.autocast(self.device.type, dtype=torch.bfloat16)
        return nullcontext()

    def predict(self, images: np.ndarray, chosen: np.ndarray, on_batch: Callable[[int], None]) -> np.ndarray:
        """Logits float32 (n, classes) of `images[chosen]`, `images` uint8 (N, H, W, C) and `chosen` int64 (n,).

        `on_batch` is called with its number of images after each batch; what it raises ends the work. The model is left
        in evaluation mode: BatchNorm uses its running mean and variance.
        """
        self.model.eval()
        logits = []
        size = EVALUATION_BATCH
        if self.device.type == "cuda":
            size = max(size, EVALUATION_PIXELS_ON_GPU // (images.shape[1] * images.shape[2]))
        # Not inference_mode: what a user's own network keeps from a forward pass must be good for training too.
        with torch.no_grad(), self.autocast():
            for start in range(0, len(chosen), size):
                batch = to_device(torch.from_numpy(images[chosen[start : start + size]]), self.device)
                logits.append(self.model(self.normalise(batch)).float().cpu())
                on_batch(len(batch))
        return torch.cat(logits).numpy()
