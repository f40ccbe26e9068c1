"""What commands that queue runs tell a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.panel import Panel
from rich.text import Text

from mixtui.cli.console import print_json, stderr, words

if TYPE_CHECKING:
    from mixtui.store.paths import RunPaths


def print_notice(notice: str) -> None:
    """Say something that must not be missed, on stderr."""
    stderr().print(Panel(Text(words(notice)), title="note", style="bold yellow", width=min(stderr().width, 100)))


def warn_of_slurm() -> None:
    """Inside a Slurm allocation nothing outlives the job."""
    from mixtui.launch.slurm.allocation import slurm_note

    if note := slurm_note():
        print_notice(note)


def print_queued(runs: Sequence[RunPaths], *, json: bool, skipped: Sequence[str] | None = None) -> None:
    """The ids of runs that were just queued, one a line, for a person or a script."""
    ids = [paths.id for paths in runs]
    if json:
        print_json({"ids": ids} if skipped is None else {"ids": ids, "skipped": list(skipped)})
        return
    for run_id in ids:
        print(run_id)
