"""The figures of one bin of a reliability diagram, in words."""

import math

from mixtui.calibration.bins import Bins
from mixtui.calibration.interval import wilson_interval
from mixtui.plots.diagram_glyphs import UNICODE, Glyphs
from mixtui.plots.number_text import fraction_text, signed_text
from mixtui.plots.reliability_grid import clip_fraction


def bin_reading(bins: Bins, index: int, glyphs: Glyphs = UNICODE, *, of_class: bool = False) -> tuple[str, str]:
    """Two lines on bin `index`, counted from 0: its edges, images, confidence; its accuracy and gap.

    `of_class`: the bins are of the probability of one class, and the share of its images stands for the accuracy.

    Brackets hold 95 % intervals: Wilson's of the accuracy, and the mean confidence less that one of the gap. The
    second line is empty where the bin is.
    """
    position = f"bin {index + 1} of {bins.m}"
    low, high = (fraction_text(float(edge), glyphs) for edge in bins.edges[index : index + 2])
    head = f"{position}   {low}{glyphs.dash}{high}   "
    count, claimed, right = (float(sums[index]) for sums in (bins.count, bins.confidence_sum, bins.correct))
    if count == 0:
        return f"{head}no images", ""
    if not (count > 0 and math.isfinite(count) and math.isfinite(claimed) and math.isfinite(right)):
        return f"{head}its record is damaged", ""
    confidence, accuracy = clip_fraction(claimed / count), clip_fraction(right / count)
    least, most = wilson_interval(accuracy, count)
    gap, gap_low, gap_high = (
        signed_text(value, glyphs) for value in (confidence - accuracy, confidence - most, confidence - least)
    )
    accuracy_range = f"[{fraction_text(least, glyphs)}, {fraction_text(most, glyphs)}]"
    measured = "share" if of_class else "accuracy"
    images = f"{count:,.0f} image{'' if count == 1 else 's'}"
    return (
        f"{head}{images}   confidence {fraction_text(confidence, glyphs)}",
        " " * (len(position) + 3)
        + f"{measured} {fraction_text(accuracy, glyphs)} {accuracy_range}   gap {gap} [{gap_low}, {gap_high}]",
    )
