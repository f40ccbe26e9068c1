"""The verdict: what is said is what the figures warrant, and no more."""

from __future__ import annotations

import pytest

from mixtui.calibration.certainty import Certainty
from mixtui.calibration.noise_floor import Floor
from mixtui.calibration.verdict import verdict

SURE = Certainty((0.160, 0.175), Floor(0.008, 0.004, 0.012), at_floor=False)
AT_FLOOR = Certainty((0.0, 0.018), Floor(0.011, 0.007, 0.016), at_floor=True)


def test_a_direction_that_is_certain_is_named() -> None:
    told = verdict(0.687, 0.854, 0.167, "over", SURE)
    assert told == (
        "Overconfident: says 85.4 %, is right 68.7 % of the time. ECE .167 [.160, .175]; the noise floor is .008."
    )
    assert verdict(0.7, 0.6, 0.1, "under", SURE).startswith("Underconfident: says 60.0 %, is right 70.0 %")
    assert verdict(0.7, 0.7, 0.1, "neither", SURE).startswith("Off both ways: says 70.0 %")


def test_off_both_ways_takes_bins_that_are_over_and_bins_that_are_under() -> None:
    """Where the ECE is the signed gap, all bins are off the same way, though of few samples the sign may be chance."""
    told = verdict(1.0, 0.475, 0.525, "neither", SURE)
    assert told.startswith("Off: says 47.5 %, is right 100.0 %")


def test_at_the_floor_the_floor_stands_in_the_place_of_the_interval() -> None:
    told = verdict(0.69, 0.694, 0.013, "floor", AT_FLOOR)
    assert told == (
        "At the noise floor: a perfectly calibrated model would score .011 [.007, .016] here, this one .013."
    )


def test_without_a_floor_nothing_is_said_of_it() -> None:
    """Of older runs, and while it is computed."""
    assert verdict(0.7, 0.8, 0.1, None) == "Says 80.0 %, is right 70.0 % of the time. ECE .100."
    assert verdict(0.7, 0.7, 0.1, "neither").startswith("Neither over- nor underconfident on the whole: says")


def test_when_and_which_bins_are_told() -> None:
    told = verdict(0.7, 0.8, 0.1, "over", SURE, when="after epoch 3", how="equal mass, M 30")
    assert told.startswith("After epoch 3, overconfident: says ")
    assert "ECE (equal mass, M 30) .100 [" in told
    assert "here (M 30), this one .013." in verdict(0.7, 0.7, 0.013, "floor", AT_FLOOR, how="M 30")


@pytest.mark.parametrize(("way", "sure"), [("over", SURE), ("neither", SURE), ("floor", AT_FLOOR)])
def test_shorter_ones_fit_80_and_60_columns(way: object, sure: Certainty) -> None:
    told = verdict(0.687, 0.854, 0.167, way, sure, length="short")  # type: ignore[arg-type]
    assert len(told) < 80
    least = verdict(0.687, 0.854, 0.167, way, sure, length="least")  # type: ignore[arg-type]
    assert len(least) < 60 and "68.7 %" in least and "ECE .167" in least
