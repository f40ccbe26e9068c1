"""Tab 3: what mixup did to the training: the weights it drew, and what that leaves to be learned."""

from __future__ import annotations

import math

import numpy as np
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container

from mixtui.calibration.bins import FloatArray, RealArray
from mixtui.calibration.mixup_floor import mean_stronger_weight, mixed_accuracy_ceiling, mixed_loss_floor
from mixtui.plots.alpha_colors import SeriesStyle
from mixtui.plots.curves import Curve, Pane, draw_curves
from mixtui.plots.density import BetaDensity, draw_lam_histogram
from mixtui.plots.smoothing import ema
from mixtui.plots.text_lines import words_instead
from mixtui.ui.commands import Command
from mixtui.ui.drawing import epoch_values
from mixtui.ui.ink import Ink
from mixtui.ui.number_cells import number
from mixtui.ui.run_tabs.curves import all_steps, epoch_ends, mixed_accuracy
from mixtui.ui.run_tabs.facts import Facts, number_of
from mixtui.ui.run_tabs.tab import LogsTab
from mixtui.ui.widgets.panel import Framed

_SMOOTHING = 0.97
_PLAIN = "α 0 is plain training, bit for bit: nothing is mixed, λ is 1 throughout."


def alpha_of(facts: Facts) -> float:
    return number_of(facts.config.get("alpha")) or 0.0


def lam_lines(facts: Facts, ink: Ink, columns: int, rows: int) -> list[Text]:
    """The λ that were drawn over the density that they come from."""
    alpha, lam = alpha_of(facts), facts.steps.lam
    if alpha == 0:
        return [Text(), *(ink.text(f" {line.plain}") for line in words_instead(_PLAIN, columns - 2, rows))]
    per_sample = facts.config.get("mixup_per") == "sample"
    # What is recorded of a batch with a λ for each image is their mean, which is not Beta distributed.
    density = BetaDensity(math.nan if per_sample else alpha, "", SeriesStyle(line=ink.series.line))
    words = _per_sample_words(lam) if per_sample else _lam_words(alpha, lam, ink)
    picture = draw_lam_histogram(
        lam, density, columns=columns, rows=rows - 2, glyphs=ink.dots, bar_style=ink.series.cell
    )
    return [*picture.split("\n"), *map(ink.quiet, words)]


def _lam_words(alpha: float, lam: RealArray, ink: Ink) -> tuple[str, str]:
    known = lam[(lam >= 0) & (lam <= 1)]
    expected = ink.fraction(mean_stronger_weight(alpha))
    if not len(known):
        return " No λ was recorded yet.", f" stronger will weigh {expected} on average"
    stronger = float(np.maximum(known, 1 - known).mean())
    return (
        f" {len(known):,} λ, mean {ink.fraction(float(known.mean()))}; line: density",
        f" stronger weighs {ink.fraction(stronger)}, expected {expected}",
    )


def _per_sample_words(lam: RealArray) -> tuple[str, str]:
    return f" {len(lam):,} batches: the mean λ of each", " (λ was drawn for each image)"


def floor_lines(facts: Facts, ink: Ink, columns: int, rows: int) -> list[Text]:
    """The training loss, and below what it cannot fall."""
    floor = loss_floor(facts)
    curves = [Curve("loss", facts.steps.step, ema(facts.steps.loss, _SMOOTHING), ink.series, emphasised=True)]
    if floor is not None:
        curves.insert(0, Curve("floor", *_level(facts, floor), SeriesStyle(line="dashed")))
    return _captioned(curves, _floor_words(facts, floor, ink), facts, ink, columns, rows)


def loss_floor(facts: Facts) -> float | None:
    """Nats; None where it does not hold: before the classes are known, and with smoothed labels."""
    if facts.classes is None or facts.config.get("label_smoothing"):
        return None
    return mixed_loss_floor(alpha_of(facts), facts.classes)


def _floor_words(facts: Facts, floor: float | None, ink: Ink) -> str:
    if floor is None:
        smoothed = facts.config.get("label_smoothing")
        return "no floor known with smoothed labels" if smoothed else "no floor known yet"
    finite = facts.steps.loss[np.isfinite(facts.steps.loss)]
    if not len(finite):
        return f"floor {ink.loss(floor)} nats, on balanced classes"
    now = float(ema(finite, _SMOOTHING)[-1])
    return f"{ink.loss(now)}, floor {ink.loss(floor)} nats: {ink.loss(now - floor)} above"


def accuracy_lines(facts: Facts, ink: Ink, columns: int, rows: int) -> list[Text]:
    """Accuracy on mixed training batches, which has a ceiling, against that on clean training images."""
    ends = epoch_ends(facts)
    _, clean = epoch_values(facts.history, "train_metrics", "accuracy")
    curves = [
        Curve("mixed", ends, mixed_accuracy(facts), ink.series, line="dotted"),
        Curve("clean", ends, clean, ink.series, emphasised=True),
    ]
    ceiling = None if facts.classes is None else mixed_accuracy_ceiling(alpha_of(facts), facts.classes)
    if ceiling is not None:
        curves.insert(0, Curve("ceiling", *_level(facts, ceiling), SeriesStyle(line="dashed")))
    return _captioned(curves, _accuracy_words(facts, ceiling, ink), facts, ink, columns, rows)


def _accuracy_words(facts: Facts, ceiling: float | None, ink: Ink) -> str:
    last = facts.history.last_epoch or {}
    clean, mixed = last.get("train_metrics", {}).get("accuracy"), last.get("train_accuracy_mixed")
    words = f"clean {ink.fraction(clean)}, mixed {ink.fraction(mixed)}"
    return words if ceiling is None else f"{words} (at most {ink.fraction(ceiling)})"


def _captioned(curves: list[Curve], words: str, facts: Facts, ink: Ink, columns: int, rows: int) -> list[Text]:
    """The curves over all steps, and a line below them."""
    steps = all_steps(facts)
    drawing = draw_curves([Pane(curves)], columns=columns, rows=rows - 1, glyphs=ink.dots, x_range=steps)
    return [*drawing.text.split("\n"), ink.quiet(f" {words}")]


def _level(facts: Facts, value: float) -> tuple[FloatArray, FloatArray]:
    return np.array(all_steps(facts)), np.array([value, value])


class MixupTab(LogsTab):
    def __init__(self) -> None:
        super().__init__(id="mixup-tab")

    def compose(self) -> ComposeResult:
        yield self.plot(lambda columns, rows: lam_lines(self.facts, self.ink, columns, rows), "lam")
        with Container(id="beside-lam"):
            yield self.plot(lambda columns, rows: floor_lines(self.facts, self.ink, columns, rows), "floor")
            yield self.plot(lambda columns, rows: accuracy_lines(self.facts, self.ink, columns, rows), "mixed-accuracy")

    def allows(self, command: Command) -> bool:
        return command.id != "class"

    def redraw(self) -> None:
        words = self.ink.glyphs.words
        alpha = number(self.facts.config.get("alpha", "?"))
        titles = {
            "lam": (words("Drawn λ"), words(f"Beta({alpha}, {alpha})" if alpha_of(self.facts) else "α 0")),
            "floor": ("Loss and its floor", f"EMA {_SMOOTHING:g}".replace("0.", ".")),
            "mixed-accuracy": ("Training accuracy", "mixed and clean"),
        }
        for name, (left, right) in titles.items():
            self.query_one(f"#{name}", Framed).set_titles(left, right)
        super().redraw()
