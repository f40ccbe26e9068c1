"""Writes docs/other-conventions.md: python docs/other_conventions.py.

What other libraries print for the same predictions. It runs those that are development dependencies.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import torch
from netcal.metrics import ACE, ECE, MCE
from numpy.typing import NDArray
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score
from torchmetrics.functional.classification import (
    binary_auroc,
    binary_calibration_error,
    multiclass_calibration_error,
)

from mixtui.calibration.bin_scores import ece
from mixtui.calibration.bins import equal_width
from mixtui.calibration.debiased import debiased_ece
from mixtui.calibration.ranking import auroc
from mixtui.calibration.scores import Scores, score_probs
from mixtui.calibration.smooth_ece import smooth_ece
from mixtui.calibration.softmax import softmax
from mixtui.calibration.top_labels import top_label

PAGE = Path(__file__).with_name("other-conventions.md")
M = 15
N, CLASSES, VOTES = 10_000, 10, 20

Array = NDArray[np.float64]


class Predictions(NamedTuple):
    probs: Array  # (n, classes)
    labels: NDArray[np.int64]  # (n,)

    @property
    def top(self) -> tuple[Array, NDArray[np.int64]]:
        confidence, correct = top_label(self.probs, self.labels)
        return confidence, correct.astype(np.int64)

    @property
    def scores(self) -> Scores:
        return score_probs(self.probs, self.labels, M).scores


class Row(NamedTuple):
    package: str
    call: str
    figure: Callable[[Predictions], float | None]
    why: str = ""


def softmax_and_votes() -> tuple[Predictions, Predictions]:
    """A network's softmax, and the shares of votes drawn from it, with the same labels.

    Three labels in ten are drawn evenly, the others from a sharper softmax: overconfident where it is confident.
    """
    rng = np.random.default_rng(0)
    logits = 2 * rng.standard_normal((N, CLASSES))
    truth = 0.3 / CLASSES + 0.7 * softmax(2 * logits)
    labels = (rng.random((N, 1)) > truth.cumsum(axis=1)[:, :-1]).sum(axis=1)
    probs = softmax(logits)
    return Predictions(probs, labels), Predictions(rng.multinomial(VOTES, probs) / VOTES, labels)


def torchmetrics(norm: Literal["l1", "l2", "max"]) -> Callable[[Predictions], float]:
    return lambda of: float(
        multiclass_calibration_error(torch.tensor(of.probs), torch.tensor(of.labels), CLASSES, n_bins=M, norm=norm)
    )


def netcal(measure: ECE | MCE | ACE) -> Callable[[Predictions], float]:
    return lambda of: float(measure.measure(of.probs, of.labels))


def scikit_learn(strategy: str) -> Callable[[Predictions], float]:
    def mean_gap(of: Predictions) -> float:
        confidence, correct = of.top
        accuracy, mean_confidence = calibration_curve(correct, confidence, n_bins=M, strategy=strategy)
        return float(np.abs(accuracy - mean_confidence).mean())

    return mean_gap


def mean_over_classes(error: Callable[[Array, NDArray[np.int64]], float]) -> Callable[[Predictions], float]:
    return lambda of: float(np.mean([error(of.probs[:, k], (of.labels == k).astype(int)) for k in range(CLASSES)]))


def torchmetrics_binary(confidence: Array, correct: NDArray[np.int64], m: int = M) -> float:
    return float(binary_calibration_error(torch.tensor(confidence), torch.tensor(correct), n_bins=m))


def netcal_binary(confidence: Array, correct: NDArray[np.int64], m: int = M) -> float:
    return float(ECE(m).measure(confidence, correct))


# Our row is the first.
SECTIONS = {
    "ECE, equal-width bins": (
        Row("mixtui", "ece", lambda of: of.scores.ece, "Bins (lo, hi], the first one closed at 0."),
        Row(
            "torchmetrics", "multiclass_calibration_error", torchmetrics("l1"), "Bins [lo, hi), and one for 1.0 alone."
        ),
        Row("netcal", "ECE", netcal(ECE(M)), "Bins [lo, hi), the last one closed at 1."),
        Row("scikit-learn", "calibration_curve", scikit_learn("uniform"), "No counts, so all bins weigh alike."),
    ),
    "MCE": (
        Row("mixtui", "mce", lambda of: of.scores.mce, "The bins of its ECE."),
        Row("torchmetrics", 'multiclass_calibration_error(norm="max")', torchmetrics("max"), "The bins of its ECE."),
        Row("netcal", "MCE", netcal(MCE(M)), "The bins of its ECE."),
    ),
    "ECE, equal-mass bins": (
        Row("mixtui", "equal_mass_ece", lambda of: of.scores.equal_mass_ece, "Ties are never split."),
        Row(
            "netcal",
            "ECE(equal_intervals=False)",
            netcal(ECE(M, equal_intervals=False)),
            "Bins [lo, hi) between quantiles; where ties make two of these equal, a ValueError.",
        ),
        Row("netcal", "ACE(equal_intervals=False)", netcal(ACE(M, equal_intervals=False)), "All bins weigh alike."),
        Row("netcal", "ACE", netcal(ACE(M)), "The bins are of equal *width* by default, and all weigh alike."),
        Row(
            "scikit-learn",
            'calibration_curve(strategy="quantile")',
            scikit_learn("quantile"),
            "Bins (lo, hi] between quantiles, and all weigh alike, however ties fill them.",
        ),
    ),
    "L2": (
        Row(
            "mixtui",
            "debiased_ece",
            lambda of: debiased_ece(equal_width(*of.top, M)),
            "What chance adds is subtracted.",
        ),
        Row("torchmetrics", 'multiclass_calibration_error(norm="l2")', torchmetrics("l2"), "It is not."),
    ),
    "Classwise ECE": (
        Row("mixtui", "classwise_ece", lambda of: of.scores.classwise_ece, "Each class over all samples; their mean."),
        Row(
            "torchmetrics",
            "binary_calibration_error, mean over classes",
            mean_over_classes(torchmetrics_binary),
            "Bins [lo, hi): where many small probabilities tie, edges decide.",
        ),
        Row("netcal", "ECE, mean over classes", mean_over_classes(netcal_binary), "Likewise."),
    ),
    "Smooth ECE": (Row("mixtui", "smooth_ece", lambda of: smooth_ece(*of.top), "See *Not run here*."),),
    "NLL": (
        Row("mixtui", "nll", lambda of: of.scores.nll, "Infinite where a label was given probability 0."),
        Row(
            "scikit-learn",
            "log_loss",
            lambda of: log_loss(of.labels, of.probs),
            "There a 0 counts as 2.2e-16: 36 nats.",
        ),
    ),
    "Brier score": (
        Row("mixtui", "brier", lambda of: of.scores.brier, "The sum over classes."),
        Row(
            "scikit-learn",
            "brier_score_loss",
            lambda of: brier_score_loss(of.labels, of.probs),
            "Of two classes it would give half as much.",
        ),
    ),
    "AUROC of confidence against correctness": (
        Row("mixtui", "auroc", lambda of: auroc(*of.top), "Ties count half."),
        Row("scikit-learn", "roc_auc_score", lambda of: roc_auc_score(of.top[1], of.top[0])),
        Row(
            "torchmetrics",
            "binary_auroc",
            lambda of: float(binary_auroc(torch.tensor(of.top[0]), torch.tensor(of.top[1]))),
        ),
    ),
}


# Title; confidence; correct. Ten bins.
SMALL_CASES = (
    (".5 right, .45 wrong", [0.5, 0.45], [1, 0]),
    (".5 right, .55 wrong", [0.5, 0.55], [1, 0]),
    ("50 at 1.0, 48 of them right; 50 at .95, all right", [1.0] * 50 + [0.95] * 50, [1] * 48 + [0] * 2 + [1] * 50),
)


HEAD = f"""# What other libraries would have printed

