"""The training of one run: mixup with SGD, evaluation after every epoch, checkpoints, and resuming to the last bit.

Read `Trainer.fit`, `_train_epoch` and `_train_on`, then `step.py`: that is all that happens.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch

from mixtui.calibration.analysis import analyse_logits
from mixtui.calibration.bins import FINE_BINS
from mixtui.calibration.temperature import fit_temperature
from mixtui.config import MODELS, RunConfig
from mixtui.datasets.arrays import ImageData, Split
from mixtui.store.files import write_atomically
from mixtui.store.recorder import Recorder
from mixtui.training.augment import crop_and_flip
from mixtui.training.batches import batch_bounds, clean_sample, epoch_order, kept_out
from mixtui.training.captured_step import CapturedStep, CudaGraphs
from mixtui.training.checkpoint import Position, keep_copy, load_checkpoint, save_checkpoint
from mixtui.training.device_images import DeviceImages
from mixtui.training.evaluate import Network
from mixtui.training.exceptions import NonFiniteError, StopTrainingError
from mixtui.training.memory import MemoryUse, memory_in_use
from mixtui.training.mixup import draw_mix
from mixtui.training.outcomes import Outcome, Outcomes
from mixtui.training.schedule import learning_rate
from mixtui.training.step import Batch, Step
from mixtui.training.streams import Stream, torch_seed

CHECKPOINT_EVERY = 60.0  # seconds
FLUSH_EVERY = 0.5  # seconds between looks at the losses, which wait on the device till then


class Trainer:
    """Trains one run and records it. Raises MixtuiError where network, holdout and data do not go together.

    `wanted_end` is asked before every step and between the batches of an evaluation; when it is true, `fit` writes a
    checkpoint and raises StopTrainingError. With `keep_checkpoints` one of every epoch stays.
    """

    def __init__(
        self,
        config: RunConfig,
        data: ImageData,
        recorder: Recorder,
        wanted_end: Callable[[], bool] = lambda: False,
        *,
        keep_checkpoints: bool = False,
    ) -> None:
        torch.set_num_threads(config.threads)
        self.config = config
        self.data = data
        self.recorder = recorder
        self.wanted_end = wanted_end
        self.keep_checkpoints = keep_checkpoints
        self.device = torch.device(config.device.partition(":")[0])  # the one GPU that this process was given
        self.network = Network.build(config, data, self.device)
        self.model = self.network.model
        self.optimizer = torch.optim.SGD(
            self.model.parameters(),
            lr=config.lr,
            momentum=config.momentum,
            weight_decay=config.weight_decay,
            fused=True,
        )
        self.kept_out = kept_out(len(data.train.labels), config.holdout)
        self.trained_on = np.setdiff1d(np.arange(len(data.train.labels)), self.kept_out)
        self.bounds = batch_bounds(len(self.trained_on), config.batch_size)
        self.step: Step | CapturedStep = Step(self.network, self.optimizer, config.label_smoothing)
        if self.device.type == "cuda" and config.model in MODELS:  # a user's own network may do what no graph repeats
            self.step = CapturedStep(self.step, config.batch_size, self.device, CudaGraphs(self.device))
        self.images = DeviceImages(data.train, self.device, may_reside=not config.augment)
        self.sample = self.trained_on[clean_sample(len(self.trained_on), len(data.test.labels))]
        self.position = Position()
        self._outcomes = Outcomes(self.device)
        self._last_flush = self._last_checkpoint = time.monotonic()
        self._memory = MemoryUse(0, 0)
        self._obstacle_told = False

    def resume(self) -> None:
        """Go on from the run's checkpoint. Raises MixtuiError when it cannot be read."""
        self.position = load_checkpoint(self.recorder.paths.checkpoint, self.model, self.optimizer)
        self._keep_checkpoint()  # the attempt before may have been killed just before it did

    def fit(self) -> None:
        """Train to the last epoch.

        Raises StopTrainingError, NonFiniteError, and whatever the disk or the device raise.
        """
        while self.position.epoch < self.config.epochs:
            self._train_epoch()
            self._end_epoch()

    def _train_epoch(self) -> None:
        self._last_flush = time.monotonic()
        self.model.train()
        order = self.trained_on[epoch_order(len(self.trained_on), self.config.seed, self.position.epoch)]
        for start, stop in self.bounds[self.position.batch :]:
            self._before_step()
            self._train_on(order[start:stop])
        self._flush(self._outcomes.read_all())

    def _train_on(self, chosen: np.ndarray) -> None:
        """One step of SGD on the training images `chosen`."""
        config, epoch, batch = self.config, self.position.epoch, self.position.batch
        lr = self._lr(self.position.step)
        mix = draw_mix(config.alpha, config.mixup_per, len(chosen), config.seed, epoch, batch)
        lam = 1.0 if mix is None else float(mix.lam.mean())
        torch.manual_seed(torch_seed(config.seed, Stream.DROPOUT, epoch, batch))
        augment = partial(crop_and_flip, seed=config.seed, epoch=epoch, step=batch) if config.augment else None
        images, labels = self.images.take(chosen, augment)
        outcome = self.step(Batch(images, labels, mix and mix.to(self.device)), lr)

        self.position.batch += 1
        self.position.step += 1
        self._outcomes.add({"step": self.position.step, "lam": lam, "lr": lr}, len(chosen), outcome)

    def _lr(self, step: int) -> float:
        """The learning rate of step number `step`, from 0."""
        return learning_rate(self.config.schedule, self.config.lr, step, self.config.epochs * len(self.bounds))

    def _before_step(self) -> None:
        """Before a step: look at the losses, save, and end if that is wanted."""
        now = time.monotonic()
        if now - self._last_flush >= FLUSH_EVERY:
            self._flush(self._outcomes.read_done())
            self.recorder.beat()
        if now - self._last_checkpoint >= CHECKPOINT_EVERY:
            self._checkpoint()
        self._end_if_wanted()

    def _end_if_wanted(self) -> None:
        if self.wanted_end():
            self._checkpoint()
            raise StopTrainingError

    def _flush(self, outcomes: list[Outcome]) -> None:
        """Add up what steps came to, in their order, and log it.

        Raises NonFiniteError at the first loss that is not finite, after logging up to it.
        """
        if not outcomes:
            return
        n = sum(outcome.n for outcome in outcomes)
        now = time.monotonic()  # after the device has done it all
        rate = round(n / max(now - self._last_flush, 1e-9), 1)
        self.position.seconds += now - self._last_flush
        self._last_flush = now
        bad: NonFiniteError | None = None
        lines = []
        for record, size, loss, accuracy in outcomes:
            lines.append({**record, "loss": loss, "images_per_second": rate})
            if not math.isfinite(loss):
                before = self.position.last_loss
                last_good = "none before it" if before is None else f"{before:.4g} before it"
                bad = NonFiniteError(f"the loss is {loss} at step {record['step']} ({last_good})")
                break
            self.position.last_loss = loss
            self.position.loss_sum += loss * size
            self.position.accuracy_sum += accuracy * size
        self.recorder.steps(lines)
        if bad:
            raise bad
        self._record_memory()
        self._tell_obstacle()

    def _tell_obstacle(self) -> None:
        """Say once why steps are slower than they could be."""
        if isinstance(self.step, CapturedStep) and self.step.obstacle and not self._obstacle_told:
            self._obstacle_told = True
            message = f"Steps are not replayed as a CUDA graph, which is slower: {self.step.obstacle}."
            self.recorder.event("warning", self.position.step, message=message)

    def _record_memory(self) -> None:
        """Leave word of what this process takes, for whoever must know whether another one fits beside it."""
        used = memory_in_use(self.device)
        if used.is_well_above(self._memory):
            self._memory = used
            self.recorder.event("memory", self.position.step, **used.to_json())

    def _checkpoint(self) -> None:
        """Save the position reached. The logs go to disk first, so that no checkpoint is ahead of them."""
        self._flush(self._outcomes.read_all())
        self.recorder.sync()
        done = self.position.epoch == self.config.epochs
        save_checkpoint(self.recorder.paths.checkpoint, self.model, None if done else self.optimizer, self.position)
        self._last_checkpoint = time.monotonic()

    def _end_epoch(self) -> None:
        """Evaluate, record the epoch, and save."""
        evaluation_start = time.monotonic()
        logits = self._predict(self.data.test, np.arange(len(self.data.test.labels)))
        held_out = self._predict_held_out()
        fit = fit_temperature(*held_out) if held_out else None
        test = analyse_logits(logits, self.data.test.labels, self.config.bins, fit)
        sample_logits = self._predict(self.data.train, self.sample)
        train = analyse_logits(sample_logits, self.data.train.labels[self.sample], self.config.bins, fit)

        position, n = self.position, len(self.trained_on)
        epoch = {
            "epoch": position.epoch + 1,
            "train_loss": position.loss_sum / n,
            "train_accuracy_mixed": position.accuracy_sum / n,
            "lr": self._lr(position.step - 1),
            "seconds": round(position.seconds + time.monotonic() - evaluation_start, 2),
            "images_per_second": round(n / max(position.seconds, 1e-9), 1),
            "metrics": test.metrics(),
            "train_metrics": train.metrics(),
            "bins": test.before.bins.to_json(),
        }
        self.position = Position(epoch=position.epoch + 1, step=position.step, last_loss=position.last_loss)
        if self.position.epoch == self.config.epochs:
            self._write_predictions(logits, held_out)
        fine = test.before.top_labels.bins(FINE_BINS)
        self.recorder.bins({"step": position.step, "epoch": epoch["epoch"], **fine.to_compact_json()})
        self.recorder.event("epoch", position.step, **epoch)
        self._checkpoint()
        self._keep_checkpoint()

    def _keep_checkpoint(self) -> None:
        """Keep a copy of the checkpoint where that is wanted and it is one of an epoch's end."""
        if self.keep_checkpoints and self.position.epoch and not self.position.batch:
            keep_copy(self.recorder.paths.checkpoint, self.recorder.paths.kept_checkpoint(self.position.epoch))

    def _predict(self, split: Split, chosen: np.ndarray) -> np.ndarray:
        """Logits float32 (n, classes) of the images `chosen`, (n,), of a split.

        Raises StopTrainingError where an end is wanted, and NonFiniteError for logits that are not finite.
        """

        def on_batch(_n: int) -> None:
            self.recorder.beat()
            self._end_if_wanted()

        logits = self.network.predict(split.images, chosen, on_batch)
        if not np.isfinite(logits).all():
            raise NonFiniteError(
                f"the network's output is not finite after step {self.position.step} (loss {self.position.last_loss})"
            )
        return logits

    def _predict_held_out(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Logits and labels of the images kept out of training, to fit a temperature on; None where all are trained."""
        if not len(self.kept_out):
            return None
        return self._predict(self.data.train, self.kept_out), np.asarray(self.data.train.labels[self.kept_out])

    def _write_predictions(self, logits: np.ndarray, held_out: tuple[np.ndarray, np.ndarray] | None) -> None:
        paths, labels = self.recorder.paths, np.asarray(self.data.test.labels)
        if held_out:
            write_atomically(
                paths.holdout, lambda file: np.savez(file, logits=held_out[0], labels=held_out[1], ids=self.kept_out)
            )
        write_atomically(
            paths.predictions,
            lambda file: np.savez(file, logits=logits, labels=labels, ids=np.arange(len(labels))),
        )
