"""How figures look, and how they become files: the same bytes for the same runs."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font

from mixtui.plots.alpha_colors import alpha_styles
from mixtui.plots.palette import Ground
from mixtui.report.escape import one_line

WIDTH = 7.2  # inches, the width of a page's text
LARGEST = 1e9  # a figure beyond it is a mistake, and would leave nothing of the others to see
_DPI = 200  # of a PNG

_STYLE: dict[Any, Any] = {  # matplotlib's types spell out every name
    "font.family": "DejaVu Sans",  # which comes with matplotlib, so that it is there everywhere
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.linewidth": 0.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.frameon": False,
    "hatch.linewidth": 0.5,
    "text.parse_math": False,  # a $ in a name is a $
    "svg.fonttype": "path",  # looks the same on every machine
    "svg.hashsalt": "mixtui",  # its ids are random otherwise
    "pdf.fonttype": 42,  # TrueType, since journals refuse Type 3; its text can be searched
}
# matplotlib's settings are global; nobody else in this process may change them meanwhile.
_SETTINGS = threading.Lock()


@dataclass(frozen=True)
class Look:
    """The colours of a figure: those of `plots.palette` and `plots.alpha_colors` on the same ground."""

    ground: Ground
    paper: str
    ink: str
    quiet: str
    faint: str
    bar: str
    over: str
    under: str

    def alpha_colors(self, alphas: list[float]) -> dict[float, str]:
        return {alpha: style.textual for alpha, style in alpha_styles(alphas, "256", self.ground).items()}


LIGHT = Look("light", "#ffffff", "#1c1c1c", "#5f5f5f", "#dcdcdc", "#a8a8a8", "#af5f00", "#005faf")
DARK = Look("dark", "#16181c", "#e4e4e4", "#a8a8a8", "#3a3d44", "#767676", "#d7875f", "#5f87d7")

Draw = Callable[[Figure, Look], None]


@dataclass(frozen=True)
class FigurePlan:
    """A figure that is still to be drawn: `name` of its files, size in inches, and what a reader is told of it."""

    name: str
    width: float
    height: float
    draw: Draw
    title: str
    caption: str


def figure_files(plan: FigurePlan) -> dict[str, bytes]:
    """The figure's files by their names: SVG on light and on dark ground, PDF and PNG on light."""
    files = {}
    with _SETTINGS, matplotlib.rc_context():
        matplotlib.rcdefaults()  # whatever a person's matplotlibrc says
        matplotlib.rcParams.update(_STYLE)
        for look, ending, formats in ((LIGHT, "", ("svg", "pdf", "png")), (DARK, "-dark", ("svg",))):
            with matplotlib.rc_context(_colors(look)):
                figure = Figure(figsize=(plan.width, plan.height))
                plan.draw(figure, look)
                for kind in formats:
                    files[f"{plan.name}{ending}.{kind}"] = _rendered(figure, kind)
    return files


def _rendered(figure: Figure, kind: str) -> bytes:
    data = io.BytesIO()
    date = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}[kind]
    figure.savefig(data, format=kind, dpi=_DPI, metadata=date)
    return data.getvalue()


def _colors(look: Look) -> dict[Any, Any]:
    names = ("text.color", "axes.labelcolor", "xtick.labelcolor", "ytick.labelcolor")
    quiet = ("axes.edgecolor", "xtick.color", "ytick.color")
    return {
        **dict.fromkeys(names, look.ink),
        **dict.fromkeys(quiet, look.quiet),
        **{"figure.facecolor": look.paper, "savefig.facecolor": look.paper, "axes.facecolor": look.paper},
        "grid.color": look.faint,
        "hatch.color": look.paper,
    }


def drawable(text: str) -> str:
    """`text` with a `?` for every character that the font lacks."""
    known = _characters()
    return "".join(character if ord(character) in known else "?" for character in one_line(text))


@cache
def _characters() -> frozenset[int]:
    return frozenset(get_font(findfont("DejaVu Sans")).get_charmap())


def plain_axes(axes: Axes, x_label: str = "", y_label: str = "") -> None:
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.tick_params(length=2.5)


def fraction_text(value: float) -> str:
    """`.25`, as everywhere in mixtui, but 0 and 1."""
    text = f"{value:.6g}".replace("-", "−")
    return text.replace("0.", ".", 1) if abs(value) < 1 else text
