"""The options of a recipe make it again."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from mixtui.config import RunConfig
from mixtui.recipe_options import exact, options, recipe_options


@given(st.floats(allow_nan=False) | st.integers())
@settings(max_examples=50)
def test_a_number_is_given_back(value: float) -> None:
    assert float(exact(value)) == float(value)


def test_a_short_number_stays_short() -> None:
    assert [*map(exact, (0.0, 1.0, 0.1, 5e-4, 64, 0.12345678))] == ["0", "1", "0.1", "0.0005", "64", "0.12345678"]


def test_a_recipe_is_what_differs_from_the_defaults_and_its_data_set() -> None:
    config = RunConfig(alpha=0.2, seed=3, lr=1e-5, augment=True, mixup_per="sample", device="cuda", threads=8)
    assert recipe_options(config.to_json()) == (
        ["--dataset", "cifar10", "--lr", "1e-05", "--augment", "--mixup-per", "sample"]
    )


def test_a_data_set_is_named_as_it_was_asked_for() -> None:
    folder = RunConfig(alpha=0, dataset="folder:x", dataset_requested="folder:/a/x")
    stand_in = RunConfig(alpha=0, dataset="synthetic")
    assert recipe_options(folder.to_json()) == ["--dataset", "folder:/a/x"]
    assert recipe_options(stand_in.to_json()) == ["--dataset", "synthetic"]


def test_options_come_one_by_one_with_their_values() -> None:
    defaults = {"retries": 0, "keep_checkpoints": False, "slots_per_gpu": None}
    settings = {"retries": 2, "keep_checkpoints": True, "slots_per_gpu": None}
    assert options(settings, defaults) == [["--retries", "2"], ["--keep-checkpoints"]]
