"""Mixup: the drawn mixes, the mixed images and the mixed loss."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from torch import Tensor

from mixtui.config import LARGEST_ALPHA, SMALLEST_ALPHA, MixupPer
from mixtui.training.mixup import Mix, draw_mix, mix_images, mixed_accuracy, mixup_loss
from mixtui.training.streams import Stream, generator

N, CLASSES = 12, 5


@pytest.fixture
def images() -> Tensor:
    return torch.rand(N, 3, 8, 8, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def logits() -> Tensor:
    return 3 * torch.randn(N, CLASSES, generator=torch.Generator().manual_seed(2))


@pytest.fixture
def labels() -> Tensor:
    return torch.arange(N) % CLASSES


def drawn(alpha: float, per: MixupPer, n: int = N, epoch: int = 0, step: int = 0) -> Mix:
    mix = draw_mix(alpha, per, n, seed=0, epoch=epoch, step=step)
    assert mix is not None
    return mix


def test_alpha_zero_does_not_mix() -> None:
    for per in get_args(MixupPer):
        assert draw_mix(0, per, N, seed=0, epoch=0, step=0) is None


@settings(deadline=None)  # a busy machine is slow at times
@given(
    st.one_of(st.floats(-6, 9).map(lambda e: 10.0**e), st.sampled_from([SMALLEST_ALPHA, 1.0, LARGEST_ALPHA])),
    st.sampled_from(get_args(MixupPer)),
    st.integers(1, 70),
    st.integers(0, 2**32 - 1),
    st.integers(0, 1000),
)
def test_every_draw_is_a_weight_and_a_permutation(alpha: float, per: MixupPer, n: int, seed: int, step: int) -> None:
    mix = draw_mix(alpha, per, n, seed, epoch=0, step=step)
    assert mix is not None
    assert mix.lam.dtype == torch.float32
    assert mix.lam.shape == (n if per == "sample" else 1,)
    assert torch.isfinite(mix.lam).all()
    assert ((mix.lam >= 0) & (mix.lam <= 1)).all()
    assert sorted(mix.permutation.tolist()) == list(range(n))


@pytest.mark.parametrize("alpha", [0.1, 0.4, 1.0, 8.0])
def test_lam_is_beta_distributed(alpha: float) -> None:
    for lam in (
        drawn(alpha, "sample", 20_000).lam.double().numpy(),
        np.array([float(drawn(alpha, "batch", 2, epoch, step).lam) for epoch in range(5) for step in range(200)]),
    ):
        sd = 1 / math.sqrt(4 * (2 * alpha + 1))  # of Beta(alpha, alpha), whose mean is 1/2
        assert abs(lam.mean() - 0.5) < 4 * sd / math.sqrt(len(lam))
        assert lam.std() == pytest.approx(sd, rel=0.06)
        for share in (0.25, 0.5, 0.75):
            below = (lam < stats.beta(alpha, alpha).ppf(share)).mean()
            assert abs(below - share) < 4 * math.sqrt(share * (1 - share) / len(lam))


def test_extreme_alphas() -> None:
    rarely_mixed = drawn(SMALLEST_ALPHA, "sample", 1000).lam
    assert set(rarely_mixed.tolist()) == {0.0, 1.0}
    assert 400 < int(rarely_mixed.sum()) < 600
    assert torch.allclose(drawn(LARGEST_ALPHA, "sample", 1000).lam, torch.tensor(0.5), atol=1e-3)


def test_lam_of_a_batch_depends_on_nothing_but_its_place() -> None:
    before = drawn(0.4, "batch", step=3)
    for stream in Stream:
        generator(0, stream, 0, 3).random(5)
    torch.rand(3)
    assert drawn(0.4, "batch", step=3).lam == before.lam
    assert drawn(0.4, "batch", n=2 * N, step=3).lam == before.lam
    assert torch.equal(drawn(2.0, "batch", step=3).permutation, before.permutation)
    assert drawn(0.4, "batch", step=4).lam != before.lam
    assert drawn(0.4, "batch", epoch=1, step=3).lam != before.lam


def test_recorded_mixes_stay_reproducible() -> None:
    """A change of these values changes every result that anyone has recorded."""
    mix = drawn(0.4, "batch", n=6, epoch=2, step=5)
    assert mix.lam.tolist() == pytest.approx([0.5501357913017273])
    assert mix.permutation.tolist() == [5, 3, 1, 4, 0, 2]


@pytest.mark.parametrize("per", get_args(MixupPer))
@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
def test_agrees_with_the_reference_way(
    per: MixupPer, label_smoothing: float, images: Tensor, logits: Tensor, labels: Tensor
) -> None:
    mix = drawn(1.0, per)
    permutation = mix.permutation.tolist()
    lams = mix.lam.tolist() * (1 if per == "sample" else N)
    expected_loss = expected_accuracy = 0.0
    mixed = mix_images(images, mix)
    for k, lam in enumerate(lams):
        j = permutation[k]
        assert torch.allclose(mixed[k], lam * images[k] + (1 - lam) * images[j], atol=1e-6)
        ours, theirs = (F.cross_entropy(logits[k], labels[i], label_smoothing=label_smoothing).item() for i in (k, j))
        expected_loss += (lam * ours + (1 - lam) * theirs) / N
        predicted = int(logits[k].argmax())
        expected_accuracy += (lam * (predicted == labels[k]) + (1 - lam) * (predicted == labels[j])) / N
    assert mixup_loss(logits, labels, mix, label_smoothing).item() == pytest.approx(expected_loss, rel=1e-5)
    assert mixed_accuracy(logits, labels, mix).item() == pytest.approx(float(expected_accuracy), rel=1e-5)


@settings(deadline=None)  # a busy machine is slow at times
@given(st.integers(0, 1000), st.sampled_from(get_args(MixupPer)), st.sampled_from([0.0, 0.05, 0.5]))
def test_the_two_term_loss_is_the_soft_label_loss(step: int, per: MixupPer, label_smoothing: float) -> None:
    random = torch.Generator().manual_seed(step)
    logits = 5 * torch.randn(N, CLASSES, generator=random)
    labels = torch.randint(CLASSES, (N,), generator=random)
    mix = drawn(1.0, per, step=step)
    one_hot = F.one_hot(labels, CLASSES).float()
    lam = mix.lam[:, None]
    soft = lam * one_hot + (1 - lam) * one_hot[mix.permutation]
    soft = (1 - label_smoothing) * soft + label_smoothing / CLASSES
    expected = -(soft * F.log_softmax(logits, dim=1)).sum(1).mean()
    assert torch.allclose(mixup_loss(logits, labels, mix, label_smoothing), expected, rtol=1e-5)


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
def test_without_a_mix_it_is_plain_cross_entropy(label_smoothing: float, logits: Tensor, labels: Tensor) -> None:
    plain = F.cross_entropy(logits, labels, label_smoothing=label_smoothing)
    assert torch.equal(mixup_loss(logits, labels, None, label_smoothing), plain)
    assert mixed_accuracy(logits, labels, None) == (logits.argmax(1) == labels).float().mean()


def test_lam_one_and_zero_take_one_image_exactly(images: Tensor, logits: Tensor, labels: Tensor) -> None:
    permutation = torch.arange(N).roll(1)
    own, other = (Mix(torch.tensor([lam]), permutation) for lam in (1.0, 0.0))
    assert torch.equal(mix_images(images, own), images)
    assert torch.equal(mix_images(images, other), images[permutation])
    assert torch.allclose(mixup_loss(logits, labels, own), F.cross_entropy(logits, labels))
    assert torch.allclose(mixup_loss(logits, labels, other), F.cross_entropy(logits, labels[permutation]))


def test_mixing_keeps_the_memory_format(images: Tensor) -> None:
    images = images.to(memory_format=torch.channels_last)
    assert mix_images(images, drawn(1.0, "sample")).is_contiguous(memory_format=torch.channels_last)
