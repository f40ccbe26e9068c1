"""The newest runs of a folder, for the first paint: to read a thousand runs takes longer than a person waits."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

from mixtui.errors import MixtuiError
from mixtui.store.documents import Document
from mixtui.store.listing import read_document
from mixtui.store.store import Store, is_run

MOST_RUNS = 64  # more than a screen shows
LONGEST = 0.2  # seconds: a folder may lie on a slow disk


@dataclass(frozen=True)
class Glimpse:
    """`documents`: of the newest runs, oldest first; `folder_size`: how many runs the folder seems to hold."""

    documents: tuple[Document, ...] = ()
    folder_size: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether these are all runs."""
        return len(self.documents) == self.folder_size


UNSEEN = Glimpse(folder_size=1)


def glimpse(store: Store) -> Glimpse:
    """What a first look at the runs of `store` shows; nothing where the folder cannot be read."""
    give_up = monotonic() + LONGEST
    try:
        names = store.folder_names()
    except MixtuiError:  # whoever looks next meets it again
        return UNSEEN
    newest: list[Document] = []
    others = 0  # folders that are no run, such as that of the runs that come with mixtui
    for name in names[: -MOST_RUNS - 1 : -1]:
        if monotonic() > give_up:
            break
        if is_run(store.root / name):
            newest.append(read_document(store.root / name))
        else:
            others += 1
    return Glimpse(tuple(reversed(newest)), len(names) - others)
