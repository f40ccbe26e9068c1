"""Tab 4: every score, of the test split and of clean training images, and of every epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.cells import cell_len
from rich.text import Text

from mixtui.launch.estimate import duration
from mixtui.ui.ink import Ink
from mixtui.ui.run_tabs.beside import beside
from mixtui.ui.run_tabs.facts import Facts, number_of
from mixtui.ui.run_tabs.scrolling import ScrollingLines

SCORES = {
    "accuracy": "accuracy",
    "confidence": "confidence",
    "signed_gap": "says − right",
    "ece": "ECE",
    "equal_mass_ece": "ECE, equal mass",
    "classwise_ece": "ECE, classwise",
    "mce": "MCE",
    "oe": "OE",
    "ue": "UE",
    "nll": "NLL",
    "brier": "Brier",
}
_TRUTH = {"accuracy", "nll", "ece"}
_NAME, _COLUMN = 18, 13  # columns


def score_table(facts: Facts, epoch: int, ink: Ink) -> list[Text]:
    """Scores of an epoch: test, clean training and, where it is known, the true posterior."""
    record = facts.record(epoch)
    splits: dict[str, Mapping[str, Any]] = {
        "test": record.get("metrics", {}),
        "train, clean": record.get("train_metrics", {}),
    }
    truth = facts.extras.truth
    if truth is not None:
        splits["truth"] = truth
    lines = [ink.quiet(f" {f'after epoch {epoch}':<{_NAME}}{''.join(f'{name:>{_COLUMN}}' for name in splits)}")]
    for name, label in SCORES.items():
        m = f" M {facts.own_m}" * (facts.own_m != 15 and name in ("ece", "mce", "oe", "ue"))
        cells = []
        for split, scores in splits.items():
            if split == "truth" and name not in _TRUTH:
                continue
            way = facts.way_of(scores) if name == "ece" and split != "truth" else None
            cells.append(f"{_figure(name, scores.get(name), ink):>{_COLUMN - 2}} {ink.glyphs.direction(way)}")
        lines.append(ink.text(f" {label + m:<{_NAME}}{''.join(cells)}".rstrip()))
    distance = None if truth is None else truth.get("mean_total_variation")
    if distance is not None:
        lines.append(ink.quiet(f" Mean total variation distance to the true posterior: {ink.fraction(distance)}"))
    return lines


def _figure(name: str, value: object, ink: Ink) -> str:
    if name == "signed_gap":
        return ink.signed(value)
    return ink.loss(value) if name == "nll" else ink.fraction(value)


# Of every epoch


def epoch_table(facts: Facts, epoch: int, ink: Ink) -> list[Text]:
    """A line for each epoch, the latest first; `epoch` is the one that the diagram shows."""
    heads = ("epoch", "loss", "accuracy", "ECE  ", "NLL", "Brier", "train acc", "train ECE", "lr", "time")
    widths = (6, 8, 10, 8, 8, 8, 11, 11, 10, 10)
    lines = [ink.quiet("".join(f"{head:>{width}}" for head, width in zip(heads, widths, strict=True)))]
    for record in reversed(facts.history.epochs):
        test, train = record["metrics"], record["train_metrics"]
        lr = number_of(record.get("lr"))
        cells = (
            str(record["epoch"]),
            ink.loss(record.get("train_loss")),
            ink.fraction(test.get("accuracy")),
            ink.ece(test.get("ece"), facts.way_of(test)),
            ink.loss(test.get("nll")),
            ink.fraction(test.get("brier")),
            ink.fraction(train.get("accuracy")),
            ink.ece(train.get("ece"), facts.way_of(train)),
            ink.glyphs.none if lr is None else f"{lr:.3g}",
            duration(number_of(record["seconds"]), none=ink.glyphs.none),
        )
        line = "".join(" " * max(width - cell_len(cell), 1) + cell for cell, width in zip(cells, widths, strict=True))
        lines.append(ink.text(line, "bold" if record["epoch"] == epoch else ""))
    return lines


def markdown(facts: Facts) -> str:
    """The table of epochs to paste elsewhere."""
    names = ("accuracy", "ece", "nll", "brier", "mce", "oe", "ue")
    lines = [f"| epoch | train loss | {' | '.join(names)} |", "|---:" * (len(names) + 2) + "|"]
    for record in facts.history.epochs:
        figures = [number_of(record.get("train_loss")), *(number_of(record["metrics"].get(name)) for name in names)]
        cells = ["" if figure is None else f"{figure:.4f}" for figure in figures]
        lines.append(f"| {record['epoch']} | {' | '.join(cells)} |")
    return "\n".join(lines)


class ScoresTab(ScrollingLines):
    def __init__(self) -> None:
        super().__init__(id="scores-tab")

    def show(self, facts: Facts, ink: Ink, epoch: int | None) -> None:
        if epoch is None:
            self.show_lines([ink.text(" The first scores come after epoch 1.")])
            return
        now, all_epochs = score_table(facts, epoch, ink), epoch_table(facts, epoch, ink)
        self.show_lines([Text(), *(beside(now, all_epochs, self.app.size.width) or [*now, Text(), *all_epochs])])
