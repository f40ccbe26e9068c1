"""`mixtui sweep`: queue a grid of alphas and seeds."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mixtui.cli.options import Json, Name, RunsDir, Seed, Tags, open_store
from mixtui.cli.recipe import handling, recipe, takes
from mixtui.errors import MixtuiError

if TYPE_CHECKING:
    from pathlib import Path

    from mixtui.launch.submit import Submission

_DONE_OR_COMING = ("finished", "queued", "starting", "running")


@takes(recipe, handling)
def sweep(
    alphas: Annotated[
        str,
        typer.Option("--alphas", metavar="LIST", help="A list, ranges FIRST:LAST:STEP, or both: 0,0.1,0.2,0.5:0.9:0.1"),
    ],
    recipe: dict[str, Any],
    handling: dict[str, Any],
    seeds: Annotated[
        int, typer.Option("--seeds", metavar="N", help="Seeds of each alpha, counted from --seed on.")
    ] = 1,
    seed: Seed = 0,
    again: Annotated[bool, typer.Option("--again", help="Also what is there already with the same recipe.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the runs it would queue, and queue none.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Follow the runs to their end, as mixtui wait does.")] = False,
    json: Json = False,
    name: Name = None,
    tag: Tags = None,
    runs_dir_option: RunsDir = None,
) -> int:
    """Queue a run of every alpha with every seed.

    It prints their ids and returns at once; they train in the background. What is finished, queued or running already
    with the same recipe is left out. Without --tag the runs are tagged study-1, study-2, and so on.
    """
    from mixtui.cli.follow_all import follow_all
    from mixtui.cli.notices import print_notice, print_queued, warn_of_slurm
    from mixtui.launch.grid import next_study, parse_alphas, points
    from mixtui.launch.queue import enqueue, pick_up_left_over
    from mixtui.launch.submit import prepare
    from mixtui.store.listing import listed
    from mixtui.store.paths import RunPaths
    from mixtui.store.tickets import Tickets

    if json and wait:
        raise MixtuiError("--json and --wait cannot go together.", "mixtui wait follows runs by their ids.")
    store = open_store(runs_dir_option)
    grid = points(parse_alphas(alphas), seed, seeds)
    submission = prepare(points=grid, beside=len(Tickets(store.root).ids()), **recipe)
    if submission.notice:
        print_notice(submission.notice)
    if dry_run:
        _print_grid(*_split(submission, [] if again else listed(store)), json=json)
        return 0
    with _one_at_a_time(store.root):
        here = listed(store)
        pick_up_left_over(store, (run["id"] for run in here if run["state"] == "queued"))
        submission, left_out = _split(submission, [] if again else here)
        tags = tag or [next_study(tag for run in here for tag in run.get("tags", ()))]
        runs = submission.create(store, {"name": name, "tags": tags}, handling)
        enqueue(runs)
    warn_of_slurm()
    print_queued(runs, json=json, skipped=left_out)
    if not json:
        _say(len(runs), tags, len(left_out))
    return follow_all([*(RunPaths(store.root / run_id) for run_id in left_out), *runs]) if wait else 0


def _split(submission: Submission, here: list[dict[str, Any]]) -> tuple[Submission, list[str]]:
    """The submission without what is `here` already, and the ids of those."""
    from mixtui.launch.grid import same_work

    done = {same_work(run["config"]): run["id"] for run in here if run["state"] in _DONE_OR_COMING}
    new = tuple(config for config in submission.configs if same_work(config) not in done)
    left_out = [done[same_work(config)] for config in submission.configs if same_work(config) in done]
    return dataclasses.replace(submission, configs=new), left_out


def _one_at_a_time(root: Path) -> contextlib.AbstractContextManager[None]:
    """Of two sweeps at once the second sees what the first has queued, and takes another tag."""
    from mixtui.lock import alone_in

    with contextlib.suppress(OSError):  # where it cannot be made, making a run says so
        root.mkdir(parents=True, exist_ok=True)
    return alone_in(root) if root.is_dir() else contextlib.nullcontext()


def _say(queued: int, tags: list[str], left_out: int) -> None:
    from mixtui.cli.console import stderr

    here = f"{left_out} of this recipe {'is' if left_out == 1 else 'are'} here already; --again runs them again."
    told = f"{queued} run{'s' * (queued != 1)} queued, tagged {', '.join(tags)}." if queued else "Nothing to queue."
    stderr().print(f"{told} {here}" if left_out else told)


def _print_grid(submission: Submission, left_out: list[str], *, json: bool) -> None:
    from mixtui.cli.console import print_json, stderr, words

    configs = submission.configs
    if json:
        print_json({"runs": [config.to_json() for config in configs], "skipped": left_out})
        return
    for config in configs:
        recipe = f"{config.dataset}  {config.model}  {config.epochs} epoch{'s' * (config.epochs != 1)}"
        print(words(f"α {config.alpha:<8g} seed {config.seed:<4} {recipe}"))
    for run_id in left_out:
        print(f"here already: {run_id}")
    stderr().print(f"{len(configs)} run{'s' * (len(configs) != 1)}; nothing is queued.")
