"""What a tab on the screen of a run is, and what those of pictures have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.containers import Container
from textual.message import Message
from textual.widget import Widget

from mixtui.store.paths import RunPaths
from mixtui.ui.commands import Command, Place
from mixtui.ui.ink import Ink
from mixtui.ui.run_tabs.facts import Facts
from mixtui.ui.run_tabs.shown import Shown
from mixtui.ui.widgets.plot_panel import Draw, PlotPanel

if TYPE_CHECKING:
    from mixtui.ui.app import MixtuiApp


class RunTab(Widget):
    """A tab: a widget that can `show` a run. The rest may stay as it is here."""

    app: MixtuiApp
    facts: Facts
    ink: Ink

    class Changed(Message):
        """What a tab says of itself beyond its own lines, in the methods below, is something else now."""

    def show(self, facts: Facts, now: Shown | None, ink: Ink) -> None:
        """Show this from now on; `now` is the epoch that the diagram shows, and its bins."""
        raise NotImplementedError

    def begin_anew(self, paths: RunPaths) -> None:
        """Another run comes, these its files: forget what was of the one before alone."""

    def note(self) -> str:
        """What stands to the right of the tabs, in place of the run's tags."""
        return ""

    def warning(self) -> str:
        """What stands below the verdict."""
        return ""

    def allows(self, command: Command) -> bool:
        """Whether the command can be given now."""
        return command.id not in ("zoom", "class")

    def label_of(self, command: Command) -> str:
        """What the key line calls the command now."""
        return command.label

    def leave(self) -> bool:
        """Take back what was done last to see less; False where there is nothing of that kind."""
        return False

    def copied(self) -> str:
        """What y copies."""
        return str(self.facts.document["id"])


class PlotTab(Container, RunTab, can_focus=True):
    """A tab of framed pictures. It has the focus, not they; zoomed, it shows the first of them alone."""

    PLACES: ClassVar[tuple[Place, ...]] = ()

    def show(self, facts: Facts, now: Shown | None, ink: Ink) -> None:
        self.facts, self.ink = facts, ink
        self.redraw()

    def redraw(self) -> None:
        for panel in self.query(PlotPanel):
            panel.redraw()

    def leave(self) -> bool:
        is_zoomed = self.has_class("-zoomed")
        self.remove_class("-zoomed")
        return is_zoomed


class LogsTab(PlotTab):
    """A tab that draws the document and the logs of a run alone: nothing before they were read, and nothing anew when
    more comes to be known of its epochs."""

    _drawn: object = None

    def show(self, facts: Facts, now: Shown | None, ink: Ink) -> None:
        drawn = facts.document, facts.history, facts.steps, facts.is_read, ink, self.app.size
        if drawn != self._drawn:
            self._drawn = drawn
            super().show(facts, now, ink)

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
