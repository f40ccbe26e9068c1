"""A run's predictions after an epoch, on one side of temperature scaling: the bins that are shown, and their scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mixtui.calibration.bin_scores import accuracy, mean_confidence
from mixtui.calibration.bins import Bins
from mixtui.calibration.certainty import Certainty
from mixtui.calibration.direction import Direction, direction
from mixtui.calibration.noise_floor import merged
from mixtui.store.documents import part
from mixtui.store.epoch_bins import bins_of_epoch
from mixtui.ui.run_tabs.facts import Facts, number_of
from mixtui.ui.run_tabs.last_epoch import Outputs


@dataclass(frozen=True)
class Kind:
    """Of all the bins of an epoch, which: `m` of equal width or mass, before or after temperature scaling, of the top
    label or of one class against the rest."""

    m: int
    equal_mass: bool = False
    scaled: bool = False
    of_class: int | None = None


@dataclass(frozen=True, eq=False)
class Side:
    """`fine` can be merged into `bins`, or is `bins`; `certainty` is None until it is known.

    `metrics`: scores by their recorded names, as the run's own number of bins gave them, whatever was recorded.
    """

    kind: Kind
    bins: Bins
    fine: Bins
    certainty: Certainty | None
    metrics: Mapping[str, Any]

    @property
    def m(self) -> int:
        """How many there are: of equal mass they may be fewer than were asked for."""
        return self.bins.m

    @property
    def way(self) -> Direction | None:
        """None until it is known whether the ECE is above its noise floor."""
        if self.certainty is None:
            return None
        if self.certainty.at_floor:
            return "floor"
        return direction(min(max(accuracy(self.bins), 0.0), 1.0), mean_confidence(self.bins), self.bins.n)


def side_of(facts: Facts, epoch: int, kind: Kind) -> Side | None:
    """None where there are no such bins: equal mass, classes and temperature scaling need the predictions, which are
    kept after the last epoch alone."""
    last = facts.last_epoch(epoch)
    outputs = None if last is None else (last.scaled if kind.scaled else last.raw)
    fine = _fine_bins(facts, epoch, kind, outputs)
    bins = fine if fine is None or kind.equal_mass else merged(fine, kind.m)
    if fine is None and kind == Kind(facts.own_m):
        fine = bins = bins_of_epoch(facts.record(epoch))
    if fine is None or bins is None:
        return None
    metrics = _metrics(facts, epoch, kind, outputs)
    is_recorded = kind.m == facts.own_m and not kind.equal_mass and kind.of_class is None
    certainty = Certainty.from_metrics(metrics) if is_recorded else None
    return Side(kind, bins, fine, certainty or facts.certainties.of(fine, bins.m), metrics)


def _fine_bins(facts: Facts, epoch: int, kind: Kind, outputs: Outputs | None) -> Bins | None:
    if kind.equal_mass:
        return None if outputs is None or kind.of_class is not None else outputs.equal_mass.get(kind.m)
    if kind.of_class is not None:
        return None if outputs is None else outputs.of_class.get(kind.of_class, {}).get(kind.m)
    if kind.scaled:
        return None if outputs is None else outputs.fine.get(kind.m)
    return facts.fine_bins(epoch, kind.m)


def _metrics(facts: Facts, epoch: int, kind: Kind, outputs: Outputs | None) -> Mapping[str, Any]:
    """What was recorded; where that is nothing, or after temperature scaling, what the predictions give."""
    known = {} if outputs is None else outputs.scores.to_json()
    if kind.scaled:
        return known
    recorded = part(facts.record(epoch), "metrics")
    return {**known, **{name: value for name, value in recorded.items() if number_of(value) is not None}}
