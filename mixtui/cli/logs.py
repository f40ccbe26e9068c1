"""`mixtui logs`: what a run's process printed."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from mixtui.cli.options import RunReference, RunsDir, open_store

if TYPE_CHECKING:
    from pathlib import Path

LOOK_EVERY = 0.25  # seconds


def logs(
    run: RunReference,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on until the run ends.")] = False,
    runs_dir_option: RunsDir = None,
) -> None:
    """Print a run's output."""
    from mixtui.cli.select import find_run
    from mixtui.store.log_tail import NONE_KEPT
    from mixtui.store.run import Run
    from mixtui.store.status import State

    found = find_run(open_store(runs_dir_option), run)
    read = 0
    while True:
        state = Run.load(found.paths.root).status.state  # asked before reading: nothing is missed
        read += _print_from(found.paths.output, read)
        if not follow or not (state.is_live or state is State.QUEUED):
            break
        time.sleep(LOOK_EVERY)
    if not read and not found.paths.output.exists() and not state.is_live and state is not State.QUEUED:
        print(NONE_KEPT, file=sys.stderr)


def _print_from(output: Path, offset: int) -> int:
    """Print what `output` holds from `offset` on; the number of bytes."""
    try:
        with output.open("rb") as file:
            file.seek(offset)
            data = file.read()
    except FileNotFoundError:  # not started yet
        return 0
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
    return len(data)
