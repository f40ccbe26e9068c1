"""The learning rate over training."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtui.config import Schedule
from mixtui.training.schedule import learning_rate


def rates(schedule: Schedule, total_steps: int, lr: float = 0.1) -> list[float]:
    return [learning_rate(schedule, lr, step, total_steps) for step in range(total_steps)]


def test_constant() -> None:
    assert rates("constant", 4) == [0.1] * 4


@pytest.mark.parametrize(
    ("total_steps", "whole", "tenth"),
    [(1, 1, 0), (2, 1, 1), (3, 2, 1), (4, 2, 1), (8, 4, 2), (100, 50, 25), (7820, 3910, 1955)],
)
def test_step_divides_by_ten_at_half_and_at_three_quarters(total_steps: int, whole: int, tenth: int) -> None:
    expected = [0.1] * whole + [0.01] * tenth + [0.001] * (total_steps - whole - tenth)
    assert rates("step", total_steps) == pytest.approx(expected)


def test_cosine_falls_from_lr_to_nearly_nothing() -> None:
    cosine = rates("cosine", 1000)
    assert cosine[0] == 0.1
    assert cosine[500] == pytest.approx(0.05)
    assert 0 < cosine[-1] < 1e-6
    assert cosine == sorted(cosine, reverse=True)


@settings(deadline=None)  # a busy machine is slow at times
@given(st.sampled_from(get_args(Schedule)), st.integers(1, 10_000), st.floats(1e-12, 1e12), st.data())
def test_a_rate_is_positive_and_never_above_lr(schedule: Schedule, total: int, lr: float, data: st.DataObject) -> None:
    step = data.draw(st.integers(0, total - 1))
    rate = learning_rate(schedule, lr, step, total)
    assert isinstance(rate, float)
    assert 0 < rate <= lr
