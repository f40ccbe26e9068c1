"""What a run is: its configuration, frozen and validated. The defaults are the reference recipe."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from types import UnionType
from typing import Any, Literal, get_args

from mixtui.errors import MixtuiError
from mixtui.number_text import is_finite

DEFAULT_DATASET = "cifar10"

Schedule = Literal["constant", "step", "cosine"]
MixupPer = Literal["batch", "sample"]
Stem = Literal["imagenet", "cifar"]
Precision = Literal["fp32", "bf16"]

# Beyond these bounds lam is 0, 1 or 1/2 to float precision, and the sampler of Beta(alpha, alpha) over- or underflows.
SMALLEST_ALPHA, LARGEST_ALPHA = 1e-6, 1e9

# Bins that a score or a diagram can have.
MOST_BINS = 1000

# Fields that follow from others, or do not change a result beyond rounding.
INCIDENTAL = ("dataset_requested", "fallback", "device", "threads")

# Fields that runs of earlier versions lack: they had the default.
ADDED_LATER = ("holdout",)

# Torchvision's classification models, here so that a wrong name is an error at submission, without importing torch.
MODELS = tuple(
    """
    alexnet convnext_base convnext_large convnext_small convnext_tiny densenet121 densenet161 densenet169 densenet201
    efficientnet_b0 efficientnet_b1 efficientnet_b2 efficientnet_b3 efficientnet_b4 efficientnet_b5 efficientnet_b6
    efficientnet_b7 efficientnet_v2_l efficientnet_v2_m efficientnet_v2_s googlenet inception_v3 maxvit_t mnasnet0_5
    mnasnet0_75 mnasnet1_0 mnasnet1_3 mobilenet_v2 mobilenet_v3_large mobilenet_v3_small regnet_x_16gf regnet_x_1_6gf
    regnet_x_32gf regnet_x_3_2gf regnet_x_400mf regnet_x_800mf regnet_x_8gf regnet_y_128gf regnet_y_16gf regnet_y_1_6gf
    regnet_y_32gf regnet_y_3_2gf regnet_y_400mf regnet_y_800mf regnet_y_8gf resnet101 resnet152 resnet18 resnet34
    resnet50 resnext101_32x8d resnext101_64x4d resnext50_32x4d shufflenet_v2_x0_5 shufflenet_v2_x1_0 shufflenet_v2_x1_5
    shufflenet_v2_x2_0 squeezenet1_0 squeezenet1_1 swin_b swin_s swin_t swin_v2_b swin_v2_s swin_v2_t vgg11 vgg11_bn
    vgg13 vgg13_bn vgg16 vgg16_bn vgg19 vgg19_bn vit_b_16 vit_b_32 vit_h_14 vit_l_16 vit_l_32 wide_resnet101_2
    wide_resnet50_2
    """.split()
)
WITHOUT_BATCHNORM = re.compile(r"alexnet|convnext_|squeezenet|swin_|vit_|vgg\d+$")
RESNET_FAMILY = re.compile(r"(wide_)?res(net|next)\d")
IMPORT_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")  # package.module:function


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Everything that decides a run's result, resolved. Raises MixtuiError on any value that cannot work."""

    alpha: float
    dataset: str = DEFAULT_DATASET
    dataset_requested: str | None = None  # None: the user named no data set
    model: str = "resnet18"  # a torchvision name, or "package.module:function"
    epochs: int = 10
    batch_size: int = 64
    lr: float = 0.003
    momentum: float = 0.9
    weight_decay: float = 0.0
    schedule: Schedule = "constant"
    label_smoothing: float = 0.0
    augment: bool = False
    mixup_per: MixupPer = "batch"
    stem: Stem = "imagenet"
    seed: int = 0
    bins: int = 15
    holdout: int = 0  # training images kept out of training, to fit the temperature on
    device: str = "cpu"  # cpu, cuda or cuda:N
    precision: Precision = "fp32"
    threads: int = 1  # CPU threads of the training process

    def __post_init__(self) -> None:
        _check_alpha(self.alpha)
        for name, text in (("dataset", self.dataset), ("model", self.model), ("device", self.device)):
            _check_kind(name, text, str, "a text")
        _check_kind("dataset", self.dataset_requested, str | None, "a text")
        _check_kind("augment", self.augment, bool, "true or false")
        _check_model(self.model)
        _check_integer("epochs", self.epochs, 1, 1_000_000)
        _check_integer("batch-size", self.batch_size, 1, 1_000_000)
        _check_real("lr", self.lr, 0.0, math.inf, low_open=True)
        _check_real("momentum", self.momentum, 0.0, 1.0)
        _check_real("weight-decay", self.weight_decay, 0.0, math.inf)
        _check_real("label-smoothing", self.label_smoothing, 0.0, 1.0)
        _check_choice("schedule", self.schedule, get_args(Schedule))
        _check_choice("mixup-per", self.mixup_per, get_args(MixupPer))
        _check_choice("stem", self.stem, get_args(Stem))
        _check_choice("precision", self.precision, get_args(Precision))
        _check_integer("seed", self.seed, 0, 2**32 - 1)
        _check_integer("bins", self.bins, 1, MOST_BINS)
        _check_integer("holdout", self.holdout, 0, 1_000_000_000)
        _check_integer("threads", self.threads, 1, 4096)
        check_device(self.device)
        if self.stem == "cifar" and self.model in MODELS and not RESNET_FAMILY.match(self.model):
            raise MixtuiError(
                f"--stem cifar is for the ResNet family, and {self.model} is none of it.",
                "Leave --stem out, or choose a model such as resnet18.",
            )
        if self.batch_size == 1 and self.model in MODELS and not WITHOUT_BATCHNORM.match(self.model):
            raise MixtuiError(
                f"--batch-size 1 cannot train {self.model}: its BatchNorm needs at least two images.",
                "Use --batch-size 2 or more, or a model without BatchNorm.",
            )

    @property
    def fallback(self) -> bool:
        """True where `synthetic` stands in for a data set that could not be had and that nobody had named."""
        return self.dataset_requested is None and self.dataset != DEFAULT_DATASET

    def to_json(self) -> dict[str, Any]:
        """Every field by its name, and `fallback`, as `config.json` has them."""
        return {**vars(self), "fallback": self.fallback}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> RunConfig:
        """The configuration in a `config.json` document. Raises MixtuiError when it lacks a field or is not valid."""
        names = cls.__dataclass_fields__.keys()
        missing = sorted(names - document.keys() - set(ADDED_LATER))
        if missing:
            raise MixtuiError(
                f"The configuration lacks {', '.join(missing)}.", "It was written by another version, or damaged."
            )
        return cls(**{name: document[name] for name in names if name in document})


