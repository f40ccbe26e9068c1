"""The fields of the form for new runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Static

from mixtui.config import MODELS, MixupPer, Precision, Schedule, Stem
from mixtui.datasets.catalog import CATALOG
from mixtui.plots.alpha_colors import KNOWN_ALPHAS, alpha_styles
from mixtui.ui.new_runs.form import OWN, REFERENCE, Entries
from mixtui.ui.number_cells import number
from mixtui.ui.widgets.choice import Choice, Option
from mixtui.ui.widgets.field import Entry, Field
from mixtui.ui.widgets.fold import Fold
from mixtui.ui.widgets.panel import Framed

if TYPE_CHECKING:
    from mixtui.ui.app import MixtuiApp

LEAVE_OUT, AGAIN = "leave-out", "again"
_GROUPS = {
    "training": (
        *("batch_size", "lr", "momentum", "weight_decay", "schedule", "label_smoothing", "augment", "mixup_per"),
        "stem",
    ),
    "evaluation": ("bins", "holdout"),
    "machine": ("device", "precision", "retries", "slots_per_gpu", "keep_checkpoints"),
}


class RunForm(Framed):
    """Shows the fields; `entries` is what stands in them."""

    app: MixtuiApp

    def __init__(self, *, id: str) -> None:  # noqa: A002 - as Textual calls it
        super().__init__(id=id)
        # By name: looking a widget up in the tree takes a millisecond, and there are thirty at every key.
        self._entries: dict[str, Entry] = {}
        self._choices: dict[str, Choice] = {}
        self._fields: dict[str, Field] = {}
        self._folds: dict[str, Fold] = {}

    def compose(self) -> ComposeResult:
        with Vertical(id="fields"):  # scrolls, but takes no arrow key as VerticalScroll would
            yield self._field("ticked", self._words("α"), self._choice("ticked", self._alphas(), several=True))
            yield self._text("more", 24, "  more", hint="a list or range: 0.05, 0.5:0.9:0.1")
            yield self._text("seeds", 6, "Seeds")
            options = [Option(name, name) for name in CATALOG] + [Option(OWN, "your own")]
            yield self._field("dataset", "Data set", self._choice("dataset", options, one_a_line=True))
            yield self._text("own_dataset", 40, "  where", placeholder="folder:PATH")
            yield self._text("model", 24, "Model", suggester=SuggestFromList(MODELS, case_sensitive=False))
            yield self._text("epochs", 8, "Epochs")
            yield self._text("tag", 20, "Tag")
            yield self._fold("Training", self._training())
            yield self._fold("Evaluation", self._evaluation())
            yield self._fold("Machine", self._machine())
        self._here = Vertical(id="here")
        with self._here:
            self._here_text = Static(markup=False, id="here-text")
            yield self._here_text
            yield self._choice("again", [Option(LEAVE_OUT, "leave them out"), Option(AGAIN, "run them again")])

    def on_mount(self) -> None:
        self.set_titles("Which runs")
        self._here.display = self._fields["own_dataset"].display = False

    @property
    def entries(self) -> Entries:
        values: dict[str, Any] = {name: entry.value for name, entry in self._entries.items()}
        for name, choice in self._choices.items():
            match name, choice.chosen:
                case "ticked", chosen:
                    values["ticked"] = tuple(map(float, chosen))
                case "again", chosen:
                    values["again"] = chosen == [AGAIN]
                case "augment" | "keep_checkpoints", chosen:
                    values[name] = bool(chosen)
                case _, [value]:
                    values[name] = value
        return Entries(**values)

    @property
    def alpha_at_cursor(self) -> float | None:
        choice = self._choices["ticked"]
        return float(choice.at_cursor) if choice.has_focus else None

    def show_faults(self, faults: Mapping[str, str]) -> None:
        """Say what is wrong below each field; a folded group with a fault unfolds."""
        for name, field in self._fields.items():
            field.tell(fault=self._words(faults.get(name, "")))
        for group, names in _GROUPS.items():
            if faults.keys() & set(names):
                self._folds[group].open = True

    def show_note(self, name: str, note: str | None = None, hint: str | None = None) -> None:
        """Change what stands beside a field that is right, and below it."""
        words = [None if text is None else self._words(text) for text in (note, hint)]
        self._fields[name].tell(note=words[0], hint=words[1])

    def show_group(self, name: str, summary: str) -> None:
        self._folds[name].set_summary(self._words(summary))

    def open_groups(self) -> None:
        for fold in self._folds.values():
            fold.open = True

    def show_alpha_colors(self) -> None:
        self._choices["ticked"].set_options(self._alphas())

    def show_data_sets(self, notes: Mapping[str, str]) -> None:
        choice = self._choices["dataset"]
        options = [Option(name, name) for name in CATALOG] + [Option(OWN, "your own")]
        choice.set_options(options, {name: self._words(note) for name, note in notes.items()})
        self._fields["own_dataset"].display = choice.chosen == [OWN]

    def show_tag(self, placeholder: str) -> None:
        self._entries["tag"].placeholder = placeholder

    def show_here(self, told: str, left: int) -> None:
        """What of these runs is here already; an empty text where nothing is. `left` are to run without it."""
        self._here.display = bool(told)
        if self._here_text.content != self._words(told):
            self._here_text.update(self._words(told))
        options = [Option(LEAVE_OUT, f"leave them out: {left:,} to run"), Option(AGAIN, "run them again")]
        self._choices["again"].set_options(options)

    def _words(self, text: str) -> str:
        return self.app.glyphs.words(text)

    def _alphas(self) -> list[Option]:
        styles = alpha_styles(KNOWN_ALPHAS, self.app.color_depth, self.app.ground)
        return [Option(str(alpha), _label(alpha), styles[alpha].textual) for alpha in KNOWN_ALPHAS]

    def _training(self) -> list[Widget]:
        return [
            self._text("batch_size", 8, "  batch size", "images a step"),
            self._text("lr", 10, "  lr", "learning rate of SGD"),
            self._text("momentum", 10, "  momentum"),
            self._text("weight_decay", 10, "  decay", "L2 weight decay of SGD"),
            self._one_of("schedule", "  schedule", get_args(Schedule)),
            self._text("label_smoothing", 10, "  smoothing", "share of each label spread over all classes"),
            self._flag("augment", "  augment", "random crops and flips"),
            self._one_of("mixup_per", self._words("  one λ per"), get_args(MixupPer)),
            self._one_of("stem", "  stem", get_args(Stem)),
        ]

    def _evaluation(self) -> list[Widget]:
        return [
            self._text("bins", 6, "  bins", "of the ECE, equal width"),
            self._text("holdout", 8, "  holdout", "images kept out, to fit T on"),
        ]

    def _machine(self) -> list[Widget]:
        return [
            self._text("device", 10, "  device", "auto, cpu, cuda or cuda:N"),
            self._one_of("precision", "  precision", ("auto", *get_args(Precision))),
            self._text("retries", 6, "  retries", "after a crash, from the checkpoint"),
            self._text("slots_per_gpu", 6, "  at once", "on one GPU; empty: what fits"),
            self._flag("keep_checkpoints", "  keep", "a checkpoint of every epoch"),
        ]

    def _text(self, name: str, columns: int, label: str, note: str = "", hint: str = "", **more: Any) -> Field:
        self._entries[name] = Entry(getattr(REFERENCE, name), columns, id=name, **more)
        return self._field(name, label, self._entries[name], note=note, hint=self._words(hint))

    def _one_of(self, name: str, label: str, values: Sequence[str]) -> Field:
        return self._field(name, label, self._choice(name, [Option(value, value) for value in values]))

    def _flag(self, name: str, label: str, words: str) -> Field:
        return self._field(name, label, self._choice(name, [Option("yes", words)], several=True))

    def _choice(
        self, name: str, options: Sequence[Option], *, several: bool = False, one_a_line: bool = False
    ) -> Choice:
        value = getattr(REFERENCE, name)
        if isinstance(value, tuple):
            chosen = [str(alpha) for alpha in value]
        elif isinstance(value, bool):
            chosen = [LEAVE_OUT] if name == "again" else []
        else:
            chosen = [value]
        choice = Choice(options, chosen, self.app.glyphs, several=several, one_a_line=one_a_line, id=name)
        self._choices[name] = choice
        return choice

    def _field(self, name: str, label: str, control: Widget, *, note: str = "", hint: str = "") -> Field:
        edge = "|" if self.app.glyphs.ascii else "▏"
        self._fields[name] = Field(name, label, control, edge, note=note, hint=hint)
        return self._fields[name]

    def _fold(self, title: str, children: list[Widget]) -> Fold:
        name = title.lower()
        self._folds[name] = Fold(title, children, self.app.glyphs, id=f"group-{name}")
        return self._folds[name]


def _label(alpha: float) -> str:
    return "1.0" if alpha == 1 else number(alpha)
