"""Whether there is memory for one more training: what is free, and what trainings like it were seen to take."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import psutil

from mixtui.config import RunConfig
from mixtui.launch.cgroup import memory_free
from mixtui.store.run import Run

GIB = 2**30
MARGIN = 1.15  # on what was seen
# Of a training of which nothing like it was seen yet. Generous: it holds up the second such run only until the first
# has trained for a second.
UNKNOWN_RAM, UNKNOWN_GPU = 8 * GIB, 10 * GIB
# What a training of which nothing is known needs to be tried alone.
ALONE_RAM, ALONE_GPU = 1 * GIB, 1 * GIB


@dataclass(frozen=True)
class Need:
    """Bytes of memory of one training."""

    ram: int
    gpu: int
    known: bool


def ram_free() -> int:
    """Bytes that can be had without swapping, within the control group's limit."""
    free: int = psutil.virtual_memory().available
    within = memory_free()
    return free if within is None else min(free, within)


@dataclass
class Experience:
    """What trainings took, by what decides it."""

    _seen: dict[tuple[Any, ...], Need] = field(default_factory=dict)

    def learn(self, run: Run) -> None:
        """Take in what a run recorded of its memory, if it did."""
        seen = run.history.memory
        if seen is not None:
            # The most of all runs: one that has just begun has not taken all yet.
            before = self._seen.get(_kind(run.config), Need(0, 0, known=True))
            ram, gpu = int(seen["ram"] * MARGIN), int(seen["gpu"] * MARGIN)
            self._seen[_kind(run.config)] = Need(max(ram, before.ram), max(gpu, before.gpu), known=True)

    def need(self, config: RunConfig) -> Need:
        """Of a training with `config`: the most that one of its kind took, and a margin; else a generous guess."""
        on_gpu = config.device != "cpu"
        return self._seen.get(_kind(config), Need(UNKNOWN_RAM, UNKNOWN_GPU if on_gpu else 0, known=False))


def _kind(config: RunConfig) -> tuple[Any, ...]:
    """Trainings of one kind take the same memory."""
    device = config.device.partition(":")[0]
    return device, config.model, config.stem, config.dataset, config.batch_size, config.precision
