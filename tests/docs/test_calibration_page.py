"""The figures of docs/calibration.md that can be checked by hand are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mixtui.calibration import bin_scores
from mixtui.calibration.bins import equal_mass, equal_width
from mixtui.calibration.debiased import debiased_ece
from mixtui.calibration.mixup_floor import mixed_accuracy_ceiling, mixed_loss_floor

PAGE = (Path(__file__).parents[2] / "docs" / "calibration.md").read_text(encoding="utf-8")


def table(first: str) -> list[list[str]]:
    """The cells of the table whose first cell is `first`, its headings in line 0."""
    heading, _, *rows = PAGE[PAGE.index(f"| {first} |") :].partition("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in (heading, *rows)]


@pytest.mark.parametrize(("confidence", "right", "bins", "scores"), table("confidence")[1:])
def test_a_case_by_hand(confidence: str, right: str, bins: str, scores: str) -> None:
    confidences: list[float] = []
    for part in confidence.split(", "):  # .5, or 10 × .65
        count, _, value = part.rpartition(" × ")
        confidences += [float(value)] * int(count or 1)
    correct: list[int] = []
    for part in right.split(", "):  # 1, or 5 of 10
        hits, _, n = part.partition(" of ")
        correct += [1] * int(hits) + [0] * (int(n or 1) - int(hits))
    m, _, of_equal_mass = bins.partition(" of equal mass")
    filled = (equal_mass if of_equal_mass else equal_width)(confidences, correct, int(m))
    for name, expected in re.findall(r"(\w+) ([.\d]+)", scores):
        score = debiased_ece if name == "debiased_ece" else getattr(bin_scores, name)
        assert score(filled) == pytest.approx(float(expected), abs=1e-5), name


def test_floor_and_ceiling_of_mixed_batches() -> None:
    for alpha, floor, ceiling in list(zip(*table("α, ten classes"), strict=True))[1:]:
        assert mixed_loss_floor(float(alpha), 10) == pytest.approx(float(floor), abs=5e-4)
        assert mixed_accuracy_ceiling(float(alpha), 10) == pytest.approx(float(ceiling), abs=5e-4)
