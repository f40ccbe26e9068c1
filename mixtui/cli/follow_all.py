"""Following runs that train in the background, a line each, until all have ended."""

from __future__ import annotations

import sys
import time
from collections import Counter
from typing import Protocol

from mixtui.cli.columns import Column, in_columns
from mixtui.cli.console import speaks_utf8, stdout, words
from mixtui.cli.score_text import mark, score_text
from mixtui.cli.summary import state_text
from mixtui.errors import EXIT_FAILED, EXIT_INTERRUPTED
from mixtui.launch.queue import pick_up_left_over, will_be_retried
from mixtui.launch.wake import note_of, wake
from mixtui.store.paths import RunPaths
from mixtui.store.run import BrokenRunError, Run
from mixtui.store.run_watch import RunWatch
from mixtui.store.stamp import Stamp, run_stamp
from mixtui.store.status import State
from mixtui.store.store import Store, short_ids

LOOK_EVERY = 0.5  # seconds
BAR_CELLS = 20  # at most
_ENDED_BADLY = (State.CRASHED, State.FAILED, State.STOPPED, State.LOST)


def follow_all(runs: list[RunPaths]) -> int:
    """Show how the runs come on until all have ended; 0 when all of them finished.

    Ctrl-C ends the following alone.
    """
    followed = [_Followed(paths) for paths in runs]
    roots = {paths.root.parent for paths in runs}
    here = {path.name for root in roots for path in Store(root).run_dirs()}
    names = short_ids([*here.union(paths.id for paths in runs)])
    for root in roots:
        pick_up_left_over(
            Store(root), (paths.id for paths in runs if paths.root.parent == root and paths.root.is_dir())
        )
    try:
        with _Table(names) if sys.stdout.isatty() else _Lines(names) as display:
            while True:
                for root in roots:
                    wake(root)
                for one in followed:
                    one.look()
                display.show(followed, next(filter(None, map(note_of, roots)), ""))
                if not any(one.goes_on for one in followed):
                    break
                time.sleep(LOOK_EVERY)
    except KeyboardInterrupt:
        print("The runs go on; mixtui wait follows them again.", file=sys.stderr)
        return EXIT_INTERRUPTED
    return 0 if all(one.state is State.FINISHED for one in followed) else EXIT_FAILED


class _Followed:
    """A run that is waited for."""

    def __init__(self, paths: RunPaths) -> None:
        self.id = paths.id
        self.run: Run | None = None  # None once it is not there any more
        self._paths = paths
        self._watch = RunWatch(paths)
        self._stamp: Stamp | None = None

    def look(self) -> None:
        """Read again what can have changed: of a run that waits or has ended, nothing as long as no file did."""
        now = run_stamp(self._paths)
        live = self.state is not None and self.state.is_live
        if now == self._stamp and not live:
            return
        self._stamp = now
        try:
            self.run = Run.load(self._paths.root)
            if self.run.status.state.is_live:
                self._watch.look()
        except BrokenRunError:  # removed, for one
            self.run = None

    @property
    def state(self) -> State | None:
        """None for a run that is not there any more."""
        return self.run.status.state if self.run else None

    @property
    def goes_on(self) -> bool:
        if self.run is None:
            return False
        state = self.run.status.state
        # Of a node that fails a scheduler hears after minutes, and has the run wait again.
        may_come_back = state is State.LOST and "launcher" in self.run.control
        return state.is_live or state is State.QUEUED or may_come_back or will_be_retried(self.run)

    @property
    def fraction(self) -> float:
        """How much of its training is done."""
        if self.run is None:
            return 0.0
        epochs, data, step = self.run.config.epochs, self.run.history.data, self._watch.last_step
        if data is None or step is None or not self.run.status.state.is_live:
            return self.run.epoch / epochs
        return min(1.0, float(step["step"] / (data["steps_per_epoch"] * epochs)))

    @property
    def epoch(self) -> str:
        return f"{self.run.epoch}/{self.run.config.epochs}" if self.run else ""

    @property
    def figures(self) -> str:
        """Its last accuracy and ECE."""
        metrics = self.run.metrics if self.run else None
        if self.run is None or metrics is None:
            return ""
        ece = f"{score_text(metrics['ece'])} {mark(self.run.direction)}".rstrip()
        return f"acc {score_text(metrics['accuracy'])}  ECE {ece}"

    @property
    def label(self) -> str:
        return f"α {self.run.config.alpha:g} · seed {self.run.config.seed}" if self.run else ""

    @property
    def sentence(self) -> str:
        """Its state and results, or what went wrong, in a line."""
        if self.run is None:
            return "removed"
        status = self.run.status
        if status.state in _ENDED_BADLY:
            return f"{status.state}: {status.sentence}"
        return f"{status.state}  epoch {self.epoch}  {self.figures}".rstrip()


