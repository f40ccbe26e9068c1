"""The finished runs that come with mixtui, so that there is something real to look at at once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from mixtui.errors import MixtuiError
from mixtui.presets import find_preset
from mixtui.store import paths
from mixtui.store.documents import Document
from mixtui.store.listing import listed
from mixtui.store.store import Store, is_run


def shipped_store() -> Store:
    """Of the runs that come with mixtui, to read from; nothing changes them."""
    return Store(paths.SHIPPED)


@cache
def shipped_documents() -> tuple[Document, ...]:
    """The listed documents of all runs that come with mixtui, oldest first; none where they cannot be read."""
    try:
        return tuple(listed(shipped_store()))
    except MixtuiError:
        return ()


def shipped_study(preset: str) -> list[Document]:
    """Those of one preset, which are tagged with its name. Raises MixtuiError for one that is not known, and where none
    came."""
    name = find_preset(preset).name
    found = [document for document in shipped_documents() if name in document.get("tags", ())]
    if not found:
        raise MixtuiError(
            f"No runs of {name} came with this mixtui.", f"Train them: mixtui sweep --preset {name} --seeds 3"
        )
    return found


def folder_of(store: Store, run_id: str) -> Path:
    """The directory of a run of `store`, or of one that came with mixtui."""
    own, shipped = store.root / run_id, paths.SHIPPED / run_id
    return shipped if is_run(shipped) and not is_run(own) else own
