"""`mixtui retry`: train a run's configuration anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixtui.cli.options import Filter, Json, RunReferences, RunsDir, open_store

if TYPE_CHECKING:
    from mixtui.store.paths import RunPaths
    from mixtui.store.run import Run


def retry(
    runs: RunReferences = None, filter_: Filter = None, json: Json = False, runs_dir_option: RunsDir = None
) -> int:
    """Queue new runs with the configurations of old ones.

    They begin anew, and their ids are printed; the old runs stay as they are.
    """
    from mixtui.cli.notices import print_queued
    from mixtui.cli.select import for_each, runs_to_change
    from mixtui.launch.queue import enqueue_new
    from mixtui.launch.queue import retry as retry_run

    store = open_store(runs_dir_option)
    made: list[RunPaths] = []

    def make(run: Run) -> None:
        made.append(retry_run(run))

    code = for_each(runs_to_change(store, runs, filter_), make, lenient=filter_ is not None)
    enqueue_new(made)
    print_queued(made, json=json)
    return code
