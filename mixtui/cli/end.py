"""`mixtui stop` and `mixtui pause`: ending runs so that they can go on."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING

from mixtui.cli.options import Filter, RunReferences, RunsDir, open_store
from mixtui.errors import EXIT_FAILED, EXIT_INTERRUPTED

if TYPE_CHECKING:
    from pathlib import Path

    from mixtui.store.control import Want
    from mixtui.store.run import Run

LOOK_EVERY = 0.1  # seconds


def stop(runs: RunReferences = None, filter_: Filter = None, runs_dir_option: RunsDir = None) -> int:
    """Stop runs: they save, end, and can be resumed.

    Each finishes its step first. One that has not ended after half a minute is killed, and goes on from its last
    checkpoint.
    """
    return _end(runs, filter_, runs_dir_option, "stop")


def pause(runs: RunReferences = None, filter_: Filter = None, runs_dir_option: RunsDir = None) -> int:
    """Pause runs: as stop, but shown as paused until resumed."""
    return _end(runs, filter_, runs_dir_option, "pause")


def _end(references: list[str] | None, query: str | None, runs_dir_option: Path | None, what: Want) -> int:
    """Ask all of them, then wait for them. Ctrl-C ends the waiting alone."""
    from mixtui.cli.select import for_each, runs_to_change
    from mixtui.launch.queue import asking_to_end
    from mixtui.launch.start import GRACE

    store = open_store(runs_dir_option)
    asked: list[Run] = []

    chosen = runs_to_change(store, references, query)
    try:
        with asking_to_end(what) as ask:

            def ask_and_note(run: Run) -> None:
                ask(run)
                asked.append(run)

            code = for_each(chosen, ask_and_note, lenient=query is not None)
        left = _wait_for(asked, GRACE + 10)
    except KeyboardInterrupt:
        print("What was asked to end does so by itself; mixtui list shows it.", file=sys.stderr)
        return EXIT_INTERRUPTED
    for run in left:
        print(f"still ending: {run.id}")
    return code or (EXIT_FAILED if left else 0)


def _wait_for(runs: list[Run], seconds: float) -> list[Run]:
    """Print how each of the runs ended; those that have not within so many seconds."""
    from mixtui.store.process import is_ending
    from mixtui.store.run import BrokenRunError, Run

    left = runs
    deadline = time.monotonic() + seconds
    while left and time.monotonic() < deadline:
        going_on = []
        for run in left:
            with contextlib.suppress(BrokenRunError):  # it was removed meanwhile: then it has ended
                state = Run.load(run.paths.root).status.state
                if state.is_live or is_ending(run.paths.process):
                    going_on.append(run)
                else:
                    print(f"{state}: {run.id}", flush=True)
        left = going_on
        if left:
            time.sleep(LOOK_EVERY)
    return left
