"""The fast step and the simple one agree: what mixtui trains with, and the loop that a textbook would show."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
import torchvision
from torch import Tensor, nn

from mixtui.config import RunConfig
from mixtui.datasets.arrays import ImageData, Split, image_data
from mixtui.training.batches import Normaliser
from mixtui.training.captured_step import CapturedStep, CudaGraphs, Work
from mixtui.training.evaluate import Network
from mixtui.training.mixup import Mix, draw_mix
from mixtui.training.small_maps import use_small_map_products
from mixtui.training.step import Batch, Step

CPU = torch.device("cpu")
N, LR, MOMENTUM = 8, 0.02, 0.9

Train = Callable[[Tensor, Tensor, Mix], float]  # uint8 images (n, H, W, C), labels, mix: the loss


@pytest.fixture(scope="module")
def images() -> ImageData:
    random = np.random.default_rng(0)
    pixels = random.integers(256, size=(64, 16, 16, 3)).astype(np.uint8)
    split = Split(pixels, np.arange(64) % 4)
    return image_data("made", tuple("abcd"), split, split)


def small_network() -> nn.Module:
    """Convolutions on maps of 16×16 to 1×1 pixels, with BatchNorm."""

    def block(channels: int, features: int) -> list[nn.Module]:
        return [nn.Conv2d(channels, features, 3, 2, 1, bias=False), nn.BatchNorm2d(features), nn.ReLU()]

    torch.manual_seed(3)
    parts = [*block(3, 8), *block(8, 12), *block(12, 16), *block(16, 16), nn.Conv2d(16, 16, 3, padding=1)]
    return nn.Sequential(*parts, nn.Flatten(), nn.Linear(16, 4))


class InFloat64(Normaliser):
    def __init__(self, data: ImageData, device: torch.device) -> None:
        super().__init__(data, device)
        self._mean, self._std = (torch.tensor(values, dtype=torch.float64) for values in (data.mean, data.std))

    def __call__(self, images: Tensor) -> Tensor:
        return ((images - self._mean) / self._std).permute(0, 3, 1, 2)


def fast(model: nn.Module, data: ImageData, *, double: bool, replayed: bool) -> Train:
    """mixtui's step: channels-last, small maps as products, the fused optimiser; replayed as a GPU would."""
    use_small_map_products(model, 3, data.train.images.shape[1:3])
    kind = torch.float64 if double else torch.float32
    model = model.to(kind, memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    normalise = (InFloat64 if double else Normaliser)(data, CPU)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0, momentum=MOMENTUM, fused=True)
    one_by_one = Step(Network(model, normalise, CPU, "fp32"), optimizer, 0.0)
    step = CapturedStep(one_by_one, N, CPU, Repeater()) if replayed else one_by_one

    def train(images: Tensor, labels: Tensor, mix: Mix) -> float:
        return step(Batch(images, labels, mix), LR)[0].item()

    return train


class Repeater:
    def warm_up(self, work: Work) -> Tensor:
        return work()

    def capture(self, work: Work) -> tuple[Tensor, Callable[[], object]]:
        result = torch.empty(2, dtype=torch.float64)
        return result, lambda: result.copy_(work())


def simple(model: nn.Module, data: ImageData, *, double: bool) -> Train:
    """The loop of a textbook."""
    kind = torch.float64 if double else torch.float32
    model.to(kind).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=LR, momentum=MOMENTUM, foreach=False)
    mean, std = (torch.tensor(values, dtype=kind).view(3, 1, 1) for values in (data.mean, data.std))

    def train(images: Tensor, labels: Tensor, mix: Mix) -> float:
        x = (images.permute(0, 3, 1, 2).to(kind).contiguous() - mean) / std
        lam = mix.lam.to(kind).view(-1, 1, 1, 1)
        logits = model(lam * x + (1 - lam) * x[mix.permutation])
        ours, theirs = F.cross_entropy(logits, labels), F.cross_entropy(logits, labels[mix.permutation])
        loss = lam.squeeze() * ours + (1 - lam.squeeze()) * theirs
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return train


def batches(data: ImageData, steps: int) -> Iterator[tuple[Tensor, Tensor, Mix]]:
    labels = torch.from_numpy(data.train.labels)
    for step in range(steps):
        chosen = np.random.default_rng(step).choice(64, N, replace=False)
        mix = draw_mix(0.4, "batch", N, 0, 0, step)
        assert mix is not None
        yield torch.from_numpy(data.train.images[chosen]), labels[chosen], mix


@pytest.mark.parametrize("replayed", [False, True])
def test_fifty_steps_agree_in_float64(images: ImageData, replayed: bool) -> None:
    one, other = small_network(), small_network()
    ours, theirs = fast(one, images, double=True, replayed=replayed), simple(other, images, double=True)
    losses = []
    for pixels, labels, mix in batches(images, 50):
        double = Mix(mix.lam.double(), mix.permutation)
        losses.append((ours(pixels, labels, double), theirs(pixels, labels, double)))
    got, expected = zip(*losses, strict=True)
    assert expected[-1] != pytest.approx(expected[0], rel=0.05)  # it trained
    assert got == pytest.approx(expected, rel=1e-6)
    torch.testing.assert_close(one.state_dict(), other.state_dict(), rtol=1e-6, atol=1e-7)


def test_the_first_step_of_resnet18_agrees_in_float32(images: ImageData) -> None:
    torch.manual_seed(0)
    model = torchvision.models.resnet18(num_classes=4)
    ours = fast(copy.deepcopy(model), images, double=False, replayed=False)
    theirs = simple(model, images, double=False)
    (batch,) = batches(images, 1)
    assert ours(*batch) == pytest.approx(theirs(*batch), rel=1e-5)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_step_can_be_captured_on_a_gpu(images: ImageData) -> None:
    device = torch.device("cuda")
    plain, captured = (train_on(device, images, captured=captured) for captured in (False, True))
    assert captured == pytest.approx(plain, rel=1e-3)


def train_on(device: torch.device, data: ImageData, *, captured: bool) -> list[float]:
    """The losses of ten steps, one of them of another batch size."""
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    model = small_network().to(device, memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0, momentum=MOMENTUM, fused=True)
    step: Step | CapturedStep = Step(Network(model, Normaliser(data, device), device, "fp32"), optimizer, 0.0)
    if captured:
        step = CapturedStep(step, N, device, CudaGraphs(device))
    losses = []
    for number, (pixels, labels, mix) in enumerate(batches(data, 10)):
        pixels, labels = pixels.to(device), labels.to(device)
        batch = Batch(pixels[:4], labels[:4], None) if number == 7 else Batch(pixels, labels, mix.to(device))
        losses.append(step(batch, LR)[0].item())
    assert getattr(step, "obstacle", None) is None
    assert torch.cuda.current_stream() == torch.cuda.default_stream()
    return losses


def test_fp32_is_float32_on_a_gpu_too(images: ImageData) -> None:
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
    Network.build(RunConfig(alpha=0.4), images, CPU)
    assert not torch.backends.cudnn.allow_tf32
    assert not torch.backends.cuda.matmul.allow_tf32
