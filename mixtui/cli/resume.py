"""`mixtui resume`: go on with runs that were stopped or paused, have failed or crashed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixtui.cli.options import Detach, Filter, RunReferences, RunsDir, open_store

if TYPE_CHECKING:
    from mixtui.store.paths import RunPaths
    from mixtui.store.run import Run


def resume(
    runs: RunReferences = None, filter_: Filter = None, detach: Detach = False, runs_dir_option: RunsDir = None
) -> int:
    """Go on with runs from their last checkpoints.

    The results are exactly those of a run that never stopped. One run is followed, as by mixtui run; several go on in
    the background, and so does one with --detach.
    """
    from socket import gethostname

    from mixtui.cli.select import for_each, runs_to_change
    from mixtui.launch.queue import FOREGROUND, enqueue, want_again
    from mixtui.store.status import State

    store = open_store(runs_dir_option)
    chosen = runs_to_change(store, runs, filter_)
    if len(chosen) == 1 and not detach and filter_ is None:
        from mixtui.cli.follow import follow

        return follow(chosen[0].paths, want_again(chosen[0], FOREGROUND))

    wanted: list[RunPaths] = []

    def go_on(run: Run) -> None:
        waits_here = run.status.state is State.QUEUED and run.control.get("host") == gethostname()
        if not waits_here:  # which would lose its place
            want_again(run)
        wanted.append(run.paths)

    code = for_each(chosen, go_on, lenient=filter_ is not None)
    enqueue(wanted)
    for paths in wanted:
        print(f"queued: {paths.id}")
    return code
