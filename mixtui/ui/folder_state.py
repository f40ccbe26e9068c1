"""How a person left each folder of runs, in `state.json` in their state folder.

The file is ours: it is never an error, and nothing but comfort is lost with it. `MIXTUI_CONFIG` names another folder.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeGuard, TypeVar

import platformdirs

from mixtui.lock import alone_in
from mixtui.store.files import read_json, write_json

T = TypeVar("T")

LARGEST_STATE = 2**24  # bytes
MOST_FOLDERS = 50  # remembered, the last ones seen
MOST_MARKS = 1000  # in one folder
MOST_PANELS = 20  # hidden or resized in one size class
MOST_CLASSES = 10
LONGEST_FILTER = 2000  # characters
LONGEST_NAME = 300  # of a run, a column, a panel, a size class
LARGEST_SIZE = 1000  # of a panel, in cells

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Layout:
    """How the panels of the home screen were left in one size class."""

    hidden: tuple[str, ...] = ()
    sizes: Mapping[str, int] = field(default_factory=dict)  # of a panel, in cells
    zoomed: str | None = None  # the panel that fills the screen


@dataclass(frozen=True)
class FolderState:
    """How a folder of runs was left."""

    cursor: str | None = None  # a run's id
    marks: tuple[str, ...] = ()
    filter: str = ""
    sort: str | None = None  # a column
    reverse: bool = False
    layouts: Mapping[str, Layout] = field(default_factory=dict)  # by size class
    seen: datetime | None = None  # UTC
    removed: tuple[str, ...] = ()  # the runs that the last removal took, for its undoing after a restart


def load_folder_state(runs: Path) -> FolderState:
    """How the folder `runs` was left; the defaults where that is not known."""
    return _folder_state(_read_folders().get(_key(runs)))


def save_folder_state(runs: Path, state: FolderState) -> None:
    """Remember how the folder `runs` is left, if that can be done."""
    path = _state_path()
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with alone_in(path.parent):
            folders = {key: _folder_state(document) for key, document in _read_folders().items() if key != _key(runs)}
            latest = sorted(folders.items(), key=lambda item: item[1].seen or _LONG_AGO)[-(MOST_FOLDERS - 1) :]
            kept = dict([*latest, (_key(runs), _folder_state(_document(state)))])
            write_json(path, {"folders": {key: _document(folder) for key, folder in kept.items()}})


def _read_folders() -> dict[str, Any]:
    """The folders in `state.json` by their paths, as they stand there."""
    path = _state_path()
    with contextlib.suppress(OSError, ValueError):
        if path.stat().st_size <= LARGEST_STATE:
            folders = (read_json(path) or {}).get("folders")
            return folders if isinstance(folders, dict) else {}
    return {}


def _key(runs: Path) -> str:
    # Path.resolve raises on links that go in circles. What is no UTF-8 becomes escapes, so that it is found again.
    return os.fsencode(os.path.realpath(runs)).decode(errors="backslashreplace")


def _document(state: FolderState) -> dict[str, Any]:
    return {
        **vars(state),
        "layouts": {
            size_class: {**vars(layout), "sizes": dict(layout.sizes)} for size_class, layout in state.layouts.items()
        },
        "seen": state.seen.isoformat() if state.seen else None,
    }


def _folder_state(document: object) -> FolderState:
    """What is as it should be in a folder's document, the defaults in place of the rest."""
    if not isinstance(document, dict):
        return FolderState()
    text = document.get("filter")
    return FolderState(
        cursor=_name(document.get("cursor")),
        marks=_names(document.get("marks"), MOST_MARKS),
        filter=text if isinstance(text, str) and len(text) <= LONGEST_FILTER and text.isprintable() else "",
        sort=_name(document.get("sort")),
        reverse=document.get("reverse") is True,
        layouts=_mapping(document.get("layouts"), MOST_CLASSES, _layout),
        seen=_time(document.get("seen")),
        removed=_names(document.get("removed"), MOST_MARKS),
    )


def _layout(document: object) -> Layout | None:
    if not isinstance(document, dict):
        return None
    return Layout(
        hidden=_names(document.get("hidden"), MOST_PANELS),
        sizes=_mapping(document.get("sizes"), MOST_PANELS, _size),
        zoomed=_name(document.get("zoomed")),
    )


def _size(value: object) -> int | None:
    return value if type(value) is int and 1 <= value <= LARGEST_SIZE else None


def _is_name(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and value.isprintable()


def _name(value: object) -> str | None:
    return value if _is_name(value) else None


def _names(value: object, most: int) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        return ()
    return tuple(dict.fromkeys(filter(_is_name, value)))[:most]


def _mapping(value: object, most: int, read: Callable[[object], T | None]) -> dict[str, T]:
    """What `read` makes of the values under good names; without those of which it makes nothing."""
    if not isinstance(value, dict):
        return {}
    found = ((name, read(item)) for name, item in value.items() if _is_name(name))
    return dict([(name, item) for name, item in found if item is not None][:most])


def _time(value: object) -> datetime | None:
    with contextlib.suppress(TypeError, ValueError, OverflowError):
        moment = datetime.fromisoformat(value)  # type: ignore[arg-type]
        return moment.astimezone(UTC) if moment.tzinfo else None
    return None


def _state_path() -> Path:
    return state_folder() / "state.json"


def state_folder() -> Path:
    """Where mixtui writes what is its own to remember; it need not exist."""
    named = os.environ.get("MIXTUI_CONFIG")
    return Path(named).expanduser() if named else platformdirs.user_state_path("mixtui")
