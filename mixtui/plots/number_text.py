"""Figures in the characters of a diagram."""

from mixtui.figures import MINUS, NONE, figure
from mixtui.plots.diagram_glyphs import Glyphs


def fraction_text(value: float, glyphs: Glyphs) -> str:
    """`.687`; what is not a fraction of 1 is a dash."""
    return f"{value:.3f}".removeprefix("0") if 0 <= round(value, 3) <= 1 else glyphs.dash


def signed_text(value: float, glyphs: Glyphs) -> str:
    """`+.274` or `−.019`; what does not lie between −1 and 1 is a dash."""
    size = fraction_text(abs(value), glyphs)
    if size == glyphs.dash:
        return size
    return (glyphs.minus if round(value, 3) < 0 else "+") + size


def score_text(value: float, glyphs: Glyphs) -> str:
    """`.687`, `1.197`, `−.019`, `1e+20`; a dash for what is not finite."""
    return figure(value).replace(MINUS, glyphs.minus).replace(NONE, glyphs.dash)
