"""The pictures in the panels of the home screen."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import Any

from rich.text import Text

from mixtui.calibration.bins import DEFAULT_M
from mixtui.calibration.mixup_floor import mixed_loss_floor
from mixtui.figures import ece_margin
from mixtui.plots.axes import Range
from mixtui.plots.curves import Curve, Drawing, Pane, draw_curves
from mixtui.plots.reliability import reliability_picture
from mixtui.plots.smoothing import ema
from mixtui.plots.text_lines import fill_lines
from mixtui.ui.columns import run_direction
from mixtui.ui.drawing import bins_of, curve_glyphs, diagram_glyphs, epoch_values
from mixtui.ui.glyphs import Glyphs
from mixtui.ui.home.view import HomeView, PlottedRun
from mixtui.ui.words import fraction, number, plural


class HomePlots:
    """Draws views, and remembers the ranges of the axes from one picture to the next, so that they hold still."""

    def __init__(self, give_way: Callable[[], None]) -> None:
        self._give_way = give_way  # called between two pieces of work, for whatever is more urgent
        self._ranges: dict[str, tuple[Range, ...]] = {}

    def draw(self, name: str, view: HomeView, columns: int, rows: int) -> list[Text]:
        """The picture of the panel `name`: loss, scores or diagram."""
        match name:
            case "loss":
                return self._loss(view, columns, rows)
            case "scores":
                return self._scores(view, columns, rows)
            case _:
                return _diagram(view, columns, rows)

    def _loss(self, view: HomeView, columns: int, rows: int) -> list[Text]:
        """Training loss over steps, and below it how low it can fall."""
        if not any(len(run.view.steps.step) for run in view.runs):
            return [Text(), _secondary(view, "No steps yet.")] if view.runs else _nothing_yet(view, columns)
        curves = []
        for run in view.runs:
            self._give_way()
            steps, on_top = run.view.steps, _is_on_top(view, run)
            smooth = ema(steps.loss, view.smoothing) if view.smoothing else steps.loss
            raw = steps.loss if view.smoothing and len(view.runs) == 1 else None
            curves.append(Curve(_label(view, run), steps.step, smooth, run.style, raw=raw, emphasised=on_top))
        previous = self._ranges.get("loss", (None,))
        drawing = self._drawn(
            "loss", [Pane(curves, previous_range=previous[0], log=view.log_scale)], view, columns, rows
        )
        return [*drawing.text.split("\n"), _loss_note(view, drawing.notes, columns)]

    def _scores(self, view: HomeView, columns: int, rows: int) -> list[Text]:
        """Accuracy on the test split (solid) and on clean training images (dashed), and ECE, after each epoch."""
        if not any(run.view.history.epochs for run in view.runs):
            return _nothing_yet(view, columns)
        previous = self._ranges.get("scores", (None, None))
        accuracy = Pane(
            _score_curves(view, "accuracy"),
            title=view.ink.glyphs.words("accuracy  test ─ train, clean ┄"),
            previous_range=previous[0],
        )
        ece = Pane(_score_curves(view, "ece"), title="ECE", previous_range=previous[1])
        drawing = self._drawn("scores", [accuracy, ece], view, columns, rows)
        epochs = max(run.document.get("epochs") or 0 for run in view.runs)
        done = max(len(run.view.history.epochs) for run in view.runs)
        note = f"{done} of {plural(epochs, 'epoch')} · {plural(len(view.runs), 'run')}"
        return [*drawing.text.split("\n"), _secondary(view, note)]

    def _drawn(self, name: str, panes: Sequence[Pane], view: HomeView, columns: int, rows: int) -> Drawing:
        x_name = "step" if name == "loss" else "epoch"
        glyphs = curve_glyphs(view.ink.glyphs)
        self._give_way()
        drawing = draw_curves(panes, columns=columns, rows=rows - 1, glyphs=glyphs, x_name=x_name)
        self._ranges[name] = drawing.y_ranges
        return drawing


def _score_curves(view: HomeView, metric: str) -> list[Curve]:
    curves = []
    for run in view.runs:
        on_top = _is_on_top(view, run)
        if metric == "accuracy" and on_top:
            epochs, values = epoch_values(run.view.history, "train_metrics", metric)
            curves.append(Curve("", epochs, values, run.style, line="dashed"))
        epochs, values = epoch_values(run.view.history, "metrics", metric)
        curves.append(Curve(_label(view, run), epochs, values, run.style, emphasised=on_top))
    return curves


def _diagram(view: HomeView, columns: int, rows: int) -> list[Text]:
    """The reliability diagram of the run under the cursor, after its last epoch."""
    bins = None if view.view is None else bins_of(view.view.history)
    if view.at_cursor is None or view.at_cursor["state"] == "broken" or bins is None:
        return _nothing_yet(view, columns)
    ink = view.ink
    picture = reliability_picture(
        bins, columns, rows - 1, colors=ink.colors, ground=ink.ground, glyphs=diagram_glyphs(ink.glyphs)
    )
    caption = fill_lines(_caption(view.at_cursor, ink.glyphs), columns - 1, "  ")  # a dot would read as a mark
    return [*picture, *(_secondary(view, line) for line in caption[: rows - len(picture)])]


def _caption(document: dict[str, Any], glyphs: Glyphs) -> list[str]:
    """`ECE .022 ±.007 ▼`, `floor .011`, `T 0.93`, `says .678, right .700`: what is known, the most telling first."""
    metrics: dict[str, Any] = document.get("metrics") or {}
    m, floor, temperature = document["config"].get("bins"), metrics.get("ece_floor"), metrics.get("temperature")
    ece, says, right = (fraction(metrics.get(name), glyphs) for name in ("ece", "confidence", "accuracy"))
    parts = [f"ECE {ece}", ece_margin(metrics), glyphs.direction(run_direction(document)).strip()]
    parts += [f"M {m}"] * (m != DEFAULT_M)
    floors = [f"floor {fraction(floor, glyphs)}"] * (floor is not None)
    scaling = [f"T {temperature:.2f}"] if isinstance(temperature, float) and 0 < temperature < 1000 else []
    return [glyphs.words(" ".join(filter(None, parts))), *floors, *scaling, f"says {says}, right {right}"]


def _loss_note(view: HomeView, notes: Sequence[str], columns: int) -> Text:
    """What could not be drawn; else how many runs are plotted, and, where there is room, the floor of the loss."""
    if notes:
        return Text(view.ink.glyphs.words(f" {notes[0]}"), view.ink.warning, no_wrap=True)
    parts = [plural(view.wanted, "run")]
    document = view.runs[-1].document
    classes, alpha = (document.get("data") or {}).get("classes"), document["config"]["alpha"]
    if isinstance(classes, list) and len(classes) > 1 and alpha:
        floor = fraction(mixed_loss_floor(alpha, len(classes)), view.ink.glyphs)
        parts.append(view.ink.glyphs.words(f"floor α {number(alpha)}: {floor} nats"))
    return _secondary(view, fill_lines(parts, columns - 1, " · ")[0])


def _nothing_yet(view: HomeView, columns: int) -> list[Text]:
    """Why there is nothing to draw, and what to do about it."""
    document = view.at_cursor
    if document is None:
        words = "Panels follow the cursor."
    elif document["state"] == "queued":
        words = f"It is queued: {view.queue_note}" if view.queue_note else "It waits for a free place."
    elif document["state"] == "broken":
        words = "It cannot be read."
    elif document["state"] in ("starting", "running") and not document.get("epoch"):
        soon = f", in about {round(view.seconds_per_epoch)} s" if view.seconds_per_epoch else ""
        words = f"The first diagram comes after epoch 1{soon}."
    elif view.view is None:
        words = "…"
    else:
        words = "No epoch was finished."
    return [Text(), *(_secondary(view, line) for line in textwrap.wrap(words, max(columns - 1, 1)))]


def _label(view: HomeView, run: PlottedRun) -> str:
    return view.ink.glyphs.words(f"α {number(run.document['config']['alpha'])}")


def _is_on_top(view: HomeView, run: PlottedRun) -> bool:
    return view.at_cursor is not None and run.document["id"] == view.at_cursor["id"]


def _secondary(view: HomeView, words: str) -> Text:
    return Text(f" {view.ink.glyphs.words(words)}", view.ink.secondary, no_wrap=True)
