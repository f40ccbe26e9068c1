"""Tab 4: every score, the worst classes, how well confidence ranks, other test sets, and the scores of every epoch."""

from __future__ import annotations

from rich.text import Text

from mixtui.ui.commands import Command
from mixtui.ui.ink import Ink
from mixtui.ui.run_tabs.beside import beside
from mixtui.ui.run_tabs.epoch_table import epoch_table, markdown
from mixtui.ui.run_tabs.facts import Facts
from mixtui.ui.run_tabs.risk import risk_lines
from mixtui.ui.run_tabs.score_table import score_table
from mixtui.ui.run_tabs.scrolling import ScrollingLines
from mixtui.ui.run_tabs.shift_table import shift_lines
from mixtui.ui.run_tabs.shown import Shown
from mixtui.ui.run_tabs.tab import RunTab
from mixtui.ui.run_tabs.worst_classes import class_lines

_CURVE_WIDTH = 44  # columns of the risk–coverage curve


def score_tab_lines(facts: Facts, epoch: int, ink: Ink, columns: int) -> list[Text]:
    """What there is, two parts beside each other where they have room."""
    last, shifts = facts.last_epoch(epoch), facts.extras.shifts
    parts = [score_table(facts, epoch, ink)]
    if last is not None:
        ranking = risk_lines(last.risk_coverage, ink, min(_CURVE_WIDTH, columns))
        parts.append([*class_lines(facts, last, ink), Text(), *ranking])
    parts.append(epoch_table(facts, epoch, ink))
    if shifts is not None and shifts.sets:
        parts.insert(-1, shift_lines(facts, shifts, ink))
    return _packed(parts, columns)


def _packed(parts: list[list[Text]], columns: int) -> list[Text]:
    """The parts below each other, with a blank line between; one beside the one before it where both fit."""
    lines: list[Text] = []
    while parts:
        first, *parts = parts
        both = beside(first, parts[0], columns, gap=2) if parts else None
        if both is not None:
            parts = parts[1:]
        lines += [Text(), *(both or first)]
    return lines


class ScoresTab(ScrollingLines, RunTab):
    def __init__(self) -> None:
        super().__init__(id="scores-tab")

    def show(self, facts: Facts, now: Shown | None, ink: Ink) -> None:
        self.facts = facts
        if now is None:
            self.show_lines([ink.text(" The first scores come after epoch 1.")])
            return
        self.show_lines(score_tab_lines(facts, now.epoch, ink, self.app.size.width - 1))

    def allows(self, command: Command) -> bool:
        return command.id != "zoom"

    def copied(self) -> str:
        return markdown(self.facts) if self.facts.document.get("epoch") else super().copied()
