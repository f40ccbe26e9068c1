"""What a cell of a diagram means, and the colours it takes for that."""

from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Literal, NamedTuple

from rich.color import Color
from rich.style import Style

ColorDepth = Literal["none", "16", "256"]
Ground = Literal["dark", "light"]


class Role(Enum):
    """What a cell stands for; its colours follow from this alone."""

    PLAIN = auto()  # blank cells, text, the frame, lines and the diagonal
    BAR = auto()
    OVER = auto()  # the gap of an overconfident bin: claimed, not right
    UNDER = auto()  # the gap of an underconfident bin: right beyond the claim
    BAR_BELOW_OVER = auto()  # a cell that the bar fills in part, with the gap above it
    BAR_BELOW_UNDER = auto()
    DIAGONAL_ON_BAR = auto()
    DIAGONAL_ON_UNDER = auto()
    OVER_MARK = auto()
    UNDER_MARK = auto()


@dataclass(frozen=True)
class CellStyle:
    """Colours as xterm numbers (0 to 255), None being the terminal's own."""

    foreground: int | None = None
    background: int | None = None
    reverse: bool = False
    bold: bool = False
    dim: bool = False


class Cell(NamedTuple):
    """One character cell of a plot: what it stands for or, for the cell of a series, the style of that series."""

    glyph: str
    role: Role | CellStyle = Role.PLAIN


@lru_cache(maxsize=256)
def rich_style(style: CellStyle) -> Style:
    """The same style for Rich; Textual reads it too."""
    foreground, background = (
        None if number is None else Color.from_ansi(number) for number in (style.foreground, style.background)
    )
    return Style(
        color=foreground,
        bgcolor=background,
        reverse=style.reverse or None,
        bold=style.bold or None,
        dim=style.dim or None,
    )


Palette = dict[Role, CellStyle]


@dataclass(frozen=True)
class _Colors:
    bar: int
    over: int
    over_texture: int
    under: int
    under_texture: int


# Of 256: 9e9e9e, d7875f, 5f87d7 on dark and 767676, af5f00, 005faf on light, each gap with the other ground's
# shade as its texture. They lie in xterm's fixed cube and greys, so a COLORTERM lost on the way (SSH, tmux)
# changes nothing. Of 16: those that common schemes keep apart from that ground, as yellow from black and not
# from white; backgrounds are among the first eight, since the Linux console has no others.
_COLORS: dict[tuple[ColorDepth, Ground], _Colors] = {
    ("256", "dark"): _Colors(bar=247, over=173, over_texture=130, under=68, under_texture=25),
    ("256", "light"): _Colors(bar=243, over=130, over_texture=173, under=25, under_texture=68),
    ("16", "dark"): _Colors(bar=7, over=3, over_texture=11, under=6, under_texture=14),
    ("16", "light"): _Colors(bar=8, over=1, over_texture=9, under=4, under_texture=12),
}


def diagram_palette(depth: ColorDepth, ground: Ground, *, filled: bool) -> Palette:
    """Styles of a diagram's cells; a role that is missing, all of them at depth "none", has no style.

    `filled` gives gaps a background, which suits bars of block glyphs; beside bars of `#` it would outweigh them.
    """
    if depth == "none":
        return {}
    colors = _COLORS[depth, ground]
    palette = {
        Role.BAR: CellStyle(colors.bar),
        Role.OVER: CellStyle(colors.over),
        Role.UNDER: CellStyle(colors.under),
        Role.OVER_MARK: CellStyle(colors.over),
        Role.UNDER_MARK: CellStyle(colors.under),
    }
    if filled:
        palette |= {
            Role.OVER: CellStyle(colors.over_texture, colors.over),
            Role.UNDER: CellStyle(colors.under_texture, colors.under),
            Role.BAR_BELOW_OVER: CellStyle(colors.bar, colors.over),
            Role.BAR_BELOW_UNDER: CellStyle(colors.bar, colors.under),
            Role.DIAGONAL_ON_BAR: CellStyle(colors.bar, reverse=True),
            Role.DIAGONAL_ON_UNDER: CellStyle(colors.under, reverse=True),
        }
    return palette