# Of every field but alpha, which has none.
DEFAULTS: Mapping[str, Any] = {field.name: field.default for field in fields(RunConfig) if field.default is not MISSING}


def check_device(device: str) -> None:
    """Raises MixtuiError unless it is cpu, cuda or cuda:N."""
    if not re.fullmatch(r"cpu|cuda(:[0-9]+)?", device):
        raise MixtuiError(f"--device {device} is not known.", "Use auto, cpu, cuda, or cuda:N.")


def _check_alpha(alpha: float) -> None:
    if not is_finite(alpha):
        raise MixtuiError(f"α must be a finite number; {alpha} is not.", "Use --alpha 0 for plain training.")
    if alpha < 0:
        raise MixtuiError(f"α is 0 or more; {alpha:g} is not.", "Use --alpha 0 for plain training.")
    if alpha and not SMALLEST_ALPHA <= alpha <= LARGEST_ALPHA:
        raise MixtuiError(
            f"α = {alpha:g} is out of range.",
            f"Use 0, or a value from {SMALLEST_ALPHA:g} to {LARGEST_ALPHA:g}.",
        )


def _check_model(model: str) -> None:
    if model in MODELS or IMPORT_PATH.fullmatch(model):
        return
    close = difflib.get_close_matches(model, MODELS, n=1)
    raise MixtuiError(
        f"There is no model named {model!r}.",
        f"Did you mean {close[0]}?"
        if close
        else "Use a torchvision classification model, such as resnet18, or package.module:function.",
    )


def _check_integer(name: str, value: int, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise MixtuiError(f"--{name} {value} is out of range.", f"Use a whole number from {low} to {high}.")


def _check_real(name: str, value: float, low: float, high: float, low_open: bool = False) -> None:
    if not is_finite(value) or not low <= value < high or (low_open and value == low):
        bound = f"more than {low:g}" if low_open else f"at least {low:g}"
        raise MixtuiError(
            f"--{name} {value} is out of range.",
            f"Use a number that is {bound}" + (f" and less than {high:g}." if math.isfinite(high) else "."),
        )


def _check_kind(name: str, value: object, kind: type | UnionType, wanted: str) -> None:
    if not isinstance(value, kind):
        raise MixtuiError(f"--{name} {value!r} is not {wanted}.", f"Use {wanted}.")


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise MixtuiError(f"--{name} {value} is not known.", f"Use one of: {', '.join(choices)}.")
