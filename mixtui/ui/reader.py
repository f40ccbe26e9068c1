"""The thread that reads the run directories, so that no disk ever holds up a key.

It looks several times a second and posts what changed as immutable values: `FolderRead` for the table of runs, and
`RunsRead` for the runs that a screen asked to follow.
"""

from __future__ import annotations

import contextlib
import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence, Set
from time import monotonic
from typing import TYPE_CHECKING

from textual.message import Message

from mixtui.errors import MixtuiError
from mixtui.launch.wake import note_of, wake
from mixtui.store.documents import LIVE, Document
from mixtui.store.folder_watch import FolderWatch
from mixtui.store.paths import RunPaths, is_shipped
from mixtui.store.shipped import folder_of, shipped_documents
from mixtui.store.store import Store

if TYPE_CHECKING:
    from mixtui.ui.run_view import FollowedRun, RunView

LOOK_EVERY = 0.25  # seconds, while something is live
REST_EVERY = 1.0  # seconds, while nothing is
HOLD = 0.15  # seconds after a key in which nothing is read
MOST_HOLD = 1.5  # seconds that keys can put off a look
ANSWER = 0.03  # seconds that a key gets to be answered in, whatever is read or drawn meanwhile
TELL_PAUSE = 0.0002  # seconds a run between two posts of the folder: to show ten thousand takes a tenth of the two
POST_EVERY = 0.1  # seconds at most between two posts, where many long runs are read for the first time
SUPERVISE_EVERY = 10.0  # seconds between looks at whether the queue's supervisor lives
REMEMBERED = 40  # runs whose steps are kept though nobody follows them now


class FolderRead(Message):
    """Runs came, went or changed. `documents` holds all, oldest first; `note` what the queue waits for; `shipped` the
    runs that came with mixtui, None until they were read."""

    def __init__(self, documents: tuple[Document, ...], note: str, shipped: tuple[Document, ...] | None = None) -> None:
        super().__init__()
        self.documents, self.note, self.shipped = documents, note, shipped


class FolderUnreadable(Message):
    def __init__(self, error: MixtuiError) -> None:
        super().__init__()
        self.error = error


