"""`mixtui remove`, `restore` and `trash`: runs that are not wanted any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mixtui.cli.options import Filter, Json, RunReferences, RunsDir, open_store
from mixtui.wording import plural

if TYPE_CHECKING:
    from mixtui.store.run import Run


def remove(runs: RunReferences = None, filter_: Filter = None, runs_dir_option: RunsDir = None) -> int:
    """Move runs to the trash; mixtui restore brings them back. Live and queued runs must be stopped first."""
    from mixtui.cli.select import for_each, runs_to_change
    from mixtui.store.trash import Trash

    def put(run: Run) -> str:
        Trash(run.paths.root.parent).put(run)
        return f"removed: {run.id}"

    return for_each(runs_to_change(open_store(runs_dir_option), runs, filter_), put, lenient=filter_ is not None)


def restore(
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN", help="Ids as mixtui trash lists them, or unique beginnings of them.")
    ],
    runs_dir_option: RunsDir = None,
) -> int:
    """Bring removed runs back."""
    from mixtui.cli.select import for_each
    from mixtui.store.trash import Trash

    trash = Trash(open_store(runs_dir_option).root)
    return for_each(runs, lambda reference: f"restored: {trash.restore(reference).name}")


def trash(
    empty: Annotated[bool, typer.Option("--empty", help="Delete for good what is in it.")] = False,
    json: Json = False,
    runs_dir_option: RunsDir = None,
) -> None:
    """List the removed runs, or delete them for good."""
    from mixtui.cli.console import print_json
    from mixtui.store.trash import Trash

    folder = Trash(open_store(runs_dir_option).root)
    ids, size = folder.ids(), folder.size()
    if empty:
        folder.empty()
    if json:
        print_json({"ids": ids, "bytes": size, "emptied": empty})
        return
    for run_id in ids:
        print(run_id)
    if ids:
        print(f"{plural(len(ids), 'removed run')}, {size / 1e6:,.1f} MB{', deleted for good' * empty}.")
    else:
        print("The trash is empty.")
