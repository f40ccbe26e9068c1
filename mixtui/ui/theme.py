"""The two themes, and the colour of each state. Every colour is one of xterm's 256, so that SSH and tmux,
which drop COLORTERM, change nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual.theme import Theme

if TYPE_CHECKING:
    from textual.app import App

DARK = "mixtui-dark"
LIGHT = "mixtui-light"

_COMMON = {
    "block-cursor-text-style": "none",
    "footer-background": "transparent",
    "input-selection-background": "#5f5f87",
}

THEMES = (
    Theme(
        name=DARK,
        dark=True,
        primary="#5fd7ff",
        secondary="#a8a8a8",
        accent="#5fd7ff",
        warning="#ffaf5f",
        error="#ff8787",
        success="#87d787",
        foreground="#eeeeee",
        background="#121212",
        surface="#1c1c1c",
        panel="#303030",
        boost="#303030",
        text_alpha=1.0,
        variables={**_COMMON, "text-secondary": "#a8a8a8", "frame": "#767676", "raised": "#303030"},
    ),
    Theme(
        name=LIGHT,
        dark=False,
        primary="#005faf",
        secondary="#5f5f5f",
        accent="#005faf",
        warning="#875f00",
        error="#af0000",
        success="#005f00",
        foreground="#262626",
        background="#eeeeee",
        surface="#ffffff",
        panel="#e4e4e4",
        boost="#e4e4e4",
        text_alpha=1.0,
        variables={
            **_COMMON,
            "input-selection-background": "#afd7ff",
            "text-secondary": "#5f5f5f",
            "frame": "#8a8a8a",
            "raised": "#e4e4e4",
        },
    ),
)


def themed(app: App[Any], name: str) -> str:
    """A colour of the theme by its name, as Rich writes it, which calls the terminal's own otherwise than Textual."""
    return app.theme_variables[name].removeprefix("ansi_")


def variables_for(dark: bool) -> dict[str, str]:
    """What our style sheet and our texts use, for Textual's own themes, which do not know these names."""
    names = ("text-secondary", "frame", "raised")
    return {name: THEMES[0 if dark else 1].variables[name] for name in names}


@dataclass(frozen=True)
class StateColor:
    """The colour of a state on a dark and on a light ground."""

    dark: str
    light: str

    def color(self, dark: bool) -> str:
        return self.dark if dark else self.light


_GREY = StateColor("#a8a8a8", "#5f5f5f")
_BLUE = StateColor("#5fd7ff", "#005faf")
_AMBER = StateColor("#ffaf5f", "#875f00")
_GREEN = StateColor("#87d787", "#005f00")
_RED = StateColor("#ff8787", "#af0000")

# Their glyphs: `store.state_glyphs`.
STATES = {
    "queued": _GREY,
    "starting": _BLUE,
    "running": _BLUE,
    "paused": _AMBER,
    "stopping": _AMBER,
    "finished": _GREEN,
    "stopped": _AMBER,
    "failed": _RED,
    "crashed": _RED,
    "lost": _RED,
    "stalled": _AMBER,
    "broken": _RED,
}
