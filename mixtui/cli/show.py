"""`mixtui show`: one run in full."""

from __future__ import annotations

from mixtui.cli.options import Json, RunReference, RunsDir, open_store


def show(run: RunReference, json: Json = False, runs_dir_option: RunsDir = None) -> None:
    """Show a run: its state, recipe, scores and reliability diagram."""
    from mixtui.cli.select import find_run

    found = find_run(open_store(runs_dir_option), run)
    if json:
        from mixtui.cli.console import print_json
        from mixtui.store.run_document import run_document

        print_json(run_document(found))
    else:
        from mixtui.cli.console import stdout
        from mixtui.cli.shift_table import print_shifts
        from mixtui.cli.summary import print_run
        from mixtui.store.shifts import read_shifts

        print_run(found, stdout())
        if (shifts := read_shifts(found.paths)) is not None:
            stdout().print()
            print_shifts(stdout(), found, shifts)