The same predictions, {N:,} samples of {CLASSES} classes made with a seed, scored with M = {M} bins:

- **softmax** of a network, overconfident where it is confident and underconfident elsewhere; hardly a confidence lies
  on the edge of a bin.
- **votes**: shares of {VOTES} votes drawn from that softmax, as ensembles, dropout and forests give them. Every
  confidence is a multiple of .05: many lie on an edge, and some are exactly 1.

How bins are weighed matters on both, which of their edges is closed on the second alone. "The same" means equal to four
digits.

`docs/other_conventions.py` runs the libraries, in the versions of `constraints.txt`, and writes this page; a test
tells when it is out of date.
"""

SMALL_HEAD = """## Small cases

ECE with ten bins, to be checked by hand.

| confidence and outcome | mixtui | torchmetrics | netcal |
|---|---|---|---|
"""

TAIL = """
## Not run here

- **relplot** (smooth ECE, by its authors): it reflects a grid about its end points, so that a sample at exactly 0 or 1
  weighs half as much as another. Of 500 samples at 1.0, 400 of them right, and 500 at .6, 300 of them right, the
  smooth ECE is .100; relplot of November 2025 gives .068.
- **Confidence and outcome sorted apart**: some equal-mass code sorts each of the two by itself, so that a confidence
  meets the outcome of another sample. 10 at .65, all right, and 10 at .95, half right, score .025 instead of .400.
- **Classwise ECE over fewer samples**: some count for a class only the samples predicted as it, or labelled as it.
  That answers another question.
"""


def four_digits(figure: float | None) -> str:
    return "–" if figure is None else f"{figure:.4f}"


def shown(row: Row, case: Predictions) -> str:
    try:
        return four_digits(row.figure(case))
    except ValueError:
        return "error"


def table(title: str, rows: Sequence[Row], cases: Sequence[Predictions]) -> str:
    ours = [shown(rows[0], case) for case in cases]
    lines = [f"## {title}\n", "| library | call | softmax | votes | why |", "|---|---|---|---|---|"]
    for row in rows:
        figures = [shown(row, case) for case in cases]
        the_same = "The same. " if row is not rows[0] and figures == ours else ""
        lines.append(f"| {row.package} | `{row.call}` | {' | '.join(figures)} | {(the_same + row.why).strip()} |")
    return "\n".join(lines) + "\n"


def small_case(title: str, confidence: list[float], correct: list[int]) -> str:
    columns = np.array(confidence), np.array(correct)
    figures = (ece(equal_width(*columns, 10)), torchmetrics_binary(*columns, 10), netcal_binary(*columns, 10))
    return f"| {title} | {' | '.join(map(four_digits, figures))} |\n"


def page() -> str:
    cases = softmax_and_votes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries, about their own means
        tables = [table(title, rows, cases) for title, rows in SECTIONS.items()]
        small = "".join(small_case(*case) for case in SMALL_CASES)
    return "\n".join((HEAD, *tables, SMALL_HEAD + small)) + TAIL


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
