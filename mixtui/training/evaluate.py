"""The logits of a network over a set of images."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np
import torch
from torch import nn

from mixtui.training.batches import Normaliser

EVALUATION_BATCH = 250


def predict(
    model: nn.Module,
    images: np.ndarray,
    normalise: Normaliser,
    autocast: AbstractContextManager[object],
    on_batch: Callable[[], None],
) -> np.ndarray:
    """Logits float32 (n, classes) of `images` uint8 (n, H, W, C); `on_batch` is called after each batch."""
    model.eval()
    logits = []
    with torch.inference_mode(), autocast:
        for start in range(0, len(images), EVALUATION_BATCH):
            batch = np.ascontiguousarray(images[start : start + EVALUATION_BATCH])
            logits.append(model(normalise(batch)).float().cpu())
            on_batch()
    return torch.cat(logits).numpy()
