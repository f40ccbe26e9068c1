"""Mixup training as a researcher writes it without mixtui: what mixtui's speed is compared with.

    python bench/plain_script.py DATA [--alpha 0.4] [--workers 2] [--threads 2] [--channels-last]

As fast as this kind of script gets: the decoded images are held in memory, as torchvision's CIFAR10 holds them; a
DataLoader converts and normalises them one by one, and the loop mixes them. It trains resnet18 for one epoch, evaluates
it, and prints JSON.

The training rate is that of all steps but the first WARM_UP_STEPS, which start the loader's processes and choose the
convolutions' algorithms: from the moment that the next batch is asked for until the last step is done.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Subset
from torchvision.datasets import CIFAR10, ImageFolder
from torchvision.models import resnet18
from torchvision.transforms import Compose, Normalize, ToTensor

WARM_UP_STEPS = 20
EVALUATION_BATCH = 250
CIFAR10_MEAN, CIFAR10_STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)

Images: TypeAlias = "InMemory | ImageFolder | CIFAR10 | Subset[Any]"
Loader = DataLoader[Any]  # of batches: images float32 (n, channels, height, width), labels int64 (n,)


@dataclass(frozen=True)
class Training:
    """What was counted of the training."""

    steps: int
    images: int
    seconds: float
    loss: float  # mean over all steps, those of the warm-up included


def main() -> None:
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    torch.backends.cudnn.benchmark = True
    device = torch.device(arguments.device)

    train_set, test_set, classes = load(arguments.data, arguments.train_images)
    options = {
        "num_workers": arguments.workers,
        "persistent_workers": arguments.workers > 0,
        "pin_memory": device.type == "cuda",
    }
    lone_image = len(train_set) % arguments.batch_size == 1  # BatchNorm cannot train on it
    train_loader: Loader = DataLoader(train_set, arguments.batch_size, shuffle=True, drop_last=lone_image, **options)
    test_loader: Loader = DataLoader(test_set, EVALUATION_BATCH, **options)

    memory_format = torch.channels_last if arguments.channels_last else torch.contiguous_format
    model = resnet18(num_classes=classes).to(device, memory_format=memory_format)
    training = train(model, train_loader, arguments.alpha, device, arguments.seconds)
    report: dict[str, object] = {
        "train_images_per_second": training.images / training.seconds,
        "counted_steps": training.steps,
        "counted_seconds": training.seconds,
        "warm_up_steps": WARM_UP_STEPS,
        "train_loss": training.loss,
        "n_train": len(train_set),
    }
    if arguments.seconds is None:
        start = time.perf_counter()
        accuracy, ece = evaluate(model, test_loader, device)
        rate = len(test_set) / (time.perf_counter() - start)
        report |= {"evaluation_images_per_second": rate, "accuracy": accuracy, "ece": ece, "n_test": len(test_set)}
    print(json.dumps(report))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train one epoch of mixup the usual way; print its speed as JSON.")
    parser.add_argument("data", type=Path, help="a folder with train/CLASS/ and test/CLASS/, or with CIFAR-10")
    parser.add_argument("--alpha", type=float, default=0.4, help="lam ~ Beta(alpha, alpha); 0 is plain training")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--workers", type=int, default=2, help="processes of the DataLoader")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="CPU threads of the training")
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--train-images", type=int, help="train on so many of the images only")
    parser.add_argument(
        "--seconds",
        type=float,
        help="instead of one epoch: train, over several epochs if need be, till so many seconds are counted; "
        "no evaluation",
    )
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return parser.parse_args()


def load(data: Path, train_images: int | None) -> tuple[Images, Images, int]:
    """The training set, a random `train_images` of it where that is given, the test set, and the number of classes."""
    transform = Compose([ToTensor(), Normalize(CIFAR10_MEAN, CIFAR10_STD)])
    if (data / "train").is_dir():
        folder = ImageFolder(str(data / "train"))
        chosen = torch.randperm(len(folder))[:train_images].tolist()
        return (
            InMemory([folder[i] for i in chosen], transform),
            ImageFolder(str(data / "test"), transform),
            len(folder.classes),
        )
    train_set = CIFAR10(str(data), train=True, transform=transform)
    chosen = torch.randperm(len(train_set))[:train_images].tolist()
    return Subset(train_set, chosen), CIFAR10(str(data), train=False, transform=transform), len(train_set.classes)


class InMemory(Dataset[Any]):
    """Decoded images, converted one by one as they are asked for: what torchvision's CIFAR10 does."""

    def __init__(self, samples: list[tuple[Image.Image, int]], transform: Compose) -> None:
        self._images = np.stack([np.asarray(image) for image, _ in samples])
        self._labels = [label for _, label in samples]
        self._transform = transform

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self._transform(Image.fromarray(self._images[index])), self._labels[index]


def train(model: nn.Module, loader: Loader, alpha: float, device: torch.device, seconds: float | None) -> Training:
    """Train for one epoch, or till `seconds` of steps are counted."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.003, momentum=0.9, fused=True)
    model.train()
    steps = images = 0
    losses = 0.0
    start = now = time.perf_counter()
    epochs: Iterable[Loader] = [loader] if seconds is None else itertools.repeat(loader)
    for inputs, labels in itertools.chain.from_iterable(epochs):
        inputs, labels = inputs.to(device, non_blocking=True), labels.to(device, non_blocking=True)
        loss = mixup_loss(model, inputs, labels, alpha)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses += loss.item()

        now = time.perf_counter()
        steps += 1
        if steps == WARM_UP_STEPS:
            start = now
        elif steps > WARM_UP_STEPS:
            images += len(labels)
            if now - start >= (math.inf if seconds is None else seconds):
                break
    if not images:
        raise SystemExit(f"The epoch has {steps} steps, and the first {WARM_UP_STEPS} do not count: use more images.")
    return Training(steps - WARM_UP_STEPS, images, now - start, losses / steps)


def mixup_loss(model: nn.Module, inputs: Tensor, labels: Tensor, alpha: float) -> Tensor:
    """Zhang et al. 2018, mixup: Beyond Empirical Risk Minimization."""
    if alpha == 0:
        return F.cross_entropy(model(inputs), labels)
    lam = float(np.random.beta(alpha, alpha))
    permutation = torch.randperm(len(inputs), device=inputs.device)
    logits = model(lam * inputs + (1 - lam) * inputs[permutation])
    return lam * F.cross_entropy(logits, labels) + (1 - lam) * F.cross_entropy(logits, labels[permutation])


@torch.inference_mode()
def evaluate(model: nn.Module, loader: Loader, device: torch.device) -> tuple[float, float]:
    """Accuracy and ECE."""
    model.eval()
    confidences, hits = [], []
    for inputs, labels in loader:
        probabilities = model(inputs.to(device, non_blocking=True)).softmax(1).cpu()
        confidence, predicted = probabilities.max(1)
        confidences.append(confidence)
        hits.append(predicted == labels)
    confidence, correct = torch.cat(confidences), torch.cat(hits).float()
    return correct.mean().item(), expected_calibration_error(confidence, correct)


def expected_calibration_error(confidence: Tensor, correct: Tensor, bins: int = 15) -> float:
    """Guo et al. 2017: the mean gap between accuracy and confidence over equal-width bins, weighted by their size."""
    index = (confidence * bins).long().clamp_max(bins - 1)
    gaps = torch.zeros(bins).index_add_(0, index, correct - confidence)
    return gaps.abs().sum().item() / len(confidence)


if __name__ == "__main__":
    main()
