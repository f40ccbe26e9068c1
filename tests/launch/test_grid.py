"""The alphas and seeds of a sweep, from what a person types."""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mixtui.config import RunConfig
from mixtui.errors import MixtuiError
from mixtui.launch.grid import MOST_RUNS, next_study, parse_alphas, points, same_work

Refused = Callable[[str], AbstractContextManager[None]]


# Alphas


@pytest.mark.parametrize(
    ("text", "alphas"),
    [
        ("0.4", (0.4,)),
        ("0,0.1,0.2,0.3,0.4,0.7", (0.0, 0.1, 0.2, 0.3, 0.4, 0.7)),
        ("0:0.4:0.1", (0.0, 0.1, 0.2, 0.3, 0.4)),
        ("0.1:0.7:0.2", (0.1, 0.3, 0.5, 0.7)),
        ("0:1:0.3", (0.0, 0.3, 0.6, 0.9)),  # the step does not lead to the last
        ("0,0.1,0.5:0.9:0.2", (0.0, 0.1, 0.5, 0.7, 0.9)),
        ("0.5:0.5:0.1", (0.5,)),
        ("1e-6:3e-6:1e-6", (1e-6, 2e-6, 3e-6)),
        ("1:2:5", (1.0,)),
        (" 0 , 0.1 : 0.2 : 0.1 ", (0.0, 0.1, 0.2)),
        (".5,1.", (0.5, 1.0)),
        ("0.2,0.1,0.20,0:0.2:0.1,2e-1", (0.2, 0.1, 0.0)),  # each once, where it came first
    ],
)
def test_lists_and_ranges(text: str, alphas: tuple[float, ...]) -> None:
    assert parse_alphas(text) == alphas


@st.composite
def ranges(draw: st.DrawFn) -> tuple[str, list[float]]:
    """A range as text, and what is in it by whole-number arithmetic."""
    places = draw(st.integers(0, 6))
    first, step, count = draw(st.integers(0, 10**7)), draw(st.integers(1, 10**5)), draw(st.integers(1, 60))
    last = first + step * (count - 1) + draw(st.integers(0, step - 1))
    text = ":".join(str(Decimal(number).scaleb(-places)) for number in (first, last, step))
    return text, [float(f"{first + n * step}e-{places}") for n in range(count)]


@given(ranges())
@example(("0:0.4:0.1", [0.0, 0.1, 0.2, 0.3, 0.4]))
@example(("0:0.3:0.1", [0.0, 0.1, 0.2, 0.3]))  # 0.1 + 0.1 + 0.1 is no 0.3 in floats
def test_ranges_are_exact_and_hold_both_ends(drawn: tuple[str, list[float]]) -> None:
    text, values = drawn
    assert parse_alphas(text) == tuple(values)


@given(values=st.lists(st.floats(0, 1e9), min_size=1))
def test_a_list_holds_what_was_written_and_each_once(values: list[float]) -> None:
    assert parse_alphas(",".join(map(repr, values))) == tuple(dict.fromkeys(values))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "An alpha is missing"),
        ("0.1,,0.2", "An alpha is missing"),
        ("0.1,", "An alpha is missing"),
        ("a", "'a' is not a number"),
        ("0.1;0.2", "is not a number"),
        ("0.1 0.2", "is not a number"),
        ("1/2", "is not a number"),
        ("nan", "'nan' is not finite"),
        ("sNaN", "is not finite"),
        ("0,inf", "'inf' is not finite"),
        ("0:inf:1", "is not finite"),
        ("0:1", "'0:1' is not a range"),
        ("0:1:0.1:2", "is not a range"),
        ("0::0.1", "is not a number or a range"),
        (":", "is not a number or a range"),
        ("0:1:0", "has nothing in it"),
        ("0:1:-0.1", "has nothing in it"),
        ("1:0:0.1", "has nothing in it"),
        ("0.1\n,x\n", "is not a number"),
    ],
)
def test_what_is_none_is_refused(text: str, words: str, refused: Refused) -> None:
    with refused(words):
        parse_alphas(text)


