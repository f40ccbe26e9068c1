"""`mixtui run`: start one run and follow it."""

from __future__ import annotations

from typing import Annotated

import typer

from mixtui.cli.options import Bins, DataDir, DatasetOption, ModelOption, RunsDir, data_dir, runs_dir
from mixtui.config import RunConfig

_DEFAULTS = RunConfig(alpha=0)


def run(
    alpha: Annotated[
        float, typer.Option("--alpha", help="Mixup's alpha: lambda ~ Beta(alpha, alpha); 0 is plain training.")
    ],
    dataset: DatasetOption = None,
    model: ModelOption = _DEFAULTS.model,
    epochs: Annotated[int, typer.Option("--epochs", help="Passes over the training images.")] = _DEFAULTS.epochs,
    batch_size: Annotated[int, typer.Option("--batch-size", help="Images a step.")] = _DEFAULTS.batch_size,
    lr: Annotated[float, typer.Option("--lr", help="Learning rate of SGD.")] = _DEFAULTS.lr,
    momentum: Annotated[float, typer.Option("--momentum", help="Momentum of SGD.")] = _DEFAULTS.momentum,
    weight_decay: Annotated[
        float, typer.Option("--weight-decay", help="L2 weight decay of SGD.")
    ] = _DEFAULTS.weight_decay,
    schedule: Annotated[
        str, typer.Option("--schedule", help="constant, step (a tenth at 50 % and 75 %), or cosine.")
    ] = _DEFAULTS.schedule,
    label_smoothing: Annotated[
        float, typer.Option("--label-smoothing", help="Share of each target spread over all classes.")
    ] = _DEFAULTS.label_smoothing,
    augment: Annotated[bool, typer.Option("--augment", help="Random crops and flips.")] = _DEFAULTS.augment,
    mixup_per: Annotated[
        str, typer.Option("--mixup-per", help="batch: one lambda for a batch; sample: one for each image.")
    ] = _DEFAULTS.mixup_per,
    stem: Annotated[
        str, typer.Option("--stem", help="imagenet, or cifar: ResNet's 3x3 stem without pooling.")
    ] = _DEFAULTS.stem,
    seed: Annotated[int, typer.Option("--seed", help="Drives every random draw.")] = _DEFAULTS.seed,
    bins: Bins = _DEFAULTS.bins,
    device: Annotated[str, typer.Option("--device", help="auto, cpu, or cuda[:N].")] = "auto",
    precision: Annotated[str, typer.Option("--precision", help="fp32, bf16, or auto: fp32.")] = "auto",
    data_dir_option: DataDir = None,
    name: Annotated[str | None, typer.Option("--name", help="A name of your own for the run.")] = None,
    tag: Annotated[list[str] | None, typer.Option("--tag", help="A tag; may be given several times.")] = None,
    runs_dir_option: RunsDir = None,
) -> int:
    """Train one model with mixup, measure its calibration after every epoch, and keep it all.

    Ctrl-C stops it with a checkpoint; mixtui resume goes on from there.
    """
    from mixtui.cli.follow import print_notice, start_and_follow
    from mixtui.launch.submit import prepare
    from mixtui.store.store import Store

    submission = prepare(
        dataset,
        data_dir(data_dir_option),
        device,
        precision,
        alpha=alpha,
        model=model,
        epochs=epochs,
        batch_size=batch_size,
        lr=lr,
        momentum=momentum,
        weight_decay=weight_decay,
        schedule=schedule,
        label_smoothing=label_smoothing,
        augment=augment,
        mixup_per=mixup_per,
        stem=stem,
        seed=seed,
        bins=bins,
    )
    if submission.notice:
        print_notice(submission.notice)
    paths = submission.create(Store(runs_dir(runs_dir_option)), {"name": name, "tags": tag or []})
    return start_and_follow(paths, attempt=1)
