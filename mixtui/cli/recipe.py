"""The options that say what to train and how, shared by `run` and `sweep`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from mixtui.cli.complete import complete_shift
from mixtui.cli.options import Bins, DataDir, DatasetOption, Device, ModelOption, data_dir
from mixtui.config import DEFAULTS


def recipe(
    dataset: DatasetOption = None,
    model: ModelOption = DEFAULTS["model"],
    epochs: Annotated[
        int,
        typer.Option("--epochs", metavar="N", help="Passes over the training images."),
    ] = DEFAULTS["epochs"],
    batch_size: Annotated[
        int,
        typer.Option("--batch-size", metavar="N", help="Images a step."),
    ] = DEFAULTS["batch_size"],
    lr: Annotated[float, typer.Option("--lr", metavar="RATE", help="Learning rate of SGD.")] = DEFAULTS["lr"],
    momentum: Annotated[float, typer.Option("--momentum", metavar="X", help="Momentum of SGD.")] = DEFAULTS["momentum"],
    weight_decay: Annotated[
        float, typer.Option("--weight-decay", metavar="X", help="L2 weight decay of SGD.")
    ] = DEFAULTS["weight_decay"],
    schedule: Annotated[
        str, typer.Option("--schedule", metavar="KIND", help="constant, step (a tenth at 50 % and 75 %), or cosine.")
    ] = DEFAULTS["schedule"],
    label_smoothing: Annotated[
        float, typer.Option("--label-smoothing", metavar="X", help="Share of each target spread over all classes.")
    ] = DEFAULTS["label_smoothing"],
    augment: Annotated[bool, typer.Option("--augment", help="Random crops and flips.")] = DEFAULTS["augment"],
    mixup_per: Annotated[
        str,
        typer.Option("--mixup-per", metavar="UNIT", help="batch: one lambda for a batch; sample: one for each image."),
    ] = DEFAULTS["mixup_per"],
    stem: Annotated[
        str, typer.Option("--stem", metavar="KIND", help="imagenet, or cifar: ResNet's 3x3 stem without pooling.")
    ] = DEFAULTS["stem"],
    bins: Bins = DEFAULTS["bins"],
    holdout: Annotated[
        int,
        typer.Option("--holdout", metavar="N", help="Training images kept out of training, to fit the temperature on."),
    ] = DEFAULTS["holdout"],
    device: Device = "auto",
    precision: Annotated[str, typer.Option("--precision", metavar="KIND", help="fp32, bf16, or auto: fp32.")] = "auto",
    data_dir_option: DataDir = None,
) -> dict[str, Any]:
    """These options as keyword arguments of `launch.submission.prepare`."""
    arguments = dict(locals())
    folder: Path | None = arguments.pop("data_dir_option")
    return {**arguments, "data_dir": data_dir(folder)}


def handling(
    retries: Annotated[
        int,
        typer.Option(
            "--retries", metavar="N", min=0, help="After a crash, go on from the checkpoint, this many times."
        ),
    ] = 0,
    slots_per_gpu: Annotated[
        int | None,
        typer.Option(
            "--slots-per-gpu", metavar="N", min=1, help="Trainings at once on one GPU.  [default: what fits, up to 6]"
        ),
    ] = None,
    keep_checkpoints: Annotated[
        bool, typer.Option("--keep-checkpoints", help="Keep a checkpoint of every epoch, not only the last.")
    ] = False,
    eval_on: Annotated[
        list[str] | None,
        typer.Option(
            "--eval-on",
            metavar="SET",
            help="Score the trained network on another test set too, as mixtui evaluate does.",
            autocompletion=complete_shift,
        ),
    ] = None,
) -> dict[str, Any]:
    """These options as `control.json` has them."""
    options = dict(locals())
    from mixtui.datasets.shifts import parse_shifts

    # By absolute paths, each once: a worker may run in another folder.
    return {**options, "eval_on": list(dict.fromkeys(shift.request for shift in parse_shifts(eval_on or ())))}


def takes(*groups: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the options of `groups`; what each makes of them reaches it under the group's name."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        def with_groups(**arguments: Any) -> Any:
            for group in groups:
                own = {name: arguments.pop(name) for name in inspect.signature(group).parameters}
                arguments[group.__name__] = group(**own)
            return command(**arguments)

        names = {group.__name__ for group in groups}
        parameters = [
            parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for function in (command, *groups)
            for parameter in inspect.signature(function, eval_str=True).parameters.values()
            if parameter.name not in names
        ]
        with_groups.__name__, with_groups.__doc__ = command.__name__, command.__doc__
        with_groups.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        with_groups.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return with_groups

    return decorate
