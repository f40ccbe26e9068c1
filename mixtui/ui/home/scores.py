"""Accuracy and ECE of the plotted runs, epoch by epoch."""

from __future__ import annotations

from rich.text import Text

from mixtui.plots.curves import Curve, Pane
from mixtui.ui.drawing import epoch_values
from mixtui.ui.home.live_curves import LiveCurves
from mixtui.ui.home.nothing_yet import nothing_yet
from mixtui.ui.home.view import HomeView
from mixtui.wording import plural


def draw(view: HomeView, curves: LiveCurves, columns: int, rows: int) -> list[Text]:
    """Accuracy on the test split (solid) and on clean training images (dashed), and ECE, after each epoch."""
    if not any(run.view.history.epochs for run in view.runs):
        return nothing_yet(view, columns)
    accuracy = Pane(_curves(view, "accuracy"), title=view.ink.glyphs.words("accuracy  test ─ train, clean ┄"))
    ece = Pane(_curves(view, "ece"), title="ECE")
    drawing = curves.draw([accuracy, ece], view.ink.glyphs, columns, rows - 1, x_name="epoch")
    epochs = max(run.document.get("epochs") or 0 for run in view.runs)
    done = max(len(run.view.history.epochs) for run in view.runs)
    note = f"{done} of {plural(epochs, 'epoch')} · {plural(len(view.runs), 'run')}"
    return [*drawing.text.split("\n"), view.ink.quiet(f" {note}")]


def _curves(view: HomeView, metric: str) -> list[Curve]:
    curves = []
    for run in view.runs:
        on_top = view.is_on_top(run)
        if metric == "accuracy" and on_top:
            epochs, values = epoch_values(run.view.history, "train_metrics", metric)
            curves.append(Curve("", epochs, values, run.style, line="dashed"))
        epochs, values = epoch_values(run.view.history, "metrics", metric)
        curves.append(Curve(view.label(run), epochs, values, run.style, emphasised=on_top))
    return curves
