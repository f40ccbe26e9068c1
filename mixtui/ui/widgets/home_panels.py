"""The live panels beside the table of runs: training loss, accuracy and ECE, a reliability diagram, the log."""

from __future__ import annotations

import functools
from collections.abc import Collection
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container
from textual.timer import Timer

from mixtui.ui.home.view import HomeView
from mixtui.ui.widgets.live_plot_panel import LivePlotPanel
from mixtui.ui.widgets.log_panel import LogPanel

if TYPE_CHECKING:
    from mixtui.ui.app import MixtuiApp
    from mixtui.ui.home.plots import HomePlots

PLOTS = ("loss", "scores", "diagram")
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

    def compose(self) -> ComposeResult:
        for name in PLOTS:
            yield LivePlotPanel(id=name)
        yield LogPanel(id="log")

    def show(self, view: HomeView, *, at_once: bool) -> None:
        """Show `view`. Curves that only grew wait for their turn, unless a person waits for them (`at_once`)."""
        self.view = view
        titles = view.titles()
        log = self.query_one(LogPanel)
        log.set_titles(*titles["log"])
        log.show(view.log())
        for plot in self.query(LivePlotPanel):
            plot.set_titles(*titles[str(plot.id)])
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
        plots = max(1, sum(name in names for name in PLOTS))
        self.query_one(LogPanel).styles.column_span = 1 if beside else plots
        self.styles.grid_size_columns = min(2, len(names) or 1) if beside else plots

    def _draw_curves(self, put_off: int = 0) -> None:
        if self.app.is_busy_with_keys and put_off < MOST_PUT_OFF:
            self._curves_timer = self.set_timer(AFTER_KEYS, functools.partial(self._draw_curves, put_off + 1))
            return
        self._curves_timer = None
        self._draw(["loss"])

    def _draw(self, names: Collection[str]) -> None:
        if self.view is None:
            return
        for plot in self.query(LivePlotPanel):
            if plot.id in names:
                plot.redraw(functools.partial(self._picture, str(plot.id), self.view))

    def _picture(self, name: str, view: HomeView, columns: int, rows: int) -> list[Text]:
        return self._plots.draw(name, view, columns, rows)

    @functools.cached_property
    def _plots(self) -> HomePlots:
        from mixtui.ui.home.plots import HomePlots  # it imports NumPy and plotext: on the thread that draws

        return HomePlots(self.app.give_way)
