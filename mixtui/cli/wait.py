"""`mixtui wait`: following runs that train in the background, a line each."""

from __future__ import annotations

from mixtui.cli.options import Filter, RunReferences, RunsDir, open_store


def wait(runs: RunReferences = None, filter_: Filter = None, runs_dir_option: RunsDir = None) -> int:
    """Wait until runs have ended.

    The exit code is 0 when all of them finished, else 1. Ctrl-C ends the waiting alone: the runs go on.
    """
    from mixtui.cli.follow_all import follow_all
    from mixtui.cli.select import runs_to_read

    return follow_all([run.paths for run in runs_to_read(open_store(runs_dir_option), runs, filter_)])
