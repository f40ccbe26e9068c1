"""The columns of the table of runs: their widths in a terminal of any width, and what a run shows in each.

Widths do not depend on values, so that a value that changes moves nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.style import Style

from mixtui.calibration.direction import Direction, direction_of
from mixtui.number_text import ece_margin
from mixtui.store.documents import LIVE, Document, part, tags
from mixtui.store.state_glyphs import state_word
from mixtui.terminal_text import printable
from mixtui.time_text import about, duration
from mixtui.ui.glyphs import Glyphs
from mixtui.ui.number_cells import fraction, loss, number
from mixtui.ui.rows import RunRow
from mixtui.ui.theme import STATES
from mixtui.wording import ordinal

NARROW_BELOW = 100  # columns of the terminal: below, states are a glyph without the word


PLAIN = Style.null()


@dataclass(frozen=True)
class Look:
    """What cells depend on beside the run: the terminal, and what is known of the runs from elsewhere."""

    glyphs: Glyphs
    dark: bool
    host: str
    seconds_left: Callable[[Document], float | None]  # of a live run
    alpha_color: Callable[[float], str]  # as Textual and Rich write it


@dataclass(frozen=True)
class Span:
    text: str
    style: Style = PLAIN


@dataclass(frozen=True)
class Column:
    """`width` is in cells; `key` is what `rows.SortBy` calls it, None for one that cannot be sorted by."""

    heading: str
    width: int
    right: bool
    key: str | None
    cell: Callable[[RunRow, Look], Span]
    flexible: bool = False  # takes the room that is left


def run_columns(width: int, narrow: bool) -> tuple[tuple[Column, ...], int]:
    """The columns for a table `width` cells wide (at least 20), without the gutter, and the blanks between them.

    In a wide terminal columns move together first. Then the less important ones become shorter, or go.
    """
    columns, gap, give_way = (_NARROW, 1, _NARROW_GIVE_WAY) if narrow else (_WIDE, 2, _WIDE_GIVE_WAY)
    if _least_width(columns, gap) > width:
        gap = 1
    for key, shorter in give_way:
        if _least_width(columns, gap) <= width:
            break
        kept = (shorter if column.key == key else column for column in columns)
        columns = tuple(column for column in kept if column is not None)
    rest = width - _least_width(columns, gap)
    return tuple(replace(column, width=column.width + rest) if column.flexible else column for column in columns), gap


def gutter(row: RunRow, look: Look, *, at_cursor: bool, marked: bool, narrow: bool) -> list[Span]:
    """What stands before the columns: cursor, mark in the α's colour, pin (in a wide terminal)."""
    color = look.alpha_color(_alpha(row.document))
    spans = [
        Span(look.glyphs.cursor if at_cursor else " ", Style(bold=True)),
        Span(look.glyphs.mark if marked else " ", Style(color=color or None)),
    ]
    if not narrow:
        spans.append(Span(look.glyphs.pin if row.document.get("pinned") else " "))
    return spans


def fit(text: str, width: int, right: bool = False, more: str = "…") -> str:
    """`text` on exactly `width` cells."""
    size = cell_len(text)
    if size > width:
        return set_cell_size(text, max(width - 1, 0)) + more[:width] if width else ""
    blanks = " " * (width - size)
    return blanks + text if right else text + blanks


def run_direction(document: Document) -> Direction | None:
    """Over- or underconfident on the test split; None where that is not known."""
    return direction_of(part(document, "metrics"), part(document, "data").get("n_test"))


def shown_state(document: Document) -> str:
    """The state as its glyph is named: a live run that has gone silent is stalled."""
    if document.get("stalled_for") is not None:
        return "stalled"
    state = document.get("state")
    return state if state in STATES else "broken"


def state_style(document: Document, dark: bool) -> Style:
    return Style(color=STATES[shown_state(document)].color(dark))


def _state(row: RunRow, look: Look) -> Span:
    document = row.document
    state = shown_state(document)
    host = document.get("host")
    elsewhere = host and host != look.host and state in (*LIVE, "queued", "lost", "stalled")
    words = (
        f"{look.glyphs.state(state)} {_phase(document) or state_word(state, document.get('reason'), short=True)}"
        + (f" @{printable(host)}" if elsewhere else "")
    )
    return Span(words, state_style(document, look.dark))


def _phase(document: Document) -> str:
    """What a starting run does, in place of the word for its state: `34 % fetching`."""
    phase, part = document.get("phase"), document.get("fraction")
    if document.get("state") != "starting" or not isinstance(phase, str):
        return ""
    percent = f"{100 * part:.0f} % " if isinstance(part, int | float) and 0 <= part <= 1 else ""
    return percent + printable(phase)


def _state_glyph(row: RunRow, look: Look) -> Span:
    return Span(look.glyphs.state(shown_state(row.document)), state_style(row.document, look.dark))


def _alpha(document: Document) -> float:
    alpha = part(document, "config").get("alpha")
    return alpha if isinstance(alpha, int | float) else float("nan")


def _setting(name: str) -> Callable[[RunRow, Look], Span]:
    def cell(row: RunRow, look: Look) -> Span:
        value = part(row.document, "config").get(name)
        return Span(look.glyphs.none if value is None else number(value))

    return cell


def _data(width: int) -> Callable[[RunRow, Look], Span]:
    """The data set; of one that stands in for another the name is cut, so that its star is always seen."""

    def cell(row: RunRow, look: Look) -> Span:
        name = row.document.get("dataset")
        if not isinstance(name, str):
            return Span(look.glyphs.none)
        text = printable(name.removeprefix("folder:"))
        if row.document.get("fallback"):
            text = fit(text, min(cell_len(text), width - 1), more=look.glyphs.more) + "*"
        return Span(text)

    return cell


