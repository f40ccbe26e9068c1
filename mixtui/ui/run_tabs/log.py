"""Tab 5: what the run's process printed, with a search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text
from textual.message import Message

from mixtui.store.documents import LIVE
from mixtui.store.log_tail import MOST_LINES, NONE_KEPT
from mixtui.store.paths import RunPaths
from mixtui.terminal_text import printable
from mixtui.ui.commands import Command, Place, bindings
from mixtui.ui.ink import Ink
from mixtui.ui.run_tabs.facts import Facts
from mixtui.ui.run_tabs.log_reader import LINES, LogRead, LogReader
from mixtui.ui.run_tabs.scrolling import ScrollingLines
from mixtui.ui.run_tabs.shown import Shown
from mixtui.ui.run_tabs.tab import RunTab


@dataclass(frozen=True)
class Search:
    """Where a text is in lines, letters of either case; `at` is the match that one stands on."""

    wanted: str
    matches: tuple[int, ...]  # indexes of lines
    at: int | None = None

    def moved(self, by: int) -> Search:
        """On the next match, round to the beginning."""
        if not self.matches or self.at is None:
            return self
        return Search(self.wanted, self.matches, (self.at + by) % len(self.matches))

    @property
    def line(self) -> int | None:
        return None if self.at is None else self.matches[self.at]


def search(lines: Sequence[str], wanted: str, start: int) -> Search:
    """The matches of `wanted` in `lines`, on the first one from line `start` on, or else the first of all."""
    needle = wanted.casefold()
    matches = tuple(index for index, line in enumerate(lines) if needle in line.casefold()) if needle else ()
    at = next((at for at, index in enumerate(matches) if index >= start), 0 if matches else None)
    return Search(wanted, matches, at)


def log_line(line: str, wanted: str, ink: Ink, *, at_match: bool) -> Text:
    """A line, with what was searched for marked in it."""
    text = ink.text(line)
    needle = wanted.casefold()
    folded = text.plain.casefold()
    if needle and len(folded) == len(text.plain):  # else no place in the one is the same in the other
        start = folded.find(needle)
        while start >= 0:
            text.stylize("reverse bold" if at_match else "reverse", start, start + len(needle))
            start = folded.find(needle, start + len(needle))
    return text


class LogTab(ScrollingLines, RunTab):
    """Shows the log up to its end, and stays at the end while one is there."""

    PLACES = (Place.LOG, Place.TABLE)
    BINDINGS = bindings(Place.LOG)

    class SearchAsked(Message):
        """A person wants to search; the screen asks for what."""

        def __init__(self, tab: LogTab) -> None:
            super().__init__()
            self.tab = tab

    def __init__(self) -> None:
        super().__init__(id="log-tab")
        self.search = Search("", ())
        self.has_all = True  # of the log: else its earlier lines are not searched
        self._texts: Sequence[str] = ()
        self._follows = True
        self._wanted = ""  # what to search for as soon as more is read

    def show(self, facts: Facts, now: Shown | None, ink: Ink) -> None:
        """Show the end of the log that is followed of every run, and have more of it read."""
        self.facts, self.ink = facts, ink
        if not self._reader.has_begun:
            self._show_texts(facts.log)
        if facts.is_read:
            self._reader.look(facts.log)

    def on_log_read(self, message: LogRead) -> None:
        if message.run_id == self._reader.run_id:
            self.has_all = message.has_all
            self._show_texts(message.lines, added_before=message.added_before)
            if self._wanted:
                wanted, self._wanted = self._wanted, ""
                self.find(wanted)

    def _show_texts(self, lines: Sequence[str], *, added_before: int = 0) -> None:
        """Show these lines, which are the log or its end; `added_before` of them are new ones at the beginning."""
        if not lines and self.facts.is_read and self.facts.document["state"] not in (*LIVE, "queued"):
            lines = (NONE_KEPT,)
        if lines != self._texts:
            self._texts = lines
            line = self.search.line
            if self.search.wanted:
                self.search = search(lines, self.search.wanted, 0 if line is None else line + added_before)
            width = max((len(text) if text.isascii() else 2 * len(text) for text in lines), default=0)
            top = self.scroll_offset.y
            self.measure(len(lines), width)
            if self._follows:
                self.action_last()
            elif added_before:
                self.to_line(top + added_before)
        self.refresh()

    def begin_anew(self, paths: RunPaths) -> None:
        self._reader = LogReader(paths, self)
        self._follows, self._texts, self.has_all = True, (), True
        self.search, self._wanted = Search("", ()), ""

    def line(self, index: int) -> Text:
        return log_line(self._texts[index], self.search.wanted, self.ink, at_match=index == self.search.line)

    def on_resize(self) -> None:
        if self._follows:
            self.call_after_refresh(self.action_last)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._follows = new_value >= self.max_scroll_y
        if new_value < 1 and old_value >= 1:
            self._reader.read(LINES)  # those before

    # Search

    def note(self) -> str:
        """Which match is shown."""
        found = self.search
        if not found.wanted:
            return ""
        count = f"match {found.at + 1:,} of {len(found.matches):,}" if found.at is not None else "no match"
        return f"{count}: {printable(found.wanted)}"

    def warning(self) -> str:
        """How far a search looks back, where the log has more."""
        if not self.search.wanted or self.has_all:
            return ""
        tail = str(self.facts.document["id"]).rpartition("-")[2]
        return f"Searched: the last {len(self._texts):,} lines. mixtui logs {tail} prints all."

    def allows(self, command: Command) -> bool:
        is_of_matches = command.id in ("next-match", "previous-match")
        return bool(self.search.matches) if is_of_matches else super().allows(command)

    def leave(self) -> bool:
        """Forget the search."""
        is_searched = bool(self.search.wanted)
        if is_searched:
            self.find("")
        return is_searched

    def action_search(self) -> None:
        self.post_message(self.SearchAsked(self))

    def search_all(self, wanted: str) -> None:
        """Read as much of the log as is searched at once, then `find`."""
        self._wanted = wanted
        self._reader.read(MOST_LINES)

    def find(self, wanted: str) -> None:
        """Search from the first line that is seen on."""
        self._to_match(search(self._texts, wanted, self.scroll_offset.y))

    def action_next_match(self) -> None:
        self._to_match(self.search.moved(1))

    def action_previous_match(self) -> None:
        self._to_match(self.search.moved(-1))

    def _to_match(self, found: Search) -> None:
        self.search = found
        if found.line is not None:
            self.to_line(max(found.line - self._seen // 2, 0))
        self.refresh()
        self.post_message(self.Changed())
