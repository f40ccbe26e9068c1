"""The risk–coverage curve: how often the most confident answers are wrong, however many one takes."""

from __future__ import annotations

import numpy as np
from rich.text import Text

from mixtui.calibration.ranking import RiskCoverage
from mixtui.plots.curves import Curve, Pane, draw_curves
from mixtui.ui.ink import Ink

_ROWS = 9


def risk_lines(found: RiskCoverage, ink: Ink, columns: int) -> list[Text]:
    """The curve, as a share of the images in percent, in at most so many columns."""
    title = f" risk–coverage: share wrong   AURC {ink.fraction(found.aurc)}"
    percent, risk = np.concatenate(([0.0], 100 * found.coverage)), np.concatenate((found.risk[:1], found.risk))
    drawing = draw_curves(
        [Pane([Curve("", percent, risk, ink.series)], y_range=(0.0, max(float(risk.max()), 0.01)))],
        columns=columns - 2,
        rows=_ROWS,
        glyphs=ink.dots,
        x_range=(0.0, 100.0),
    )
    picture = [Text.assemble(" ", line, no_wrap=True, overflow="crop") for line in drawing.text.split("\n")]
    return [ink.quiet(title), *picture, ink.quiet("      % of the images, most confident first")]
