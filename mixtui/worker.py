"""A training process: trains the run in one directory, and says there how it ended.

    python -m mixtui.worker RUN_DIRECTORY ATTEMPT

It is told what is wanted by `control.json`; SIGINT, SIGTERM and SIGHUP only hasten, and so does SIGUSR2, by which a
scheduler says that time is up. Whatever happens short of SIGKILL, the last event says why it ended.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from mixtui.errors import EXIT_FAILED, EXIT_INTERRUPTED, MixtuiError
from mixtui.lock import Lock
from mixtui.store.files import read_json
from mixtui.store.history import History
from mixtui.store.paths import RunPaths
from mixtui.store.process import this_process
from mixtui.store.provenance import processor, versions
from mixtui.store.recorder import Recorder
from mixtui.store.run import Run
from mixtui.training.exceptions import NonFiniteError, StopTrainingError
from mixtui.wording import plural

if TYPE_CHECKING:
    from mixtui.datasets.arrays import ImageData
    from mixtui.training.loop import Trainer

LOOK_EVERY = 0.5  # seconds between looks at control.json
EARLIER_ENDS_WITHIN = 20.0  # seconds for the process of an earlier attempt, which has said its last word, to go


class EndWatch:
    """Knows whether somebody wants this process to end, and who."""

    def __init__(self, paths: RunPaths, attempt: int) -> None:
        self._paths = paths
        self._attempt = attempt
        self._next_look = 0.0
        self.want = "run"
        self.signal: str | None = None
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR2):
            signal.signal(number, self._note)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.signal = signal.Signals(number).name

    def wanted(self) -> bool:
        """Whether an end is wanted. Without a signal, `control.json` is read every LOOK_EVERY seconds at most."""
        signalled = self.signal is not None  # asked first: whoever signals has written control.json before
        now = time.monotonic()
        if signalled or now >= self._next_look:
            self._next_look = now + LOOK_EVERY
            try:
                control = read_json(self._paths.control) or {}
                # Begun anew elsewhere: this host was out of reach, and two must not write.
                is_superseded = control.get("attempt", self._attempt) > self._attempt
                self.want = "stop" if is_superseded else control.get("want", "run")
            except (OSError, ValueError, TypeError):
                self.want = "run"  # unreadable: the signals still work
        return signalled or self.want != "run"


@dataclass(frozen=True)
class Ending:
    """The end event, and the exit code of the process."""

    state: str
    reason: str
    message: str
    exit_code: int


def main() -> int:
    """Train the run that the arguments name; the exit code. Raises MixtuiError where another process trains it."""
    sys.path.append(str(Path.cwd()))  # last: the user's own modules are found, and stand in for no library's
    paths = RunPaths(Path(sys.argv[1]))
    with sole_writer(paths):
        return attempt_training(paths, int(sys.argv[2]))


@contextlib.contextmanager
def sole_writer(paths: RunPaths) -> Iterator[None]:
    """Two processes that train one run at once would spoil its logs; raises MixtuiError where another does."""
    try:
        lock = Lock.take(paths.events, EARLIER_ENDS_WITHIN)
    except OSError:  # a file system without locks, or a full one, which is met later
        lock = None
    else:
        if lock is None:
            raise MixtuiError(f"Another process trains {paths.id}.", f"Let it end, or stop it: mixtui stop {paths.id}")
    try:
        yield
    finally:
        if lock:
            lock.close()


def attempt_training(paths: RunPaths, number: int) -> int:
    """Train, and write down how it ended; the exit code."""
    watch = EndWatch(paths, number)
    run = Run.load(paths.root)
    recorder = Recorder(paths, number)
    attempt = Attempt(run, recorder, watch)
    try:
        attempt.train()
        epochs = run.config.epochs
        ending = Ending("finished", "done", f"{plural(epochs, 'epoch')}, predictions.npz written.", 0)
    except BaseException as error:
        ending = ending_of(error, watch)
        if ending.reason == "error" and not (isinstance(error, MixtuiError) and error.__cause__ is None):
            traceback.print_exc()
    print(f"{ending.state}: {ending.message}", flush=True)
    recorder.end(attempt.step, **asdict(ending))
    return ending.exit_code


class Attempt:
    """One attempt at a run, from loading the data to the last epoch."""

    def __init__(self, run: Run, recorder: Recorder, watch: EndWatch) -> None:
        self.run = run
        self.recorder = recorder
        self.watch = watch
        self.trainer: Trainer | None = None
        self._reported: tuple[str, int] | None = None

    @property
    def step(self) -> int:
        """Steps done."""
        return self.trainer.position.step if self.trainer else 0

    def train(self) -> None:
        """Load the data, train to the last epoch, and evaluate on other test sets where that is wanted.

        Raises StopTrainingError, NonFiniteError, MixtuiError, and whatever the disk or the device raise.
        """
        recorder, before = self.recorder, self.run.history
        recorder.event(
            "attempt",
            self.step,
            **this_process().to_json(),
            device=self.run.config.device,
            threads=self.run.config.threads,
            versions=versions(),
            processor=processor(),
        )
        print(f"attempt {recorder.attempt}: {self.run.id}", flush=True)
        if remark := os.environ.get("MIXTUI_REMARK"):  # of whoever started this attempt
            recorder.event("warning", self.step, message=remark)
        self._stop_if_wanted()
        from mixtui.training.loop import Trainer  # seconds of imports: after the first event, so that they show

        self._stop_if_wanted()
        data = self._load_data(before)
        self._stop_if_wanted()
        keep = bool(self.run.control.get("keep_checkpoints"))
        self.trainer = trainer = Trainer(self.run.config, data, recorder, self.watch.wanted, keep_checkpoints=keep)
        self._record_data(data, before, trainer)
        if self.run.paths.checkpoint.exists():
            trainer.resume()
        if before.attempts:
            why = tuple(_differences(before.attempts[0]))
            recorder.event("resumed", self.step, from_step=self.step, inexact=why)
            print(f"resumed from step {self.step}", flush=True)
        recorder.event("phase", self.step, phase="training")
        trainer.fit()
        self._evaluate_shifts(trainer, data)

    def _load_data(self, before: History) -> ImageData:
        from mixtui.training.data import load

        control = self.run.control
        location = Path(control["location"]) if control.get("location") else None
        data = load(self.run.config.dataset, location, Path(control["data_dir"]), self._report)
        if before.data and before.data["key"] != data.key:
            raise MixtuiError(
                f"{data.name} holds other images than when this run began.",
                "Put the old images back, or start a new run.",
            )
        return data

    def _record_data(self, data: ImageData, before: History, trainer: Trainer) -> None:
        self.recorder.event(
            "data",
            self.step,
            name=data.name,
            key=data.key,
            path=self.run.control.get("location") or self.run.control["data_dir"],
            classes=list(data.classes),
            image_shape=list(data.train.images.shape[1:]),
            n_train=len(data.train.labels),
            n_test=len(data.test.labels),
            steps_per_epoch=len(trainer.bounds),
            parameters=sum(p.numel() for p in trainer.model.parameters()),
        )
        warnings = list(data.warnings)
        if self.run.config.batch_size > len(trainer.trained_on):
            warnings.append(
                f"The batch size is above the data set's {len(trainer.trained_on)} images: one step an epoch."
            )
        for message in warnings:
            if message not in before.warnings:
                self.recorder.event("warning", self.step, message=message)

    def _evaluate_shifts(self, trainer: Trainer, data: ImageData) -> None:
        """With --eval-on: score the trained network on other test sets. What fails there is no fault of the training:
        it is a warning, as mixtui evaluate can do it any time."""
        from mixtui.datasets.shifts import OtherSet, parse_shifts
        from mixtui.store.shifts import record_shifts
        from mixtui.training.data import load_test
        from mixtui.training.shift import evaluate_shifts

        def look(_what: str, _fraction: float) -> None:
            self.recorder.beat()
            self._stop_if_wanted()

        data_dir = Path(self.run.control["data_dir"])
        try:
            shifts = parse_shifts(map(str, self.run.control.get("eval_on") or ()))
            others = {shift: load_test(shift, data_dir, look) for shift in shifts if isinstance(shift, OtherSet)}
            if shifts:
                bins = self.run.config.bins
                record_shifts(
                    self.run.paths,
                    evaluate_shifts(trainer.network, trainer.position, data, shifts, others, bins, look),
                )
        except MixtuiError as error:
            self.recorder.event("warning", self.step, message=f"--eval-on: {error.message} {error.hint}")

    def _report(self, phase: str, fraction: float) -> None:
        """Progress of fetching and decoding: every twentieth of it is an event."""
        self.recorder.beat()
        self._stop_if_wanted()
        mark = (phase, int(fraction * 20))
        if mark != self._reported:
            self._reported = mark
            self.recorder.event("phase", self.step, phase=phase, fraction=round(fraction, 2))

    def _stop_if_wanted(self) -> None:
        if self.watch.wanted():
            raise StopTrainingError


def _differences(first: dict[str, Any]) -> list[str]:
    """What differs between the first attempt's surroundings and these, where it can change a result."""
    before = {**first.get("versions", {}), "processor": first.get("processor")}
    here = {**versions(), "processor": processor()}
    return [f"{name} was {before.get(name)}, is {now}." for name, now in here.items() if before.get(name) != now]


