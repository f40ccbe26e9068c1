"""`mixtui queue`: what trains and what waits, in order; and another order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mixtui.cli.options import Filter, Json, RunReferences, RunsDir, open_store
from mixtui.errors import MixtuiError

if TYPE_CHECKING:
    from mixtui.store.run import Run
    from mixtui.store.store import Store


def queue(
    runs: RunReferences = None,
    first: Annotated[bool, typer.Option("--first", help="Let these runs go before all others.")] = False,
    last: Annotated[bool, typer.Option("--last", help="Let these runs go after all others.")] = False,
    filter_: Filter = None,
    json: Json = False,
    runs_dir_option: RunsDir = None,
) -> None:
    """Show what trains and what waits, or change the order.

    Runs start in the order shown, as places and memory come free.
    """
    from mixtui.cli.console import print_json
    from mixtui.cli.select import runs_to_change
    from mixtui.launch.queue import put_first, put_last
    from mixtui.launch.wake import note_of
    from mixtui.store.store import short_ids

    if first and last:
        raise MixtuiError("--first and --last cannot go together.", "Choose one.")
    if (runs or filter_) and not (first or last):
        raise MixtuiError("Where to?", "Give --first or --last.")
    store = open_store(runs_dir_option)
    live, queued = _live_and_queued(store)
    if first or last:
        chosen = runs_to_change(store, runs, filter_)
        waiting = [run for run in chosen if run.id in {run.id for run in queued}]
        (put_first if first else put_last)(waiting if filter_ and waiting else chosen, queued)
        live, queued = _live_and_queued(store)
    note = note_of(store.root)
    if json:
        print_json({"live": [run.id for run in live], "queued": [run.id for run in queued], "note": note or None})
    else:
        _print(live, queued, note, short_ids([path.name for path in store.run_dirs()]))


def _live_and_queued(store: Store) -> tuple[list[Run], list[Run]]:
    """The runs that train, oldest first, and those that wait, in their order."""
    from mixtui.launch.queue import pick_up_left_over, queue_order
    from mixtui.store.run import Run
    from mixtui.store.status import State

    here = [run for run in store.runs() if isinstance(run, Run)]
    pick_up_left_over(store, (run.id for run in here if run.status.state is State.QUEUED))
    live = [run for run in here if run.status.state.is_live]
    return live, sorted((run for run in here if run.status.state is State.QUEUED), key=queue_order)


def _print(live: list[Run], queued: list[Run], note: str, names: dict[str, str]) -> None:
    from mixtui.cli.columns import Column, in_columns
    from mixtui.cli.console import stdout, words

    if not live and not queued:
        print("Nothing trains, and nothing waits.")
        return
    columns = (
        Column("", right=True),
        Column("id"),
        Column("state"),
        Column("α", right=True),
        Column("seed", right=True),
        Column("data", least=9),
        Column("model", least=9),
        Column("epoch", right=True),
        Column("name, tags", least=4),
    )
    rows = [["", *_cells(run, names)] for run in live]
    rows += [[str(place), *_cells(run, names)] for place, run in enumerate(queued, 1)]
    for cells in in_columns(columns, rows, stdout().width):
        print(" ".join(cells).rstrip())
    print(words(note) if note else f"{len(live)} live, {len(queued)} queued.")


def _cells(run: Run, names: dict[str, str]) -> list[str]:
    from mixtui.cli.summary import labels, state_text

    config, status = run.config, run.status
    state, _ = state_text(status.state, status.stalled_for, status.host, waits_for=status.waits_for)
    recipe = (f"{config.alpha:g}", str(config.seed), config.dataset, config.model)
    label = ", ".join(labels(run.meta.get("name"), run.tags))
    return [names[run.id], state, *recipe, f"{run.epoch}/{config.epochs}", label]
