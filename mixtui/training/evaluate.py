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
from mixtui.training.models import build_model
from mixtui.training.small_maps import use_small_map_products

EVALUATION_BATCH = 250


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
        torch.backends.cudnn.allow_tf32 = False  # fp32 means float32, on a GPU too
        channels, image_size = data.train.images.shape[3], data.train.images.shape[1:3]
        model = build_model(config, len(data.classes), channels, image_size)
        if device.type == "cpu" and config.model in MODELS:  # a user's own network is left as it is
            use_small_map_products(model, channels, image_size)
        model = model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        return cls(model, Normaliser(data, device), device, config.precision)

    def autocast(self) -> AbstractContextManager[object]:
        """In this context the network computes with the run's precision."""
        if self.precision == "bf16":
            return torch.autocast(self.device.type, dtype=torch.bfloat16)
        return nullcontext()

    def predict(self, images: np.ndarray, chosen: np.ndarray, on_batch: Callable[[], None]) -> np.ndarray:
        """Logits float32 (n, classes) of `images[chosen]`, `images` uint8 (N, H, W, C) and `chosen` int64 (n,).

        `on_batch` is called after each batch; what it raises ends the work.
        """
        self.model.eval()
        logits = []
        # Not inference_mode: what a user's own network keeps from a forward pass must be good for training too.
        with torch.no_grad(), self.autocast():
            for start in range(0, len(chosen), EVALUATION_BATCH):
                batch = images[chosen[start : start + EVALUATION_BATCH]]
                logits.append(self.model(self.normalise(batch)).float().cpu())
                on_batch()
        return torch.cat(logits).numpy()
