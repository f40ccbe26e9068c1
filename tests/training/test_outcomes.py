"""Losses are read in order, many at a time, and Python does not run far ahead of the device."""

from __future__ import annotations

import torch

from mixtui.training.outcomes import MARK_EVERY, MARKS_AHEAD, Outcomes

CPU = torch.device("cpu")


class Device:
    """One that does nothing until somebody waits for it."""

    def __init__(self) -> None:
        self.launched = self.done = 0

    def mark(self) -> Device.Mark:
        return Device.Mark(self, self.launched)

    class Mark:
        def __init__(self, device: Device, place: int) -> None:
            self._device, self._place = device, place

        def synchronize(self) -> None:
            self._device.done = max(self._device.done, self._place)

    def launch(self, outcomes: Outcomes, steps: int) -> None:
        for _ in range(steps):
            self.launched += 1
            outcomes.add({"step": self.launched}, 8, torch.tensor([self.launched / 4, 0.5]))


def steps_of(outcomes: list[tuple[dict[str, int], int, float, float]]) -> list[int]:
    return [record["step"] for record, *_ in outcomes]


def test_on_a_cpu_every_step_is_done_when_it_was_launched() -> None:
    outcomes = Outcomes(CPU)
    assert outcomes.read_done() == []
    outcomes.add({"step": 1}, 8, torch.tensor([1.5, 0.25]))
    outcomes.add({"step": 2}, 9, torch.tensor([1.25, 0.5]))
    assert outcomes.read_done() == [({"step": 1}, 8, 1.5, 0.25), ({"step": 2}, 9, 1.25, 0.5)]
    assert outcomes.read_all() == []


def test_what_the_device_has_done_is_read_without_waiting_for_the_rest() -> None:
    device = Device()
    outcomes = Outcomes(CPU, device.mark)
    device.launch(outcomes, MARK_EVERY * MARKS_AHEAD - 1)
    assert (device.done, outcomes.read_done()) == (0, [])
    device.launch(outcomes, 1)
    assert steps_of(outcomes.read_done()) == list(range(1, MARK_EVERY + 1))
    assert device.done == MARK_EVERY
    device.launch(outcomes, 5)
    assert outcomes.read_done() == []
    assert steps_of(outcomes.read_all()) == list(range(MARK_EVERY + 1, MARK_EVERY * MARKS_AHEAD + 6))
    assert device.done == device.launched
    device.launch(outcomes, 3)
    assert steps_of(outcomes.read_all()) == [device.launched - 2, device.launched - 1, device.launched]


def test_python_waits_for_a_device_that_lags_behind() -> None:
    device = Device()
    outcomes = Outcomes(CPU, device.mark)
    for _ in range(300):
        device.launch(outcomes, 1)
        assert device.launched - device.done < MARK_EVERY * MARKS_AHEAD