class _Display(Protocol):
    def __enter__(self) -> _Display: ...
    def __exit__(self, *exc: object) -> None: ...
    def show(self, followed: list[_Followed], note: str) -> None: ...


class _Lines:
    """A line whenever a run starts, has done an epoch, or ends: for a file or a pipe."""

    def __init__(self, names: dict[str, str]) -> None:
        self._names = names
        self._told: dict[str, tuple[State | None, str]] = {}
        self._note = ""

    def __enter__(self) -> _Lines:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def show(self, followed: list[_Followed], note: str) -> None:
        for one in followed:
            told = (one.state, one.epoch)
            if self._told.get(one.id) != told:
                self._told[one.id] = told
                print(words(f"{self._names[one.id]}  {one.label}  {one.sentence}"), flush=True)
        if note != self._note:
            self._note = note
            if note:
                print(words(note), flush=True)


class _Table:
    """A line for each run, redrawn in place; in the end, a line more for each that did not finish."""

    def __init__(self, names: dict[str, str]) -> None:
        from rich.live import Live

        self._names = names
        self._console = stdout()
        self._live = Live(console=self._console, auto_refresh=False)
        self._followed: list[_Followed] = []

    def __enter__(self) -> _Table:
        self._live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._live.stop()
        for one in self._followed:
            if one.run is None or one.state in _ENDED_BADLY:
                print(words(f"{self._names[one.id]}  {one.sentence}"))

    def show(self, followed: list[_Followed], note: str) -> None:
        from rich.console import Group
        from rich.text import Text

        self._followed = followed
        shown = _most_telling(followed, self._console.height - 5)
        states = [_state(one) for one in shown]
        rows = [_cells(one, self._names[one.id], state) for one, (state, _) in zip(shown, states, strict=True)]
        heading, *lines = in_columns(_COLUMNS, rows, self._console.width)
        bar_cells = max(0, min(BAR_CELLS, self._console.width - 1 - len(" ".join(heading))))
        title = Text(" ".join([*heading[:_BAR], " " * bar_cells, *heading[_BAR:]]), "bold", no_wrap=True)
        table = [title]
        for one, cells, (_, style) in zip(shown, lines, states, strict=True):
            line = Text(" ".join([*cells[:_STATE], ""]), no_wrap=True)
            line.append(cells[_STATE], style).append(" ").append(_bar(one.fraction, bar_cells), "cyan")
            table.append(line.append(" ".join(["", *cells[_BAR:]])))
        self._live.update(Group(*table, Text(words(note or _summary(followed)), "dim")), refresh=True)


# Headings as wide as what will stand below them, so that no column moves.
_COLUMNS = (
    *(Column("id"), Column("α", right=True), Column("seed", right=True), Column("state     ")),
    *(Column("epoch", right=True), Column(" acc", right=True), Column("   ECE", right=True)),
)
_STATE = 3  # the column that has a colour
_BAR = 4  # the column before which the bar stands


def _state(one: _Followed) -> tuple[str, str]:
    """What is shown of the run's state, and its style."""
    if one.run is None:
        return "removed", ""
    status = one.run.status
    return state_text(status.state, status.stalled_for, status.host, status.reason, status.waits_for)


def _cells(one: _Followed, name: str, state: str) -> list[str]:
    if one.run is None:
        return [name, "", "", state, "", "", ""]
    config, metrics = one.run.config, one.run.metrics or {}
    ece = f"{score_text(metrics.get('ece'))} {mark(one.run.direction)}"
    return [name, f"{config.alpha:g}", str(config.seed), state, one.epoch, score_text(metrics.get("accuracy")), ece]


def _bar(fraction: float, cells: int) -> str:
    done, left = "▰▱" if speaks_utf8() else "#."
    filled = round(fraction * cells)
    return done * filled + left * (cells - filled)


def _most_telling(followed: list[_Followed], rows: int) -> list[_Followed]:
    """As many runs as there are rows for, in their order: first those that train, then those that did not finish."""

    def weight(one: _Followed) -> int:
        if one.state is not None and one.state.is_live:
            return 0
        return 2 if one.goes_on else 3 if one.state is State.FINISHED else 1

    chosen = sorted(followed, key=weight)[: max(1, rows)]
    return [one for one in followed if one in chosen]


def _summary(followed: list[_Followed]) -> str:
    counts = Counter(str(one.state or "removed") for one in followed)
    return " · ".join(f"{count} {state}" for state, count in counts.items())
