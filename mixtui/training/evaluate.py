"""The logits of a network for a set of images."""

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
    chosen: np.ndarray,
    normalise: Normaliser,
    autocast: AbstractContextManager[object],
    on_batch: Callable[[], None],
) -> np.ndarray:
    """Logits float32 (n, classes) of `images[chosen]`, `images` uint8 (N, H, W, C) and `chosen` int64 (n,).

    `on_batch` is called after each batch; what it raises ends the work.
    """
    model.eval()
    logits = []
    # Not inference_mode: what a user's own network keeps from a forward pass must be good for training too.
    with torch.no_grad(), autocast:
        for start in range(0, len(chosen), EVALUATION_BATCH):
            batch = images[chosen[start : start + EVALUATION_BATCH]]
            logits.append(model(normalise(batch)).float().cpu())
            on_batch()
    return torch.cat(logits).numpy()
