"""The live panels beside the table of runs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container
from textual.timer import Timer

from mixtui.ui.home.panels import LOG, PANELS, PLOTS, Panel
from mixtui.ui.home.view import HomeView
from mixtui.ui.widgets.live_plot_panel import LivePlotPanel
from mixtui.ui.widgets.log_panel import LogPanel
from mixtui.ui.widgets.panel import Framed

if TYPE_CHECKING:
    from mixtui.ui.app import MixtuiApp
    from mixtui.ui.home.live_curves import LiveCurves
    from mixtui.ui.home.panels import Draw

CURVES_EVERY = 1.0  # seconds between two pictures of curves that only grew
AFTER_KEYS = 0.2  # seconds that they are put off, so many times, while keys come
MOST_PUT_OFF = 5


class HomePanels(Container):
    """Shows views of the runs; draws again only what is another since the view before."""

    app: MixtuiApp

    def __init__(self) -> None:
        super().__init__(id="side")
        self.view: HomeView | None = None
        self._epochs: object = None
        self._curves_timer: Timer | None = None
        self._curves: dict[str, LiveCurves] = {}  # by the name of their panel

    def compose(self) -> ComposeResult:
        for panel in PLOTS:
            yield LivePlotPanel(id=panel.name)
        yield LogPanel(id=LOG.name)

    def show(self, view: HomeView, *, at_once: bool) -> None:
        """Show `view`. Curves that only grew wait for their turn, unless a person waits for them (`at_once`)."""
        self.view = view
        for digit, panel in enumerate(PANELS, 1):
            note = view.ink.glyphs.words(panel.note(view))
            self.query_one(f"#{panel.name}", Framed).set_titles(f"{digit} {panel.title}", note)
        self.query_one(LogPanel).show(view.log())
        epochs = view.epochs_done()
        if at_once or epochs != self._epochs:
            self._epochs = epochs
            self._draw(PLOTS)
        elif self._curves_timer is None:
            self._curves_timer = self.set_timer(CURVES_EVERY, self._draw_curves)

    def lay_out(self, names: Collection[str], *, beside: bool) -> None:
        """Show the panels `names`: side by side with the log below them, or `beside` the table two by two."""
        for panel in self.children:
            panel.display = panel.id in names
        plots = max(1, sum(panel.name in names for panel in PLOTS))
        self.query_one(LogPanel).styles.column_span = 1 if beside else plots
        self.styles.grid_size_columns = min(2, len(names) or 1) if beside else plots

    def _draw_curves(self, put_off: int = 0) -> None:
        if self.app.is_busy_with_keys and put_off < MOST_PUT_OFF:
            self._curves_timer = self.set_timer(AFTER_KEYS, functools.partial(self._draw_curves, put_off + 1))
            return
        self._curves_timer = None
        self._draw([panel for panel in PLOTS if panel.every_step])

    def _draw(self, panels: Iterable[Panel]) -> None:
        if self.view is not None:
            for panel in panels:
                picture = functools.partial(self._picture, panel, self.view, self.app.give_way)
                self.query_one(f"#{panel.name}", LivePlotPanel).redraw(picture)

    def _picture(
        self, panel: Panel, view: HomeView, give_way: Callable[[], None], columns: int, rows: int
    ) -> list[Text]:
        """On the thread that draws, which also imports what that needs."""
        from pkgutil import resolve_name

        from mixtui.ui.home.live_curves import LiveCurves

        draw: Draw = resolve_name(panel.draw)
        return draw(view, self._curves.setdefault(panel.name, LiveCurves(give_way)), columns, rows)
