"""The figures of one bin of a reliability diagram, in words."""

import math

from mixtui.calibration.bins import Bins
from mixtui.calibration.interval import wilson_interval
from mixtui.number_text import score_text
from mixtui.plots.diagram_glyphs import UNICODE, Glyphs
from mixtui.plots.reliability_grid import clip_fraction


def bin_reading(bins: Bins, index: int, glyphs: Glyphs = UNICODE, *, of_class: bool = False) -> tuple[str, str]:
    """Two lines on bin `index`, counted from 0: its edges, images, confidence; its accuracy and gap.

    `of_class`: the bins are of the probability of one class, and the share of its images stands for the accuracy.

    Brackets hold 95 % intervals: Wilson's of the accuracy, and the mean confidence less that one of the gap. The
    second line is empty where the bin is.
    """
    position = f"bin {index + 1} of {bins.m}"
    low, high = (score_text(float(edge)) for edge in bins.edges[index : index + 2])
    head = glyphs.words(f"{position}   {low}–{high}   ")
    count, claimed, right = (float(sums[index]) for sums in (bins.count, bins.confidence_sum, bins.correct))
    if count == 0:
        return f"{head}no images", ""
    if not (count > 0 and math.isfinite(count) and math.isfinite(claimed) and math.isfinite(right)):
        return f"{head}its record is damaged", ""
    confidence, accuracy = clip_fraction(claimed / count), clip_fraction(right / count)
    least, most = wilson_interval(accuracy, count)
    gap, gap_low, gap_high = (
        score_text(value, "+") for value in (confidence - accuracy, confidence - most, confidence - least)
    )
    measured = f"{'share' if of_class else 'accuracy'} {score_text(accuracy)} [{score_text(least)}, {score_text(most)}]"
    images = f"{count:,.0f} image{'' if count == 1 else 's'}"
    return (
        f"{head}{images}   confidence {score_text(confidence)}",
        glyphs.words(f"{'':{len(position) + 3}}{measured}   gap {gap} [{gap_low}, {gap_high}]"),
    )
