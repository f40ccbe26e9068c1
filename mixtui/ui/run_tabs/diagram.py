"""Tab 1: the reliability diagram, bin by bin and epoch by epoch."""

from __future__ import annotations

from dataclasses import replace

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.message import Message
from textual.timer import Timer

from mixtui.plots.reliability_size import FRAME_WIDTH, fit_size
from mixtui.plots.text_lines import words_instead
from mixtui.store.documents import queue
from mixtui.ui.commands import Command, Place, bindings
from mixtui.ui.ink import Ink
from mixtui.ui.run_tabs import diagram_panels, shown, state_words
from mixtui.ui.run_tabs.facts import Facts
from mixtui.ui.run_tabs.number_panel import number_lines
from mixtui.ui.run_tabs.score_panel import score_lines
from mixtui.ui.run_tabs.shown import Chosen, Shown
from mixtui.ui.run_tabs.tab import PlotTab, cropped, plot
from mixtui.ui.widgets.panel import Framed
from mixtui.ui.widgets.plot_panel import PlotPanel
from mixtui.wording import plural

PLAY_EVERY = 0.5  # seconds an epoch
ALL_PANELS_FROM = 32  # lines of the tab: in fewer the curves over the epochs give way, which tab 2 has too


class DiagramPanel(PlotPanel, can_focus=False):
    """The diagram; a click chooses a bin, a click or a drag on the last line an epoch."""

    class EpochPointed(Message):
        def __init__(self, column: int, columns: int) -> None:
            super().__init__()
            self.column, self.columns = column, columns

    class BinPointed(Message):
        """`room` is the columns and rows of the picture."""

        def __init__(self, column: int, room: tuple[int, int]) -> None:
            super().__init__()
            self.column, self.room = column, room

    _dragged = False

    def on_mouse_down(self, event: events.MouseDown) -> None:
        at = event.get_content_offset(self)
        if at is None:
            return
        columns, rows = self.size
        if at.y == rows - 1:
            self._dragged = True
            self.capture_mouse()
            self.post_message(self.EpochPointed(at.x, columns))
        elif at.y < (room := rows - diagram_panels.below_picture(columns, rows)):
            self.post_message(self.BinPointed(at.x, (columns, room)))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._dragged:
            self.post_message(self.EpochPointed(event.x - self.gutter.left, self.size.width))

    def on_mouse_up(self) -> None:
        if self._dragged:
            self._dragged = False
            self.release_mouse()