class ReaderFailed(Message):
    """An error of mixtui's own ended the thread."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


class RunsRead(Message):
    """What is new of the runs that are followed: their views by id."""

    def __init__(self, views: Mapping[str, RunView]) -> None:
        super().__init__()
        self.views = views


class Reader:
    """Reads the runs of `store` on a thread of its own, from `start` to `close`, and hands messages to `post`."""

    def __init__(self, store: Store, post: Callable[[Message], object]) -> None:
        self._store, self._post = store, post
        self._folder = FolderWatch(store)
        self._untold, self._told_at = True, -math.inf
        self._shipped: tuple[Document, ...] | None = None  # until they were read
        self._followed: tuple[str, ...] = ()
        self._runs: OrderedDict[str, FollowedRun] = OrderedDict()
        self._shown: set[str] = set()  # what was posted at least once
        self._wake, self._closed = threading.Event(), threading.Event()
        self._hurried = threading.Event()
        self._note = ""
        self._key_at = -math.inf
        self._until_supervision = REST_EVERY  # the first runs come first
        self._thread = threading.Thread(target=self._work, name="reader", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        for event in (self._closed, self._hurried, self._wake):
            event.set()

    def follow(self, ids: Sequence[str]) -> None:
        """Post the views of these runs from now on, and of no others."""
        self._followed = tuple(dict.fromkeys(ids))
        self._wake.set()

    def look_now(self) -> None:
        """Look at once, whatever keys came: a person has just changed something."""
        self._told_at = -math.inf
        self._folder.look_at_all()
        self.hurry()

    def hurry(self) -> None:
        """Read at once, whatever keys came and come: a person waits for what is followed."""
        self._key_at = -math.inf
        self._hurried.set()
        self._wake.set()

    def _work(self) -> None:
        try:
            while not self._closed.is_set():
                self.let_keys_go_first()
                self._hurried.clear()
                pause = self._look()
                self._until_supervision -= pause
                self._wake.wait(pause)
                self._wake.clear()
        except Exception as error:  # it must not end unseen, with a screen that stands still
            self._post(ReaderFailed(error))

    def hold(self) -> None:
        """A key was pressed: whoever holds one down must not wait for what is read beside it."""
        self._key_at = monotonic()

    @property
    def is_held(self) -> bool:
        return monotonic() < self._key_at + HOLD

    def let_keys_go_first(self) -> None:
        """Wait, on a thread that reads or draws, until no key comes any more; for a moment at most."""
        give_up = monotonic() + MOST_HOLD
        while self.is_held and monotonic() < give_up and not self._hurried.wait(HOLD / 4):
            pass

    def give_way(self) -> None:
        """Between two pieces of work on a thread that reads or draws: wait while a key that just came is answered."""
        if (left := self._key_at + ANSWER - monotonic()) > 0:
            self._closed.wait(left)

    def _look(self) -> float:
        """Read what changed and post it; the seconds until the next look."""
        try:
            self._untold |= self._folder.look()
        except MixtuiError as error:
            self._post(FolderUnreadable(error))
            return REST_EVERY
        documents = self._folder.documents
        queued = [document["id"] for document in documents if document["state"] == "queued"]
        note = note_of(self._store.root) if queued else ""
        if self._shipped is None:
            self._shipped = () if is_shipped(self._store.root) else shipped_documents()
        is_due = monotonic() >= self._told_at + len(documents) * TELL_PAUSE
        if (self._untold and is_due) or note != self._note:
            self._note, self._untold, self._told_at = note, False, monotonic()
            self._post(FolderRead(documents, note, self._shipped))
        self._supervise(queued)
        if self._read_followed({document["id"] for document in (*documents, *self._shipped)}):
            return 0.0
        moves = bool(queued) or any(document["state"] in LIVE for document in documents)
        return LOOK_EVERY if moves else REST_EVERY

    def _supervise(self, queued: Sequence[str]) -> None:
        """As every command that looks at runs: see to it that a supervisor is at work where one is needed."""
        if self._until_supervision > 0:
            return
        self._until_supervision = SUPERVISE_EVERY
        from mixtui.launch.queue import pick_up_left_over  # not before the first runs are shown

        with contextlib.suppress(MixtuiError, OSError):  # or a run is gone meanwhile
            wake(self._store.root)
            pick_up_left_over(self._store, queued)

    def _read_followed(self, present: Set[str]) -> bool:
        """Read the runs that are followed and `present` and post what is new; whether there is more to read at once."""
        for gone in self._runs.keys() - present:  # one that comes back is posted anew
            del self._runs[gone]
            self._shown.discard(gone)
        if not self._followed:
            return False
        from mixtui.ui.run_view import FollowedRun  # it imports NumPy: not before the first runs are shown

        views: dict[str, RunView] = {}
        behind, post_at = False, monotonic() + POST_EVERY
        for run_id in filter(present.__contains__, self._followed):
            if run_id not in self._runs:
                self._runs[run_id] = FollowedRun(RunPaths(folder_of(self._store, run_id)))
            run = self._runs[run_id]
            self._runs.move_to_end(run_id)
            with contextlib.suppress(MixtuiError):  # the table says what is wrong with it
                if run.look(self.give_way) or run_id not in self._shown:
                    views[run_id] = run.view()
            behind |= run.is_behind
            if monotonic() > post_at:
                self._post_views(views)
                views, post_at = {}, monotonic() + POST_EVERY
        self._post_views(views)
        while len(self._runs) > max(REMEMBERED, len(self._followed)):
            self._shown.discard(self._runs.popitem(last=False)[0])
        return behind

    def _post_views(self, views: dict[str, RunView]) -> None:
        if views:
            self._shown |= views.keys()
            self._post(RunsRead(views))
