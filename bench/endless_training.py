"""A run of mixtui that trains for as long as somebody measures it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from plain_script import WARM_UP_STEPS

from mixtui.launch.queue import FOREGROUND, asking_to_end, enqueue
from mixtui.launch.submission import Submission
from mixtui.store.jsonl import JsonlReader
from mixtui.store.paths import RunPaths
from mixtui.store.run import Run
from mixtui.store.status import State
from mixtui.store.store import Store
from mixtui.training.batches import batch_bounds

EPOCHS = 1_000_000
LOOK_EVERY = 0.5  # seconds
ENDS_WITHIN = 60.0


class EndlessTraining:
    """Measures the run in `paths`, which trains on `n_train` images an epoch.

    Each step in `steps.jsonl` has the rate of the window of about half a second that it was done in; a window with one
    of the first WARM_UP_STEPS steps does not count. Evaluation and checkpoints lie between windows.
    """

    def __init__(self, paths: RunPaths, n_train: int, batch_size: int) -> None:
        self._paths = paths
        self._reader = JsonlReader(paths.steps)
        self._sizes = [stop - start for start, stop in batch_bounds(n_train, batch_size)]
        self._warm_up_rate: float | None = None
        self._images, self._seconds = 0, 0.0

    def rate(self, seconds: float) -> float:
        """Images/s of the next `seconds` of training steps. Raises SystemExit when the run ends before."""
        self._look()
        images, before = self._images, self._seconds
        while self._seconds - before < seconds:
            state = Run.load(self._paths.root).status.state
            if not (state.is_live or state is State.QUEUED):
                raise SystemExit(f"mixtui's run is {state}:\n{self._paths.output.read_text()}")
            time.sleep(LOOK_EVERY)
            self._look()
        return (self._images - images) / (self._seconds - before)

    def _look(self) -> None:
        for record in self._reader.read():
            self._count(record)

    def _count(self, step: dict[str, Any]) -> None:
        rate = step["images_per_second"]
        if step["step"] <= WARM_UP_STEPS:
            self._warm_up_rate = rate
        elif rate != self._warm_up_rate:
            size = self._sizes[(step["step"] - 1) % len(self._sizes)]
            self._images += size
            self._seconds += size / rate


@contextlib.contextmanager
def endless_training(submission: Submission, n_train: int, runs_dir: Path) -> Iterator[EndlessTraining]:
    """Train the one configuration of `submission`, as `mixtui run` does, until the context ends."""
    (paths,) = submission.create(Store(runs_dir), {}, {}, FOREGROUND)
    enqueue([paths])
    try:
        yield EndlessTraining(paths, n_train, submission.configs[0].batch_size)
    finally:
        run = Run.load(paths.root)
        if run.status.state.is_live or run.status.state is State.QUEUED:
            with asking_to_end("stop") as ask:
                ask(run)
        _wait_for_end(paths)


def _wait_for_end(paths: RunPaths) -> None:
    """Until nothing of the run is left that takes time, or writes to its folder."""
    deadline = time.monotonic() + ENDS_WITHIN
    while paths.last_claim() and not paths.exit.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
