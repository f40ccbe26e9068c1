"""What a person adds to a run, in its `meta.json`: tags, a note, a pin."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from mixtui.errors import MixtuiError
from mixtui.lock import alone_in
from mixtui.store.files import read_json, write_json
from mixtui.store.run import Run


def valid_tag(tag: str) -> str:
    """`tag` without the blanks around it. Raises MixtuiError for one that does not read as one in a list of tags."""
    stripped = tag.strip()
    if not stripped or "," in stripped or not stripped.isprintable():
        raise MixtuiError(f"{tag!r} is not a tag.", "A tag has no comma and no line break, and is not empty.")
    return stripped


def tag(run: Run, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
    """Add and remove tags; their order stays. Raises MixtuiError for what is no tag, or cannot be written."""
    wanted, unwanted = [valid_tag(name) for name in add], {name.strip() for name in remove}

    def change(meta: dict[str, Any]) -> dict[str, Any]:
        kept = [name for name in meta.get("tags", []) if name not in unwanted]
        return {"tags": list(dict.fromkeys([*kept, *wanted]))}

    _change_meta(run, change)


def note(run: Run, text: str) -> None:
    """Set the note; an empty text removes it. Raises MixtuiError where it cannot be written."""
    _change_meta(run, lambda meta: {"note": text or None})


def pin(run: Run, pinned: bool) -> None:
    """Pin or unpin the run. Raises MixtuiError where that cannot be written."""
    _change_meta(run, lambda meta: {"pinned": pinned})


def _change_meta(run: Run, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    try:
        with alone_in(run.paths.root):
            meta = read_json(run.paths.meta) or {}
            write_json(run.paths.meta, {**meta, **change(meta)})
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise MixtuiError(f"The meta.json of {run.id} cannot be changed: {reason}.", "Mend it, or make room.") from None
