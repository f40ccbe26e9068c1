"""What this machine can do, what is missing, and what to do about it."""

from __future__ import annotations

import textwrap

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from mixtui.datasets.catalog import default_data_dir
from mixtui.launch.checkup import Finding, look_at_machine
from mixtui.terminal_text import printable
from mixtui.ui.screens.base import MixtuiScreen
from mixtui.ui.widgets.top_line import TopLine

_INDENT = 15


class DoctorScreen(MixtuiScreen):
    """Shows what `mixtui doctor` tells."""

    def compose(self) -> ComposeResult:
        yield from self.frame(VerticalScroll(Static("\n  Looking …", id="findings", markup=False)))

    def on_mount(self) -> None:
        self.query_one(TopLine).set_texts(Text(self.app.glyphs.words("mixtui › doctor")), Text())
        self.query_one(VerticalScroll).focus()
        self._look()

    @work(thread=True, exit_on_error=False)
    def _look(self) -> None:
        findings = list(look_at_machine(self.app.store.root, default_data_dir()))
        self.app.call_later(self._show, findings)

    def _show(self, findings: list[Finding]) -> None:
        text = Text("\n")
        for what, found, advice in findings:
            state = "crashed" if advice else "finished"
            mark = self.app.glyphs.state("failed" if advice else "finished")
            text.append(f"  {mark} {what:<{_INDENT - 5}} ", self.app.state_color(state))
            text.append(self._wrapped(found))
            if advice:
                text.append(f"{'':<{_INDENT}}{self._wrapped(advice)}", self.app.state_color(state))
        self.query_one("#findings", Static).update(text)

    def _wrapped(self, words: str) -> str:
        width = max(self.size.width - _INDENT - 2, 20)
        return f"\n{'':<{_INDENT}}".join(textwrap.wrap(self.app.glyphs.words(printable(words)), width)) + "\n"
