"""The finished runs that come with mixtui, so that there is something real to look at at once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from mixtui.errors import MixtuiError
from mixtui.store import paths
from mixtui.store.listing import Document, listed
from mixtui.store.store import Store


def shipped_store() -> Store:
    return Store(paths.SHIPPED)


@cache
def shipped_documents() -> tuple[Document, ...]:
    """The listed documents of all runs that come with mixtui, oldest first."""
    return tuple(listed(shipped_store()))


def shipped_study(preset: str) -> list[Document]:
    """Those of one preset, which are tagged with its name. Raises MixtuiError where none came."""
    found = [document for document in shipped_documents() if preset in document.get("tags", ())]
    if not found:
        raise MixtuiError(
            f"No runs of {preset} came with this mixtui.", f"Train them: mixtui sweep --preset {preset} --seeds 3"
        )
    return found


def folder_of(store: Store, run_id: str) -> Path:
    """The directory of a run of `store`, or of one that came with mixtui."""
    own, shipped = store.root / run_id, paths.SHIPPED / run_id
    return shipped if shipped.exists() and not own.exists() else own
