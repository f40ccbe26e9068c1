"""What runs are called in sentences."""

from __future__ import annotations

from typing import Any

from mixtui.presets import PRESETS
from mixtui.store.documents import Document
from mixtui.terminal_text import printable
from mixtui.ui.number_cells import number


def run_title(alpha: Any, seed: Any) -> str:
    """A run as a sentence names it: `α 0.2 · seed 1`."""
    return f"α {number(alpha)} · seed {number(seed)}"


def title(document: Document) -> str:
    """`run_title` of the run, or its id where it cannot be read."""
    config = document.get("config")
    if not isinstance(config, dict) or "alpha" not in config:  # a broken run
        return printable(document["id"])
    return run_title(config["alpha"], config.get("seed"))


def shipped_name(tag: str) -> str:
    """What the runs of a tag that came with mixtui are called."""
    preset = PRESETS.get(tag)
    return printable(tag) if preset is None else preset.about
