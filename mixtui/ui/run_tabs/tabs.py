"""The table of the tabs on the screen of a run, from which their digits, names, commands and widgets follow."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tab:
    """A tab; its digit is its place in TABS, counted from 1.

    `widget` names a `RunTab`, `module:class`: NumPy and plotext, which most need, are not to be imported before the
    first runs are shown.
    """

    title: str
    widget: str


TABS = (
    Tab("Diagram", "mixtui.ui.run_tabs.diagram:DiagramTab"),
    Tab("Curves", "mixtui.ui.run_tabs.curves:CurvesTab"),
    Tab("Mixup", "mixtui.ui.run_tabs.mixup:MixupTab"),
    Tab("Scores", "mixtui.ui.run_tabs.scores:ScoresTab"),
    Tab("Log", "mixtui.ui.run_tabs.log:LogTab"),
    Tab("Setup", "mixtui.ui.run_tabs.setup:SetupTab"),
)
