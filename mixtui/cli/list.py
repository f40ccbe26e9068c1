"""`mixtui list`: the runs, one a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixtui.cli.options import Json, RunsDir, runs_dir

if TYPE_CHECKING:
    from mixtui.store.run import BrokenRunError, Run


def list_runs(json: Json = False, runs_dir_option: RunsDir = None) -> None:
    """List the runs, newest last."""
    from mixtui.cli.console import print_json
    from mixtui.store.document import broken_document, listed_document
    from mixtui.store.run import Run
    from mixtui.store.store import Store

    root = runs_dir(runs_dir_option)
    runs = list(Store(root).runs())
    if json:
        print_json([listed_document(run) if isinstance(run, Run) else broken_document(run) for run in runs])
    elif runs:
        _print_table(runs)
    else:
        print(f"No runs in {root} yet. Start one with: mixtui run --alpha 0.1")


def _print_table(runs: list[Run | BrokenRunError]) -> None:
    from rich.table import Table
    from rich.text import Text

    from mixtui.cli.console import stdout, words
    from mixtui.cli.summary import MARKS, figure, labels_of, state_text
    from mixtui.store.run import BrokenRunError
    from mixtui.store.store import short_ids

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for heading in ("id", "created, UTC", "state"):
        table.add_column(heading, no_wrap=True)
    for heading in ("α", "seed"):
        table.add_column(words(heading), no_wrap=True, justify="right")
    for heading in ("data", "model"):
        table.add_column(heading, overflow="ellipsis", min_width=9)
    for heading in ("epoch", "acc", "ECE"):
        table.add_column(heading, no_wrap=True, justify="right")
    labels = {run.id: ", ".join(labels_of(run)) for run in runs if not isinstance(run, BrokenRunError)}
    if any(labels.values()):
        table.add_column("name, tags", overflow="ellipsis")
    ids = short_ids([run.run_id if isinstance(run, BrokenRunError) else run.id for run in runs])
    broken = []
    for run in runs:
        if isinstance(run, BrokenRunError):
            broken.append(run)
            continue
        config, metrics = run.config, run.metrics or {}
        table.add_row(
            ids[run.id],
            run.created[5:16].replace("T", " "),
            state_text(run),
            f"{config.alpha:g}",
            str(config.seed),
            config.dataset + ("*" if config.fallback else ""),
            config.model,
            f"{run.epoch}/{config.epochs}",
            figure(metrics.get("accuracy")),
            figure(metrics.get("ece")) + words(f" {MARKS[run.direction]}"),
            *([labels[run.id]] if any(labels.values()) else []),
        )
    stdout().print(table)
    if any(not isinstance(run, BrokenRunError) and run.config.fallback for run in runs):
        stdout().print("* fallback: cifar10 could not be had")
    for error in broken:
        stdout().print(Text(words(f"broken  {error.message}"), style="red"))
