"""The reliability diagram of the run under the cursor."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from mixtui.calibration.bins import DEFAULT_M
from mixtui.number_text import ece_margin
from mixtui.plots.reliability import reliability_picture
from mixtui.plots.text_lines import fill_lines
from mixtui.ui.columns import run_direction
from mixtui.ui.drawing import bins_of, diagram_glyphs
from mixtui.ui.glyphs import Glyphs
from mixtui.ui.home.live_curves import LiveCurves
from mixtui.ui.home.nothing_yet import nothing_yet
from mixtui.ui.home.view import HomeView
from mixtui.ui.number_cells import fraction


def draw(view: HomeView, _curves: LiveCurves, columns: int, rows: int) -> list[Text]:
    """The diagram after the last epoch, and its scores."""
    bins = None if view.view is None else bins_of(view.view.history)
    if view.at_cursor is None or view.at_cursor["state"] == "broken" or bins is None:
        return nothing_yet(view, columns)
    ink = view.ink
    picture = reliability_picture(
        bins, columns, rows - 1, colors=ink.colors, ground=ink.ground, glyphs=diagram_glyphs(ink.glyphs)
    )
    caption = fill_lines(_caption(view.at_cursor, ink.glyphs), columns - 1, "  ")  # a dot would read as a mark
    return [*picture, *(ink.quiet(f" {line}") for line in caption[: rows - len(picture)])]


def _caption(document: dict[str, Any], glyphs: Glyphs) -> list[str]:
    """`ECE .022 ±.007 ▼`, `floor .011`, `T 0.93`, `says .678, right .700`: what is known, the most telling first."""
    metrics: dict[str, Any] = document.get("metrics") or {}
    m, floor, temperature = document["config"].get("bins"), metrics.get("ece_floor"), metrics.get("temperature")
    ece, says, right = (fraction(metrics.get(name), glyphs) for name in ("ece", "confidence", "accuracy"))
    parts = [f"ECE {ece}", ece_margin(metrics), glyphs.direction(run_direction(document)).strip()]
    parts += [f"M {m}"] * (m != DEFAULT_M)
    floors = [f"floor {fraction(floor, glyphs)}"] * (floor is not None)
    scaling = [f"T {temperature:.2f}"] if isinstance(temperature, float) and 0 < temperature < 1000 else []
    return [glyphs.words(" ".join(filter(None, parts))), *floors, *scaling, f"says {says}, right {right}"]
