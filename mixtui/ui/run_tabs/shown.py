"""Which diagram a person sees of a run: what they chose, and what of that there is."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from rich.cells import cell_len

from mixtui.calibration import bin_scores
from mixtui.calibration import verdict as words
from mixtui.calibration.bins import DEFAULT_M, EXACT_M, Bins, bin_index
from mixtui.calibration.direction import Direction
from mixtui.calibration.temperature import TemperatureFit
from mixtui.store.documents import part
from mixtui.store.history import Record
from mixtui.ui.run_tabs.certainties import Wanted
from mixtui.ui.run_tabs.facts import Facts, number_of
from mixtui.ui.run_tabs.side import Kind, Side, side_of


@dataclass(frozen=True)
class Chosen:
    """What a person chose, which stays when another run comes. None: the last epoch, the run's own number of bins,
    the bin that adds most to the ECE, all classes."""

    epoch: int | None = None
    m: int | None = None
    equal_mass: bool = False
    scaled: bool = False  # after temperature scaling
    class_rank: int | None = None  # 0 is the class of the highest ECE
    confidence: float | None = None  # where the bin cursor is


@dataclass(frozen=True, eq=False)
class Shown:
    """The diagram that there is: `side`, and the same bins on the other side of temperature scaling."""

    epoch: int
    is_last: bool
    side: Side
    other: Side | None
    cursor: int
    temperature: TemperatureFit | None
    holdout: int  # images that the temperature was fitted to; 0: to half of those shown, and scored on the others

    @property
    def bins(self) -> Bins:
        return self.side.bins

    @property
    def kind(self) -> Kind:
        return self.side.kind

    @property
    def m(self) -> int:
        """As chosen; bins of equal mass may be fewer."""
        return self.kind.m

    @property
    def way(self) -> Direction | None:
        return self.side.way

    @property
    def binning(self) -> str:
        return "equal mass" if self.kind.equal_mass else "equal width"


def shown(facts: Facts, chosen: Chosen) -> Shown | None:
    """The diagram nearest to what was chosen; None before the first."""
    if not facts.epochs:
        return None
    last = facts.epochs[-1]
    wanted = last if chosen.epoch is None else chosen.epoch
    epoch = min(facts.epochs, key=lambda known: abs(known - wanted))
    m = chosen.m if chosen.m in facts.m_choices() else facts.own_m
    assert m is not None
    predicted = facts.last_epoch(epoch)
    kind = Kind(m) if predicted is None else _kind(chosen, m, predicted.worst)
    side = side_of(facts, epoch, kind) or side_of(facts, epoch, Kind(facts.own_m))
    if side is None:
        return None
    other = side_of(facts, epoch, replace(side.kind, scaled=not side.kind.scaled))
    return Shown(
        epoch=epoch,
        is_last=epoch == last,
        side=side,
        other=other,
        cursor=_cursor(side.bins, chosen.confidence),
        temperature=predicted.temperature if predicted else recorded_temperature(facts.record(epoch)),
        holdout=facts.holdout,
    )


def _kind(chosen: Chosen, m: int, worst: tuple[int, ...]) -> Kind:
    rank = chosen.class_rank
    of_class = worst[rank] if rank is not None and rank < len(worst) else None
    return Kind(m, chosen.equal_mass and of_class is None, chosen.scaled, of_class)


def recorded_temperature(record: Record) -> TemperatureFit | None:
    """The one fitted after an epoch; None where that was not recorded."""
    metrics = part(record, "metrics")
    names = ("temperature", "temperature_low", "temperature_high")
    values = [value for name in names if (value := number_of(metrics.get(name))) is not None and math.isfinite(value)]
    return TemperatureFit(values[0], (values[1], values[2])) if len(values) == len(names) else None


def wanted_certainties(facts: Facts, now: Shown) -> list[Wanted]:
    """What is to be computed for a diagram, the most wanted first."""
    wanted = [Wanted(side.fine, [side.m]) for side in (now.side, now.other) if side and side.certainty is None]
    by_fine: dict[int, list[Side]] = {}
    for side in sides_by_m(facts, now):
        by_fine.setdefault(id(side.fine), []).append(side)
    wanted += [Wanted(sides[0].fine, [side.m for side in sides], floors_only=True) for sides in by_fine.values()]
    return wanted


def sides_by_m(facts: Facts, now: Shown) -> list[Side]:
    """The bins that are shown at every number of bins there is, of equal width."""
    kinds = [replace(now.kind, m=m, equal_mass=False) for m in sorted({*EXACT_M, facts.own_m})]
    return [side for kind in kinds if (side := side_of(facts, now.epoch, kind)) is not None]


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


def next_class(facts: Facts, chosen: Chosen) -> Chosen:
    """The class of the highest ECE, then the one after it; all classes after the last of the worst."""
    now = shown(facts, chosen)
    last = None if now is None else facts.last_epoch(now.epoch)
    if last is None or not last.worst:
        return chosen
    rank = 0 if chosen.class_rank is None else chosen.class_rank + 1
    return replace(chosen, class_rank=rank if rank < len(last.worst) else None, confidence=None)


def verdict(facts: Facts, now: Shown, columns: int) -> str:
    """Which way the model is off, in a sentence, and its ECE; shorter where it is too long for a line."""
    bins, kind = now.bins, now.kind
    when = [] if now.is_last else [f"after epoch {now.epoch}"]
    if kind.of_class is not None:
        when.append(f"class {facts.class_name(kind.of_class)}")
    if kind.scaled and now.temperature is not None:
        when.append(f"after T {now.temperature.temperature:.2f}")
    how = ", ".join(["equal mass"] * kind.equal_mass + [f"M {now.m}"] * (now.m != DEFAULT_M))
    outcome = "is right" if kind.of_class is None else "it is"
    figures = bin_scores.accuracy(bins), bin_scores.mean_confidence(bins), bin_scores.ece(bins)
    tell = partial(words.verdict, *figures, now.way, now.side.certainty, when=", ".join(when), how=how, outcome=outcome)
    texts = [tell(length=length) for length in words.LENGTHS]
    return next((text for text in texts if cell_len(text) <= columns), texts[-1])


def _cursor(bins: Bins, confidence: float | None) -> int:
    if confidence is None:
        return int(np.abs(bins.confidence_sum - bins.correct).argmax())
    return min(int(bin_index(np.array([confidence]), bins.edges)[0]), bins.m - 1)
