"""A run told in a terminal: its state, its recipe, its scores, its reliability diagram."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from mixtui.cli.columns import cut
from mixtui.cli.console import shown, words
from mixtui.cli.diagram import print_diagrams
from mixtui.cli.run_scores import print_run_scores
from mixtui.store.state_glyphs import STATE_GLYPHS, state_word
from mixtui.store.status import State
from mixtui.time_text import duration, time_taken
from mixtui.wording import plural

if TYPE_CHECKING:
    from rich.console import Console

    from mixtui.store.run import Run

_STYLES = {
    State.QUEUED: "",
    State.PAUSED: "yellow",
    State.STARTING: "cyan",
    State.RUNNING: "cyan",
    State.STOPPING: "yellow",
    State.FINISHED: "green",
    State.STOPPED: "yellow",
    State.FAILED: "red",
    State.CRASHED: "red",
    State.LOST: "red",
}


_LONGEST_WHY = 24  # cells: Slurm has sentences for some


def state_text(
    state: State,
    stalled_for: float | None,
    host: str | None,
    reason: str | None = None,
    waits_for: str | None = None,
) -> tuple[str, str]:
    """The state as a glyph and words, and its style; `host` is the one that it runs on, where that is another."""
    if stalled_for is not None:
        return words(f"{STATE_GLYPHS['stalled']} no sign for {duration(stalled_for)}"), "yellow"
    told = words(f"{STATE_GLYPHS[state]} {state_word(state, reason)}")
    why = f": {cut(shown(waits_for), _LONGEST_WHY)}" if waits_for else ""
    return told + why + (f" @{host}" if host else ""), _STYLES[state]


def recipe_line(run: Run) -> str:
    """What decides the result, in one line; what is at its default and off is left out."""
    config = run.config
    parts = [
        f"α {config.alpha:g}",
        f"seed {config.seed}",
        config.dataset + (" (fallback: cifar10 could not be had)" if config.fallback else ""),
        config.model + (" with the CIFAR stem" if config.stem == "cifar" else ""),
        f"batch {config.batch_size}",
        f"SGD lr {config.lr:g} {config.schedule}",
        f"momentum {config.momentum:g}",
        f"weight decay {config.weight_decay:g}" if config.weight_decay else "",
        f"label smoothing {config.label_smoothing:g}" if config.label_smoothing else "",
        "crops and flips" if config.augment else "",
        "λ per sample" if config.mixup_per == "sample" else "",
        f"{config.device} {config.precision}, {plural(config.threads, 'thread')}",
    ]
    return " · ".join(part for part in parts if part)


def print_run(run: Run, console: Console) -> None:
    """All that is known of a run, on one screen."""
    from rich.padding import Padding
    from rich.text import Text

    status = run.status
    state, style = state_text(status.state, status.stalled_for, status.host, status.reason, status.waits_for)
    console.print(Text.assemble((state, style), (f"  {run.id}", "bold")))
    done = f"epoch {run.epoch} of {run.config.epochs}" + (f" in {time_taken(run.seconds)}" if run.seconds else "")
    lines = [
        Text(status.sentence),
        Text(" · ".join([done, *labels(run.meta.get("name"), run.tags)])),
        Text(recipe_line(run)),
        *(Text(f"! {warning}", style="yellow") for warning in run.history.warnings),
        *(Text(f"! inexact: {reason}", style="yellow") for reason in run.history.inexact),
    ]
    for line in lines:
        if line:
            line.plain = words(line.plain)
            console.print(Padding(line, (0, 0, 0, 2), expand=False))
    bins = run.test_bins()
    if bins is not None:
        console.print()
        print_run_scores(console, run)
        print_diagrams(console, {"test": bins})


def labels(name: str | None, tags: Iterable[str]) -> list[str]:
    """What a person calls the run: its name, if it has one, and its tags."""
    return [*filter(None, [name]), *tags]
