"""What a panel says that has nothing to draw."""

from __future__ import annotations

import textwrap

from rich.text import Text

from mixtui.ui.home.view import HomeView


def nothing_yet(view: HomeView, columns: int) -> list[Text]:
    """Why there is nothing to draw, and what to do about it."""
    return [Text(), *(view.ink.quiet(f" {line}") for line in textwrap.wrap(_why(view), max(columns - 1, 1)))]


def _why(view: HomeView) -> str:
    document = view.at_cursor
    if document is None:
        return "Panels follow the cursor."
    if document["state"] == "queued":
        return f"It is queued: {view.queue_note}" if view.queue_note else "It waits for a free place."
    if document["state"] == "broken":
        return "It cannot be read."
    if document["state"] in ("starting", "running") and not document.get("epoch"):
        soon = f", in about {round(view.seconds_per_epoch)} s" if view.seconds_per_epoch else ""
        return f"The first diagram comes after epoch 1{soon}."
    return "…" if view.view is None else "No epoch was finished."
