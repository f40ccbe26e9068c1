"""One step of SGD on one batch."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mixtui.training.evaluate import Network
from mixtui.training.mixup import Mix, mix_images, mixed_accuracy, mixup_loss


@dataclass(frozen=True, eq=False)  # tensors have no single truth value, so == compares identity
class Batch:
    """What a step computes with, on the device: `images` uint8 (n, H, W, C), `labels` int64 (n,), and how they are
    mixed, None for plain training."""

    images: Tensor
    labels: Tensor
    mix: Mix | None


class Step:
    """Trains `network` with `optimizer`, one batch a call."""

    def __init__(self, network: Network, optimizer: torch.optim.Optimizer, label_smoothing: float) -> None:
        self._network = network
        self._optimizer = optimizer
        self._label_smoothing = label_smoothing

    def __call__(self, batch: Batch, lr: float | Tensor) -> Tensor:
        """The mean loss in nats and the mixed accuracy, (2,), on the device."""
        self.set_lr(lr)
        inputs = self._network.normalise(batch.images)
        if batch.mix is not None:
            inputs = mix_images(inputs, batch.mix)
        self._optimizer.zero_grad()
        with self._network.autocast():
            logits = self._network.model(inputs)
        logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
        loss = mixup_loss(logits, batch.labels, batch.mix, self._label_smoothing)
        loss.backward()
        self._optimizer.step()
        return torch.stack([loss.detach(), mixed_accuracy(logits.detach(), batch.labels, batch.mix)])

    def set_lr(self, lr: float | Tensor) -> None:
        """Step with this learning rate from now on, a number or a scalar tensor on the device."""
        for group in self._optimizer.param_groups:
            group["lr"] = lr
