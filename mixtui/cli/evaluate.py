"""`mixtui evaluate`: how trained networks do on other test sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mixtui.cli.complete import complete_shift
from mixtui.cli.options import DataDir, Device, Filter, Json, RunReferences, RunsDir, data_dir, open_store

if TYPE_CHECKING:
    from mixtui.store.run import Run


def evaluate(
    on: Annotated[
        list[str],
        typer.Option(
            "--on",
            metavar="SET",
            help="noise, blur or contrast, each at five strengths; corruptions: all three; a data set of mixtui data; "
            "folder:PATH, with PATH/test/CLASS/ or PATH/CLASS/; package.module:function. May be given several times.",
            autocompletion=complete_shift,
        ),
    ],
    runs: RunReferences = None,
    filter_: Filter = None,
    device: Device = "auto",
    data_dir_option: DataDir = None,
    json: Json = False,
    runs_dir_option: RunsDir = None,
) -> int:
    """Score trained networks on other test sets.

    It is done from their checkpoints; nothing is trained. Classes are known by their names: of unknown ones it is
    measured how well confidence tells them from the run's own test images. The figures are kept with the run, and
    mixtui show has them too.
    """
    import sys
    from pathlib import Path

    from mixtui.cli.console import print_json, stdout
    from mixtui.cli.progress import progress_bar
    from mixtui.cli.select import for_each, runs_to_change
    from mixtui.cli.shift_table import print_shifts
    from mixtui.config import check_device
    from mixtui.datasets.shifts import OtherSet, parse_shifts
    from mixtui.launch.devices import choose_device, threads_for

    shifts = parse_shifts(on)
    chosen = runs_to_change(open_store(runs_dir_option), runs, filter_)
    where = choose_device(device)
    check_device(where)
    from mixtui.training.data import load_test  # imports torch: only once all names are known to be right
    from mixtui.training.evaluate_run import evaluate_run

    sys.path.append(str(Path.cwd()))  # for a function of the user's own
    documents: list[dict[str, Any]] = []
    with progress_bar() as progress:
        folder = data_dir(data_dir_option)
        others = {shift: load_test(shift, folder, progress) for shift in shifts if isinstance(shift, OtherSet)}

    def score(run: Run) -> None:
        with progress_bar() as progress:
            found = evaluate_run(
                run,
                shifts,
                others,
                device=where,
                threads=threads_for(where, 1),
                data_dir=data_dir_option,
                progress=progress,
            )
        documents.append({"id": run.id, **found.to_json()})
        if not json:
            print_shifts(stdout(), run, found, heading=run.id)

    code = for_each(chosen, score, lenient=filter_ is not None)
    if json:
        print_json(documents)
    return code
