"""How a run does on other test sets, as a table."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from mixtui.calibration.direction import direction_of
from mixtui.cli.console import shown
from mixtui.cli.score_text import mark, score_text

if TYPE_CHECKING:
    from rich.console import Console

    from mixtui.store.run import Run
    from mixtui.store.shifts import Shifts


def print_shifts(console: Console, run: Run, shifts: Shifts, heading: str = "on other test sets") -> None:
    """A line a test set under `heading`, and what one must know to read them."""
    from rich.table import Table
    from rich.text import Text

    separated = any(scores.classes == "unknown" for scores in shifts.sets.values())
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    table.add_column(shown(heading))
    for name in ("images", "accuracy", "ECE  ", "confidence", "NLL", *(("AUROC", "FPR 95 %") if separated else ())):
        table.add_column(name, justify="right")
    for name, scores in shifts.sets.items():
        figures = [scores.confidence, scores.nll, *((scores.auroc, scores.fpr95) if separated else ())]
        ece = f"{score_text(scores.ece)} {mark(direction_of(asdict(scores), scores.n))}"
        table.add_row(shown(name), f"{scores.n:,}", score_text(scores.accuracy), ece, *map(score_text, figures))
    console.print(table)
    for note in _notes(run, shifts):
        console.print(Text(shown(note), style="dim"))


def _notes(run: Run, shifts: Shifts) -> list[str]:
    notes = [f"ECE with M {shifts.m} · equal width"]
    if shifts.epoch < run.config.epochs:
        notes.append(f"The network after step {shifts.step:,}: {shifts.epoch} of {run.config.epochs} epochs done.")
    unknown = [name for name, scores in shifts.sets.items() if scores.classes == "unknown"]
    if unknown:
        verb = "has" if len(unknown) == 1 else "have"
        notes.append(f"{', '.join(unknown)} {verb} no class of the run's, by their names:")
        notes.append("  AUROC and FPR at 95 % say how well confidence tells them from the run's own test images.")
    own = (run.history.data or {}).get("image_shape")
    for name, scores in shifts.sets.items():
        if own is not None and list(scores.image_shape) != own:
            notes.append(f"{name}: {_size(scores.image_shape)} was made {_size(own)}.")
    return notes


def _size(shape: object) -> str:
    return "×".join(map(str, shape)) if isinstance(shape, list | tuple) else str(shape)
