"""The training loss of the plotted runs, step by step."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from mixtui.calibration.mixup_floor import mixed_loss_floor
from mixtui.plots.curves import Curve, Pane
from mixtui.plots.smoothing import ema
from mixtui.plots.text_lines import fill_lines
from mixtui.ui.home.live_curves import LiveCurves
from mixtui.ui.home.nothing_yet import nothing_yet
from mixtui.ui.home.view import HomeView
from mixtui.ui.number_cells import fraction, number
from mixtui.wording import plural


def draw(view: HomeView, curves: LiveCurves, columns: int, rows: int) -> list[Text]:
    """The smoothed loss of each run, and below how low it can fall; that of a single run as it is, too."""
    if not any(len(run.view.steps.step) for run in view.runs):
        return [Text(), view.ink.quiet(" No steps yet.")] if view.runs else nothing_yet(view, columns)
    losses = []
    for run in view.runs:
        curves.give_way()
        steps = run.view.steps
        smooth = ema(steps.loss, view.smoothing) if view.smoothing else steps.loss
        raw = steps.loss if view.smoothing and len(view.runs) == 1 else None
        losses.append(Curve(view.label(run), steps.step, smooth, run.style, raw=raw, emphasised=view.is_on_top(run)))
    pane = Pane(losses, log=view.log_scale)
    drawing = curves.draw([pane], view.ink.glyphs, columns, rows - 1, x_name="step")
    return [*drawing.text.split("\n"), _note(view, drawing.notes, columns)]


def _note(view: HomeView, notes: Sequence[str], columns: int) -> Text:
    """What could not be drawn; else how many runs are plotted, and, where there is room, the floor of the loss."""
    if notes:
        return view.ink.text(f" {notes[0]}", view.ink.warning)
    parts = [plural(view.wanted, "run")]
    document = view.runs[-1].document
    classes, alpha = (document.get("data") or {}).get("classes"), document["config"]["alpha"]
    if isinstance(classes, list) and len(classes) > 1 and alpha:
        floor = fraction(mixed_loss_floor(alpha, len(classes)), view.ink.glyphs)
        parts.append(view.ink.glyphs.words(f"floor α {number(alpha)}: {floor} nats"))
    return view.ink.quiet(f" {fill_lines(parts, columns - 1, ' · ')[0]}")
