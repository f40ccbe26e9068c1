"""Small maps as products are the convolutions they stand for."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from mixtui.training.small_maps import SmallMapConv2d, use_small_map_products

SIZES = [(1, 1), (1, 2), (2, 1), (2, 2), (1, 4), (4, 1), (3, 3), (4, 4), (2, 7), (5, 5)]


class OneConv(nn.Module):
    """A network of a single convolution, in float64 so that rounding does not blur a difference."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.conv = conv

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.conv(images)
        return result


@settings(max_examples=150)
@given(
    size=st.sampled_from(SIZES),
    kernel=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    stride=st.integers(1, 2),
    padding=st.integers(0, 2),
    bias=st.booleans(),
)
def test_results_and_gradients_are_the_convolutions(
    size: tuple[int, int], kernel: tuple[int, int], stride: int, padding: int, bias: bool
) -> None:
    if any(length + 2 * padding < k for length, k in zip(size, kernel, strict=True)):
        return  # no such convolution
    torch.manual_seed(0)
    conv = nn.Conv2d(3, 4, kernel, stride, padding, bias=bias)
    plain, fast = OneConv(conv), OneConv(copy.deepcopy(conv))
    use_small_map_products(fast, 3, size)
    plain.double()
    fast.double()
    ours, theirs = (torch.randn(2, 3, *size, dtype=torch.float64).requires_grad_() for _ in range(2))
    with torch.no_grad():
        ours.copy_(theirs)
    expected, got = plain(theirs), fast(ours)
    torch.testing.assert_close(got, expected)
    weight = torch.randn_like(expected)
    (expected * weight).sum().backward()
    (got * weight).sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad)
    if isinstance(fast.conv, SmallMapConv2d):
        gradient = plain.conv.weight.grad.flatten(2).transpose(1, 2)  # type: ignore[union-attr]
        torch.testing.assert_close(fast.conv.rows.grad, gradient[:, fast.conv.used])
        assert gradient.count_nonzero() == gradient[:, fast.conv.used].count_nonzero()


@pytest.fixture(scope="module")
def networks() -> tuple[nn.Module, nn.Module]:
    """resnet18 as it is and with products, of equal weights."""
    torch.manual_seed(0)
    plain = torchvision.models.resnet18(num_classes=10)
    fast = copy.deepcopy(plain)
    use_small_map_products(fast, 3, (32, 32))
    return plain, fast


def test_the_last_two_stages_of_resnet18_on_small_images_are_products(networks: tuple[nn.Module, nn.Module]) -> None:
    replaced = [name for name, module in networks[1].named_modules() if isinstance(module, SmallMapConv2d)]
    assert replaced == [
        *("layer3.0.conv1", "layer3.0.conv2", "layer3.0.downsample.0", "layer3.1.conv1", "layer3.1.conv2"),
        *("layer4.0.conv1", "layer4.0.conv2", "layer4.0.downsample.0", "layer4.1.conv1", "layer4.1.conv2"),
    ]


def test_large_images_leave_a_network_alone() -> None:
    model = torchvision.models.resnet18(num_classes=10)
    use_small_map_products(model, 3, (96, 96))
    assert not any(isinstance(module, SmallMapConv2d) for module in model.modules())


def test_a_step_of_training_is_the_same_to_rounding(networks: tuple[nn.Module, nn.Module]) -> None:
    images, labels = torch.randn(8, 3, 32, 32, dtype=torch.float64), torch.arange(8)
    plain, fast = (copy.deepcopy(network).double().train() for network in networks)
    losses = []
    for network in (plain, fast):
        optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)
        for _ in range(3):
            optimizer.zero_grad()
            loss = F.cross_entropy(network(images), labels)
            loss.backward()
            optimizer.step()
        losses.append(loss.detach())
    torch.testing.assert_close(losses[1], losses[0], rtol=1e-9, atol=0)
    torch.testing.assert_close(fast.state_dict(), plain.state_dict(), rtol=1e-6, atol=1e-9)


def test_weights_are_saved_and_read_as_the_convolutions(networks: tuple[nn.Module, nn.Module]) -> None:
    plain, fast = networks
    assert fast.state_dict().keys() == plain.state_dict().keys()
    torch.testing.assert_close(fast.state_dict(), plain.state_dict(), rtol=0, atol=0)
    other = torchvision.models.resnet18(num_classes=10)
    other.load_state_dict(fast.state_dict())
    images = torch.randn(4, 3, 32, 32)
    torch.testing.assert_close(fast.eval()(images), other.eval()(images), rtol=1e-4, atol=1e-5)
    again, drawn = copy.deepcopy(fast), torchvision.models.resnet18(num_classes=10).state_dict()
    again.load_state_dict(drawn)
    torch.testing.assert_close(again.state_dict(), drawn, rtol=0, atol=0)


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (4, 4)])
def test_in_bf16_they_differ_by_its_rounding_alone(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    conv = nn.Conv2d(32, 16, 3, 2 if size == (4, 4) else 1, 1)
    plain, fast = OneConv(conv), OneConv(copy.deepcopy(conv))
    use_small_map_products(fast, 32, size)
    assert isinstance(fast.conv, SmallMapConv2d)
    images = torch.randn(8, 32, *size)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        theirs, ours = plain(images), fast(images)
    assert ours.dtype == theirs.dtype == torch.bfloat16
    ours.float().square().mean().backward()
    plain(images).square().mean().backward()
    gradient = conv.weight.grad.flatten(2).transpose(1, 2)[:, fast.conv.used]  # type: ignore[union-attr]
    assert (ours.float() - plain(images)).norm() < 0.01 * theirs.float().norm()
    assert (fast.conv.rows.grad - gradient).norm() < 0.01 * gradient.norm()  # type: ignore[operator]
