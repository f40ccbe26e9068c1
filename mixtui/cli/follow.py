"""Following a run in the foreground: a progress bar in a terminal, plain lines elsewhere; Ctrl-C stops the run."""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from types import FrameType
from typing import TYPE_CHECKING, Any, Protocol

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from mixtui.calibration.direction import direction_of
from mixtui.cli.console import stdout, words
from mixtui.cli.score_text import mark, score_text
from mixtui.cli.summary import print_run
from mixtui.errors import EXIT_FAILED, EXIT_INTERRUPTED, MixtuiError
from mixtui.launch.queue import ask_process_to_end, enqueue, will_be_retried
from mixtui.launch.start import kill_worker
from mixtui.launch.wake import note_of, wake
from mixtui.store.process import is_ending
from mixtui.store.run import Run
from mixtui.store.run_watch import RunWatch
from mixtui.store.status import State
from mixtui.time_text import time_taken

if TYPE_CHECKING:
    from mixtui.store.paths import RunPaths

LOOK_EVERY = 0.1  # seconds
CHECK_EVERY = 1.0  # seconds between looks at whether the process lives
EXIT_WITHIN = 10.0  # seconds for the process to go after its last event


def follow(paths: RunPaths, attempt: int) -> int:
    """Queue an attempt before all others and follow it, and those after it, to the end; the exit code for the shell."""
    with _StopOnSignals(paths) as stop:
        enqueue([paths])
        with _Bar(attempt) if sys.stdout.isatty() else _Lines(attempt) as display:
            display.say(paths.id)
            _follow(paths, attempt, display, stop)
    run = Run.load(paths.root)
    stdout().print()
    print_run(run, stdout())
    if run.status.state in (State.STOPPED, State.PAUSED, State.CRASHED):
        stdout().print(words(f"Go on with: mixtui resume {paths.id}"))
    return _exit_code(run, attempt)


def _exit_code(run: Run, attempt: int) -> int:
    if run.end is None or run.attempt < attempt:
        return EXIT_FAILED if run.status.state is State.CRASHED else EXIT_INTERRUPTED
    return int(run.end["exit_code"])


def _follow(paths: RunPaths, attempt: int, display: Display, stop: _StopOnSignals) -> None:
    watch = RunWatch(paths)
    epochs = Run.load(paths.root).config.epochs
    next_check = time.monotonic() + CHECK_EVERY
    told = False
    while True:
        for event in watch.look():
            if event.get("attempt", 0) >= attempt:
                _tell(event, watch, display)
        display.progress(watch, epochs)
        end = watch.history.end
        if end is not None and end.get("attempt", 0) >= attempt:
            _wait_for_exit(paths)
            return
        asked_now = stop.asked and not told
        if asked_now or time.monotonic() > next_check:
            next_check = time.monotonic() + CHECK_EVERY
            run = Run.load(paths.root)
            state = run.status.state
            if asked_now and state.is_live:
                told = True
                display.say(words("Finishing the step and saving … Ctrl-C again kills it."))
            elif state is State.QUEUED or will_be_retried(run):
                wake(paths.root.parent)
                display.wait(note_of(paths.root.parent) or "waiting for a free place")
            elif not state.is_live:
                return
        time.sleep(LOOK_EVERY)


def _wait_for_exit(paths: RunPaths) -> None:
    deadline = time.monotonic() + EXIT_WITHIN
    while is_ending(paths.process) and time.monotonic() < deadline:
        time.sleep(0.02)


def _tell(event: dict[str, Any], watch: RunWatch, display: Display) -> None:
    match event["type"]:
        case "epoch":
            display.say(words(_epoch_line(event, watch)))
        case "warning":
            display.say(words(f"! {event['message']}"))
        case "resumed":
            display.say(words(f"resumed from step {event['from_step']}"))
            for reason in event["inexact"]:
                display.say(words(f"! inexact: {reason}"))


