"""The options that say where a sweep trains: on this host, or as jobs of a cluster."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mixtui.errors import MixtuiError


def cluster(
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="WHERE", help="slurm: as jobs of this cluster.  [default: on this host]"),
    ] = None,
    partition: Annotated[
        str | None, typer.Option("--partition", metavar="NAME", help="Slurm's partition.", show_default=False)
    ] = None,
    account: Annotated[
        str | None, typer.Option("--account", metavar="NAME", help="Slurm's account.", show_default=False)
    ] = None,
    gres: Annotated[
        str | None, typer.Option("--gres", metavar="LIST", help="Such as gpu:1, for each job.", show_default=False)
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(
            "--time",
            metavar="LIMIT",
            help="Of each job, as H:MM:SS; a run that takes longer saves, is queued again, and goes on.  "
            "[default: 1:00:00]",
            show_default=False,
        ),
    ] = None,
    qos: Annotated[
        str | None, typer.Option("--qos", metavar="NAME", help="Slurm's quality of service.", show_default=False)
    ] = None,
    slurm: Annotated[
        list[str] | None,
        typer.Option("--slurm", metavar="KEY=VALUE", help="Any other option of sbatch: mem=8G", show_default=False),
    ] = None,
    runs_per_task: Annotated[
        int | None,
        typer.Option(
            "--runs-per-task",
            metavar="N",
            min=1,
            help="Runs side by side in one job, to share its GPU.  [default: 1]",
            show_default=False,
        ),
    ] = None,
    at_once: Annotated[
        int | None,
        typer.Option("--at-once", metavar="N", min=1, help="Jobs of this sweep at once.  [default: what Slurm lets]"),
    ] = None,
) -> Any:
    """The `Launcher` that these options ask for, None for this host. What they leave open, the configuration files
    say."""
    given = {"partition": partition, "account": account, "gres": gres, "time": time, "qos": qos}
    if on is None:
        if slurm or runs_per_task or at_once or any(given.values()):
            raise MixtuiError("These options are for Slurm, and the runs would train on this host.", "Add --on slurm.")
        return None
    if on != "slurm":
        raise MixtuiError(f"--on {on!r} is not known.", "Use --on slurm, or leave it out to train on this host.")
    from mixtui.launch.slurm.launcher import SlurmLauncher
    from mixtui.launch.slurm.settings import configured_settings, parse_option

    options = {**given, **dict(map(parse_option, slurm or ()))}
    settings = configured_settings().with_options(options, runs_per_task=runs_per_task, at_once=at_once)
    return SlurmLauncher(settings)
