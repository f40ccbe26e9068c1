"""A run, or a set of predictions, told in a terminal: the verdict, the scores, the reliability diagram."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from mixtui import figures
from mixtui.calibration.direction import IN_WORDS
from mixtui.cli.console import color_depth, ground, speaks_utf8, words
from mixtui.store.status import State

if TYPE_CHECKING:
    from rich.console import Console

    from mixtui.calibration.bins import Bins
    from mixtui.calibration.direction import Direction
    from mixtui.store.run import Run

MARKS: dict[Direction | None, str] = {"over": "▲", "under": "▼", "neither": " ", None: " "}
_STATES = {
    State.QUEUED: ("○", ""),
    State.PAUSED: ("‖", "yellow"),
    State.STARTING: ("◔", "cyan"),
    State.RUNNING: ("●", "cyan"),
    State.STOPPING: ("◑", "yellow"),
    State.FINISHED: ("✓", "green"),
    State.STOPPED: ("□", "yellow"),
    State.FAILED: ("✗", "red"),
    State.CRASHED: ("†", "red"),
    State.LOST: ("†", "red"),
}
_SCORES = {
    "accuracy": "accuracy",
    "confidence": "confidence",
    "ece": "ECE",
    "equal_mass_ece": "ECE, equal mass",
    "mce": "MCE",
    "oe": "OE",
    "ue": "UE",
    "classwise_ece": "ECE, classwise",
    "nll": "NLL",
    "brier": "Brier",
}
DIAGRAM_COLUMNS = 66  # of a large diagram


def figure(value: float | None) -> str:
    """`.687`, `1.197`, or a dash for none, as this terminal can show it."""
    return words(figures.figure(value))


def duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"


def state_text(state: State, stalled_for: float | None, host: str | None) -> tuple[str, str]:
    """The state as a glyph and words, and its style; `host` is the one that it runs on, where that is another."""
    if stalled_for is not None:
        return words(f"◌ no sign for {duration(stalled_for)}"), "yellow"
    glyph, style = _STATES[state]
    return words(f"{glyph} {state.value}") + (f" @{host}" if host else ""), style


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
        f"{config.device} {config.precision}, {config.threads} thread{'s' * (config.threads > 1)}",
    ]
    return " · ".join(part for part in parts if part)


def verdict(accuracy: float, confidence: float, way: Direction) -> str:
    """Which way the model is off, in a sentence."""
    kind = IN_WORDS[way].capitalize()
    return f"{kind}: says {100 * confidence:.1f} %, is right {100 * accuracy:.1f} % of the time."


def print_run(run: Run, console: Console) -> None:
    """All that is known of a run, on one screen."""
    from rich.padding import Padding
    from rich.text import Text

    status = run.status
    state, style = state_text(status.state, status.stalled_for, status.host)
    console.print(Text.assemble((state, style), (f"  {run.id}", "bold")))
    done = f"epoch {run.epoch} of {run.config.epochs}" + (f" in {duration(run.seconds)}" if run.seconds else "")
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
    last, metrics, bins = run.history.last_epoch, run.metrics, run.test_bins()
    if last is None or metrics is None or bins is None:
        return
    columns = {"test": metrics, "train, clean": last["train_metrics"]} | _truth_column(run)
    console.print()
    print_evaluation(console, columns, bins, "test", run.direction)


def labels(name: str | None, tags: Iterable[str]) -> list[str]:
    """What a person calls the run: its name, if it has one, and its tags."""
    return [*filter(None, [name]), *tags]


def _truth_column(run: Run) -> dict[str, Mapping[str, Any]]:
    from mixtui.store.truth import truth_document

    truth = truth_document(run)
    return {} if truth is None else {"truth": truth}


def print_evaluation(
    console: Console,
    columns: Mapping[str, Mapping[str, Any]],
    bins: Bins,
    split: str,
    way: Direction | None,
) -> None:
    """The verdict, a table of scores with a column for each of `columns`, and the diagram of `bins`."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    from mixtui.plots.diagram_glyphs import ASCII, UNICODE
    from mixtui.plots.reliability import reliability_text

    scores = next(iter(columns.values()))
    if way is not None:
        console.print(Text(verdict(scores["accuracy"], scores["confidence"], way), style="bold"))
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    table.add_column(words(f"M {bins.m} · equal width"))
    for heading in columns:
        table.add_column(heading, justify="right")
    for name, label in _SCORES.items():
        if any(name in column for column in columns.values()):
            mark = words(MARKS[way]) if name == "ece" else " "
            cells = [figure(column[name]) if name in column else "" for column in columns.values()]
            table.add_row(label, f"{cells[0]} {mark}", *cells[1:])
    distance = columns.get("truth", {}).get("mean_total_variation")
    lines: list[Any] = [table]
    if distance is not None:
        lines.append(
            Text(words(f"Mean total variation distance to the true posterior: {figure(distance)}"), style="dim")
        )
    diagram = reliability_text(
        bins,
        split=split,
        binning="equal width",
        columns=max(40, min(console.width, DIAGRAM_COLUMNS)),
        rows=console.height - 2 if console.is_terminal else None,  # with the line that follows and the prompt
        colors=color_depth(console),
        ground=ground(),
        glyphs=UNICODE if speaks_utf8() else ASCII,
    )
    console.print(Group(*lines, Text(), diagram))
