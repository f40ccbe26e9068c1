"""The scores of every epoch, a line each; also as Markdown."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text

from mixtui.time_text import duration
from mixtui.ui.ink import Ink
from mixtui.ui.run_tabs.facts import Facts, number_of


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
