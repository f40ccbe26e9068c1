"""How often the 95 % interval of a difference of two ECEs holds the true one, beside a plain percentile bootstrap.

    python bench/difference_coverage.py [--repeats 100] [--samples 10000]

Two networks predict the same samples, "paired", or others. Their true ECEs are known; 0 is a calibrated network, whose
measured ECE is all noise floor. "width" is the mean width of our interval. It takes a few minutes.
"""

from __future__ import annotations

import argparse

import numpy as np

from mixtui.calibration.bin_scores import ece
from mixtui.calibration.bins import DEFAULT_M, FloatArray
from mixtui.calibration.difference import differences
from mixtui.calibration.scores import score_top_label
from mixtui.calibration.top_labels import TopLabels

RESAMPLES = 200
POPULATION = 4_000_000  # samples, of which the true difference is computed
CASES = ((0.0, 0.0), (0.08, 0.0), (0.02, 0.0), (0.03, 0.03), (0.08, 0.03), (0.03, -0.03), (0.17, -0.02))


def draw(n: int, gaps: tuple[float, float], paired: bool, rng: np.random.Generator) -> tuple[TopLabels, TopLabels]:
    """Predictions of n samples by two networks whose confidence exceeds accuracy by `gaps` where there is room."""
    hardness, luck = rng.random(n), rng.random(n)
    first = _answers(hardness, luck, gaps[0])
    if paired:  # much the same confidence, and often the same answer
        hardness = np.clip(hardness + 0.08 * rng.standard_normal(n), 0, 1)
        luck = np.where(rng.random(n) < 0.7, luck, rng.random(n))
    else:
        hardness, luck = rng.random(n), rng.random(n)
    return first, _answers(hardness, luck, gaps[1])


def _answers(hardness: FloatArray, luck: FloatArray, gap: float) -> TopLabels:
    confidence = 0.1 + 0.9 * hardness**0.45
    accuracy = np.clip(confidence - gap * np.minimum(1, 8 * (1 - confidence)), 0, 1)
    return TopLabels(confidence, luck < accuracy)


def difference(pair: tuple[TopLabels, TopLabels]) -> float:
    return ece(pair[1].bins(DEFAULT_M)) - ece(pair[0].bins(DEFAULT_M))


def percentile_interval(
    pair: tuple[TopLabels, TopLabels], paired: bool, rng: np.random.Generator
) -> tuple[float, float]:
    """Of the difference of resampled predictions."""

    def redrawn() -> float:
        rows = [rng.integers(len(one.correct), size=len(one.correct)) for one in pair]
        first, second = (
            TopLabels(one.confidence[taken], one.correct[taken])
            for one, taken in zip(pair, rows[:1] * 2 if paired else rows, strict=True)
        )
        return difference((first, second))

    low, high = np.quantile([redrawn() for _ in range(RESAMPLES)], (0.025, 0.975))
    return float(low), float(high)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=100)
    parser.add_argument("--samples", type=int, default=10_000)
    arguments = parser.parse_args()
    print(f"{'samples':10}{'gaps':>14}{'true':>10}{'covered':>10}{'width':>9}{'percentile':>12}")
    for paired in (True, False):
        for gaps in CASES:
            rng = np.random.default_rng(0)
            true = difference(draw(POPULATION, gaps, paired, rng))
            covered = by_percentiles = width = 0.0
            for _ in range(arguments.repeats):
                pair = draw(arguments.samples, gaps, paired, rng)
                first, second = (score_top_label(one.confidence, one.correct) for one in pair)
                ours = differences(first, second, paired=paired)["ece"]
                assert ours is not None
                covered += ours.interval[0] <= true <= ours.interval[1]
                width += ours.interval[1] - ours.interval[0]
                low, high = percentile_interval(pair, paired, rng)
                by_percentiles += low <= true <= high
            print(
                f"{'paired' if paired else 'others':10}{gaps[0]:7.2f}{gaps[1]:7.2f}{true:10.4f}"
                f"{covered / arguments.repeats:10.2f}{width / arguments.repeats:9.4f}"
                f"{by_percentiles / arguments.repeats:12.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
