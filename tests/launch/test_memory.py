"""What trainings need, from what trainings like them took, and what is free."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtui.config import RunConfig
from mixtui.launch import memory
from mixtui.launch.memory import GIB, MARGIN, UNKNOWN_GPU, UNKNOWN_RAM, Experience, Need, ram_free
from mixtui.store.history import History
from mixtui.store.paths import RunPaths
from mixtui.store.run import Run

Event = dict[str, object]
MakeEvent = Callable[..., Event]
MakeRun = Callable[..., RunPaths]
Seen = Callable[..., Run]

CONFIG = RunConfig(alpha=0.1, dataset="synthetic", device="cuda")


def seen(ram: int, gpu: int = 0, **recipe: object) -> Run:
    """A run that recorded this use of memory."""
    config = RunConfig(**{"alpha": 0.2, "seed": 3, "dataset": "synthetic", "device": "cuda", **recipe})
    return SimpleNamespace(config=config, history=History(memory={"ram": ram, "gpu": gpu}))  # type: ignore[return-value]


def test_of_an_unknown_training_much_is_expected() -> None:
    experience = Experience()
    assert experience.need(CONFIG) == Need(UNKNOWN_RAM, UNKNOWN_GPU, known=False)
    assert experience.need(RunConfig(alpha=0.1, device="cpu")) == Need(UNKNOWN_RAM, 0, known=False)


def test_a_training_like_one_that_was_seen_needs_what_that_took_and_a_little_more() -> None:
    experience = Experience()
    experience.learn(seen(2 * GIB, 3 * GIB))
    assert experience.need(CONFIG) == Need(int(2 * GIB * MARGIN), int(3 * GIB * MARGIN), known=True)


def test_a_run_teaches_what_its_events_say(make_run: MakeRun, make_event: MakeEvent) -> None:
    experience = Experience()
    for events in (
        [],
        [make_event("attempt"), make_event("memory", ram=5, gpu=0), make_event("memory", ram=GIB, gpu=0)],
    ):
        experience.learn(Run.load(make_run(events, device="cpu").root))
    assert experience.need(RunConfig(alpha=0.7, dataset="synthetic")) == Need(int(GIB * MARGIN), 0, known=True)


def test_a_run_without_a_record_teaches_nothing(make_run: MakeRun) -> None:
    experience = Experience()
    experience.learn(Run.load(make_run(device="cuda").root))
    assert not experience.need(CONFIG).known


@pytest.mark.parametrize(
    "recipe",
    [
        {"device": "cpu"},
        {"model": "resnet34"},
        {"stem": "cifar"},
        {"dataset": "cifar10"},
        {"batch_size": 128},
        {"precision": "bf16"},
    ],
)
def test_what_decides_the_use_of_memory_makes_another_kind(recipe: dict[str, object]) -> None:
    experience = Experience()
    experience.learn(seen(GIB, GIB, **recipe))
    assert not experience.need(CONFIG).known


@pytest.mark.parametrize(
    "recipe", [{"alpha": 0.9}, {"seed": 9}, {"epochs": 3}, {"lr": 1.0}, {"device": "cuda:1"}, {"threads": 2}]
)
def test_what_does_not_makes_none(recipe: dict[str, object]) -> None:
    experience = Experience()
    experience.learn(seen(GIB, GIB, **recipe))
    assert experience.need(CONFIG).known


@given(uses=st.lists(st.tuples(st.integers(1, 2**40), st.integers(0, 2**37)), min_size=1))
def test_no_training_is_expected_to_take_less_than_one_like_it_took(uses: list[tuple[int, int]]) -> None:
    """Nor does one that has just begun, and has not taken all yet, lower what is known."""
    experience = Experience()
    for ram, gpu in uses:
        experience.learn(seen(ram, gpu))
    need = experience.need(CONFIG)
    assert need == Need(int(max(r for r, _ in uses) * MARGIN), int(max(g for _, g in uses) * MARGIN), known=True)


@pytest.mark.parametrize(("machine", "group", "free"), [(8, None, 8), (8, 3, 3), (2, 3, 2), (8, 0, 0)])
def test_free_is_what_the_machine_and_the_control_group_have(
    machine: int, group: int | None, free: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=machine))
    monkeypatch.setattr(memory, "memory_free", lambda: group)
    assert ram_free() == free
