"""How often the 95 % interval of an ECE holds the true one, beside a plain percentile bootstrap.

    python bench/interval_coverage.py [--repeats 100] [--samples 10000] [--bins 15]

For each profile of confidences and shape of miscalibration, data sets are drawn from a population whose binned ECE is
known; "below" and "above" are the shares in which the true ECE lies beyond the lower and the upper end. As it stands,
it takes about a minute.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import beta

from mixtui.calibration.bins import FINE_BINS, Bins, FloatArray, equal_width_edges
from mixtui.calibration.certainty import certainty

CONFIDENCE = (np.arange(FINE_BINS) + 0.5) / FINE_BINS  # of all samples in a fine bin
RESAMPLES = 1000
CHANCE = 0.1  # the lowest confidence of ten classes
TRUE_ECES = (0.01, 0.014, 0.02, 0.03, 0.08)


def profile(a: float, b: float) -> FloatArray:
    """Share of samples in each fine bin, their confidences beyond CHANCE being Beta(a, b)."""
    return np.diff(beta(a, b).cdf(np.clip((equal_width_edges(FINE_BINS) - CHANCE) / (1 - CHANCE), 0, 1)))


PROFILES = {
    "mean .74": profile(2.2, 0.9),
    "mean .86": profile(3.2, 0.6),
    "mean .92": 0.75 * profile(60, 0.35) + 0.25 * profile(2.5, 1.2),
}
# Relative gap of each fine bin.
SHAPES = {
    "overconfident": np.minimum(1, 8 * (1 - CONFIDENCE)),
    "both signs": np.where(np.floor(15 * CONFIDENCE) % 2 == 0, 1.0, -1.0),
    "a few bins": np.where(np.floor(15 * CONFIDENCE) % 4 == 0, 1.0, 0.15),
    "one bin": ((CONFIDENCE > 10 / 15) & (CONFIDENCE <= 11 / 15)).astype(np.float64),
}
CASES = (
    ("mean .86", "overconfident"),
    ("mean .92", "overconfident"),
    ("mean .74", "both signs"),
    ("mean .74", "a few bins"),
    ("mean .74", "one bin"),
)


@dataclass(frozen=True, eq=False)
class Population:
    """Share of samples and accuracy of each fine bin."""

    share: FloatArray
    accuracy: FloatArray

    def ece(self, m: int) -> float:
        gaps = self.share * (CONFIDENCE - self.accuracy)
        return float(np.abs(gaps.reshape(m, -1).sum(axis=1)).sum())

    def draw(self, n: int, rng: np.random.Generator) -> Bins:
        cells = np.concatenate((self.share * self.accuracy, self.share * (1 - self.accuracy)))
        right, wrong = rng.multinomial(n, cells / cells.sum()).reshape(2, -1)
        return Bins(equal_width_edges(FINE_BINS), right + wrong, (right + wrong) * CONFIDENCE, right)


def with_ece(share: FloatArray, shape: FloatArray, true_ece: float, m: int) -> Population:
    """The population whose gaps have a `shape` and add up to `true_ece`, or to the most that accuracies allow."""

    def scaled(scale: float) -> Population:
        return Population(share, np.clip(CONFIDENCE - scale * shape, 0, 1))

    low, high = 0.0, 2.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if scaled(middle).ece(m) < true_ece else (low, middle)
    return scaled(low)


def at_temperature(share: FloatArray, temperature: float) -> Population:
    """The population of a calibrated two-class model whose logits were divided by `temperature`."""
    odds = (CONFIDENCE / (1 - CONFIDENCE)) ** temperature
    return Population(share, odds / (1 + odds))


def ours(fine: Bins, m: int) -> tuple[float, float]:
    return certainty(fine, m).interval


def percentile(fine: Bins, m: int) -> tuple[float, float]:
    """The plain percentile bootstrap of the shown bins."""
    shown = fine.coarsen(m)
    cells = np.concatenate((shown.correct, shown.count - shown.correct)) / shown.n
    right, wrong = np.swapaxes(np.random.default_rng(0).multinomial(shown.n, cells, RESAMPLES).reshape(-1, 2, m), 0, 1)
    excess = (right + wrong) * np.nan_to_num(shown.confidence) - right
    low, high = np.quantile(np.abs(excess).sum(axis=1) / shown.n, (0.025, 0.975))
    return float(low), float(high)


def coverage(
    population: Population, n: int, m: int, repeats: int, interval: Callable[[Bins, int], tuple[float, float]] = ours
) -> tuple[float, float, float]:
    """Shares of data sets of `n` samples whose interval holds the true ECE, lies above it, and lies below it."""
    true_ece, rng = population.ece(m), np.random.default_rng(0)
    ends = np.array([interval(population.draw(n, rng), m) for _ in range(repeats)])
    # A calibrated population has an ECE of 0 but for rounding.
    too_high, too_low = np.mean(ends[:, 0] > true_ece + 1e-12), np.mean(ends[:, 1] < true_ece - 1e-12)
    return float(1 - too_high - too_low), float(too_high), float(too_low)


def populations(m: int) -> Iterator[tuple[str, Population]]:
    for name, share in PROFILES.items():
        yield f"{name}, calibrated", Population(share, CONFIDENCE)
    for true_ece in TRUE_ECES:
        for name, shape in CASES:
            yield f"{name}, {shape}", with_ece(PROFILES[name], SHAPES[shape], true_ece, m)
    for temperature in (0.7, 1.5):
        for name in ("mean .74", "mean .86"):
            yield f"{name}, T = {temperature}", at_temperature(PROFILES[name], temperature)


def main() -> None:
    arguments = parse_arguments()
    for n in arguments.samples:
        print(f"{n} samples, M = {arguments.bins}, {arguments.repeats} repeats, in %")
        print(f"{'':26}  true ECE  covered   below   above  percentile")
        for name, population in populations(arguments.bins):
            of_ours = coverage(population, n, arguments.bins, arguments.repeats)
            of_percentile = coverage(population, n, arguments.bins, arguments.repeats, percentile)
            shares = "".join(f"{100 * share:8.1f}" for share in of_ours)
            print(
                f"{name:26}  {population.ece(arguments.bins):8.4f} {shares}  {100 * of_percentile[0]:8.1f}", flush=True
            )


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=100)
    parser.add_argument("--samples", type=int, nargs="+", default=[10_000])
    parser.add_argument("--bins", type=int, default=15)
    return parser.parse_args()


if __name__ == "__main__":
    main()
