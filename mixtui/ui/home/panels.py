"""The table of the panels beside the runs, from which their digits, titles, commands and pictures follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text

from mixtui.ui.number_cells import fraction
from mixtui.ui.run_names import title

if TYPE_CHECKING:
    from mixtui.ui.home.live_curves import LiveCurves
    from mixtui.ui.home.view import HomeView

    Draw = Callable[[HomeView, LiveCurves, int, int], list[Text]]
    """Makes lines of a view in so many columns and rows, on another thread: of what it is given alone."""


@dataclass(frozen=True)
class Panel:
    """What a panel is. Its digit is its place in PANELS, counted from 1.

    `draw` names a `Draw`, `module:function`: NumPy and plotext, which that needs, are not to be imported before the
    first runs are shown.
    """

    name: str  # of its widget, and in `state.json`
    title: str  # in its frame, after the digit
    note: Callable[[HomeView], str]  # in its frame, at the right
    draw: str
    every_step: bool = False  # it is drawn anew as a run trains, not only after each epoch


def _scale(view: HomeView) -> str:
    smoothing = f" · EMA {fraction(view.smoothing, view.ink.glyphs).rstrip('0')}" if view.smoothing else ""
    return f"{'log' if view.log_scale else 'steps'}{smoothing}"


def _run_at_cursor(view: HomeView) -> str:
    return title(view.at_cursor) if view.at_cursor and "config" in view.at_cursor else ""


LOG = Panel("log", "Log", lambda _view: "", draw="")  # lines, not a picture: a widget of its own shows them at once
PANELS = (
    Panel("loss", "Training loss", _scale, "mixtui.ui.home.loss:draw", every_step=True),
    Panel("scores", "Accuracy and ECE", lambda _view: "epochs", "mixtui.ui.home.scores:draw"),
    Panel("diagram", "Reliability", _run_at_cursor, "mixtui.ui.home.diagram:draw"),
    LOG,
)
PLOTS = tuple(panel for panel in PANELS if panel is not LOG)
