"""Building a network for a data set's classes, channels and image size."""

from __future__ import annotations

import importlib
import inspect

import torch
import torchvision
from torch import nn

from mixtui.config import IMPORT_PATH, RunConfig
from mixtui.errors import MixtuiError, reason_of
from mixtui.training.streams import Stream, torch_seed


def build_model(config: RunConfig, classes: int, channels: int, image_size: tuple[int, int]) -> nn.Module:
    """The network `config.model` with its weights drawn from `config.seed`.

    It maps float (n, channels, *image_size) to logits (n, classes), which is tried once. Raises MixtuiError when the
    network cannot do that.
    """
    torch.manual_seed(torch_seed(config.seed, Stream.INITIALISATION))
    if IMPORT_PATH.fullmatch(config.model):
        model = _build_users_own(config.model, classes, channels, image_size)
    else:
        model = _build_torchvision(config.model, classes, image_size)
        _adapt_channels(model, channels)
    if config.stem == "cifar":
        _use_cifar_stem(model, config.model)
    _try_once(model, config, classes, channels, image_size)
    return model


def _build_torchvision(name: str, classes: int, image_size: tuple[int, int]) -> nn.Module:
    builder = torchvision.models.get_model_builder(name)
    options: dict[str, object] = {"weights": None, "num_classes": classes}
    if name in ("googlenet", "inception_v3"):  # their auxiliary heads return something else than logits
        options |= {"aux_logits": False, "init_weights": True}
    if name.startswith("vit_"):
        options["image_size"] = image_size[0]
    if name.startswith("maxvit"):
        options["input_size"] = image_size
    try:
        return builder(**options)
    except Exception as error:
        raise _cannot(name, image_size, error) from error


def _adapt_channels(model: nn.Module, channels: int) -> None:
    """Give the first convolution `channels` input channels; torchvision builds it for three."""
    for name, module in model.named_modules():
        if isinstance(module, nn.Conv2d):
            if module.in_channels != channels:
                _replace(model, name, _conv_like(module, in_channels=channels))
            return


def _use_cifar_stem(model: nn.Module, name: str) -> None:
    """A 3×3 first convolution of stride 1 and no pooling after it, as published CIFAR ResNets have (He et al. 2016)."""
    conv = getattr(model, "conv1", None)
    if not isinstance(conv, nn.Conv2d) or not hasattr(model, "maxpool"):
        raise MixtuiError(f"--stem cifar needs a ResNet, and {name} is none.", "Leave --stem out.")
    _replace(model, "conv1", _conv_like(conv, kernel_size=3, stride=1, padding=1))
    _replace(model, "maxpool", nn.Identity())


def _conv_like(conv: nn.Conv2d, **changes: object) -> nn.Conv2d:
    """A fresh convolution like `conv` but for `changes`, its weights drawn as torchvision's ResNets draw theirs."""
    options = {
        name: getattr(conv, name)
        for name in ("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups")
    }
    new = nn.Conv2d(**{**options, "bias": conv.bias is not None, **changes})
    nn.init.kaiming_normal_(new.weight, mode="fan_out", nonlinearity="relu")
    return new


def _replace(model: nn.Module, name: str, module: nn.Module) -> None:
    parent, _, child = name.rpartition(".")
    setattr(model.get_submodule(parent), child, module)


def _build_users_own(path: str, classes: int, channels: int, image_size: tuple[int, int]) -> nn.Module:
    module_name, _, function_name = path.partition(":")
    try:
        function = getattr(importlib.import_module(module_name), function_name)
        taken = inspect.signature(function).parameters
    except Exception as error:  # importing runs the user's own code
        raise MixtuiError(
            f"--model {path} cannot be imported: {reason_of(error)}.",
            "Start mixtui in the folder that holds the module, or install it.",
        ) from error
    offered = {"num_classes": classes, "channels": channels, "image_size": image_size}
    if "num_classes" not in taken:
        raise MixtuiError(
            f"--model {path}: the function does not take num_classes.",
            "Write def function(num_classes, channels, image_size), the last two if they are needed.",
        )
    try:
        model = function(**{name: value for name, value in offered.items() if name in taken})
    except Exception as error:
        raise MixtuiError(
            f"--model {path} failed: {reason_of(error)}.", "Call it in Python by itself to see where."
        ) from error
    if not isinstance(model, nn.Module):
        raise MixtuiError(
            f"--model {path} returned {type(model).__name__}, not a torch.nn.Module.",
            "Return the network from the function.",
        )
    return model


def _try_once(model: nn.Module, config: RunConfig, classes: int, channels: int, image_size: tuple[int, int]) -> None:
    has_batchnorm = any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in model.modules())
    if config.batch_size == 1 and has_batchnorm:
        raise MixtuiError(
            f"--batch-size 1 cannot train {config.model}: its BatchNorm needs at least two images.",
            "Use --batch-size 2 or more, or a model without BatchNorm.",
        )
    try:
        with torch.no_grad():  # not inference_mode, under which a lazy layer would make parameters that cannot train
            logits = model.eval()(torch.zeros(2, channels, *image_size))
    except Exception as error:
        raise _cannot(config.model, image_size, error) from error
    if getattr(logits, "shape", None) != (2, classes):
        raise MixtuiError(
            f"{config.model} does not return logits of shape (images, {classes}).",
            "The network must map (n, channels, height, width) to (n, classes).",
        )


def _cannot(name: str, image_size: tuple[int, int], error: Exception) -> MixtuiError:
    height, width = image_size
    return MixtuiError(
        f"{name} cannot take images of {height}×{width}: {reason_of(error)}.",
        "Choose another model; resnet18 takes any size.",
    )
