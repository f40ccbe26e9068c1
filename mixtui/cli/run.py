"""`mixtui run`: train one model."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mixtui.cli.options import Detach, Json, Name, RunsDir, Seed, Tags, open_store
from mixtui.cli.recipe import handling, recipe, takes
from mixtui.errors import MixtuiError


@takes(recipe, handling)
def run(
    alpha: Annotated[
        float,
        typer.Option("--alpha", metavar="X", help="Mixup's alpha: lambda ~ Beta(alpha, alpha); 0 is plain training."),
    ],
    recipe: dict[str, Any],
    handling: dict[str, Any],
    seed: Seed = 0,
    detach: Detach = False,
    json: Json = False,
    name: Name = None,
    tag: Tags = None,
    runs_dir_option: RunsDir = None,
) -> int:
    """Train one model with mixup, and follow it.

    Its calibration is measured after every epoch, and everything is kept. Ctrl-C stops it with a checkpoint; mixtui
    resume goes on from there. With --detach it trains in the background.
    """
    from mixtui.cli.notices import print_notice, print_queued, warn_of_slurm
    from mixtui.launch.queue import FOREGROUND, enqueue
    from mixtui.launch.submission import prepare
    from mixtui.store.tickets import Tickets

    if json and not detach:
        raise MixtuiError("--json goes with --detach.", "Add --detach, or ask afterwards: mixtui show latest --json")
    if not detach:
        from mixtui.cli.follow import follow  # before there is a run that Ctrl-C would leave behind
    store = open_store(runs_dir_option)
    beside = len(Tickets(store.root).ids()) if detach else 0
    submission = prepare(points=[(alpha, seed)], beside=beside, **recipe)
    if submission.notice:
        print_notice(submission.notice)
    priority = 0 if detach else FOREGROUND
    (paths,) = submission.create(store, {"name": name, "tags": tag or []}, handling, priority)
    if not detach:
        return follow(paths, attempt=1)
    enqueue([paths])
    warn_of_slurm()
    print_queued([paths], json=json)
    return 0
