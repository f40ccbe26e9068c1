"""A replayed step does what a step does. What CUDA does of it is stood in for: replaying is doing it once more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from mixtui.store.run import Run
from mixtui.training import loop
from mixtui.training.captured_step import WARM_UP_STEPS, CapturedStep, Work
from mixtui.training.exceptions import StopTrainingError
from mixtui.training.loop import Trainer


class Repeater:
    """Replays by doing the work again. Like a graph it knows only the tensors that it was given."""

    def __init__(self) -> None:
        self.warmed_up = self.captured = self.replayed = 0

    def warm_up(self, work: Work) -> Tensor:
        self.warmed_up += 1
        return work()

    def capture(self, work: Work) -> tuple[Tensor, Callable[[], object]]:
        self.captured += 1
        result = torch.empty(2)

        def replay() -> None:
            self.replayed += 1
            result.copy_(work())

        return result, replay


class Tape(Repeater):
    """Runs Python's part when it captures and never again, as CUDA does."""

    def capture(self, work: Work) -> tuple[Tensor, Callable[[], object]]:
        result = work()
        return result, lambda: None


class Refuser(Repeater):
    def capture(self, work: Work) -> tuple[Tensor, Callable[[], object]]:
        try:
            raise ValueError("operation not permitted when stream is capturing\nand more")
        finally:
            raise RuntimeError("the capture cannot be ended")


@pytest.fixture
def captured(monkeypatch: pytest.MonkeyPatch) -> Callable[[Repeater], None]:
    """From now on trainers step by replaying."""

    def use(capturer: Repeater) -> None:
        plain = loop.Step

        def step(*arguments: Any) -> CapturedStep:
            return CapturedStep(plain(*arguments), 8, torch.device("cpu"), capturer)

        monkeypatch.setattr(loop, "Step", step)

    return use


@pytest.mark.parametrize(
    "recipe",
    [{"alpha": 0.0}, {"momentum": 0.0}, {"alpha": 0.4, "mixup_per": "sample"}, {"augment": True, "schedule": "cosine"}],
)
def test_replayed_steps_train_as_others_do(
    recipe: dict[str, Any],
    make_run: Callable[..., Run],
    train: Callable[..., Trainer],
    outcome: Callable[[Run], dict[str, Any]],
    captured: Callable[[Repeater], None],
) -> None:
    one_by_one, replayed = make_run(epochs=4, **recipe), make_run(epochs=4, **recipe)
    train(one_by_one)
    captured(capturer := Repeater())
    train(replayed)
    # Of the three batches of an epoch, the last has nine images.
    assert (capturer.warmed_up, capturer.captured, capturer.replayed) == (WARM_UP_STEPS, 1, 8 - WARM_UP_STEPS)
    assert outcome(replayed) == outcome(one_by_one)


def test_a_step_that_cannot_be_captured_is_done_anyway_and_the_run_says_so(
    make_run: Callable[..., Run],
    train: Callable[..., Trainer],
    outcome: Callable[[Run], dict[str, Any]],
    captured: Callable[[Repeater], None],
) -> None:
    one_by_one, refused = make_run(epochs=3), make_run(epochs=3)
    train(one_by_one)
    captured(Refuser())
    train(refused)
    assert outcome(refused) == outcome(one_by_one)
    (warning,) = Run.load(refused.paths.root).history.warnings
    assert warning == (
        "Steps are not replayed as a CUDA graph, which is slower: "
        "ValueError: operation not permitted when stream is capturing."
    )


def test_a_replayed_run_can_be_resumed_anywhere(
    make_run: Callable[..., Run],
    train: Callable[..., Trainer],
    outcome: Callable[[Run], dict[str, Any]],
    captured: Callable[[Repeater], None],
) -> None:
    whole, interrupted = make_run(epochs=4), make_run(epochs=4)
    train(whole)
    captured(Repeater())
    interrupt_after(11, interrupted, train)
    train(interrupted)
    assert outcome(interrupted) == outcome(whole)


def test_the_rate_in_a_checkpoint_is_a_number(
    make_run: Callable[..., Run], train: Callable[..., Trainer], captured: Callable[[Repeater], None]
) -> None:
    run = make_run(epochs=4)
    captured(Tape())
    interrupt_after(11, run, train)
    (group,) = torch.load(run.paths.checkpoint, weights_only=True)["optimizer"]["param_groups"]
    assert group["lr"] == 0.05
    assert type(group["lr"]) is float


def interrupt_after(steps: int, run: Run, train: Callable[..., Trainer]) -> None:
    """Stop it when it asks for the so many-th time whether it may go on."""
    asked = iter([False] * steps + [True])
    with pytest.raises(StopTrainingError):
        train(run, lambda: next(asked))
