"""What is wanted of a run: `control.json`, written by any mixtui, read by the run's worker and its supervisor."""

from __future__ import annotations

from typing import Any, Literal

from mixtui.errors import MixtuiError
from mixtui.lock import alone_in
from mixtui.store.files import read_json, write_json
from mixtui.store.paths import RunPaths

Want = Literal["run", "pause", "stop"]


def change_control(paths: RunPaths, **changes: Any) -> None:
    """Write `control.json` anew with `changes` in it. Raises MixtuiError when it cannot be read or written."""
    try:
        with alone_in(paths.root):
            write_json(paths.control, {**(read_json(paths.control) or {}), **changes})
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise MixtuiError(
            f"The control.json of {paths.id} cannot be changed: {reason}.", "Mend it, or make room."
        ) from None


def read_control(paths: RunPaths) -> dict[str, Any]:
    """What `control.json` holds. Raises MixtuiError when it cannot be read."""
    try:
        return read_json(paths.control) or {}
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise MixtuiError(f"The control.json of {paths.id} cannot be read: {reason}.", "Mend it by hand.") from None


def want(paths: RunPaths, what: Want) -> None:
    """Ask in `control.json` for a run to go on, pause or stop; its worker and supervisor see to it. Raises MixtuiError
    as `change_control` does."""
    change_control(paths, want=what)
