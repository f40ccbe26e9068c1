"""RunConfig: what it takes, what it refuses and in which words, and its way through JSON."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtui.config import (
    LARGEST_ALPHA,
    MODELS,
    SMALLEST_ALPHA,
    MixupPer,
    Precision,
    RunConfig,
    Schedule,
    Stem,
)
from mixtui.errors import EXIT_USAGE, MixtuiError

Refused = Callable[[str], AbstractContextManager[None]]

RESNETS = tuple(name for name in MODELS if name.startswith("resnet"))
configs = st.builds(
    RunConfig,
    alpha=st.just(0) | st.floats(SMALLEST_ALPHA, LARGEST_ALPHA),
    dataset=st.sampled_from(["cifar10", "synthetic"]) | st.text(),
    dataset_requested=st.none() | st.text(),
    model=st.sampled_from([*RESNETS, "my.nets:tiny"]),
    epochs=st.integers(1, 1000),
    batch_size=st.integers(2, 4096),
    lr=st.floats(0, 1e6, exclude_min=True),
    momentum=st.floats(0, 1, exclude_max=True),
    weight_decay=st.floats(0, 1),
    schedule=st.sampled_from(get_args(Schedule)),
    label_smoothing=st.floats(0, 1, exclude_max=True),
    augment=st.booleans(),
    mixup_per=st.sampled_from(get_args(MixupPer)),
    stem=st.sampled_from(get_args(Stem)),
    seed=st.integers(0, 2**32 - 1),
    bins=st.integers(1, 1000),
    device=st.sampled_from(["cpu", "cuda", "cuda:0", "cuda:11"]),
    precision=st.sampled_from(get_args(Precision)),
    threads=st.integers(1, 128),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(10**400),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3),
    max_leaves=5,
)


def test_defaults_are_the_reference_recipe() -> None:
    config = RunConfig(alpha=0.4)
    assert (config.dataset, config.model, config.epochs, config.batch_size) == ("cifar10", "resnet18", 10, 64)
    assert (config.lr, config.momentum, config.weight_decay, config.schedule) == (0.003, 0.9, 0.0, "constant")
    assert (config.augment, config.label_smoothing, config.stem, config.mixup_per) == (False, 0.0, "imagenet", "batch")
    assert (config.seed, config.bins, config.precision) == (0, 15, "fp32")


@given(configs)
def test_goes_through_json_unchanged(config: RunConfig) -> None:
    text = json.dumps(config.to_json(), allow_nan=False)
    assert RunConfig.from_json(json.loads(text)) == config


def test_json_may_hold_more_than_the_configuration() -> None:
    config = RunConfig(alpha=0.4)
    assert RunConfig.from_json({**config.to_json(), "schema_version": 1, "git_commit": None}) == config


def test_json_of_an_earlier_version_has_the_default_of_what_came_later() -> None:
    document = RunConfig(alpha=0.4).to_json()
    del document["holdout"]
    assert RunConfig.from_json(document).holdout == 0


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(RunConfig) if field.name != "holdout"])
def test_json_without_a_field_is_refused(name: str, refused: Refused) -> None:
    document = RunConfig(alpha=0.4).to_json()
    del document[name]
    with refused(name):
        RunConfig.from_json(document)


@given(st.sampled_from([field.name for field in dataclasses.fields(RunConfig)]), json_values)
def test_json_of_any_kind_is_a_configuration_or_an_error_for_a_person(name: str, value: Any) -> None:
    document = {**RunConfig(alpha=0.4).to_json(), name: value}
    try:
        config = RunConfig.from_json(document)
    except MixtuiError as error:
        assert error.exit_code == EXIT_USAGE
    else:
        json.dumps(config.to_json(), allow_nan=False)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("alpha", -0.1, "0 or more"),
        ("alpha", math.nan, "finite"),
        ("alpha", math.inf, "finite"),
        ("alpha", 10**400, "finite"),
        ("alpha", True, "finite"),
        ("alpha", "0.4", "finite"),
        ("alpha", None, "finite"),
        ("alpha", SMALLEST_ALPHA / 2, "out of range"),
        ("alpha", LARGEST_ALPHA * 2, "out of range"),
        ("dataset", None, "--dataset"),
        ("dataset", 10, "--dataset"),
        ("dataset_requested", 10, "--dataset"),
        ("model", "resnet19", "resnet19"),
        ("model", "", "model"),
        ("model", 18, "--model"),
        ("model", "nets:", "nets:"),
        ("epochs", 0, "--epochs"),
        ("epochs", 1.0, "--epochs"),
        ("epochs", True, "--epochs"),
        ("epochs", "10", "--epochs"),
        ("epochs", 1_000_001, "--epochs"),
        ("batch_size", 0, "--batch-size"),
        ("batch_size", -64, "--batch-size"),
        ("lr", 0.0, "--lr"),
        ("lr", -0.003, "--lr"),
        ("lr", math.nan, "--lr"),
        ("lr", math.inf, "--lr"),
        ("lr", 10**400, "--lr"),
        ("lr", "0.003", "--lr"),
        ("momentum", 1.0, "--momentum"),
        ("momentum", -0.1, "--momentum"),
        ("weight_decay", -1e-9, "--weight-decay"),
        ("label_smoothing", 1.0, "--label-smoothing"),
        ("schedule", "linear", "--schedule"),
        ("schedule", ["step"], "--schedule"),
        ("mixup_per", "pixel", "--mixup-per"),
        ("stem", "tiny", "--stem"),
        ("augment", "no", "--augment"),
        ("augment", 1, "--augment"),
        ("seed", -1, "--seed"),
        ("seed", 2**32, "--seed"),
        ("bins", 0, "--bins"),
        ("bins", 1001, "--bins"),
        ("device", "auto", "--device"),
        ("device", "gpu", "--device"),
        ("device", "cuda:", "--device"),
        ("device", "cuda:٣", "--device"),
        ("device", None, "--device"),
        ("precision", "fp16", "--precision"),
        ("threads", 0, "--threads"),
    ],
)
def test_refuses_what_cannot_work(name: str, value: Any, words: str, refused: Refused) -> None:
    with refused(words):
        RunConfig(**{"alpha": 0.1, name: value})


@pytest.mark.parametrize("alpha", [0, 0.0, 1, SMALLEST_ALPHA, LARGEST_ALPHA])
def test_takes_every_alpha_in_range(alpha: float) -> None:
    assert RunConfig(alpha=alpha).alpha == alpha


def test_a_misspelt_model_gets_a_suggestion() -> None:
    with pytest.raises(MixtuiError) as caught:
        RunConfig(alpha=0, model="resnet-18")
    assert caught.value.hint == "Did you mean resnet18?"


def test_models_are_those_of_torchvision() -> None:
    from torchvision import models

    assert list(MODELS) == models.list_models(module=models)


def test_the_cifar_stem_is_for_the_resnet_family(refused: Refused) -> None:
    for model in ("resnet18", "resnext50_32x4d", "wide_resnet50_2", "my.nets:tiny"):
        RunConfig(alpha=0, stem="cifar", model=model)
    with refused("--stem cifar"):
        RunConfig(alpha=0, stem="cifar", model="vgg11")


def test_single_images_are_only_for_networks_without_batchnorm(refused: Refused) -> None:
    for model in ("vgg11", "alexnet", "vit_b_16", "my.nets:tiny"):
        RunConfig(alpha=0, batch_size=1, model=model)
    for model in ("vgg11_bn", "resnet18", "maxvit_t"):
        with refused("--batch-size 1"):
            RunConfig(alpha=0, batch_size=1, model=model)


@pytest.mark.parametrize(
    ("requested", "dataset", "fallback"),
    [(None, "cifar10", False), (None, "synthetic", True), ("synthetic", "synthetic", False)],
)
def test_a_fallback_is_a_data_set_that_nobody_named(requested: str | None, dataset: str, fallback: bool) -> None:
    config = RunConfig(alpha=0, dataset=dataset, dataset_requested=requested)
    assert config.fallback is config.to_json()["fallback"] is fallback
