"""The scores beside the diagram: each with its 95 % interval, and on the other side of temperature scaling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from rich.cells import cell_len
from rich.text import Text

from mixtui.calibration import bin_scores
from mixtui.calibration.certainty import gap_interval
from mixtui.calibration.direction import Direction
from mixtui.calibration.interval import Interval, wilson_interval
from mixtui.calibration.temperature import TemperatureFit
from mixtui.store.documents import part
from mixtui.ui.ink import Ink
from mixtui.ui.run_tabs.facts import Facts, number_of
from mixtui.ui.run_tabs.shown import Shown
from mixtui.ui.run_tabs.side import Side
from mixtui.wording import plural

_NAME, _VALUE, _INTERVAL = 12, 5, 11  # columns
_WITH_INTERVALS_FROM = 1 + _NAME + _VALUE + 3 + _INTERVAL
_WITH_OTHER_SIDE_FROM = _WITH_INTERVALS_FROM + 12
_MOST_TELLING = ("ECE", "noise floor", "says−right", "NLL", "accuracy", "AUROC", "Brier", "MCE", "OE / UE")
_WAYS_OF_T: dict[Direction, str] = {
    "over": " > 1: overconfident",
    "under": " < 1: underconfident",
    "neither": ": may be 1",
}


@dataclass(frozen=True)
class _Figure:
    value: str
    mark: str = ""
    certainty: str = ""  # its 95 % interval, or how many images it rests on


def score_lines(facts: Facts, now: Shown, ink: Ink, columns: int, rows: int) -> list[Text]:
    """As many as there is room for, the less telling ones left out."""
    figures = _figures(now.side, ink)
    others = _recorded_after_t(facts, now, ink) if now.other is None else _figures(now.other, ink)
    wide = columns >= _WITH_OTHER_SIDE_FROM
    below = _temperature_lines(now, ink, short=not wide)
    if not wide and "ECE" in others:
        below = [_line(f"ECE {_other_side(now)}", others["ECE"], None, ink, columns), *below]
    most = max(rows - 1 - len(below), 1)
    kept = [name for name in _MOST_TELLING if name in figures][:most]
    lines = [_heading(now, ink, columns)]
    lines += [_line(name, figure, others.get(name), ink, columns) for name, figure in figures.items() if name in kept]
    gap = [Text()] * (len(lines) + len(below) < rows)
    return [*lines, *gap, *below][:rows]


def _figures(side: Side, ink: Ink) -> dict[str, _Figure]:
    bins, sure = side.bins, side.certainty
    worst = int(np.nanargmax(np.abs(bins.gap)))
    images = plural(int(bins.count[worst]), "image")
    right = bin_scores.accuracy(bins)
    of_bins = {
        "ECE": _Figure(
            ink.fraction(bin_scores.ece(bins)),
            ink.glyphs.direction(side.way),
            between(sure.interval, ink) if sure else "",
        ),
        "noise floor": _Figure(
            ink.fraction(sure.floor.mean if sure else None),
            certainty=between((sure.floor.low, sure.floor.high), ink) if sure else "",
        ),
        "says−right": _Figure(ink.signed(bin_scores.signed_gap(bins)), certainty=between(gap_interval(bins), ink)),
        "OE / UE": _Figure(f"{ink.fraction(bin_scores.oe(bins))}/{ink.fraction(bin_scores.ue(bins))}"),
        "MCE": _Figure(ink.fraction(bin_scores.mce(bins)), certainty=images if len(images) <= _INTERVAL else ""),
    }
    accuracy = _Figure(ink.fraction(right), certainty=between(wilson_interval(right, bins.n), ink))
    if side.kind.of_class is not None:
        return {**of_bins, "share": accuracy}
    return {
        **of_bins,
        "NLL": _Figure(ink.loss(side.metrics.get("nll"))),
        "Brier": _Figure(ink.fraction(side.metrics.get("brier"))),
        "accuracy": accuracy,
        "AUROC": _Figure(ink.fraction(side.metrics.get("auroc"))),
    }


def _recorded_after_t(facts: Facts, now: Shown, ink: Ink) -> Mapping[str, _Figure]:
    """What was recorded of an epoch whose predictions are gone."""
    metrics = part(facts.record(now.epoch), "metrics")
    ece, floor = number_of(metrics.get("ece_after_t")), number_of(metrics.get("ece_floor_high_after_t"))
    if ece is None or now.m != facts.own_m:
        return {}
    at_floor = floor is not None and ece <= floor
    return {
        "ECE": _Figure(ink.fraction(ece), ink.glyphs.direction("floor" if at_floor else None)),
        "NLL": _Figure(ink.loss(metrics.get("nll_after_t"))),
    }


def between(interval: Interval, ink: Ink) -> str:
    """`.160–.175`, or `−.010 +.005` where an end is below 0."""
    low, high = interval
    return f"{ink.signed(low)} {ink.signed(high)}" if low < 0 else f"{ink.fraction(low)}–{ink.fraction(high)}"


def _other_side(now: Shown) -> str:
    return "before T" if now.kind.scaled else "after T"


# Lines


def _heading(now: Shown, ink: Ink, columns: int) -> Text:
    line = " " * (1 + _NAME + _VALUE + 3)
    if columns >= _WITH_INTERVALS_FROM:
        line += f"{'95 %':^9}".ljust(_INTERVAL)
    if columns >= _WITH_OTHER_SIDE_FROM:
        line += f" {_other_side(now)}"
    return ink.quiet(line.rstrip())


def _line(name: str, figure: _Figure, other: _Figure | None, ink: Ink, columns: int) -> Text:
    text = f" {name:<{_NAME}}{figure.value:>{_width(figure)}} {figure.mark:1} "
    if columns >= _WITH_INTERVALS_FROM:
        text = f"{text}{figure.certainty}"
    line = ink.text(text.rstrip())
    if other is not None and columns >= _WITH_OTHER_SIDE_FROM:
        column = 1 + _NAME + _VALUE + 3 + _INTERVAL + 1
        line.append(" " * (column - cell_len(line.plain)))
        line.append_text(ink.text(f"{other.value:>{_width(other)}} {other.mark}".rstrip()))
    return line


def _width(figure: _Figure) -> int:
    """So that the first figure of a pair stands below the others."""
    return _VALUE + len(figure.value.partition("·")[2]) + ("·" in figure.value)


def _temperature_lines(now: Shown, ink: Ink, *, short: bool) -> list[Text]:
    """T, which way that is, and how it was fitted."""
    if now.temperature is None:
        return [ink.quiet(" T: after the last epoch only")]
    told = ink.text(f" {temperature_words(now.temperature, ink, short=short)}")
    if short:
        return [told]
    raw = now.other if now.kind.scaled else now.side
    ways = {now.temperature.direction, raw.way if raw else None}
    contradict = ways == {"over", "under"}
    if now.holdout:
        how = ("by NLL, though not by its bins;" if contradict else "≈ at the floor;", fitted_on(now.holdout))
    elif contradict:
        how = ("by NLL, though not by its bins; fitted on", "half the images, scored on the other half")
    else:
        how = ("fitted on half the images, scored on the", "other half, both ways.  ≈ at the floor")
    return [told, *(ink.quiet(f" {words}") for words in how)]


def fitted_on(holdout: int) -> str:
    """To what samples the temperature was fitted."""
    if holdout:
        return f"fitted on {holdout:,} images kept out of training"
    return "fitted on half the images, scored on the other half, both ways"


def temperature_words(fit: TemperatureFit, ink: Ink, *, short: bool = False) -> str:
    """`T 2.27 [2.21, 2.33] > 1: overconfident`, or without its interval."""
    interval = "" if short else " [{:.2f}, {:.2f}]".format(*fit.interval)
    return ink.glyphs.words(f"T {fit.temperature:.2f}{interval}{_WAYS_OF_T[fit.direction]}")
