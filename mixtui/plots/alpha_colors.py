"""The colour of each α: the same on every screen and every day."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from rich.color import Color
from rich.style import Style

from mixtui.plots.palette import CellStyle, ColorDepth, Ground, rich_style
from mixtui.presets import REFERENCE_ALPHAS

LineKind = Literal["solid", "dashed", "dotted"]

# α of the reference study and of the literature; the slot after them is for any other.
KNOWN_ALPHAS = (*REFERENCE_ALPHAS, 1.0)

# One slot each, then "other", as xterm numbers. Chosen for the largest distance of the closest pair over normal,
# protan, deutan and tritan sight: OKLab × 100 is 10.5 on dark and 8.4 on light. All of the 256 lie in xterm's fixed
# cube and greys, so a COLORTERM lost on the way changes nothing.
_SLOTS: dict[tuple[ColorDepth, Ground], tuple[int | None, ...]] = {
    # eeeeee 0087ff ff8700 00d7af ffd700 af87af ff005f afafff
    ("256", "dark"): (255, 33, 208, 43, 220, 139, 197, 147),
    # 262626 005fd7 d75f00 005f5f 87875f af5faf af0000 5f00af
    ("256", "light"): (235, 26, 166, 23, 101, 133, 124, 55),
    # default, blue, yellow, cyan, green, magenta, red, bright black
    ("16", "dark"): (None, 4, 3, 6, 2, 5, 1, 8),
    ("16", "light"): (None, 4, 3, 6, 2, 5, 1, 8),
    ("none", "dark"): (None,) * 8,
    ("none", "light"): (None,) * 8,
}
_ANSI_NAMES = (*"black red green yellow blue magenta cyan white".split(), "bright_black")
_OTHER = len(KNOWN_ALPHAS)


@dataclass(frozen=True)
class SeriesStyle:
    """How a series looks; `color` is an xterm number, None being the terminal's own."""

    color: int | None = None
    line: LineKind = "solid"

    @property
    def cell(self) -> CellStyle:
        """For the cells of a plot."""
        return CellStyle(self.color)

    @property
    def rich(self) -> Style:
        """For Rich, such as a swatch in a table."""
        return rich_style(self.cell)

    @property
    def textual(self) -> str:
        """For Textual: `#0087ff`, or `ansi_blue` and `ansi_default`, which are the terminal's own."""
        if self.color is None:
            return "ansi_default"
        if self.color < len(_ANSI_NAMES):
            return f"ansi_{_ANSI_NAMES[self.color]}"
        return Color.from_ansi(self.color).get_truecolor().hex


def alpha_styles(
    alphas: Iterable[float], depth: ColorDepth = "256", ground: Ground = "dark"
) -> dict[float, SeriesStyle]:
    """A style for each of the alphas shown, in rising order; an α that is not finite is left out.

    A known α has its slot always. The others take "other", then what slots are free; from the ninth α on,
    colours repeat as dotted lines.
    """
    shown = sorted({alpha for alpha in alphas if math.isfinite(alpha)})
    slots = {alpha: slot for alpha in shown if (slot := _known_slot(alpha)) is not None}
    colors = _SLOTS[depth, ground]
    free = [_OTHER, *(slot for slot in range(_OTHER) if slot not in slots.values())]
    styles = {}
    for alpha in shown:
        if alpha in slots:
            styles[alpha] = SeriesStyle(colors[slots[alpha]])
        elif free:
            styles[alpha] = SeriesStyle(colors[free.pop(0)])
        else:
            dotted = sum(style.line == "dotted" for style in styles.values())
            styles[alpha] = SeriesStyle(colors[dotted % len(colors)], "dotted")
    return styles


def _known_slot(alpha: float) -> int | None:
    """The slot of an α that is known, up to the rounding of a range such as 0.1:0.7:0.1."""
    matches = (slot for slot, known in enumerate(KNOWN_ALPHAS) if math.isclose(alpha, known, rel_tol=1e-9))
    return next(matches, None)
