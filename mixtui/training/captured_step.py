"""A step as one CUDA graph: captured once, and launched as a whole from then on.

A small network keeps a GPU busy for a fraction of the time that Python takes to launch its kernels one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor

from mixtui.errors import reason_of
from mixtui.training.mixup import Mix
from mixtui.training.step import Batch, Step

# Steps that run kernel by kernel first: they make what the captured one must find, momentum and cuDNN plans among it.
WARM_UP_STEPS = 3

Work = Callable[[], Tensor]


class Capturer(Protocol):
    """What captures work on a device."""

    def warm_up(self, work: Work) -> Tensor:
        """Do the work so that it can be captured after it; what came of it, (2,)."""

    def capture(self, work: Work) -> tuple[Tensor, Callable[[], object]]:
        """The tensor, (2,), that holds the work's result after each replay, and what replays it.

        Raises RuntimeError where the work cannot be captured.
        """


class CudaGraphs:
    """Captures as CUDA graphs do:
    https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs, "Whole-network capture"."""

    def __init__(self, device: torch.device) -> None:
        self._aside = torch.cuda.Stream(device)  # what was begun on the default stream cannot be captured

    def warm_up(self, work: Work) -> Tensor:
        here = torch.cuda.current_stream()
        self._aside.wait_stream(here)
        with torch.cuda.stream(self._aside):
            result = work()
        here.wait_stream(self._aside)
        result.record_stream(here)
        return result

    def capture(self, work: Work) -> tuple[Tensor, Callable[[], object]]:
        graph = torch.cuda.CUDAGraph()
        # The first context only restores the stream: the second one does not when it fails.
        with torch.cuda.stream(torch.cuda.current_stream()), torch.cuda.graph(graph, stream=self._aside):
            result = work()
        return result, graph.replay


class CapturedStep:
    """Does what `step` does: batches of `size` images by replaying it, others one kernel after another.

    Where the step cannot be captured, all are done the latter way, and `obstacle` says why.
    """

    def __init__(self, step: Step, size: int, device: torch.device, capturer: Capturer) -> None:
        self._step = step
        self._size = size
        self._capturer = capturer
        self._warm_up_steps = 0
        # Where the captured step finds what it works on, and leaves what comes of it
        self._batch: Batch | None = None
        self._lr = torch.zeros((), device=device)
        self._result = torch.zeros(2, device=device)
        self._replay: Callable[[], object] | None = None
        self.obstacle: str | None = None

    def __call__(self, batch: Batch, lr: float) -> Tensor:
        """The mean loss in nats and the mixed accuracy, (2,), on the device."""
        if self.obstacle or len(batch.labels) != self._size:
            return self._step(batch, lr)
        if self._warm_up_steps < WARM_UP_STEPS:
            self._warm_up_steps += 1
            return self._warm_up(batch, lr)
        if self._batch is None:
            self._batch = _copy(batch)
            self._capture(self._batch, lr)
        if self._replay is None:
            return self._step(batch, lr)
        for mine, new in zip(_tensors(self._batch), _tensors(batch), strict=True):
            mine.copy_(new)
        self._lr.fill_(lr)
        self._replay()
        return self._result.clone()

    def _warm_up(self, batch: Batch, lr: float) -> Tensor:
        self._lr.fill_(lr)
        result = self._capturer.warm_up(lambda: self._step(batch, self._lr))
        self._step.set_lr(lr)  # a number again: it goes into checkpoints
        return result

    def _capture(self, batch: Batch, lr: float) -> None:
        try:
            self._result, self._replay = self._capturer.capture(lambda: self._step(batch, self._lr))
        except RuntimeError as error:
            self.obstacle = reason_of(_first(error))
        self._step.set_lr(lr)


def _first(error: BaseException) -> BaseException:
    """What went wrong in the midst of a capture: that it then cannot be ended is another error."""
    return _first(error.__context__) if error.__context__ else error


def _tensors(batch: Batch) -> tuple[Tensor, ...]:
    return (batch.images, batch.labels, *((batch.mix.lam, batch.mix.permutation) if batch.mix else ()))


def _copy(batch: Batch) -> Batch:
    images, labels, *mix = (tensor.clone() for tensor in _tensors(batch))
    return Batch(images, labels, Mix(*mix) if mix else None)
