"""Following a run in the foreground: a progress bar in a terminal, plain lines elsewhere; Ctrl-C stops the run."""

from __future__ import annotations

import signal
import time
from types import FrameType
from typing import TYPE_CHECKING, Any, Protocol

from rich.panel import Panel
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from mixtui.calibration.direction import direction
from mixtui.cli.console import stderr, stdout, words
from mixtui.cli.summary import MARKS, duration, figure, print_run
from mixtui.errors import EXIT_FAILED, EXIT_INTERRUPTED
from mixtui.launch.start import ask_to_stop, signal_worker, start
from mixtui.store.files import read_json
from mixtui.store.run import Run
from mixtui.store.watch import RunWatch

if TYPE_CHECKING:
    from mixtui.store.paths import RunPaths

LOOK_EVERY = 0.1  # seconds
CHECK_EVERY = 1.0  # seconds between looks at whether the process lives
EXIT_WITHIN = 10.0  # seconds for the process to go after its last event


def print_notice(notice: str) -> None:
    """Say something that must not be missed, on stderr."""
    stderr().print(Panel(Text(words(notice)), title="note", style="bold yellow", width=min(stderr().width, 100)))


def start_and_follow(paths: RunPaths, attempt: int) -> int:
    """Start an attempt and follow it to its end; the exit code for the shell."""
    with _StopOnSignals(paths) as stop:
        start(paths, attempt)
        terminal = stdout().is_terminal
        with _Bar() if terminal else _Lines() as display:
            display.say(paths.id)
            _follow(paths, attempt, display, stop)
    run = Run.load(paths.root)
    stdout().print()
    print_run(run, stdout())
    if run.status.reason in ("requested", "signal", "disk-full") or run.status.state == "crashed":
        stdout().print(words(f"Go on with: mixtui resume {paths.id}"))
    return _exit_code(run)


def _exit_code(run: Run) -> int:
    if run.history.end is None:
        return EXIT_INTERRUPTED if run.control.get("want") == "stop" else EXIT_FAILED
    return int(run.history.end["exit_code"])


def _follow(paths: RunPaths, attempt: int, display: Display, stop: _StopOnSignals) -> None:
    watch = RunWatch(paths)
    epochs = Run.load(paths.root).config.epochs
    next_check = time.monotonic() + CHECK_EVERY
    told = False
    while True:
        if stop.asked and not told:
            told = True
            display.say(words("Finishing the step and saving … Ctrl-C again kills it."))
        for event in watch.look():
            if event.get("attempt") == attempt:
                _tell(event, watch, display)
        display.progress(watch, epochs)
        end = watch.history.end
        if end is not None and end.get("attempt") == attempt:
            _wait_for_exit(paths, attempt)
            return
        if time.monotonic() > next_check:
            next_check = time.monotonic() + CHECK_EVERY
            if not Run.load(paths.root).status.state.is_live:
                return
        time.sleep(LOOK_EVERY)


def _wait_for_exit(paths: RunPaths, attempt: int) -> None:
    deadline = time.monotonic() + EXIT_WITHIN
    while (read_json(paths.exit) or {}).get("attempt") != attempt and time.monotonic() < deadline:
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
    mark = ""
    if watch.history.data:
        mark = MARKS[direction(metrics["accuracy"], metrics["confidence"], watch.history.data["n_test"])]
    return (
        f"epoch {event['epoch']:>3}   train loss {event['train_loss']:.3f}   accuracy {figure(metrics['accuracy'])}   "
        f"ECE {figure(metrics['ece'])} {mark}   {event['images_per_second']:,.0f} img/s   {duration(event['seconds'])}"
    )


class Display(Protocol):
    """Where the progress of a run is shown."""

    def __enter__(self) -> Display: ...
    def __exit__(self, *exc: object) -> None: ...
    def say(self, line: str) -> None:
        """Show a line that stays."""

    def progress(self, watch: RunWatch, epochs: int) -> None:
        """Show how far the run has come."""


class _Lines:
    """Plain lines, for a file or a pipe."""

    def __init__(self) -> None:
        self._phase: str | None = None

    def __enter__(self) -> _Lines:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def say(self, line: str) -> None:
        print(line, flush=True)

    def progress(self, watch: RunWatch, epochs: int) -> None:
        phase = watch.history.phase
        if phase and phase["phase"] != self._phase:
            self._phase = phase["phase"]
            self.say(self._phase)


class _Bar:
    """A bar over all steps, with the loss, the speed and the time left."""

    def __init__(self) -> None:
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

    def progress(self, watch: RunWatch, epochs: int) -> None:
        history, step = watch.history, watch.last_step
        phase = history.phase or {"phase": "starting"}
        if phase["phase"] != "training" or history.data is None:
            fraction = phase.get("fraction")
            self._bar.update(self._task, description=phase["phase"], completed=fraction or 0, total=fraction and 1)
            return
        self._bar.update(
            self._task,
            description=f"epoch {min(len(history.epochs) + 1, epochs)}/{epochs}",
            total=history.data["steps_per_epoch"] * epochs,
            completed=step["step"] if step else 0,
            figures=_figures(step),
        )


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
            self._before[number] = signal.signal(number, self._stop)
        return self

    def __exit__(self, *exc: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked:
            signal_worker(self._paths, signal.SIGKILL)
        else:
            self.asked = True
            ask_to_stop(self._paths)