def _epoch_line(event: dict[str, Any], watch: RunWatch) -> str:
    metrics = event["metrics"]
    way = direction_of(metrics, watch.history.data["n_test"]) if watch.history.data else None
    return (
        f"epoch {event['epoch']:>3}   train loss {event['train_loss']:.3f}   "
        f"accuracy {score_text(metrics['accuracy'])}   ECE {score_text(metrics['ece'])} {mark(way)}   "
        f"{event['images_per_second']:,.0f} img/s   {time_taken(event['seconds'])}"
    )


class Display(Protocol):
    """Where the progress of a run is shown."""

    def __enter__(self) -> Display: ...
    def __exit__(self, *exc: object) -> None: ...
    def say(self, line: str) -> None:
        """Show a line that stays."""

    def wait(self, for_what: str) -> None:
        """Show that the run is queued."""

    def progress(self, watch: RunWatch, epochs: int) -> None:
        """Show how far the run has come."""


class _Lines:
    """Plain lines, for a file or a pipe."""

    def __init__(self, attempt: int) -> None:
        self._attempt = attempt
        self._last: str | None = None

    def __enter__(self) -> _Lines:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def say(self, line: str) -> None:
        print(line, flush=True)

    def wait(self, for_what: str) -> None:
        self._say_once(for_what)

    def progress(self, watch: RunWatch, epochs: int) -> None:
        if phase := _phase(watch, self._attempt):
            self._say_once(str(phase["phase"]))

    def _say_once(self, line: str) -> None:
        if line != self._last:
            self._last = line
            self.say(line)


class _Bar:
    """A bar over all steps, with the loss, the speed and the time left."""

    def __init__(self, attempt: int) -> None:
        self._attempt = attempt
        self._trains = False
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(compact=True),
            console=stdout(),
            expand=True,
            speed_estimate_period=120,
        )
        self._task = self._bar.add_task("starting", total=None, figures="")

    def __enter__(self) -> _Bar:
        self._bar.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._bar.update(self._task, visible=False)
        self._bar.stop()

    def say(self, line: str) -> None:
        self._bar.console.print(line)

    def wait(self, for_what: str) -> None:
        self._bar.update(self._task, description=words(for_what), total=None)

    def progress(self, watch: RunWatch, epochs: int) -> None:
        history, phase = watch.history, _phase(watch, self._attempt)
        if phase is None:
            return
        if phase["phase"] != "training" or history.data is None:
            fraction = phase.get("fraction")
            self._bar.update(self._task, description=phase["phase"], completed=fraction or 0, total=fraction and 1)
            return
        if not self._trains:  # what an earlier attempt did says nothing about this one's speed
            self._trains = True
            self._bar.reset(self._task, total=history.data["steps_per_epoch"] * epochs, completed=phase["step"])
        step = watch.last_step
        self._bar.update(
            self._task,
            description=f"epoch {min(len(history.epochs) + 1, epochs)}/{epochs}",
            completed=step["step"] if step else 0,
            figures=_figures(step),
        )


def _phase(watch: RunWatch, attempt: int) -> dict[str, Any] | None:
    """What this attempt does, or one after it; None before it began."""
    if watch.history.last_attempt < attempt:
        return None
    return watch.history.phase or {"phase": "starting"}


def _figures(step: dict[str, Any] | None) -> str:
    if step is None or step["loss"] is None:
        return ""
    return f"loss {step['loss']:.3f}  {step['images_per_second']:,.0f} img/s"


class _StopOnSignals:
    """Ctrl-C, SIGTERM and SIGHUP ask the run to save and end; once more, and its process is killed."""

    def __init__(self, paths: RunPaths) -> None:
        self._paths = paths
        self._before: dict[signal.Signals, Any] = {}
        self.asked = False

    def __enter__(self) -> _StopOnSignals:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup, or a shell's background job
                self._before[number] = signal.signal(number, self._stop)
        return self

    def __exit__(self, *exc: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked:
            kill_worker(self._paths, self._paths.last_claim())
        else:
            self.asked = True
            with contextlib.suppress(MixtuiError):  # the signal alone does it too
                ask_process_to_end(self._paths, "stop")
