"""Mixup (Zhang et al. 2018): train on convex combinations of pairs of images, with the two-term loss."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from mixtui.config import MixupPer
from mixtui.training.device_images import to_device
from mixtui.training.streams import Stream, generator


@dataclass(frozen=True)
class Mix:
    """How one batch of n images is mixed: image k becomes `lam * k + (1 - lam) * permutation[k]`.

    `lam` is float32 of shape (1,), one for the batch, or (n,), one for each image; `permutation` int64 of shape (n,).
    """

    lam: Tensor
    permutation: Tensor

    def to(self, device: torch.device) -> Mix:
        """The same mix on the device."""
        return Mix(to_device(self.lam, device), to_device(self.permutation, device))


def draw_mix(alpha: float, per: MixupPer, n: int, seed: int, epoch: int, step: int) -> Mix | None:
    """The mix of a batch of n at this step, `lam ~ Beta(alpha, alpha)`; None for alpha = 0, plain training."""
    if alpha == 0:
        return None
    lam = generator(seed, Stream.LAM, epoch, step).beta(alpha, alpha, size=n if per == "sample" else 1)
    permutation = generator(seed, Stream.PERMUTATION, epoch, step).permutation(n)
    return Mix(torch.from_numpy(lam.astype(np.float32)), torch.from_numpy(permutation))


def mix_images(images: Tensor, mix: Mix) -> Tensor:
    """`images`, float (n, ...), mixed; of the same shape."""
    weight = mix.lam.view(-1, *[1] * (images.ndim - 1))
    return torch.lerp(images[mix.permutation], images, weight)


def mixup_loss(logits: Tensor, labels: Tensor, mix: Mix | None, label_smoothing: float = 0.0) -> Tensor:
    """The mean of `lam * CE(logits, y_i) + (1 - lam) * CE(logits, y_j)` (Zhang et al. 2018), in nats, a scalar.

    `logits`: (n, classes); `labels`: int64 (n,). Without a mix it is plain cross-entropy.
    """
    if mix is None:
        return F.cross_entropy(logits, labels, label_smoothing=label_smoothing)
    ours = F.cross_entropy(logits, labels, label_smoothing=label_smoothing, reduction="none")
    theirs = F.cross_entropy(logits, labels[mix.permutation], label_smoothing=label_smoothing, reduction="none")
    return torch.lerp(theirs, ours, mix.lam).mean()


def mixed_accuracy(logits: Tensor, labels: Tensor, mix: Mix | None) -> Tensor:
    """The mean share of the target on the predicted class: accuracy, weighted by lam, a scalar.

    `logits`: (n, classes); `labels`: int64 (n,). It misleads, having a ceiling below 1 (`mixed_accuracy_ceiling`).
    """
    predicted = logits.argmax(1)
    ours = predicted == labels
    if mix is None:
        return ours.float().mean()
    theirs = predicted == labels[mix.permutation]
    return torch.where(ours, mix.lam, 0).add(torch.where(theirs, 1 - mix.lam, 0)).mean()