def ending_of(error: BaseException, watch: EndWatch) -> Ending:
    """What an exception that left the training means."""
    text = f"{type(error).__name__}: {error}"
    match error:
        case StopTrainingError():
            if watch.want == "pause":
                return Ending("paused", "requested", "Paused; the checkpoint is written.", EXIT_INTERRUPTED)
            if watch.want == "stop":
                return Ending("stopped", "requested", "Stopped as asked; it can be resumed.", EXIT_INTERRUPTED)
            if watch.signal == "SIGUSR2":
                return Ending("stopped", "timeout", "Saved before the time limit; it can be resumed.", EXIT_INTERRUPTED)
            return Ending("stopped", "signal", f"Stopped by {watch.signal}; it can be resumed.", EXIT_INTERRUPTED)
        case NonFiniteError():
            return Ending("failed", "nan", f"{error}. A lower --lr may help.", EXIT_FAILED)
        case _ if _is_disk_full(error):
            what = (
                f"{error.message} {error.hint}"
                if isinstance(error, MixtuiError)
                else "The disk is full; make room and resume it."
            )
            return Ending("stopped", "disk-full", what, EXIT_FAILED)
        case MixtuiError():
            return Ending("failed", "error", f"{error.message} {error.hint}", error.exit_code)
        case MemoryError():
            return Ending("failed", "oom", text, EXIT_FAILED)
        case RuntimeError() if "out of memory" in text or ("memory" in text and "alloc" in text):
            return Ending("failed", "oom", text.splitlines()[0], EXIT_FAILED)
        case _:
            return Ending("failed", "error", text.splitlines()[0], EXIT_FAILED)


def _is_disk_full(error: BaseException | None) -> bool:
    """Whether a full disk is behind `error`: torch.save, failing, raises one of its own on top of the system's."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        error = error.__cause__ or error.__context__
    return False


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # a thread that the user's own code left behind must not keep the place
