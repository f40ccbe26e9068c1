"""What is wanted of a run: `control.json`, written by any mixtui, read by the run's worker."""

from __future__ import annotations

from typing import Any, Literal

from mixtui.store.files import read_json, write_json
from mixtui.store.paths import RunPaths

Want = Literal["run", "pause", "stop"]


def change_control(paths: RunPaths, **changes: Any) -> None:
    """Write `control.json` anew with `changes` in it."""
    write_json(paths.control, {**(read_json(paths.control) or {}), **changes})


def want(paths: RunPaths, what: Want) -> None:
    change_control(paths, want=what)


def want_next_attempt(paths: RunPaths) -> int:
    """Ask for one more attempt; its number."""
    attempt = paths.last_claim() + 1
    change_control(paths, want="run", attempt=attempt)
    return attempt
