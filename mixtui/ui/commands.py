"""The one table of commands: it feeds the key bindings, the footer, `?`, the palette and a person's own keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from textual.binding import Binding, BindingType

from mixtui.ui.home.panels import PANELS
from mixtui.ui.run_tabs.tabs import TABS


class Place(StrEnum):
    """Where a command counts: a screen, or a part of one."""

    ALL = "everywhere"
    HOME = "home"
    TABLE = "lists and tables"
    RUN = "one run"
    DIAGRAM = "diagram"
    CURVES = "curves"
    LOG = "log"
    COMPARE = "compare"
    FORM = "new runs"
    CHOICE = "ticks and choices"
    FOLD = "folded group"
    NOTE = "note"
    TRASH = "trash"


@dataclass(frozen=True)
class Command:
    """Something a person can ask for. The screen or widget that it counts in has a method for it: `action_mark_all` for
    `mark-all`, and `action_panel`, which is given the number, for `panel-2`.

    `rank` orders the footer, which shows what fits; 0 is not shown there. A person's keys name the command by its id.
    """

    id: str
    keys: tuple[str, ...]
    label: str  # in the footer
    help: str  # in `?` and the palette
    places: tuple[Place, ...]
    rank: int = 0
    palette: bool = True  # False for what only makes sense as a key: moving

    @property
    def action(self) -> str:
        """As Textual writes it: `mark_all`, `panel(2)`."""
        name, _, number = self.id.rpartition("-")
        return f"{name}({number})" if number.isdecimal() else self.id.replace("-", "_")

    @property
    def method(self) -> str:
        return f"action_{self.action.partition('(')[0]}"


def _command(
    id_: str, keys: str, label: str, help_: str, *places: Place, rank: int = 0, palette: bool = True
) -> Command:
    return Command(id_, tuple(keys.split()), label, help_, places, rank, palette)


P = Place
COMMANDS = (
    # Everywhere
    _command("keys", "question_mark", "keys", "Show every key that counts here", P.ALL, rank=99),
    _command("palette", "colon ctrl+p", "palette", "Find any command by its name", P.ALL, palette=False),
    _command("back", "q", "back", "Back to where you came from; on home, quit", P.ALL, rank=90),
    _command("leave", "escape", "leave", "Close the prompt, un-zoom, clear the marks, leave; never quits", P.ALL),
    _command("quit", "ctrl+q", "quit", "Quit; trainings go on in the background", P.ALL),
    _command("zoom", "z", "zoom", "Make the panel fill the screen, or small again", P.ALL),
    _command("copy", "y", "copy", "Copy the id, the table or the path", P.ALL),
    _command("copy-command", "Y", "copy command", "Copy the last action as a command for the shell", P.ALL),
    _command("redraw", "ctrl+l", "redraw", "Draw the screen anew", P.ALL),
    _command("suspend", "ctrl+z", "suspend", "Back to the shell for a moment; fg returns", P.ALL),
    # Lists
    _command("cursor-up", "up k", "up", "Up", P.TABLE, palette=False),
    _command("cursor-down", "down j", "down", "Down", P.TABLE, palette=False),
    _command("half-up", "ctrl+u pageup", "half page up", "Half a page up", P.TABLE, palette=False),
    _command("half-down", "ctrl+d pagedown", "half page down", "Half a page down", P.TABLE, palette=False),
    _command("first", "g home", "first", "To the first", P.TABLE, P.LOG, palette=False),
    _command("last", "G end", "last", "To the last", P.TABLE, P.LOG, palette=False),
    # Home
    _command("new", "n", "new", "Choose alphas and start runs", P.HOME, rank=10),
    _command("open", "enter", "open", "Open the run or the group; compare a reference study", P.HOME, rank=11),
    _command("mark", "space", "mark", "Mark the run, to plot, compare or change it with others", P.HOME, rank=12),
    _command("mark-all", "a", "mark all", "Mark all runs shown, or none", P.HOME),
    _command("compare", "c", "compare", "Compare the marked runs, or the study of this one", P.HOME, rank=13),
    _command("filter", "slash f", "filter", "Show the runs that a query fits", P.HOME, rank=14),
    _command("sort", "s", "sort", "Choose the column to sort by", P.HOME, rank=20),
    _command("reverse", "S", "reverse", "Sort the other way round", P.HOME),
    _command("unfold", "o", "unfold", "Unfold all groups, or fold them", P.HOME),
    _command("problem", "exclamation_mark N", "next problem", "To the next run that needs attention", P.HOME, rank=24),
    _command("queue-first", "K", "earlier", "Let it go before all others in the queue", P.HOME),
    _command("queue-last", "J", "later", "Let it go after all others in the queue", P.HOME),
    _command("doctor", "D", "doctor", "What this machine can do, and what is missing", P.HOME),
    _command("trash", "U", "trash", "What was removed; bring it back, or empty the trash", P.HOME),
    _command("narrower", "less_than_sign", "narrower", "Make the table smaller", P.HOME),
    _command("wider", "greater_than_sign", "wider", "Make the table larger", P.HOME),
    *(
        _command(f"panel-{n}", str(n), f"panel {n}", f"To {panel.title.lower()}; its own digit again hides it", P.HOME)
        for n, panel in enumerate(PANELS, 1)
    ),
    # Runs, wherever they are shown
    _command("stop", "x", "stop", "Stop: save, end, free the place; can be resumed", P.HOME, P.RUN, rank=21),
    _command("pause", "p", "pause", "Pause: as stop, but shown as paused", P.HOME, P.RUN),
    _command("resume", "r", "resume", "Resume from the last checkpoint", P.HOME, P.RUN, rank=22),
    _command("retry", "R", "retry", "Try again from the start, as a new run", P.HOME, P.RUN),
    _command("remove", "d", "remove", "Move to the trash; u brings back", P.HOME, P.RUN, rank=23),
    _command("undo", "u", "undo", "Undo the last removal, tag, note, pin or move in the queue", P.HOME, P.RUN),
    _command("tag", "t", "tags", "Change the tags", P.HOME, P.RUN),
    _command("note", "e", "note", "Write a note", P.HOME, P.RUN),
    _command("pin", "asterisk", "pin", "Pin the run, or let go of it", P.HOME, P.RUN),
    # One run
    *(
        _command(f"tab-{n}", str(n), tab.title.lower(), f"Show {tab.title.lower()}", P.RUN)
        for n, tab in enumerate(TABS, 1)
    ),
    _command(
        "next-run", "J right_square_bracket", "other run", "The next run, same tab, bin and epoch", P.RUN, rank=30
    ),
    _command("previous-run", "K left_square_bracket", "other run", "The run before", P.RUN, rank=30),
    _command("epoch-back", "left h", "epoch", "The epoch before", P.DIAGRAM, rank=10),
    _command("epoch-on", "right l", "epoch", "The epoch after", P.DIAGRAM, rank=10),
    _command("bin-up", "up k", "bin", "The next bin, more confident", P.DIAGRAM, rank=11),
    _command("bin-down", "down j", "bin", "The bin before, less confident", P.DIAGRAM, rank=11),
    _command("first-epoch", "g home", "first epoch", "The first epoch", P.DIAGRAM),
    _command("last-epoch", "G end", "last epoch", "The last epoch", P.DIAGRAM),
    _command("play", "space", "play", "Play the epochs, two a second; again pauses", P.DIAGRAM, rank=12),
    _command("fewer-bins", "b minus", "bins", "Fewer bins", P.DIAGRAM, P.COMPARE, rank=13),
    _command("more-bins", "B plus", "bins", "More bins", P.DIAGRAM, P.COMPARE, rank=13),
    _command("mass", "w", "equal mass", "Bins of equal width, or of equal mass", P.DIAGRAM, P.COMPARE, rank=14),
    _command("temperature", "T", "temperature", "Before or after temperature scaling", P.DIAGRAM, P.COMPARE, rank=15),
    _command(
        "class", "v", "class", "The worst class against the rest, the next worst, then all classes", P.RUN, rank=16
    ),
    _command("step-back", "left h", "step", "The cursor to the left", P.CURVES, rank=10),
    _command("step-on", "right l", "step", "The cursor to the right", P.CURVES, rank=10),
    _command("zoom-in", "plus B", "zoom", "Show fewer steps, around the cursor", P.CURVES, rank=11),
    _command("zoom-out", "minus b", "zoom", "Show more steps", P.CURVES, rank=11),
    _command("search", "slash f", "search", "Search in the log", P.LOG, rank=10),
    _command("next-match", "n", "next match", "The next match", P.LOG, rank=11),
    _command("previous-match", "N", "match before", "The match before", P.LOG),
    # Compare
    _command("alpha-back", "left h", "α", "The α before", P.COMPARE, rank=10),
    _command("alpha-on", "right l", "α", "The next α", P.COMPARE, rank=10),
    _command("its-runs", "enter", "its runs", "The runs of this α", P.COMPARE, rank=11),
    _command("score", "v", "next score", "Another score against α, or the ECE against accuracy", P.COMPARE, rank=12),
    *(
        _command(f"view-{n}", str(n), name, f"Show {name}", P.COMPARE)
        for n, name in enumerate(("the diagrams", "the scores against α", "the table"), 1)
    ),
    _command("columns", "o", "all columns", "All columns, or only what differs", P.COMPARE, rank=15),
    _command("report", "E", "report", "Write a report: a page, tables and figures", P.RUN, P.COMPARE, rank=31),
    # Plots
    _command("log-scale", "L", "log", "Logarithmic scale, or linear", P.HOME, P.CURVES, rank=26),
    _command("smoothing", "m", "smoothing", "Smoothing: none, .6, .9, .97", P.HOME, P.CURVES, rank=27),
    _command("reset", "0", "reset", "Zoom and layout as they were at first", P.HOME, P.CURVES),
    # Forms and prompts
    _command("next-field", "tab", "next field", "The next field", P.FORM, rank=8, palette=False),
    _command("previous-field", "shift+tab", "field before", "The field before", P.FORM, palette=False),
    _command("field-down", "down", "down", "Down to the next option or field", P.FORM, palette=False),
    _command("field-up", "up", "up", "Up to the option or field before", P.FORM, palette=False),
    _command("choice-back", "left h", "option", "The option to the left", P.CHOICE, palette=False),
    _command("choice-on", "right l", "option", "The option to the right", P.CHOICE, palette=False),
    _command("tick", "space enter", "tick", "Tick the option, or take the tick away", P.CHOICE, rank=9, palette=False),
    _command("open-group", "space enter", "unfold", "Unfold the group, or fold it", P.FOLD, rank=9, palette=False),
    _command("start", "ctrl+s", "start", "Start these runs", P.FORM, rank=10),
    _command("cancel", "escape", "cancel", "Leave, and start nothing", P.FORM, rank=91),
    _command("save", "ctrl+s", "save", "Save the note", P.NOTE, rank=10),
    _command("discard", "escape", "leave it", "Leave the note as it was", P.NOTE, rank=11),
    # Trash
    _command("restore", "r enter", "restore", "Bring the run back", P.TRASH, rank=10),
    _command("empty", "E", "empty", "Delete for good what is in the trash", P.TRASH, rank=11),
)
BY_ID = {command.id: command for command in COMMANDS}
_BY_ACTION = {command.action: command for command in COMMANDS}

# A screen, and what has the focus on it.
TOGETHER = (
    (P.HOME, P.TABLE),
    (P.RUN, P.DIAGRAM),
    (P.RUN, P.CURVES),
    (P.RUN, P.LOG),
    (P.RUN, P.TABLE),
    (P.RUN, P.NOTE),
    (P.COMPARE, P.TABLE),
    (P.FORM, P.CHOICE),
    (P.FORM, P.FOLD),
    (P.TRASH, P.TABLE),
)


def command_of(action: str, parameters: Sequence[object] = ()) -> Command | None:
    """The command whose action Textual calls that."""
    return _BY_ACTION.get(f"{action}({', '.join(map(str, parameters))})" if parameters else action)


def count_together(one: Command, other: Command) -> bool:
    """Whether there is a place where both can be given, so that they cannot have the same key."""
    return any(all({P.ALL, *places}.intersection(command.places) for command in (one, other)) for places in TOGETHER)


def bindings(*places: Place) -> list[BindingType]:
    """The key bindings of a screen or widget, for its BINDINGS; a person's keys find them by the command's id."""
    return [
        Binding(",".join(command.keys), command.action, command.label, show=False, id=command.id)
        for command in of_places(places)
    ]


def of_places(places: Iterable[Place]) -> list[Command]:
    wanted = set(places)
    return [command for command in COMMANDS if wanted.intersection(command.places)]


_KEY_NAMES = {
    **{"enter": "⏎", "escape": "esc", "question_mark": "?", "colon": ":", "slash": "/", "exclamation_mark": "!"},
    **{"asterisk": "*", "plus": "+", "minus": "-", "less_than_sign": "<", "greater_than_sign": ">"},
    **{"right_square_bracket": "]", "left_square_bracket": "[", "up": "↑", "down": "↓", "left": "←", "right": "→"},
    **{"pageup": "PgUp", "pagedown": "PgDn", "home": "Home", "end": "End"},
}


def key_name(key: str) -> str:
    """A key as it is written for a person: `^s`, `⏎`, `?`."""
    if key.startswith("ctrl+"):
        return f"^{key.removeprefix('ctrl+')}"
    return _KEY_NAMES.get(key, key)


def key_names(keys: Sequence[str]) -> str:
    return " ".join(map(key_name, keys))
