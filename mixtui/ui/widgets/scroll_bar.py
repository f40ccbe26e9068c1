"""Scroll bars for terminals that have ASCII alone."""

from __future__ import annotations

from textual.scrollbar import ScrollBar, ScrollBarRender

from mixtui.ui.glyphs import Glyphs


class AsciiScrollBarRender(ScrollBarRender):
    """Draws in whole cells, blank ones in reverse, where Textual has eighths of blocks at both ends."""

    VERTICAL_BARS = [" "]  # noqa: RUF012 - as Textual has it
    HORIZONTAL_BARS = [" "]  # noqa: RUF012


def draw_scroll_bars_with(glyphs: Glyphs) -> None:
    """Of the whole process: Textual has one way for all."""
    ScrollBar.renderer = AsciiScrollBarRender if glyphs.ascii else ScrollBarRender
