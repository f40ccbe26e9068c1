"""What the tabs have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.containers import Container

from mixtui.ui.commands import Place
from mixtui.ui.ink import Ink
from mixtui.ui.run_tabs.facts import Facts
from mixtui.ui.widgets.plot_panel import Draw, PlotPanel

if TYPE_CHECKING:
    from mixtui.ui.app import MixtuiApp


class PlotTab(Container, can_focus=True):
    """A tab of framed pictures. It has the focus, not they; zoomed, it shows the first of them alone."""

    PLACES: ClassVar[tuple[Place, ...]] = ()
    app: MixtuiApp
    facts: Facts
    ink: Ink

    def show(self, facts: Facts, ink: Ink) -> None:
        """Draw this from now on."""
        self.facts, self.ink = facts, ink
        self.redraw()

    def redraw(self) -> None:
        for panel in self.query(PlotPanel):
            panel.redraw()

    def toggle_zoom(self) -> None:
        self.toggle_class("-zoomed")


class LogsTab(PlotTab):
    """A tab that draws the document and the logs of a run alone: nothing before they were read, and nothing anew when
    more comes to be known of its epochs."""

    _shown: object = None

    def show(self, facts: Facts, ink: Ink) -> None:
        now = facts.document, facts.history, facts.steps, facts.is_read, ink, self.app.size
        if now != self._shown:
            self._shown = now
            super().show(facts, ink)

    def plot(self, draw: Draw, name: str) -> PlotPanel:
        return plot(lambda columns, rows: draw(columns, rows) if self.facts.is_read else [], name)


def plot(draw: Draw, name: str) -> PlotPanel:
    panel = PlotPanel(cropped(draw), id=name)
    panel.can_focus = False
    return panel


def cropped(draw: Draw) -> Draw:
    """What `draw` draws, no line of it longer than there is room: Textual would fold it."""

    def draw_cropped(columns: int, rows: int) -> list[Text]:
        lines = list(draw(columns, rows))
        for line in lines:
            line.truncate(columns, overflow="crop")
        return lines

    return draw_cropped