class DiagramTab(PlotTab):
    """Shows the diagram that `chosen` names; keys and mouse change it."""

    PLACES = (Place.DIAGRAM,)
    BINDINGS = bindings(Place.DIAGRAM)

    def __init__(self) -> None:
        super().__init__(id="diagram-tab")
        self.chosen = Chosen()
        self.waiting = ""  # what is said where there is no diagram
        self._player: Timer | None = None

    def compose(self) -> ComposeResult:
        yield DiagramPanel(cropped(self._draw_diagram), id="reliability")
        with Container(id="beside-diagram"):
            yield plot(self._draw_scores, "epoch-scores")
            yield plot(self._draw_other_bins, "other-bins")
            yield plot(self._draw_over_epochs, "over-epochs")

    def show(self, facts: Facts, now: Shown | None, ink: Ink) -> None:
        place = next((n for n, d in enumerate(queue(self.app.documents), 1) if d["id"] == facts.document["id"]), None)
        self.waiting = state_words.before_the_first(facts, place)
        super().show(facts, now, ink)

    @property
    def now(self) -> Shown | None:
        """What is shown."""
        return shown.shown(self.facts, self.chosen)

    def redraw(self) -> None:
        now = self.now
        if now is not None and self.chosen.confidence is None:
            self.chosen = shown.to_bin(now, self.chosen, now.cursor)  # it stays there from now on
        self.set_class(now is None, "-nothing")
        dot = f" {self.ink.glyphs.dot} "
        titles = {"reliability": ("Reliability", ""), "other-bins": ("Does the number hold?", "")}
        titles |= {"over-epochs": ("Over the epochs", ""), "epoch-scores": ("Scores", "")}
        if now is not None:
            titles["reliability"] = self._subject(now, dot), dot.join(self._how(now))
            titles["epoch-scores"] = "Scores", f"epoch {now.epoch}"
            if now.kind.of_class is not None:
                titles["other-bins"] = "Does the number hold?", "of this class"
            unlike = ["all classes"] * (now.kind.of_class is not None) + ["before T"] * now.kind.scaled
            titles["over-epochs"] = "Over the epochs", dot.join(unlike)
        for name, (left, right) in titles.items():
            self.query_one(f"#{name}", Framed).set_titles(left, right)
        super().redraw()

    def _subject(self, now: Shown, dot: str) -> str:
        if now.kind.of_class is None:
            return f"Reliability{dot}test, {plural(now.bins.n, 'image')}"
        return f"Class {self.ink.glyphs.words(self.facts.class_name(now.kind.of_class))} against the rest"

    def _how(self, now: Shown) -> list[str]:
        """Which bins these are; first what is unusual, since the end goes where there is no room."""
        chosen, kind = self.chosen, now.kind
        lacking = ["equal mass"] * (chosen.equal_mass > kind.equal_mass) + ["T"] * (chosen.scaled > kind.scaled)
        notes = [f"{' and '.join(lacking)}: last epoch only"] if lacking and not now.is_last else []
        bins = [f"M {now.bins.m}", now.binning]
        if kind.scaled and now.temperature is not None:
            return [f"T {now.temperature.temperature:.2f}", *bins]
        return [*notes, *bins, "T off"]

    def on_resize(self) -> None:
        self.set_class(self.size.height < ALL_PANELS_FROM, "-short")

    # Drawing

    def _draw_diagram(self, columns: int, rows: int) -> list[Text]:
        now = self.now
        if now is None:
            return [Text(), *words_instead(f" {self.ink.glyphs.words(self.waiting)}", columns, rows - 1)]
        alone = not self.query_one("#beside-diagram").display
        return diagram_panels.diagram(self.facts, now, self.ink, columns, rows, with_scores=alone)

    def _draw_scores(self, columns: int, rows: int) -> list[Text]:
        now = self.now
        return [] if now is None else score_lines(self.facts, now, self.ink, columns, rows)

    def _draw_other_bins(self, columns: int, rows: int) -> list[Text]:
        now = self.now
        return [] if now is None else number_lines(self.facts, now, self.ink, columns, rows)

    def _draw_over_epochs(self, columns: int, rows: int) -> list[Text]:
        now = self.now
        return [] if now is None else diagram_panels.over_epochs(self.facts, now, self.ink, columns, rows)

    # Commands

    def _choose(self, chosen: Chosen) -> None:
        if chosen != self.chosen:
            self.chosen = chosen
            self.redraw()
            self.post_message(self.Changed())

    def action_epoch_back(self) -> None:
        self._choose(shown.move_epoch(self.facts, self.chosen, -1))

    def action_epoch_on(self) -> None:
        self._choose(shown.move_epoch(self.facts, self.chosen, 1))

    def action_first_epoch(self) -> None:
        self._choose(shown.to_epoch(self.facts, self.chosen, 0))

    def action_last_epoch(self) -> None:
        self._choose(replace(self.chosen, epoch=None))

    def action_bin_up(self) -> None:
        self._choose(shown.move_bin(self.facts, self.chosen, 1))

    def action_bin_down(self) -> None:
        self._choose(shown.move_bin(self.facts, self.chosen, -1))

    def action_fewer_bins(self) -> None:
        self._choose(shown.change_m(self.facts, self.chosen, -1))

    def action_more_bins(self) -> None:
        self._choose(shown.change_m(self.facts, self.chosen, 1))

    def action_mass(self) -> None:
        now = self.now
        if now is not None and now.kind.of_class is not None:
            self.app.say("The bins of a class are of equal width; esc shows all classes.")
        elif self._needs_predictions("Bins of equal mass need", is_on=self.chosen.equal_mass):
            self._choose(replace(self.chosen, equal_mass=not self.chosen.equal_mass))

    def action_temperature(self) -> None:
        if self._needs_predictions("Temperature scaling needs", is_on=self.chosen.scaled):
            self._choose(replace(self.chosen, scaled=not self.chosen.scaled))

    def action_class(self) -> None:
        if self._needs_predictions("The diagram of a class needs", is_on=False):
            self._choose(shown.next_class(self.facts, self.chosen))

    def allows(self, command: Command) -> bool:
        return True

    def label_of(self, command: Command) -> str:
        if command.id == "play" and self.is_playing:
            return "pause"
        if command.id == "mass" and self.chosen.equal_mass:
            return "equal width"
        if command.id == "temperature" and self.chosen.scaled:
            return "no temperature"
        return command.label

    def leave(self) -> bool:
        """Un-zoom, then back to all classes."""
        if super().leave():
            return True
        is_class = self.chosen.class_rank is not None
        if is_class:
            self._choose(replace(self.chosen, class_rank=None, confidence=None))
        return is_class

    def _needs_predictions(self, what: str, *, is_on: bool) -> bool:
        """Whether they are there; it is said if not. What is on can always be turned off."""
        now = self.now
        if is_on or (now is not None and self.facts.last_epoch(now.epoch) is not None):
            return True
        self.app.say(f"{what} the predictions: after the last epoch only.")
        return False

    # Playing

    @property
    def is_playing(self) -> bool:
        return self._player is not None

    def action_play(self) -> None:
        """Play the epochs from the one shown, or from the first at the last one; or pause."""
        now = self.now
        if self.is_playing or now is None:
            self.pause()
            return
        if now.is_last:
            self.action_first_epoch()
        self._player = self.set_interval(PLAY_EVERY, self._play_on)
        self.post_message(self.Changed())

    def _play_on(self) -> None:
        self.action_epoch_on()
        now = self.now
        if now is None or now.is_last:
            self.pause()

    def on_hide(self) -> None:
        self.pause()

    def pause(self) -> None:
        if self._player is not None:
            self._player.stop()
            self._player = None
            self.post_message(self.Changed())

    # Mouse

    def on_diagram_panel_epoch_pointed(self, message: DiagramPanel.EpochPointed) -> None:
        index = diagram_panels.epoch_index_at(message.column, len(self.facts.epochs), message.columns)
        if self.facts.epochs:
            self._choose(shown.to_epoch(self.facts, self.chosen, index))

    def on_diagram_panel_bin_pointed(self, message: DiagramPanel.BinPointed) -> None:
        now = self.now
        size = None if now is None else fit_size(now.bins.m, *message.room)
        if size is not None and 0 <= message.column - FRAME_WIDTH < size[0]:
            self._choose(replace(self.chosen, confidence=(message.column - FRAME_WIDTH + 0.5) / size[0]))
