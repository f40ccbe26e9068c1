"""`mixtui sweep`: queue a grid of alphas and seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mixtui.cli.cluster import cluster
from mixtui.cli.complete import complete_preset
from mixtui.cli.options import Json, Name, RunsDir, Seed, Tags, open_store
from mixtui.cli.recipe import handling, recipe, takes
from mixtui.errors import MixtuiError
from mixtui.presets import PRESETS, find_preset
from mixtui.wording import plural

if TYPE_CHECKING:
    from mixtui.launch.submission import Submission
    from mixtui.presets import Preset


@takes(recipe, handling, cluster)
def sweep(
    context: typer.Context,
    recipe: dict[str, Any],
    handling: dict[str, Any],
    cluster: Any,
    alphas: Annotated[
        str | None,
        typer.Option(
            "--alphas",
            metavar="LIST",
            help="A list, ranges FIRST:LAST:STEP, or both: 0,0.1,0.2,0.5:0.9:0.1",
            show_default=False,
        ),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            "--preset",
            metavar="NAME",
            help=f"The alphas, data set and model of a study: {', '.join(PRESETS)}. "
            "Options beside it take the place of its own.",
            autocompletion=complete_preset,
            show_default=False,
        ),
    ] = None,
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

    It prints their ids and returns at once; they train in the background, on this host or, with --on slurm, as jobs of
    a cluster. What is finished, queued or running already with the same recipe is not trained again, but gets the tag
    too. Without --tag the runs are tagged study-1, study-2, and so on.
    """
    from mixtui.cli.follow_all import follow_all
    from mixtui.cli.notices import print_notice, print_queued, warn_of_slurm
    from mixtui.launch.grid import points
    from mixtui.launch.submission import prepare
    from mixtui.launch.sweep import queue_sweep, split
    from mixtui.store.listing import listed
    from mixtui.store.paths import RunPaths
    from mixtui.store.tickets import Tickets

    if json and wait:
        raise MixtuiError("--json and --wait cannot go together.", "mixtui wait follows runs by their ids.")
    store = open_store(runs_dir_option)
    chosen = None if preset is None else find_preset(preset)
    if chosen is not None:
        recipe |= _of_preset(chosen, context)
    grid = points(_alphas(alphas, chosen), seed, seeds)
    submission = prepare(points=grid, beside=len(Tickets(store.root).ids()), launcher=cluster, **recipe)
    if submission.notice:
        print_notice(submission.notice)
    if dry_run:
        _print_grid(*split(submission, [] if again else listed(store)), json=json)
        return 0
    made = queue_sweep(store, submission, handling, tags=tag or (), name=name, again=again)
    if cluster is None:
        warn_of_slurm()
    print_queued(made.runs, json=json, skipped=made.left_out)
    if not json:
        _say(len(made.runs), made.tags, len(made.left_out))
    return follow_all([*(RunPaths(store.root / run_id) for run_id in made.left_out), *made.runs]) if wait else 0


def _alphas(given: str | None, preset: Preset | None) -> tuple[float, ...]:
    """Raises MixtuiError where neither tells them."""
    from mixtui.launch.grid import parse_alphas

    if given is not None:
        return parse_alphas(given)
    if preset is not None:
        return preset.alphas
    raise MixtuiError("Which alphas?", "Give --alphas 0,0.1,0.4, or --preset reference.")


def _of_preset(preset: Preset, context: typer.Context) -> dict[str, Any]:
    """What the preset says of the recipe, but for what was said on the command line."""
    fields = {"dataset": preset.dataset, **preset.recipe}
    sources = {name: context.get_parameter_source(name) for name in fields}
    return {name: fields[name] for name, source in sources.items() if source is None or source.name != "COMMANDLINE"}


def _say(queued: int, tags: list[str], left_out: int) -> None:
    from mixtui.cli.console import stderr

    told = f"{plural(queued, 'run')} queued, tagged {', '.join(tags)}." if queued else "Nothing to queue."
    if left_out:
        told += f" {left_out} of this recipe {'is' if left_out == 1 else 'are'} here already"
        told += ", tagged so too" * bool(queued) + "; --again runs them again."
    stderr().print(told)


def _print_grid(submission: Submission, left_out: list[str], *, json: bool) -> None:
    from mixtui.cli.console import print_json, stderr, words

    configs = submission.configs
    if json:
        print_json({"runs": [config.to_json() for config in configs], "skipped": left_out})
        return
    for config in configs:
        recipe = f"{config.dataset}  {config.model}  {plural(config.epochs, 'epoch')}"
        print(words(f"α {config.alpha:<8g} seed {config.seed:<4} {recipe}"))
    for run_id in left_out:
        print(f"here already: {run_id}")
    stderr().print(f"{plural(len(configs), 'run')}; nothing is queued.")
