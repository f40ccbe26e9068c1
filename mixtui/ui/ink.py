"""What texts and pictures are drawn with: the characters and colours of this terminal, and figures in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text

from mixtui.plots.alpha_colors import SeriesStyle
from mixtui.ui import number_cells
from mixtui.ui.glyphs import Glyphs

if TYPE_CHECKING:
    from mixtui.calibration.direction import Direction
    from mixtui.plots.braille import DotGlyphs
    from mixtui.plots.palette import ColorDepth, Ground


@dataclass(frozen=True)
class Ink:
    """Glyphs, how many colours on which ground, and the theme's colours as Rich writes them.

    `series` is how the α of the run on screen is drawn, where there is one run.
    """

    glyphs: Glyphs
    colors: ColorDepth
    ground: Ground
    secondary: str
    warning: str
    accent: str
    error: str
    series: SeriesStyle = SeriesStyle()  # noqa: RUF009 - frozen

    @property
    def dots(self) -> DotGlyphs:
        from mixtui.ui.drawing import curve_glyphs  # NumPy, which comes after the first runs are shown

        return curve_glyphs(self.glyphs)

    def text(self, content: str, style: str = "") -> Text:
        return Text(self.glyphs.words(content), style, no_wrap=True, overflow="crop")

    def quiet(self, content: str) -> Text:
        return self.text(content, self.secondary)

    def fraction(self, value: object) -> str:
        return number_cells.fraction(value, self.glyphs)

    def loss(self, value: object) -> str:
        return number_cells.loss(value, self.glyphs)

    def signed(self, value: object) -> str:
        return number_cells.signed(value, self.glyphs)

    def ece(self, value: object, way: Direction | None) -> str:
        """An ECE, and the mark of its direction, which is a blank where that could be chance."""
        return f"{self.fraction(value)} {self.glyphs.direction(way)}"
