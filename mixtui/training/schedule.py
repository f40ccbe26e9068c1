"""The learning rate as a function of the position in training."""

from __future__ import annotations

import math

from mixtui.config import Schedule

# Shares of training after which `step` divides the rate by ten: 100 and 150 of 200 epochs in the mixup paper.
MILESTONES = (0.5, 0.75)


def learning_rate(schedule: Schedule, lr: float, step: int, total_steps: int) -> float:
    """The rate of step number `step` (from 0) of `total_steps`.

    `constant`: lr. `step`: a tenth of it from each milestone on. `cosine`: half a cosine from lr towards 0, each step
    (Loshchilov & Hutter 2017, without restarts).
    """
    done = step / total_steps
    match schedule:
        case "constant":
            return lr
        case "step":
            return float(lr * 0.1 ** sum(done >= milestone for milestone in MILESTONES))
        case "cosine":
            return lr * 0.5 * (1 + math.cos(math.pi * done))
