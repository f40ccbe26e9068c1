"""Tab 6: how the run was set up, where it ran, how it ended, and what a person noted."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any, Self

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from mixtui.config import RunConfig
from mixtui.recipe_options import exact, recipe_options
from mixtui.store.documents import Document, is_read_only
from mixtui.store.paths import RunPaths
from mixtui.terminal_text import printable
from mixtui.ui.actions import runs_dir_option
from mixtui.ui.commands import Command, Place, bindings
from mixtui.ui.ink import Ink
from mixtui.ui.number_cells import number
from mixtui.ui.run_tabs.beside import beside
from mixtui.ui.run_tabs.facts import Facts
from mixtui.ui.run_tabs.scrolling import ScrollingLines
from mixtui.ui.run_tabs.shown import Shown
from mixtui.ui.run_tabs.tab import RunTab
from mixtui.ui.widgets.typed_line import TypedText

Section = tuple[str, list[tuple[str, str]]]
"""A title, and under it names and what they stand for; a name may be empty."""

TWO_COLUMNS_FROM = 100
_RECIPE_WIDTH = 44
_NAME = 16  # columns of what is on the left
_DEFAULTS = RunConfig(alpha=0).to_json()
_LONGEST = 20_000  # characters of one text


def setup_lines(facts: Facts, command: str, ink: Ink, columns: int) -> list[Text]:
    """Everything that is not a figure of the training, wrapped to `columns`; `command` makes the run again."""
    recipe, rest = _recipe(facts), _sections(facts, command)
    if columns < TWO_COLUMNS_FROM:
        return [*_lines(recipe, ink, columns), *_lines(rest, ink, columns)]
    left = _lines(recipe, ink, _RECIPE_WIDTH)
    right = _lines(rest, ink, columns - _RECIPE_WIDTH)
    left[0].append(" " * _RECIPE_WIDTH)
    return beside(left, right, columns, gap=0) or [*left, *right]


def _lines(sections: Iterable[Section], ink: Ink, columns: int) -> list[Text]:
    """Each section with its title; entries without a value are left out, and sections without such."""
    lines: list[Text] = []
    for title, entries in sections:
        shown = [(name, value) for name, value in entries if value]
        if shown:
            lines += [Text(), ink.text(f" {title}", "bold")]
            for name, value in shown:
                lines += _entry(name, value, ink, columns)
    return lines


def _recipe(facts: Facts) -> list[Section]:
    """The configuration, what differs from the default first."""
    config = {name: value for name, value in facts.config.items() if name not in ("fallback", "dataset_requested")}
    own = [(_words(name), _value(value)) for name, value in config.items() if _is_own(name, value)]
    rest = [(_words(name), _value(value)) for name, value in config.items() if not _is_own(name, value)]
    return [("Recipe: its own", own), ("Recipe: as by default", rest)]


def _is_own(name: str, value: object) -> bool:
    return name in ("alpha", "seed") or value != _DEFAULTS.get(name)


def _sections(facts: Facts, command: str) -> list[Section]:
    document, history = facts.document, facts.history
    data = history.data or {}
    last = history.attempts[-1] if history.attempts else {}
    versions = last.get("versions")
    reason = printable(document.get("reason") or "")
    return [
        (
            "State",
            [
                ("state", printable(document["state"]) + f" ({reason})" * bool(reason)),
                ("", printable(document.get("sentence") or "")),
                *_texts(document, "launcher", "job"),
                *_texts(document, "created", "started", "ended"),
            ],
        ),
        ("Note", [("", document.get("note") or _no_note(document))]),
        (
            "Labels",
            [
                *_texts(document, "id", "name"),
                ("tags", ", ".join(map(printable, document.get("tags") or []))),
                ("pinned", "yes" * bool(document.get("pinned"))),
                ("tries again", printable(document.get("retry_of") or "")),
            ],
        ),
        ("Warnings", [("", warning) for warning in history.warnings]),
        ("May differ from an undisturbed run", [("", reason) for reason in history.inexact]),
        ("Again", [("", command)]),
        ("Folder", [("", printable(document.get("path") or ""))]),
        (
            "Data",
            [
                *_texts(data, "name", "path"),
                ("images", _images(facts)),
                ("content key", printable(data.get("key") or "")),
                ("fallback", "stands in for CIFAR-10, which could not be had" * bool(document.get("fallback"))),
            ],
        ),
        ("Machine", [*_texts(last, "host", "processor", "device"), ("versions", _versions(versions))]),
        (
            "Attempts",
            [
                (str(one["attempt"]), one["time"] + (f"  on {one['host']}" if one["host"] else ""))
                for one in history.attempts
            ],
        ),
    ]


def _no_note(document: Document) -> str:
    return "None." if is_read_only(document) else "None yet; e writes one."


def _texts(record: Mapping[str, Any], *names: str) -> list[tuple[str, str]]:
    return [(name, printable(record.get(name) or "")) for name in names]


def _versions(versions: object) -> str:
    known = versions.items() if isinstance(versions, dict) else ()
    return ", ".join(f"{name} {version}" for name, version in known)


def _entry(name: str, value: str, ink: Ink, columns: int) -> list[Text]:
    """A value, each of its lines wrapped; without a name it begins further left."""
    indent = _NAME + 3 if name else 3
    wrapped = [
        part
        for line in value[:_LONGEST].splitlines() or [""]
        for part in textwrap.wrap(printable(line), max(columns - indent - 1, 10)) or [""]
    ]
    texts = []
    for index, part in enumerate(wrapped):
        head = f"{printable(name)[:_NAME]:<{_NAME}}" if name and index == 0 else " " * (indent - 3)
        texts.append(Text.assemble("   ", ink.quiet(head), ink.text(part), no_wrap=True, overflow="crop"))
    return texts


def _words(name: str) -> str:
    return {"alpha": "α", "lr": "learning rate"}.get(name, name.replace("_", " "))


def _value(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else number(value)


def _images(facts: Facts) -> str:
    data = facts.history.data or {}
    train, test = data.get("n_train"), data.get("n_test")
    shape = data.get("image_shape")
    parts = [f"{train:,} for training" if isinstance(train, int) else "", f"{test:,} for the test" if test else ""]
    parts.append(f"{facts.classes} classes" if facts.classes else "")
    parts.append(" × ".join(map(printable, shape)) if isinstance(shape, list) else "")
    return ", ".join(filter(None, parts))


def again_command(facts: Facts, options: Iterable[str] = ()) -> str:
    """What makes the run again; `options` are more for the command."""
    config = facts.config
    words = ["mixtui", "run", "--alpha", exact(config.get("alpha"))]
    if seed := config.get("seed"):
        words += ["--seed", exact(seed)]
    words += recipe_options({**config, "dataset_requested": _data_set_to_name(facts)})
    if config.get("device") == "cpu":
        words += ["--device", "cpu"]
    return shlex.join([*map(printable, words), *options])


def _data_set_to_name(facts: Facts) -> object:
    """What a person asked for; of a run that came with mixtui a folder of images may have lost its path."""
    asked = facts.config.get("dataset_requested") or facts.config.get("dataset")
    is_without_path = str(asked).startswith("folder:") and "/" not in str(asked)
    return "folder:PATH" if is_without_path and is_read_only(facts.document) else asked


class NoteEditor(TypedText):
    """Where a note is written; what was written is lost unless it is saved."""

    PLACES = (Place.NOTE,)
    BINDINGS = bindings(Place.NOTE)

    class Done(Message):
        """`note` is None where it was not to be saved."""

        def __init__(self, note: str | None) -> None:
            super().__init__()
            self.note = note

    def action_save(self) -> None:
        self.post_message(self.Done(self.text))

    def action_discard(self) -> None:
        self.post_message(self.Done(None))


class SetupTab(Vertical, RunTab):
    """The lines, and while a note is written its editor."""

    def __init__(self) -> None:
        super().__init__(id="setup-tab")

    def compose(self) -> ComposeResult:
        yield ScrollingLines(id="setup-lines")
        yield Static("Note", id="note-title", markup=False)
        yield NoteEditor(id="note-editor", tab_behavior="focus")

    def show(self, facts: Facts, now: Shown | None, ink: Ink) -> None:
        self.facts = facts
        command = again_command(facts, runs_dir_option(self.app.store.root))
        lines = self.query_one(ScrollingLines)
        lines.show_lines(setup_lines(facts, command, ink, self.app.size.width - 2))

    def begin_anew(self, paths: RunPaths) -> None:
        if self.is_editing:
            self.end_editing()

    def focus(self, scroll_visible: bool = True) -> Self:
        self.query_one(NoteEditor if self.is_editing else ScrollingLines).focus(scroll_visible)
        return self

    def copied(self) -> str:
        return str(self.facts.document["path"])

    # The note

    @property
    def is_editing(self) -> bool:
        return self.has_class("-editing")

    def allows(self, command: Command) -> bool:
        return super().allows(command) and (not self.is_editing or Place.NOTE in command.places)

    def edit(self, note: str) -> None:
        editor = self.query_one(NoteEditor)
        editor.text = note
        editor.move_cursor(editor.document.end)
        self.add_class("-editing")
        editor.focus()

    def end_editing(self) -> None:
        self.remove_class("-editing")
        self.query_one(ScrollingLines).focus()