def _epoch(width: int) -> Callable[[RunRow, Look], Span]:
    """A bar and `7/10`, `width` cells together; the figures have six of them, or as many as they will need."""

    def cell(row: RunRow, look: Look) -> Span:
        done, of = row.document.get("epoch"), row.document.get("epochs")
        if not isinstance(done, int) or not isinstance(of, int) or of < 1:
            return Span(look.glyphs.none)
        figures = min(width, max(6, 2 * len(str(of)) + 1))
        length = width - figures
        if isinstance(why := row.document.get("waits_for"), str) and why:
            return Span(f"{set_cell_size(printable(why), length)}{f'{done}/{of}':>{figures}}")
        full = min(length, max(0, done * length // of))
        bar = look.glyphs.bar_done * full + look.glyphs.bar_left * (length - full)
        return Span(f"{bar}{f'{done}/{of}':>{figures}}")

    return cell


def _loss(row: RunRow, look: Look) -> Span:
    return Span(loss(row.document.get("train_loss"), look.glyphs), _warn_of_nan(row.document.get("train_loss"), look))


def _metric(name: str) -> Callable[[RunRow, Look], Span]:
    def cell(row: RunRow, look: Look) -> Span:
        value = part(row.document, "metrics").get(name)
        return Span(fraction(value, look.glyphs), _warn_of_nan(value, look))

    return cell


def _ece(row: RunRow, look: Look) -> Span:
    cell = _metric("ece")(row, look)
    return Span(f"{cell.text:>4} {look.glyphs.direction(run_direction(row.document))}", cell.style)


def _ece_and_margin(row: RunRow, look: Look) -> Span:
    cell = _metric("ece")(row, look)
    margin = look.glyphs.words(ece_margin(part(row.document, "metrics")))
    return Span(f"{cell.text:>4}{margin:>6} {look.glyphs.direction(run_direction(row.document))}", cell.style)


def _warn_of_nan(value: Any, look: Look) -> Style:
    is_figure = not isinstance(value, float) or math.isfinite(value)
    return PLAIN if is_figure else Style(color=STATES["stalled"].color(look.dark))


def _time(longest: int) -> Callable[[RunRow, Look], Span]:
    """The time that is left, or was taken: `9 min` where that takes `longest` cells at most, else `9m`."""

    def cell(row: RunRow, look: Look) -> Span:
        if row.place is not None:
            return Span(ordinal(row.place))
        live = row.document["state"] in LIVE
        seconds = look.seconds_left(row.document) if live else row.document.get("seconds")
        told = about if live else duration
        in_words = told(seconds, none=look.glyphs.none)
        return Span(in_words if len(in_words) <= longest else told(seconds, narrow=True, none=look.glyphs.none))

    return cell


def _complaint(document: Document) -> str:
    """What is wrong with a broken run, without its id, which the sentence begins with and all such rows share."""
    return str(document.get("sentence") or "").removeprefix(f"{document['id']}: ")


def _tags(row: RunRow, look: Look) -> Span:
    document = row.document
    names = [document.get("name"), *tags(document)]
    if document["state"] == "broken":
        return Span(printable(_complaint(document)), state_style(document, look.dark))
    return Span(" ".join(printable(name) for name in names if name))


_WIDE: tuple[Column, ...] = (
    Column("state", 10, False, "state", _state),
    Column("α", 5, True, "alpha", _setting("alpha")),
    Column("seed", 4, True, "seed", _setting("seed")),
    Column("data", 9, False, "data", _data(9)),
    Column("model", 9, False, "model", _setting("model")),
    Column("epoch", 16, False, "epoch", _epoch(16)),
    Column("loss", 5, True, "loss", _loss),
    Column("acc", 4, True, "accuracy", _metric("accuracy")),
    Column(" ECE ±95%", 12, False, "ece", _ece_and_margin),
    Column("time", 8, True, "time", _time(8)),
    Column("tags", 8, False, "tags", _tags, flexible=True),
)
_NARROW: tuple[Column, ...] = (
    Column("", 1, False, "state", _state_glyph),
    Column("α", 4, True, "alpha", _setting("alpha")),
    Column("sd", 2, True, "seed", _setting("seed")),
    Column("epoch", 11, False, "epoch", _epoch(11)),
    Column("acc", 4, True, "accuracy", _metric("accuracy")),
    Column(" ECE", 6, False, "ece", _ece),
    Column("time", 5, True, "time", _time(0), flexible=True),
)
# What gives way, in this order, where there is no room: to something shorter, or to nothing.
_GiveWay = tuple[tuple[str, Column | None], ...]
_WIDE_GIVE_WAY: _GiveWay = (
    ("epoch", Column("epoch", 11, False, "epoch", _epoch(11))),
    ("model", None),
    ("epoch", Column("epoch", 9, False, "epoch", _epoch(9))),
    ("tags", None),
    ("data", None),
    ("loss", None),
    ("seed", None),
    ("epoch", None),
    ("accuracy", None),
    ("time", None),
    ("ece", Column(" ECE", 6, False, "ece", _ece)),
    ("state", Column("", 1, False, "state", _state_glyph)),
)
_NARROW_GIVE_WAY: _GiveWay = (
    ("epoch", Column("epoch", 10, False, "epoch", _epoch(10))),
    ("epoch", Column("epoch", 9, False, "epoch", _epoch(9))),
    ("seed", None),
    ("epoch", None),
    ("accuracy", None),
    ("time", None),
)


def _least_width(columns: Sequence[Column], gap: int) -> int:
    return sum(column.width for column in columns) + gap * (len(columns) - 1)
