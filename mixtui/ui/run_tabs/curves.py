"""Tab 2: training loss, accuracy, ECE and NLL over the steps, to look into."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container
from textual.widgets import Static

from mixtui.calibration.bins import DEFAULT_M, FloatArray
from mixtui.plots.axes import Range, is_range
from mixtui.plots.curves import Curve, Drawing, Pane, draw_curves
from mixtui.plots.smoothing import ema
from mixtui.store.history import Record
from mixtui.store.paths import RunPaths
from mixtui.ui.columns import NARROW_BELOW
from mixtui.ui.commands import Place, bindings
from mixtui.ui.drawing import epoch_values
from mixtui.ui.ink import Ink
from mixtui.ui.run_tabs.facts import Facts, number_of
from mixtui.ui.run_tabs.tab import LogsTab
from mixtui.ui.smoothing_factors import FIRST_SMOOTHING, next_smoothing
from mixtui.ui.widgets.panel import Framed
from mixtui.ui.widgets.plot_panel import Draw

_CURSOR_MOVES = 40  # from one end of the picture to the other
_LEAST_STEPS = 8  # seen at once
PANELS = ("loss", "accuracy", "ece", "nll")


@dataclass(frozen=True)
class Window:
    """What is seen of the curves. `steps` of None are all; `cursor` of None stands at the last step."""

    steps: Range | None = None
    cursor: float | None = None
    smoothing: float = FIRST_SMOOTHING
    log: bool = False


def all_steps(facts: Facts) -> Range:
    """The steps that there are."""
    ends = [float(record["step"]) for record in facts.history.epochs[-1:]]
    if len(facts.steps.step):
        ends += [float(facts.steps.step[0]), float(facts.steps.step[-1])]
    low, high = min([1.0, *ends]), max([1.0, *ends])
    return (low, high) if is_range(low, high) else (low, low + 1)


def seen_steps(facts: Facts, window: Window) -> Range:
    return window.steps or all_steps(facts)


def cursor_of(facts: Facts, window: Window) -> float:
    low, high = all_steps(facts)
    return high if window.cursor is None else min(max(window.cursor, low), high)


def move_cursor(facts: Facts, window: Window, by: int) -> Window:
    """By a part of what is seen, which follows it at the edges."""
    low, high = seen_steps(facts, window)
    cursor = cursor_of(facts, window) + by * max((high - low) / _CURSOR_MOVES, 1)
    first, last = all_steps(facts)
    cursor = min(max(cursor, first), last)
    shift = min(cursor - low, 0.0) + max(cursor - high, 0.0)
    steps = None if window.steps is None else (low + shift, high + shift)
    return replace(window, cursor=None if cursor == last else cursor, steps=steps)


def zoom(facts: Facts, window: Window, factor: float) -> Window:
    """See `factor` times as many steps, the cursor staying where it is in the picture."""
    first, last = all_steps(facts)
    low, high = seen_steps(facts, window)
    cursor = min(max(cursor_of(facts, window), low), high)
    span = max((high - low) * factor, min(_LEAST_STEPS, last - first))
    if span >= last - first:
        return replace(window, steps=None)
    start = cursor - span * (cursor - low) / (high - low)
    start = min(max(start, first), last - span)
    return replace(window, steps=(start, start + span))


def nearest_record(facts: Facts, step: float) -> Record | None:
    """The epoch that ended nearest to a step."""
    return min(facts.history.epochs, key=lambda record: abs(record["step"] - step), default=None)


def values_at_cursor(facts: Facts, window: Window, ink: Ink, *, short: bool = False) -> str:
    """`step 3,910  loss 1.203  EMA .9 1.187  λ .52   epoch 5  test .66 …`."""
    cursor, parts = cursor_of(facts, window), []
    steps = facts.steps
    if len(steps.step):
        index = int(np.abs(steps.step - cursor).argmin())
        parts.append(f"step {steps.step[index]:,.0f}  loss {ink.loss(float(steps.loss[index]))}")
        if window.smoothing:
            smooth = ema(steps.loss[: index + 1], window.smoothing)[-1]
            parts.append(f"EMA {_short(window.smoothing)} {ink.loss(float(smooth))}")
        parts.append(f"λ {ink.fraction(float(steps.lam[index]))}")
    record = nearest_record(facts, cursor)
    if record is not None and short:
        test = record["metrics"]
        parts.append(f"epoch {record['epoch']} {ink.fraction(test.get('accuracy'))}")
        parts.append(f"ECE {ink.ece(test.get('ece'), facts.way_of(test))}")
    elif record is not None:
        test, train = record["metrics"], record["train_metrics"]
        m = f" M {facts.own_m}" * (facts.own_m != DEFAULT_M)
        parts.append(
            f" epoch {record['epoch']}:  accuracy {ink.fraction(test.get('accuracy'))}, "
            f"train {ink.fraction(train.get('accuracy'))}, mixed {ink.fraction(record.get('train_accuracy_mixed'))}"
        )
        parts.append(f"ECE {ink.ece(test.get('ece'), facts.way_of(test))}{m}  NLL {ink.loss(test.get('nll'))}")
    return "  ".join(parts)


def draw(facts: Facts, window: Window, name: str, ink: Ink, columns: int, rows: int) -> Drawing:
    """One of PANELS; a curve of epochs has its points where they ended."""
    logarithmic = window.log and name != "accuracy"
    return draw_curves(
        [Pane(_curves(facts, window, name, ink), log=logarithmic)],
        columns=columns,
        rows=rows,
        glyphs=ink.dots,
        x_range=seen_steps(facts, window),
        cursor=cursor_of(facts, window),
    )


def _curves(facts: Facts, window: Window, name: str, ink: Ink) -> list[Curve]:
    if name == "loss":
        loss = facts.steps.loss
        smooth = ema(loss, window.smoothing) if window.smoothing else loss
        return [Curve("", facts.steps.step, smooth, ink.series, raw=loss if window.smoothing else None)]
    ends = epoch_ends(facts)
    _, test = epoch_values(facts.history, "metrics", name)
    if name != "accuracy":
        return [Curve("", ends, test, ink.series)]
    _, train = epoch_values(facts.history, "train_metrics", name)
    return [
        Curve("mixed", ends, mixed_accuracy(facts), ink.series, line="dotted"),
        Curve("train", ends, train, ink.series, line="dashed"),
        Curve("test", ends, test, ink.series, emphasised=True),
    ]


def epoch_ends(facts: Facts) -> FloatArray:
    """The last step of each epoch."""
    return np.array([record["step"] for record in facts.history.epochs], dtype=np.float64)


def mixed_accuracy(facts: Facts) -> FloatArray:
    """The λ-weighted accuracy on the training batches of each epoch."""
    values = [number_of(record.get("train_accuracy_mixed")) for record in facts.history.epochs]
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _short(smoothing: float) -> str:
    return f"{smoothing:g}".removeprefix("0")


class CurvesTab(LogsTab):
    """Shows `window` of the curves."""

    PLACES = (Place.CURVES,)
    BINDINGS = bindings(Place.CURVES)

    def __init__(self) -> None:
        super().__init__(id="curves-tab")
        self.window = Window()

    def compose(self) -> ComposeResult:
        with Container(id="curve-panels"):
            for name in PANELS:
                yield self.plot(self._drawer(name), f"curve-{name}")
        yield Static(id="curve-values", markup=False)

    def begin_anew(self, paths: RunPaths) -> None:
        self.window = replace(self.window, steps=None, cursor=None)

    def redraw(self) -> None:
        scale = "log" if self.window.log else ""
        smoothing = f"EMA {_short(self.window.smoothing)}" if self.window.smoothing else ""
        seen = "" if self.window.steps is None else "steps {:,.0f} to {:,.0f}".format(*self.window.steps)
        right = {
            "loss": [smoothing, scale, seen],
            "accuracy": [],
            "ece": [f"M {self.facts.own_m}" * (self.facts.own_m != DEFAULT_M), scale],
            "nll": [scale],
        }
        titles = {"loss": "Training loss", "accuracy": "Accuracy", "ece": "ECE", "nll": "NLL"}
        for name, title in titles.items():
            note = f" {self.ink.glyphs.dot} ".join(filter(None, right[name]))
            self.query_one(f"#curve-{name}", Framed).set_titles(title, note)
        values = values_at_cursor(self.facts, self.window, self.ink, short=self.app.size.width < NARROW_BELOW)
        self.query_one("#curve-values", Static).update(self.ink.text(f" {values}"))
        super().redraw()

    def _drawer(self, name: str) -> Draw:
        def draw_panel(columns: int, rows: int) -> list[Text]:
            drawing = draw(self.facts, self.window, name, self.ink, columns, rows)
            lines = list(drawing.text.split("\n"))
            if drawing.notes and len(lines) >= rows:
                lines = list(draw(self.facts, self.window, name, self.ink, columns, rows - 1).text.split("\n"))
            return [*lines, *(self.ink.text(f" {note}", self.ink.warning) for note in drawing.notes[:1])]

        return draw_panel

    def _look(self, window: Window) -> None:
        if window != self.window:
            self.window = window
            self.redraw()

    def action_step_back(self) -> None:
        self._look(move_cursor(self.facts, self.window, -1))

    def action_step_on(self) -> None:
        self._look(move_cursor(self.facts, self.window, 1))

    def action_zoom_in(self) -> None:
        self._look(zoom(self.facts, self.window, 0.5))

    def action_zoom_out(self) -> None:
        self._look(zoom(self.facts, self.window, 2))

    def action_reset(self) -> None:
        self._look(replace(self.window, steps=None, cursor=None))

    def action_log_scale(self) -> None:
        self._look(replace(self.window, log=not self.window.log))

    def action_smoothing(self) -> None:
        self._look(replace(self.window, smoothing=next_smoothing(self.window.smoothing)))
