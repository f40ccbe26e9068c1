"""`mixtui logs`: what a run's process printed."""

from __future__ import annotations

import sys
import time
from typing import Annotated

import typer

from mixtui.cli.options import RunReference, RunsDir, runs_dir


def logs(
    run: RunReference,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on until the run ends.")] = False,
    runs_dir_option: RunsDir = None,
) -> None:
    """Print a run's output."""
    from mixtui.store.run import Run
    from mixtui.store.store import Store

    found = Store(runs_dir(runs_dir_option)).find(run)
    if not found.paths.output.exists():
        return
    with found.paths.output.open("rb") as output:
        while True:
            live = follow and Run.load(found.paths.root).status.state.is_live  # asked before reading: nothing is missed
            sys.stdout.buffer.write(output.read())
            sys.stdout.buffer.flush()
            if not live:
                return
            time.sleep(0.25)
