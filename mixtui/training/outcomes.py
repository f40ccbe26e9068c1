"""What the steps came to, read from the device many at a time: to read one at once would stall a GPU."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

MARK_EVERY = 8  # steps
MARKS_AHEAD = 2


class Mark(Protocol):
    """A place in the device's work."""

    def synchronize(self) -> object:
        """Wait until the device has come there."""


class Outcome(NamedTuple):
    """A step's record without its loss, the images of its batch, its mean loss, and its mixed accuracy."""

    record: dict[str, Any]
    n: int
    loss: float
    accuracy: float


class Outcomes:
    """The outcomes of steps, in order, from when they are launched until they are read.

    Python runs ahead of a GPU, here by less than MARK_EVERY * MARKS_AHEAD steps, so that what is asked of a training is
    done soon; what lies further back is read while the GPU works on. `mark` marks the place that was launched last.
    """

    def __init__(self, device: torch.device, mark: Callable[[], Mark] | None = None) -> None:
        self._mark = mark or (_cuda_mark if device.type == "cuda" else None)
        self._reading = torch.cuda.Stream(device) if device.type == "cuda" else None
        self._waiting: deque[tuple[dict[str, Any], int, Tensor]] = deque()
        self._marks: deque[tuple[Mark, int]] = deque()  # each with the steps launched before it
        self._launched = self._done = self._read = 0

    def add(self, record: dict[str, Any], n: int, outcome: Tensor) -> None:
        """`outcome`: mean loss and mixed accuracy, (2,), on the device."""
        self._waiting.append((record, n, outcome))
        self._launched += 1
        if self._mark is None:
            self._done = self._launched
        elif self._launched % MARK_EVERY == 0:
            self._marks.append((self._mark(), self._launched))
            if len(self._marks) == MARKS_AHEAD:
                self._wait_for_next_mark()

    def read_done(self) -> list[Outcome]:
        """What was not read yet of steps that are known to be done."""
        taken = [self._waiting.popleft() for _ in range(self._done - self._read)]
        self._read = self._done
        if not taken:
            return []
        with torch.cuda.stream(self._reading) if self._reading else nullcontext():  # beside the steps under way
            values = torch.stack([outcome for *_, outcome in taken]).tolist()
        return [Outcome(record, n, *value) for (record, n, _), value in zip(taken, values, strict=True)]

    def read_all(self) -> list[Outcome]:
        """What was not read yet, once all steps are done."""
        if self._mark is not None:
            self._marks.append((self._mark(), self._launched))
        while self._marks:
            self._wait_for_next_mark()
        return self.read_done()

    def _wait_for_next_mark(self) -> None:
        mark, done = self._marks.popleft()
        mark.synchronize()
        self._done = done


def _cuda_mark() -> Mark:
    event = torch.cuda.Event(blocking=True)  # Python sleeps while it waits: several trainings share the cores
    event.record()
    return event
