"""`mixtui tag`, `note` and `pin`: what a person adds to runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mixtui.cli.options import Filter, RunReferences, RunsDir, open_store, valid_tags
from mixtui.errors import MixtuiError

if TYPE_CHECKING:
    from mixtui.store.run import Run


def tag(
    runs: RunReferences = None,
    add: Annotated[
        list[str] | None,
        typer.Option("--add", "-a", metavar="TAG", callback=valid_tags, help="A tag to add; several times for more."),
    ] = None,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", "-r", metavar="TAG", help="A tag to take away, likewise.")
    ] = None,
    filter_: Filter = None,
    runs_dir_option: RunsDir = None,
) -> int:
    """Add tags to runs, and take them away."""
    from mixtui.cli.select import for_each, runs_to_change
    from mixtui.store import meta

    if not add and not remove:
        raise MixtuiError("Which tag?", "Give --add TAG, --remove TAG, or both.")

    def change(run: Run) -> str:
        meta.tag(run, add or (), remove or ())
        return f"{'tagged' if add else 'untagged'}: {run.id}"

    return for_each(runs_to_change(open_store(runs_dir_option), runs, filter_), change)


def note(
    text: Annotated[str, typer.Option("--text", "-t", metavar="TEXT", help="The note; an empty one removes it.")],
    runs: RunReferences = None,
    filter_: Filter = None,
    runs_dir_option: RunsDir = None,
) -> int:
    """Write a note to runs."""
    from mixtui.cli.select import for_each, runs_to_change
    from mixtui.store import meta

    def change(run: Run) -> str:
        meta.note(run, text)
        return f"{'noted' if text else 'note removed'}: {run.id}"

    return for_each(runs_to_change(open_store(runs_dir_option), runs, filter_), change)


def pin(
    runs: RunReferences = None,
    off: Annotated[bool, typer.Option("--off", help="Take the pin away.")] = False,
    filter_: Filter = None,
    runs_dir_option: RunsDir = None,
) -> int:
    """Pin runs, so that they stand out."""
    from mixtui.cli.select import for_each, runs_to_change
    from mixtui.store import meta

    def change(run: Run) -> str:
        meta.pin(run, not off)
        return f"{'unpinned' if off else 'pinned'}: {run.id}"

    return for_each(runs_to_change(open_store(runs_dir_option), runs, filter_), change)
