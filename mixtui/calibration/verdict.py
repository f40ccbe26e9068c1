"""What there is to say of a model's calibration, in a sentence or two."""

from __future__ import annotations

from typing import Literal

from mixtui.calibration.certainty import Certainty
from mixtui.calibration.direction import IN_WORDS, Direction
from mixtui.number_text import score_text

Length = Literal["full", "short", "least"]
LENGTHS: tuple[Length, ...] = ("full", "short", "least")

_ROUNDING = 1e-9


def verdict(
    accuracy: float,
    confidence: float,
    ece: float,
    way: Direction | None,
    certainty: Certainty | None = None,
    *,
    when: str = "",
    how: str = "",
    outcome: str = "is right",
    length: Length = "full",
) -> str:
    """Which way the model is off, and its ECE with its 95 % interval and its noise floor.

    At the floor the interval says nothing that the floor does not, so the floor takes its place. Of a `way` that is
    not known yet, and a `certainty`, nothing is said. `when` begins the sentence, such as "after T 2.27"; `how` tells
    bins that are not the usual ones, such as "M 30"; `outcome` what a confidence is of, if not of being right. The
    least length is without interval and floor.
    """
    binning = f" ({how})" if how else ""
    short, kind = length != "full", _kind(abs(confidence - accuracy), ece, way, certainty)
    sure = None if length == "least" else certainty
    if way == "floor" and sure is not None:
        told = _at_the_floor(ece, sure, binning, short)
    else:
        told = f"{_says(accuracy, confidence, outcome, short)} ECE{binning} {score_text(ece)}{_how_sure(sure, short)}."
    lead = ", ".join(filter(None, [when, kind]))
    text = f"{lead}: {told}" if lead else told
    return text[0].upper() + text[1:]


def _kind(gap: float, ece: float, way: Direction | None, certainty: Certainty | None) -> str:
    if way is None:
        return ""
    if way != "neither" or certainty is None:
        return IN_WORDS[way]
    return "off both ways" if ece > gap + _ROUNDING else "off"  # no bins make up for others where the two are one


def _says(accuracy: float, confidence: float, outcome: str, short: bool) -> str:
    says, right = 100 * confidence, 100 * accuracy
    if short:
        return f"says {says:.1f} %, {outcome.removeprefix('is ')} {right:.1f} %."
    return f"says {says:.1f} %, {outcome} {right:.1f} % of the time."


def _how_sure(certainty: Certainty | None, short: bool) -> str:
    if certainty is None:
        return ""
    low, high = certainty.interval
    floor = score_text(certainty.floor.mean)
    return f" [{score_text(low)}, {score_text(high)}]" + (
        f", floor {floor}" if short else f"; the noise floor is {floor}"
    )


def _at_the_floor(ece: float, certainty: Certainty, binning: str, short: bool) -> str:
    floor = certainty.floor
    chance = f"{score_text(floor.mean)} [{score_text(floor.low)}, {score_text(floor.high)}]"
    if short:
        return f"ECE{binning} {score_text(ece)}; chance gives {chance}."
    return f"a perfectly calibrated model would score {chance} here{binning}, this one {score_text(ece)}."
