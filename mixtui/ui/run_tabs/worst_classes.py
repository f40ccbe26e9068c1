"""The classes that are calibrated worst, each against the rest."""

from __future__ import annotations

from rich.text import Text

from mixtui.ui.columns import fit
from mixtui.ui.ink import Ink
from mixtui.ui.run_tabs.facts import Facts
from mixtui.ui.run_tabs.last_epoch import LastEpoch

_NAME = 16  # columns


def class_lines(facts: Facts, last: LastEpoch, ink: Ink) -> list[Text]:
    """A line a class, the highest ECE first, before and after temperature scaling, and which way it is off."""
    lines = [ink.quiet(f" {'worst classes':<{_NAME}}{'ECE':>7}{'after T':>10}{'says−is':>10}")]
    for k in last.worst:
        bins = next(iter(last.raw.of_class[k].values()))
        gap = float(bins.confidence_sum.sum() - bins.correct.sum()) / bins.n
        name = fit(ink.glyphs.words(facts.class_name(k)), _NAME, more=ink.glyphs.more)
        before, after = (ink.fraction(float(side.classwise_ece[k])) for side in (last.raw, last.scaled))
        lines.append(ink.text(f" {name}{before:>7}{after:>10}{ink.signed(gap):>10}"))
    every = [ink.fraction(side.scores.classwise_ece) for side in (last.raw, last.scaled)]
    lines.append(ink.quiet(f" {'mean of all':<{_NAME}}{every[0]:>7}{every[1]:>10}"))
    lines.append(ink.quiet(" v shows their diagrams"))
    return lines
