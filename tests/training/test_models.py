"""Networks for a data set's classes, channels and image size."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torchvision
from torch import nn

from mixtui.config import MODELS, WITHOUT_BATCHNORM, RunConfig
from mixtui.errors import EXIT_USAGE, MixtuiError
from mixtui.training.models import build_model

CIFAR = {"classes": 10, "channels": 3, "image_size": (32, 32)}


def map_sizes(model: nn.Module, image_size: tuple[int, int]) -> dict[str, tuple[int, int]]:
    """Height and width of what each top-level module of a ResNet returns."""
    sizes: dict[str, tuple[int, int]] = {}

    def note(name: str) -> Callable[..., None]:
        return lambda module, inputs, output: sizes.update({name: tuple(output.shape[2:])})

    for name, module in model.named_children():
        module.register_forward_hook(note(name))
    with torch.no_grad():
        model.eval()(torch.zeros(1, 3, *image_size))
    return sizes


@pytest.mark.parametrize(("channels", "classes"), [(1, 10), (1, 100), (3, 10), (3, 100)])
def test_resnet18(channels: int, classes: int) -> None:
    model = build_model(RunConfig(alpha=0), classes, channels, (28, 28))
    assert model(torch.zeros(2, channels, 28, 28)).shape == (2, classes)


@pytest.mark.parametrize(("channels", "classes"), [(1, 100), (3, 10)])
def test_wide_resnet50_2(channels: int, classes: int) -> None:
    model = build_model(RunConfig(alpha=0, model="wide_resnet50_2"), classes, channels, (32, 32))
    assert model.eval()(torch.zeros(2, channels, 32, 32)).shape == (2, classes)


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("imagenet", {"conv1": 16, "maxpool": 8, "layer1": 8, "layer2": 4, "layer3": 2, "layer4": 1}),
        ("cifar", {"conv1": 32, "maxpool": 32, "layer1": 32, "layer2": 16, "layer3": 8, "layer4": 4}),
    ],
)
def test_stems(stem: str, expected: dict[str, int]) -> None:
    model = build_model(RunConfig(alpha=0, stem=stem), **CIFAR)
    sizes = map_sizes(model, (32, 32))
    assert {name: sizes[name] for name in expected} == {name: (size, size) for name, size in expected.items()}


def test_the_cifar_stem_takes_one_channel_too() -> None:
    model = build_model(RunConfig(alpha=0, stem="cifar"), 10, 1, (28, 28))
    assert model.conv1.weight.shape == (64, 1, 3, 3)
    assert model.conv1.bias is None


def test_the_default_is_torchvisions_own_network() -> None:
    ours = build_model(RunConfig(alpha=0), 10, 3, (32, 32))
    theirs = torchvision.models.resnet18(num_classes=10)
    assert [(name, p.shape) for name, p in ours.named_parameters()] == [
        (name, p.shape) for name, p in theirs.named_parameters()
    ]


def test_weights_depend_on_the_seed_alone(make_config: Callable[..., RunConfig]) -> None:
    def weights(**changes: object) -> list[torch.Tensor]:
        torch.rand(3)
        return list(build_model(make_config(**changes), 3, 3, (8, 8)).parameters())

    first, again, other = weights(), weights(alpha=1.0, batch_size=16, augment=True), weights(seed=1)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0], other[0])


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("alexnet", 64),
        ("convnext_tiny", 32),
        ("densenet121", 32),
        ("efficientnet_b0", 28),
        ("googlenet", 28),
        ("inception_v3", 75),
        ("mnasnet0_5", 28),
        ("mobilenet_v3_small", 28),
        ("regnet_y_400mf", 28),
        ("shufflenet_v2_x0_5", 28),
        ("squeezenet1_1", 28),
        ("swin_t", 28),
        ("vit_b_16", 32),
    ],
)
def test_other_families_train_on_one_channel(name: str, size: int) -> None:
    model = build_model(RunConfig(alpha=0, model=name), 7, 1, (size, size))
    assert model.train()(torch.rand(2, 1, size, size)).shape == (2, 7)


@pytest.mark.parametrize(
    ("name", "image_size"),
    [
        ("inception_v3", (32, 32)),
        ("maxvit_t", (32, 32)),
        ("squeezenet1_1", (8, 8)),
        ("vit_b_16", (28, 28)),
    ],
)
def test_an_image_size_that_a_network_cannot_take(name: str, image_size: tuple[int, int]) -> None:
    with pytest.raises(MixtuiError, match=f"{name} cannot take images of {image_size[0]}×{image_size[1]}: .") as caught:
        build_model(RunConfig(alpha=0, model=name), 10, 3, image_size)
    assert "\n" not in caught.value.message


def test_the_names_are_torchvisions() -> None:
    assert set(torchvision.models.list_models(module=torchvision.models)) == set(MODELS)


FAMILIES = """
    alexnet convnext_tiny densenet121 efficientnet_b0 efficientnet_v2_s googlenet inception_v3 mnasnet0_5 mobilenet_v2
    mobilenet_v3_small regnet_x_400mf regnet_y_400mf resnet18 resnext50_32x4d shufflenet_v2_x0_5 squeezenet1_0 swin_t
    swin_v2_t vgg11 vgg11_bn vgg19 vgg19_bn vit_b_16 wide_resnet50_2
