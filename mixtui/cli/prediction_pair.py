"""Two files of predictions, and how far their scores lie apart."""

from __future__ import annotations

from dataclasses import dataclass

from mixtui.calibration.difference import ScoreDifference, differences
from mixtui.calibration.predictions import have_same_labels
from mixtui.cli.prediction_file import PredictionFile

Differences = dict[str, ScoreDifference | None]


@dataclass(frozen=True, eq=False)  # see Bins
class PredictionPair:
    """How far the scores of the second file lie above those of the first, as `differences` names them.

    `paired`: both seem to predict the same samples in the same order. `after_t` is None where one of the two has the
    top labels alone.
    """

    first: PredictionFile
    second: PredictionFile
    paired: bool
    before: Differences
    after_t: Differences | None


def compare(first: PredictionFile, second: PredictionFile) -> PredictionPair:
    """The differences, before and after temperature scaling."""
    paired = have_same_labels(first.predictions, second.predictions)
    after_t = None
    if first.scaled is not None and second.scaled is not None:
        after_t = differences(first.scaled.evaluation, second.scaled.evaluation, paired=paired)
    return PredictionPair(first, second, paired, differences(first.before, second.before, paired=paired), after_t)
