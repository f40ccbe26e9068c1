"""How the home screen is laid out: the panels shown and the table's size, remembered for each class of terminals."""

from __future__ import annotations

from dataclasses import replace

from textual import events
from textual.css.query import NoMatches
from textual.widget import Widget

from mixtui.ui.folder_state import Layout
from mixtui.ui.home.panels import PANELS
from mixtui.ui.screens.run_commands import RunCommandsScreen
from mixtui.ui.widgets.home_panels import HomePanels
from mixtui.ui.widgets.runs_table import RunsTable

CLASSES = ("-wide", "-four", "-two", "-one", "-tiny")
_SIZE_STEP = 2  # cells
_LEAST_WIDTH, _LEAST_HEIGHT = 34, 6  # of the table
_LEAST_BESIDE, _LEAST_BELOW = 34, 12  # columns and lines that the panels keep


class HomeLayoutScreen(RunCommandsScreen):
    """A screen with a table of runs and live panels."""

    ESCAPE_TO_MINIMIZE = False  # our own command does, and remembers it
    ALLOW_IN_MAXIMIZED_VIEW = "KeyLine, Prompt"
    _table: RunsTable

    def __init__(self) -> None:
        super().__init__()
        self._one_panel = "diagram"  # the one beside the table where there is room for one
        self._focused_last: Widget | None = None

    def action_panel(self, digit: int) -> None:
        """Show the panel and go there, zoomed where another one is; from there, hide it."""
        name = PANELS[digit - 1].name
        panel = self.query_one(f"#{name}", Widget)
        hidden = set(self._layout.hidden)
        zoomed = None
        if self.focused is panel:
            hidden.add(name)
            self._table.focus()
        else:
            hidden.discard(name)
            zoomed = name if self.maximized is not None else None
        self._set_layout(replace(self._layout, hidden=tuple(sorted(hidden)), zoomed=zoomed))
        if self._size_class == "-two":
            self._one_panel = name
        self._lay_out()
        if name not in hidden and panel.display:
            panel.focus()

    def action_narrower(self) -> None:
        self._resize_table(-_SIZE_STEP)

    def action_wider(self) -> None:
        self._resize_table(_SIZE_STEP)

    def _resize_table(self, by: int) -> None:
        panel = self.query_one("#runs")
        upright = self._size_class == "-four"
        now = panel.outer_size.height if upright else panel.outer_size.width
        most = self.size.height - _LEAST_BELOW if upright else self.size.width - _LEAST_BESIDE
        size = max(_LEAST_HEIGHT if upright else _LEAST_WIDTH, min(now + by, most))
        self._set_layout(replace(self._layout, sizes={**self._layout.sizes, "runs": size}))
        self._lay_out()

    def action_zoom(self) -> None:
        super().action_zoom()
        zoomed = None if self.maximized is None else self.maximized.id
        self._set_layout(replace(self._layout, zoomed=zoomed))

    def reset_layout(self) -> None:
        self._set_layout(Layout())
        self._lay_out()

    @property
    def _size_class(self) -> str:
        return next((name for name in CLASSES if self.has_class(name)), "-four")

    @property
    def _layout(self) -> Layout:
        return self.app.state.layouts.get(self._size_class, Layout())

    def _set_layout(self, layout: Layout) -> None:
        layouts = {**self.app.state.layouts, self._size_class: layout}
        self.app.state = replace(self.app.state, layouts=layouts)

    def on_descendant_focus(self) -> None:
        if self.focused is not None and _is_displayed(self.focused):
            self._focused_last = self.focused

    def on_resize(self, _event: events.Resize) -> None:
        self.call_after_refresh(self._lay_out)

    def _lay_out(self) -> None:
        """Show the panels that are wanted, and give the table its size."""
        try:
            side, table = self.query_one(HomePanels), self.query_one("#runs")
        except NoMatches:  # before it is composed
            return
        size_class, layout = self._size_class, self._layout
        names = [panel.name for panel in PANELS if panel.name not in layout.hidden]
        if size_class == "-two":
            self._one_panel = layout.zoomed if layout.zoomed in names else self._one_panel
            names = [name for name in names if name == self._one_panel]
        side.lay_out(names, beside=size_class == "-wide")
        side.display = bool(names) and size_class not in ("-one", "-tiny")
        size = layout.sizes.get("runs")
        table.styles.width = size if size and size_class in ("-wide", "-two") and side.display else None
        table.styles.height = size if size and size_class == "-four" and side.display else None
        if not side.display:
            table.styles.width, table.styles.height = "1fr", "1fr"
        self._zoom_to(layout.zoomed)
        self.laid_out()
        if self.focused is None:  # what had it was hidden, or is back
            back = [one for one in (self._focused_last, self._table) if one is not None and _is_displayed(one)]
            self.set_focus(back[0] if back else None)

    def _zoom_to(self, name: str | None) -> None:
        """Have that panel, or the table, fill the screen, if it is shown; None, or another name: nothing does."""
        panels = [self._table, *self.query_one(HomePanels).children]
        zoomed = next((one for one in panels if one.id == name and _is_displayed(one)), None)
        if zoomed is not self.maximized:
            self.maximized = zoomed
            if zoomed is not None:
                zoomed.focus()

    def laid_out(self) -> None:
        """Called when the layout is another."""


def _is_displayed(widget: Widget) -> bool:
    return widget.is_attached and all(node.display for node in widget.ancestors_with_self if isinstance(node, Widget))
