"""`mixtui resume`: go on with a run that was stopped or has crashed."""

from __future__ import annotations

from mixtui.cli.options import RunReference, RunsDir, runs_dir


def resume(run: RunReference, runs_dir_option: RunsDir = None) -> int:
    """Go on from a run's last checkpoint, exactly as if it had never stopped, and follow it."""
    from mixtui.cli.follow import start_and_follow
    from mixtui.launch.start import next_attempt
    from mixtui.store.store import Store

    found = Store(runs_dir(runs_dir_option)).find(run)
    return start_and_follow(found.paths, next_attempt(found))
