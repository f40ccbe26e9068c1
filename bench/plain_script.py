"""Mixup training as a researcher writes it without mixtui: what mixtui's speed is compared with.

    python bench/plain_script.py DATA [--alpha 0.4] [--epochs 1] [--workers 2] [--threads 2] [--channels-last]

As fast as this kind of script gets: the decoded images are held in memory, a DataLoader whose processes stay converts
and normalises them one by one, into pinned memory for a GPU, and the loop mixes them; SGD is fused, cuDNN chooses its
algorithms, and all else is as PyTorch has it by default, TF32 convolutions on a GPU included. It trains a torchvision
network and evaluates it after every epoch, and prints JSON.

With `--seconds` it measures training alone: from the end of the first WARM_UP_STEPS steps, which start the loader's
processes and choose the convolutions' algorithms, over as many epochs as it takes. With `--decoded FOLDER` the decoded
images are kept there for the next time.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision.datasets import CIFAR10, ImageFolder
from torchvision.models import get_model
from torchvision.transforms import Compose, Normalize, ToTensor

WARM_UP_STEPS = 20
EVALUATION_BATCH = 250
CIFAR10_MEAN, CIFAR10_STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)

Loader = DataLoader[Any]  # of batches: images float32 (n, channels, height, width), labels int64 (n,)


def main() -> None:
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    torch.backends.cudnn.benchmark = True

    train_set, test_set = load(arguments.data, arguments.decoded)
    train_set = train_set.some(arguments.train_images)
    lone_image = len(train_set) % arguments.batch_size == 1  # BatchNorm cannot train on it
    train_loader = loader(train_set, arguments.batch_size, arguments, shuffle=True, drop_last=lone_image)
    training = Training(arguments, train_set.n_classes)
    report: dict[str, Any] = {"n_train": len(train_set), "n_test": len(test_set)}
    if arguments.seconds is not None:
        report["train_images_per_second"] = measure(training, train_loader, arguments.seconds)
    else:
        test_loader = loader(test_set, EVALUATION_BATCH, arguments)
        report["epochs"] = [epoch(training, train_loader, test_loader) for _ in range(arguments.epochs)]
    print(json.dumps(report))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train with mixup the usual way; print scores and speed as JSON.")
    parser.add_argument("data", type=Path, help="a folder with train/CLASS/ and test/CLASS/, or with CIFAR-10")
    parser.add_argument("--alpha", type=float, default=0.4, help="lam ~ Beta(alpha, alpha); 0 is plain training")
    parser.add_argument("--model", default="resnet18", help="one of torchvision's")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2, help="processes of the DataLoader")
    parser.add_argument("--prefetch-factor", type=int, help="batches that each of them makes ahead")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="CPU threads of the training")
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--bf16", action="store_true", help="compute in bfloat16 where autocast does")
    parser.add_argument("--decoded", type=Path, metavar="FOLDER", help="where the decoded images are kept")
    parser.add_argument("--train-images", type=int, help="train on so many of the images only")
    parser.add_argument("--seconds", type=float, help="measure training alone, for so long")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return parser.parse_args()


class Images(Dataset[Any]):
    """Decoded images, uint8 (n, height, width, 3), converted one by one as they are asked for, as torchvision does."""

    transform = Compose([ToTensor(), Normalize(CIFAR10_MEAN, CIFAR10_STD)])

    def __init__(self, images: np.ndarray, labels: np.ndarray) -> None:
        self._images, self._labels = images, labels.tolist()

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(Image.fromarray(self._images[index])), self._labels[index]

    @property
    def n_classes(self) -> int:
        return int(max(self._labels)) + 1

    def some(self, n: int | None) -> Images:
        """A random `n` of them; all where that is None."""
        if n is None or n >= len(self):
            return self
        chosen = np.random.default_rng(0).choice(len(self), n, replace=False)
        return Images(self._images[chosen], np.array(self._labels)[chosen])


def load(data: Path, decoded: Path | None) -> tuple[Images, Images]:
    """The training set and the test set, from where they were kept `decoded`, if they were."""
    return load_split(data, "train", decoded), load_split(data, "test", decoded)


def load_split(data: Path, split: str, decoded: Path | None) -> Images:
    kept = decoded and decoded / f"{split}.npz"
    if kept and kept.exists():
        with np.load(kept) as arrays:
            return Images(arrays["images"], arrays["labels"])
    images, labels = decode(data, split)
    if kept:
        np.savez(kept, images=images, labels=labels)
    return Images(images, labels)


def decode(data: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    """The images in DATA/train/CLASS or DATA/test/CLASS, else those of CIFAR-10."""
    if (data / split).is_dir():
        folder = ImageFolder(str(data / split))
        return np.stack([np.asarray(image) for image, _ in folder]), np.array(folder.targets)
    cifar10 = CIFAR10(str(data), train=split == "train")
    return cifar10.data, np.array(cifar10.targets)


def loader(images: Images, batch_size: int, arguments: argparse.Namespace, **options: Any) -> Loader:
    return DataLoader(
        images,
        batch_size,
        num_workers=arguments.workers,
        persistent_workers=arguments.workers > 0,
        prefetch_factor=arguments.prefetch_factor,
        pin_memory=torch.device(arguments.device).type == "cuda",
        **options,
    )


class Training:
    """A network on its device, and what trains it."""

    def __init__(self, arguments: argparse.Namespace, n_classes: int) -> None:
        self._device = torch.device(arguments.device)
        self._layout = torch.channels_last if arguments.channels_last else torch.contiguous_format
        self._bf16 = arguments.bf16
        self._alpha = arguments.alpha
        model: nn.Module = get_model(arguments.model, num_classes=n_classes)
        self._model = model.to(self._device, memory_format=self._layout)  # type: ignore[call-overload]
        self._optimizer = torch.optim.SGD(self._model.parameters(), lr=0.003, momentum=0.9, fused=True)

    def steps(self, loader: Loader) -> Iterator[tuple[int, float]]:
        """Train for an epoch; the images and the loss of each step, once it is done."""
        self._model.train()
        for inputs, labels in loader:
            inputs = inputs.to(self._device, non_blocking=True, memory_format=self._layout)
            labels = labels.to(self._device, non_blocking=True)
            loss = self._mixup_loss(inputs, labels)
            self._optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self._optimizer.step()
            yield len(labels), loss.item()

    def _mixup_loss(self, inputs: Tensor, labels: Tensor) -> Tensor:
        """Zhang et al. 2018, mixup: Beyond Empirical Risk Minimization."""
        if self._alpha == 0:
            return F.cross_entropy(self._logits(inputs), labels)
        lam = float(np.random.beta(self._alpha, self._alpha))
        permutation = torch.randperm(len(inputs), device=self._device)
        logits = self._logits(lam * inputs + (1 - lam) * inputs[permutation])
        return lam * F.cross_entropy(logits, labels) + (1 - lam) * F.cross_entropy(logits, labels[permutation])

    @torch.inference_mode()
    def evaluate(self, loader: Loader) -> tuple[float, float]:
        """Accuracy and ECE."""
        self._model.eval()
        confidences, hits = [], []
        for inputs, labels in loader:
            inputs = inputs.to(self._device, non_blocking=True, memory_format=self._layout)
            probabilities = self._logits(inputs).softmax(1).cpu()
            confidence, predicted = probabilities.max(1)
            confidences.append(confidence)
            hits.append(predicted == labels)
        confidence, correct = torch.cat(confidences), torch.cat(hits).float()
        return correct.mean().item(), expected_calibration_error(confidence, correct)

    def _logits(self, inputs: Tensor) -> Tensor:
        with torch.autocast(self._device.type, dtype=torch.bfloat16, enabled=self._bf16):
            logits: Tensor = self._model(inputs)
        return logits.float()


def expected_calibration_error(confidence: Tensor, correct: Tensor, bins: int = 15) -> float:
    """Guo et al. 2017: the mean gap between accuracy and confidence over equal-width bins, weighted by their size."""
    index = (confidence * bins).long().clamp_max(bins - 1)
    gaps = torch.zeros(bins).index_add_(0, index, correct - confidence)
    return gaps.abs().sum().item() / len(confidence)


def epoch(training: Training, train_loader: Loader, test_loader: Loader) -> dict[str, float]:
    """Train for an epoch and evaluate; the scores, and the seconds of both."""
    start = time.perf_counter()
    losses = [loss for _, loss in training.steps(train_loader)]
    trained = time.perf_counter()
    accuracy, ece = training.evaluate(test_loader)
    return {
        "train_loss": sum(losses) / len(losses),
        "accuracy": accuracy,
        "ece": ece,
        "training_seconds": trained - start,
        "evaluation_seconds": time.perf_counter() - trained,
    }


def measure(training: Training, train_loader: Loader, seconds: float) -> float:
    """Images/s of training."""
    steps = itertools.chain.from_iterable(training.steps(train_loader) for _ in itertools.count())
    for _ in itertools.islice(steps, WARM_UP_STEPS):
        pass
    images, start = 0, time.perf_counter()
    for n, _ in steps:
        images += n
        if (passed := time.perf_counter() - start) >= seconds:
            return images / passed
    raise AssertionError("there is always another step")


if __name__ == "__main__":
    main()
