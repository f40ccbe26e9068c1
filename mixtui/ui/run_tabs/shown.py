"""Which diagram a person sees of a run: what they chose, and what of that there is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mixtui.calibration import scores
from mixtui.calibration.bins import Bins, bin_index
from mixtui.calibration.direction import IN_WORDS, Direction
from mixtui.ui.ink import Ink
from mixtui.ui.run_tabs.facts import Facts


@dataclass(frozen=True)
class Chosen:
    """What a person chose, which stays when another run comes. None: the last epoch, the run's own number of bins,
    the bin that adds most to the ECE."""

    epoch: int | None = None
    m: int | None = None
    equal_mass: bool = False
    confidence: float | None = None  # where the bin cursor is


@dataclass(frozen=True, eq=False)
class Shown:
    """The diagram that there is."""

    epoch: int
    is_last: bool
    bins: Bins
    m: int  # as chosen; bins of equal mass may be fewer
    equal_mass: bool
    cursor: int
    way: Direction

    @property
    def binning(self) -> str:
        return "equal mass" if self.equal_mass else "equal width"


def shown(facts: Facts, chosen: Chosen) -> Shown | None:
    """The diagram nearest to what was chosen; None before the first."""
    if not facts.epochs:
        return None
    last = facts.epochs[-1]
    wanted = last if chosen.epoch is None else chosen.epoch
    epoch = min(facts.epochs, key=lambda known: abs(known - wanted))
    m = chosen.m if chosen.m in facts.m_choices() else facts.own_m
    assert m is not None
    mass = facts.extras.mass_bins.get(m) if chosen.equal_mass and epoch == last else None
    bins = mass or facts.bins(epoch, m)
    if bins is None:
        return None
    return Shown(epoch, epoch == last, bins, m, mass is not None, _cursor(bins, chosen.confidence), facts.way(bins))


def move_epoch(facts: Facts, chosen: Chosen, by: int) -> Chosen:
    """An epoch further on; at the last one, whichever will be the last."""
    now = shown(facts, chosen)
    if now is None:
        return chosen
    return to_epoch(facts, chosen, facts.epochs.index(now.epoch) + by)


def to_epoch(facts: Facts, chosen: Chosen, index: int) -> Chosen:
    last = len(facts.epochs) - 1
    return replace(chosen, epoch=None if index >= last else facts.epochs[max(index, 0)])


def move_bin(facts: Facts, chosen: Chosen, by: int) -> Chosen:
    now = shown(facts, chosen)
    return chosen if now is None else to_bin(now, chosen, now.cursor + by)


def to_bin(now: Shown, chosen: Chosen, index: int) -> Chosen:
    index = min(max(index, 0), now.bins.m - 1)
    return replace(chosen, confidence=float(now.bins.edges[index : index + 2].mean()))


def change_m(facts: Facts, chosen: Chosen, by: int) -> Chosen:
    now, choices = shown(facts, chosen), facts.m_choices()
    if now is None:
        return chosen
    at = min(max(choices.index(now.m) + by, 0), len(choices) - 1)
    return replace(chosen, m=choices[at])


def verdict(now: Shown, ink: Ink, *, short: bool = False) -> str:
    """Which way the model is off, in a sentence, and its ECE."""
    says, right = 100 * scores.mean_confidence(now.bins), 100 * scores.accuracy(now.bins)
    kind = IN_WORDS[now.way] if not short or now.way != "neither" else "neither over nor under"
    kind = kind if now.is_last else f"after epoch {now.epoch}, {kind}"
    of_the_time = f"says {says:.1f} %, right {right:.1f} %."
    if not short:
        of_the_time = f"says {says:.1f} %, is right {right:.1f} % of the time."
    how = ", ".join(["equal mass"] * now.equal_mass + [f"M {now.m}"] * (now.m != 15))
    ece = f"ECE{f' ({how})' * bool(how)} {ink.ece(scores.ece(now.bins), now.way)}".rstrip()
    return f"{kind[0].upper()}{kind[1:]}: {of_the_time} {ece}"


def _cursor(bins: Bins, confidence: float | None) -> int:
    if confidence is None:
        return int(np.abs(bins.confidence_sum - bins.correct).argmax())
    return min(int(bin_index(np.array([confidence]), bins.edges)[0]), bins.m - 1)
