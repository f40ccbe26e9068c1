"""Random numbers: every draw is a pure function of (seed, stream, epoch, step).

No generator state lives from one step to the next, so a resumed run needs none to draw what an uninterrupted one
would have drawn.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """What a draw is for. The numbers are part of every recorded result: never change or reuse one."""

    INITIALISATION = 0
    ORDER = 1
    LAM = 2
    PERMUTATION = 3
    AUGMENTATION = 4
    DROPOUT = 5
    CLEAN_SAMPLE = 6
    HOLDOUT = 7


def generator(seed: int, stream: Stream, epoch: int = 0, step: int = 0) -> np.random.Generator:
    """A fresh generator for one draw. `seed` is below 2**32; epoch and step count from 0."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence((seed, stream, epoch, step))))


def torch_seed(seed: int, stream: Stream, epoch: int = 0, step: int = 0) -> int:
    """A seed for torch's own generator, for what torch draws itself: weights and dropout."""
    return int(generator(seed, stream, epoch, step).integers(2**63))
