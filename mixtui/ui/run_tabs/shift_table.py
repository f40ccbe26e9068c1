"""How the run's network does on other test sets: corrupted images, and classes that it does not know."""

from __future__ import annotations

from dataclasses import asdict

from rich.text import Text

from mixtui.calibration.bins import DEFAULT_M
from mixtui.calibration.direction import direction_of
from mixtui.store.shifts import Shifts
from mixtui.terminal_text import printable
from mixtui.ui.columns import fit
from mixtui.ui.ink import Ink
from mixtui.ui.run_tabs.facts import Facts

_NAME, _COLUMN = 22, 10  # columns


def shift_lines(facts: Facts, shifts: Shifts, ink: Ink) -> list[Text]:
    """A line a test set. Of unknown classes no answer is right, so they have a separation in place of an accuracy."""
    heads = ("accuracy", "ECE  ", "confidence", "AUROC", "FPR95")
    lines = [ink.quiet(f" {'other test sets':<{_NAME}}{''.join(f'{head:>{_COLUMN + 1}}' for head in heads)}")]
    for name, scores in shifts.sets.items():
        mark = ink.glyphs.direction(direction_of(asdict(scores), scores.n))
        cells = (
            ink.fraction(scores.accuracy),
            f"{ink.fraction(scores.ece)} {mark}",
            ink.fraction(scores.confidence),
            ink.fraction(scores.auroc),
            ink.fraction(scores.fpr95),
        )
        shown = fit(ink.glyphs.words(printable(name)), _NAME, more=ink.glyphs.more)
        lines.append(ink.text(f" {shown}{''.join(f'{cell:>{_COLUMN + 1}}' for cell in cells)}"))
    at = [f"after epoch {shifts.epoch}"] * (not facts.epochs or shifts.epoch != facts.epochs[-1])
    at += [f"M {shifts.m}"] * (shifts.m != DEFAULT_M)
    remark = "AUROC and FPR95: the own test images against unknown classes, by confidence"
    lines.append(ink.quiet(f" {', '.join([*at, remark])}"))
    return lines
