"""The documents of a folder of runs, brought up to date several times a second at little cost.

Whoever writes in a run directory makes files or renames them into place, which changes the directory itself; only logs
and the heartbeat are written to where they lie. So a run that does not train is read again when its directory has
changed: one that crashed or waits too, since whoever begins an attempt makes a file. One that trains, as far as can be
told, is read again when one of its files has changed too, and every two seconds, since its state depends on its process
and on the clock. Of many runs that do not train, as in a folder of ten thousand, a look sees to some in turn.
"""

from __future__ import annotations

import math
import operator
import os
from pathlib import Path
from time import monotonic

from mixtui.store.documents import Document
from mixtui.store.listing import SETTLED_AFTER, listed, read_document
from mixtui.store.paths import RunPaths
from mixtui.store.server_clock import server_time
from mixtui.store.stamp import Stamp
from mixtui.store.status import State
from mixtui.store.store import Store, is_run

READ_AGAIN_AFTER = 2.0  # seconds
# Of runs at rest a look sees to so many, or to so many a second where that is more: to ten thousand in five seconds.
AT_REST_A_LOOK = 500
AT_REST_A_SECOND = 2000
AT_MOST = 1.0  # seconds since the last look that count for that
# A person's editor may write a file where it lies: one turn in so many looks at the files of a run at rest too.
CLOSELY_EVERY = 64
# Why a run is broken may lie outside its directory: too many open files, a disk that is away.
_RESTLESS = frozenset((State.STARTING, State.RUNNING, State.STOPPING, State.LOST, "broken"))
_PATHS = RunPaths(Path())
_READ = (_PATHS.config, _PATHS.control, _PATHS.meta, _PATHS.events, _PATHS.heartbeat, _PATHS.process, _PATHS.exit)
_FILES = tuple(path.name for path in _READ)


class FolderWatch:
    """Follows the runs of `store`. `documents` is what `listed(store)` gave at the last look, oldest first; one that
    did not change stays the same object."""

    def __init__(self, store: Store) -> None:
        self.documents: tuple[Document, ...] = ()
        self._store = store
        self._directories: dict[str, _Directory] = {}  # by name, oldest first
        self._stamp: Stamp = ()  # of the folder when it was last listed
        self._list_again = -math.inf
        self._looked = -math.inf
        self._next = self._rounds = 0  # whose turn it is of those at rest, and how often all had theirs

    def look(self) -> bool:
        """Bring `documents` up to date; True when they changed. Raises MixtuiError when the folder cannot be read."""
        now = monotonic()
        is_first = not self._directories
        self._list(now)
        if is_first:
            self._read_all(now)
        for directory, closely in self._due(now).items():
            directory.look(now, closely=closely)
        before = self.documents
        self.documents = tuple(d.document for d in self._directories.values() if d.document is not None)
        return len(before) != len(self.documents) or not all(map(operator.is_, before, self.documents))

    def look_at_all(self) -> None:
        """Have the next look see to all runs, since somebody has just changed some. From any thread."""
        self._looked = -math.inf

    def _due(self, now: float) -> dict[_Directory, bool]:
        """What to look at now, and whether closely: the directories not at rest, and those whose turn it is."""
        # On a slow disk a look takes long: the next one must not take longer for it.
        elapsed = min(now - self._looked, AT_MOST) if math.isfinite(self._looked) else math.inf
        self._looked = now
        directories = list(self._directories.values())
        due = {directory: False for directory in directories if not directory.is_at_rest}
        for _ in range(int(min(len(directories), max(AT_REST_A_LOOK, elapsed * AT_REST_A_SECOND)))):
            if self._next >= len(directories):
                self._next, self._rounds = 0, self._rounds + 1
            due[directories[self._next]] = (self._next + self._rounds) % CLOSELY_EVERY == 0
            self._next += 1
        return due

    def _list(self, now: float) -> None:
        stamp = _exact_stamp(str(self._store.root))
        if stamp == self._stamp and now < self._list_again:
            return
        names = self._store.folder_names()
        self._stamp, self._list_again = stamp, now + READ_AGAIN_AFTER
        self._directories = {name: self._directories.get(name) or _Directory(self._store.root / name) for name in names}

    def _read_all(self, now: float) -> None:
        """Read all runs with the help of what earlier listings kept."""
        for directory in self._directories.values():
            directory.stamp_itself()
        documents = {document["id"]: document for document in listed(self._store)}
        for name, directory in self._directories.items():
            directory.keep(documents.get(name), now)


class _Directory:
    """A directory in the folder of runs: a run, or not (yet) one; then `document` is None."""

    def __init__(self, root: Path) -> None:
        self.document: Document | None = None
        self._root = root
        self._path = str(root)
        self._own_stamp: Stamp = ()
        self._files_stamp: Stamp | None = None  # not taken yet: of a thousand runs it takes a moment
        self._is_restless = False
        self._read_again = -math.inf

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing but a change to it can make its document another."""
        return self._read_again == math.inf

    def look(self, now: float, *, closely: bool) -> None:
        if (
            _exact_stamp(self._path) != self._own_stamp
            or now >= self._read_again
            or ((closely or self._is_restless) and self._have_files_changed())
        ):
            self.stamp_itself()
            self._files_stamp = self._stamp_files()
            document = read_document(self._root)
            gone = document["state"] == "broken" and not is_run(self._root)  # removed while it was read
            self.keep(None if gone else document, now)

    def stamp_itself(self) -> None:
        """To be called before the run is read, so that a change meanwhile is seen the next time."""
        self._own_stamp = _exact_stamp(self._path)

    def keep(self, document: Document | None, now: float) -> None:
        """Keep `document` as the one that goes with the stamps taken."""
        if document != self.document:
            self.document = document
        self._is_restless = document is not None and document["state"] in _RESTLESS
        newest = max((*self._own_stamp[::3], *(self._files_stamp or ())[::3]), default=0)
        is_settled = newest < server_time(self._root.parent) * 1e9 - SETTLED_AFTER
        self._read_again = math.inf if is_settled and not self._is_restless else now + READ_AGAIN_AFTER

    def _have_files_changed(self) -> bool:
        """Since the run was read; true too where nobody looked at them then."""
        return self._stamp_files() != self._files_stamp

    def _stamp_files(self) -> Stamp:
        return tuple(number for name in _FILES for number in _exact_stamp(f"{self._path}/{name}"))


def _exact_stamp(path: str) -> Stamp:
    """Three numbers, of which one is another after any change to `path`: also of who may read it, which the time of
    the last modification does not tell. None where there is no such file."""
    try:
        found = os.stat(path)  # noqa: PTH116 - called thousands of times a second
    except OSError:
        return ()
    return found.st_ctime_ns, found.st_size, found.st_ino