""".split()


@pytest.mark.parametrize("name", FAMILIES)
def test_which_networks_have_batchnorm(name: str) -> None:
    options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    with torch.device("cpu" if name.startswith("regnet") else "meta"):
        model = torchvision.models.get_model(name, weights=None, **options)
    has_batchnorm = any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in model.modules())
    assert has_batchnorm == (WITHOUT_BATCHNORM.match(name) is None)


def test_a_users_own_network(make_config: Callable[..., RunConfig]) -> None:
    for channels in (1, 3):
        model = build_model(make_config(), 3, channels, (8, 8))
        assert model(torch.zeros(2, channels, 8, 8)).shape == (2, 3)


@pytest.mark.parametrize("name", ["lazy", "Caching"])
def test_what_is_made_in_the_first_forward_pass_can_be_trained(
    name: str, make_config: Callable[..., RunConfig]
) -> None:
    model = build_model(make_config(model=f"own_code:{name}"), 3, 3, (8, 8))
    model.train()(torch.rand(2, 3, 8, 8)).sum().backward()
    assert all(p.grad is not None for p in model.parameters())


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("not_there:cnn", "cannot be imported: ModuleNotFoundError: No module named 'not_there'"),
        ("own_code:not_there", "cannot be imported: AttributeError: module 'own_code' has no attribute 'not_there'"),
        ("own_code:a_number", "cannot be imported: TypeError: 3 is not a callable object"),
        ("own_code:broken", "failed: ValueError: no such width"),
        ("own_code:no_classes", "does not take num_classes"),
        ("own_code:no_network", "returned str, not a torch.nn.Module"),
        ("own_code:sees_too_much", "cannot take images of 8×8: RuntimeError: mat1 and mat2 shapes cannot"),
        ("own_code:too_many_classes", r"does not return logits of shape \(images, 3\)"),
        ("own_code:two_outputs", r"does not return logits of shape \(images, 3\)"),
    ],
)
def test_a_users_own_network_that_is_none(model: str, message: str, make_config: Callable[..., RunConfig]) -> None:
    with pytest.raises(MixtuiError, match=message) as caught:
        build_model(make_config(model=model), 3, 3, (8, 8))
    assert model in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.hint
    assert caught.value.exit_code == EXIT_USAGE


def test_batchnorm_cannot_train_on_single_images(make_config: Callable[..., RunConfig]) -> None:
    with pytest.raises(MixtuiError, match="--batch-size 1 cannot train own_code:cnn"):
        build_model(make_config(batch_size=1), 3, 3, (8, 8))
    build_model(make_config(batch_size=1, model="own_code:Linear"), 3, 3, (8, 8))


def test_the_cifar_stem_is_for_resnets(make_config: Callable[..., RunConfig]) -> None:
    with pytest.raises(MixtuiError, match="--stem cifar needs a ResNet"):
        build_model(make_config(stem="cifar"), 3, 3, (8, 8))
