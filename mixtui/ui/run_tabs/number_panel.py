"""Does the number hold? The ECE with other numbers of bins, other bins and none, each beside its noise floor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from rich.text import Text

from mixtui.calibration import bin_scores
from mixtui.calibration.debiased import debiased_ece
from mixtui.plots.alpha_colors import SeriesStyle
from mixtui.plots.curves import Curve, Pane, draw_curves
from mixtui.ui.ink import Ink
from mixtui.ui.run_tabs.facts import Facts
from mixtui.ui.run_tabs.shown import Shown, sides_by_m
from mixtui.ui.run_tabs.side import Side, side_of

_NAME, _CELL = 7, 5  # columns
_CURVES_FROM = 12  # rows


def number_lines(facts: Facts, now: Shown, ink: Ink, columns: int, rows: int) -> list[Text]:
    """A column for each number of bins that has room, the one that is shown in bold, and the scores without such;
    below them curves, in a panel of many rows."""
    known = sides_by_m(facts, now)
    sides = _fitting(known, now.m, max(columns - 1 - _NAME, 0) // _CELL)
    floors = [_floor(facts, side) for side in sides]
    eces = [bin_scores.ece(side.bins) for side in sides]
    mark = ink.glyphs.direction(now.way)
    lines = [
        _cells(ink, "M", [str(side.m) for side in sides], sides, now.m),
        _cells(ink, f"ECE {mark}", list(map(ink.fraction, eces)), sides, now.m),
        _cells(ink, "floor", list(map(ink.fraction, floors)), sides, now.m),
        ink.text(_without_m(facts, now, ink)),
    ]
    if rows >= _CURVES_FROM and len(known) > 1:
        lines += [Text(), *_curves(facts, now, known, ink, columns, rows - len(lines) - 1)]
    return lines


def _fitting(sides: list[Side], chosen: int, room: int) -> list[Side]:
    """Without the least telling numbers of bins."""
    for spare in (60, 50, 20, 5, 100, 30, 10):
        if len(sides) > room:
            sides = [side for side in sides if side.m != spare or side.m == chosen]
    return sides[:room]


def _floor(facts: Facts, side: Side) -> float | None:
    floor = side.certainty.floor if side.certainty else facts.certainties.floor(side.fine, side.m)
    return None if floor is None else floor.mean


def _curves(facts: Facts, now: Shown, sides: Sequence[Side], ink: Ink, columns: int, rows: int) -> list[Text]:
    """ECE and floor against the number of bins, with a line at the one that is shown."""
    ms = np.array([side.m for side in sides], dtype=np.float64)
    eces = np.array([bin_scores.ece(side.bins) for side in sides])
    floors = np.array([np.nan if floor is None else floor for floor in (_floor(facts, side) for side in sides)])
    curves = [
        Curve("floor", ms, floors, SeriesStyle(line="dashed")),
        Curve("ECE", ms, eces, ink.series, emphasised=True),
    ]
    top = float(np.nanmax([*eces, *floors]))
    drawing = draw_curves(
        [Pane(curves, y_range=(0.0, max(1.1 * top, 0.01)))],
        columns=columns,
        rows=rows,
        glyphs=ink.dots,
        x_range=(0.0, float(ms.max())),
        x_name="M",
        cursor=float(now.m),
    )
    return list(drawing.text.split("\n"))


def _without_m(facts: Facts, now: Shown, ink: Ink) -> str:
    """`equal mass .167   L2 .179   smECE .163`."""
    scores = [f"L2 {ink.fraction(debiased_ece(now.bins))}"]
    if now.kind.of_class is None:
        scores = [f"equal mass {ink.fraction(_equal_mass(facts, now))}", *scores]
        scores.append(f"smECE {ink.fraction(now.side.metrics.get('smooth_ece'))}")
    return f" {'   '.join(scores)}"


def _equal_mass(facts: Facts, now: Shown) -> object:
    side = side_of(facts, now.epoch, replace(now.kind, equal_mass=True))
    if side is not None:
        return bin_scores.ece(side.bins)
    return now.side.metrics.get("equal_mass_ece") if now.m == facts.own_m else None


def _cells(ink: Ink, head: str, figures: Sequence[str], sides: Sequence[Side], chosen: int) -> Text:
    line = Text.assemble(ink.quiet(f" {head:<{_NAME}}"), no_wrap=True, overflow="crop")
    for figure, side in zip(figures, sides, strict=True):
        line.append(f"{figure:>{_CELL}}", "bold" if side.m == chosen else "")
    return line
