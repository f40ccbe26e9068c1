"""The runs of a folder as the documents that every listing works on: its table, its JSON, a filter.

To read a thousand runs takes a third of a second, and those that ended do not change by themselves. So where there are
many runs, the documents of those that ended are kept, in the user's cache folder, from one listing to the next. A
document is kept only if it depends on the files of its run alone, not on the clock, a process or the host, and it
counts only while none of those files has changed.
"""

from __future__ import annotations

import contextlib
import os
import resource
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import orjson

from mixtui import __version__
from mixtui.store.documents import Document
from mixtui.store.files import write_atomically
from mixtui.store.jsonl import JsonlReader
from mixtui.store.paths import RunPaths
from mixtui.store.run import BrokenRunError, Run
from mixtui.store.run_document import broken_document, listed_document
from mixtui.store.server_clock import server_time
from mixtui.store.stamp import stamp_of
from mixtui.store.status import State
from mixtui.store.store import Store, is_run

Result = TypeVar("Result")

MANY = 100  # runs: fewer are read in no time
TRIED = 32  # runs, which show how often one waits for the disk
WAITS = 3  # a run, from which on many are read at once
AT_ONCE, BATCH = 16, 256  # runs
SETTLED_AFTER = 2_000_000_000  # nanoseconds: a change that comes later has another time, on any file system
_THREAD = getattr(resource, "RUSAGE_THREAD", resource.RUSAGE_SELF)  # macOS knows only the process
# What the document of a run that ended is made of; the directory itself shows a new attempt.
_PATHS = RunPaths(Path())
_SOURCES = [str(path) for path in (_PATHS.root, _PATHS.config, _PATHS.control, _PATHS.meta, _PATHS.events)]


def listed(store: Store) -> list[Document]:
    """The listed documents of all runs, oldest first, with a `broken_document` for each that cannot be read.

    Raises MixtuiError when the folder cannot be read.
    """
    folders = [store.root / name for name in store.folder_names()]
    if len(folders) < MANY:
        return [read_document(folder) for folder in folders if is_run(folder)]
    kept = _Kept(store.root)
    documents = _each(kept.document, folders)
    kept.save()
    return [document for document in documents if document is not None]


def read_document(folder: Path) -> Document:
    """The listed document of the run in `folder`, a `broken_document` where it cannot be read."""
    try:
        return listed_document(Run.load(folder))
    except BrokenRunError as error:
        return broken_document(error)


def _each(read: Callable[[Path], Result], folders: Sequence[Path]) -> list[Result]:
    """`read` of each of the folders, in their order; of many at once where the first show that one mostly waits, as for
    a file server."""
    before = _waits()
    results = list(map(read, folders[:TRIED]))
    if _waits() - before < TRIED * WAITS:
        return results + list(map(read, folders[TRIED:]))
    from concurrent.futures import ThreadPoolExecutor  # 10 ms

    with ThreadPoolExecutor(AT_ONCE) as threads:
        for start in range(TRIED, len(folders), BATCH):  # whoever leaves meanwhile waits for one batch
            results += threads.map(read, folders[start : start + BATCH])
    return results


def _waits() -> int:
    """How often this thread has waited for a disk, or anything but a processor that others use."""
    return resource.getrusage(_THREAD).ru_nvcsw


class _Kept:
    """The documents kept of the runs below `root`, without which a listing only takes longer."""

    def __init__(self, root: Path) -> None:
        import platformdirs

        root = root.resolve()
        place = f"{zlib.crc32(os.fsencode(root)):08x}.jsonl"
        self._path = platformdirs.user_cache_path("mixtui") / "listings" / place
        self._header = {"code": _code(), "root": ascii(str(root))}
        self._before = self._load()
        self._settled = int(server_time(root) * 1e9) - SETTLED_AFTER  # nanoseconds, as the files are stamped
        self._still_counts: list[dict[str, Any]] = []
        self._new: list[dict[str, Any]] = []

    def _load(self) -> dict[str, dict[str, Any]]:
        with contextlib.suppress(OSError):
            header, *records = JsonlReader(self._path).read() or [{}]
            if header == self._header:
                return {record["id"]: record for record in records if record.keys() >= {"id", "stamp", "document"}}
        return {}

    def document(self, folder: Path) -> Document | None:
        """The document of the run in `folder`: the one kept if it still counts, else the one read now; None where it is
        no run. From any thread."""
        stamp = _stamp(folder)  # before the run is read, so that a change meanwhile is seen the next time
        record = self._before.get(folder.name)
        if record is not None and record["stamp"] == stamp:
            self._still_counts.append(record)
            return {**record["document"], "path": str(folder)}  # the same folder can be named in several ways
        if not is_run(folder):
            return None
        document = read_document(folder)
        if _depends_on_files_alone(document) and max(stamp[::3], default=0) < self._settled:
            self._new.append({"id": folder.name, "stamp": stamp, "document": document})
        return document

    def save(self) -> None:
        if len(self._new) <= len(self._before) / 20:  # soon read again, and writing takes time too
            return
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            lines = _lines([self._header, *self._still_counts, *self._new])
            write_atomically(self._path, lambda file: file.writelines(lines), sync=False)


def _code() -> list[Any]:
    """What tells this version of mixtui from others, also where it is changed in place."""
    return [__version__, max(path.stat().st_mtime_ns for path in Path(__file__).parent.glob("*.py"))]


def _stamp(folder: Path) -> list[int]:
    """Of `_SOURCES`, as JSON has it."""
    return list(stamp_of(f"{folder}/{name}" for name in _SOURCES))  # to make a Path takes longer than to ask the disk


def _depends_on_files_alone(document: Document) -> bool:
    """True for a run whose last attempt told how it ended, unless it waits for another, which may be for a host."""
    return document.get("ended") is not None and document["state"] != State.QUEUED


def _lines(records: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    for record in records:
        with contextlib.suppress(TypeError):  # a text that is no UTF-8
            yield orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