@pytest.mark.parametrize(
    "text",
    [
        "0:1e9:1e-9",
        "0:1:1e-999999",
        "0:1e999999:1e-999999",
        "-9e999999:9e999999:1",
        "-9e999999:9e999999:1e999999",
        "0:1e999999:1",
        f"0:{MOST_RUNS}:1",
        f"0:1:{Decimal(1) / (2 * MOST_RUNS)}",
        ",".join(f"{n}:{n + 0.999}:0.001" for n in range(20)),
    ],
)
def test_a_slip_of_the_keyboard_is_refused_at_once(text: str) -> None:
    began = time.monotonic()
    with pytest.raises(MixtuiError, match="alphas"):
        parse_alphas(text)
    assert time.monotonic() - began < 5


def test_the_most_alphas_are_allowed() -> None:
    assert len(parse_alphas(f"1:{MOST_RUNS}:1")) == MOST_RUNS


@pytest.mark.parametrize("text", ["1e999999", "0:1e999999:1e999999", "-1", "1e-300"])
def test_a_number_that_is_no_alpha_is_refused_by_the_recipe(text: str) -> None:
    with pytest.raises(MixtuiError, match="α"):
        [RunConfig(alpha=alpha) for alpha in parse_alphas(text)]


@given(st.one_of(st.text(max_size=40), st.text("0123456789.:,eE+-naif _", max_size=40)))
def test_any_text_is_alphas_or_a_message_for_a_person(text: str) -> None:
    try:
        alphas = parse_alphas(text)
    except MixtuiError as error:
        assert error.message.endswith(".")
        assert error.hint
    else:
        assert 1 <= len(alphas) <= MOST_RUNS
        assert len(set(alphas)) == len(alphas)


# Points


def test_all_alphas_of_a_seed_come_before_the_next_seed() -> None:
    assert points([0.0, 0.4], first_seed=5, seeds=2) == [(0.0, 5), (0.4, 5), (0.0, 6), (0.4, 6)]


@given(alphas=st.lists(st.floats(0, 10), unique=True, max_size=20), first=st.integers(0, 99), seeds=st.integers(1, 20))
def test_every_alpha_meets_every_seed_once(alphas: list[float], first: int, seeds: int) -> None:
    grid = points(alphas, first, seeds)
    assert len(grid) == len(alphas) * seeds
    assert set(grid) == set(itertools.product(alphas, range(first, first + seeds)))


@pytest.mark.parametrize("seeds", [0, -1])
def test_less_than_one_seed_is_refused(seeds: int, refused: Refused) -> None:
    with refused(f"--seeds {seeds}"):
        points([0.1], 0, seeds)


@pytest.mark.parametrize(("alphas", "seeds"), [(1, 10**12), (2, MOST_RUNS), (MOST_RUNS, 2)])
def test_too_many_runs_are_refused_at_once(alphas: int, seeds: int, refused: Refused) -> None:
    with refused(f"makes {alphas * seeds} runs"):
        points(range(alphas), 0, seeds)


def test_the_most_runs_are_allowed() -> None:
    assert len(points([0.1, 0.2], 0, MOST_RUNS // 2)) == MOST_RUNS


# The same again

CONFIG = RunConfig(alpha=0.1, dataset="cifar10")


@pytest.mark.parametrize("change", [{"device": "cuda"}, {"threads": 4}, {"dataset_requested": "cifar10"}])
def test_the_same_model_trained_elsewhere_is_the_same_work(change: dict[str, object]) -> None:
    assert same_work(dataclasses.replace(CONFIG, **change)) == same_work(CONFIG)


@pytest.mark.parametrize(
    "change",
    [{"alpha": 0.2}, {"seed": 1}, {"epochs": 11}, {"dataset": "svhn"}, {"precision": "bf16"}, {"model": "resnet34"}],
)
def test_another_recipe_is_other_work(change: dict[str, object]) -> None:
    assert same_work(dataclasses.replace(CONFIG, **change)) != same_work(CONFIG)


def test_a_recipe_and_its_document_are_the_same_work() -> None:
    assert same_work(CONFIG.to_json()) == same_work(CONFIG)


# The name of a study


@pytest.mark.parametrize(
    ("tags", "name"),
    [
        ([], "study-1"),
        (["paper", "study-1", "study-3", "study-2"], "study-4"),
        (["study-", "study-x", "study-1-2", "my-study-7", "study-007", "study--1"], "study-8"),
        (["study-9", "study-10", "study-" + "9" * 5000], "study-11"),
    ],
)
def test_the_next_study_has_a_number_of_its_own(tags: list[str], name: str) -> None:
    assert next_study(tags) == name
