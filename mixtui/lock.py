"""Locks between processes on one host, which the kernel gives back however a process ends: flock(2), of open files, so
that a child that inherits the file has the lock too."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

PATIENCE = 5.0  # seconds: to rewrite a small file takes milliseconds


class Lock:
    """An exclusive lock, given back when it is closed or dropped and whoever inherited `fd` has ended."""

    def __init__(self, file: FileIO) -> None:
        self._file = file

    @property
    def fd(self) -> int:
        return self._file.fileno()

    @classmethod
    def take(cls, path: Path, patience: float = 0.0) -> Lock | None:
        """The lock, or None when another has it for longer than `patience` seconds.

        Raises OSError where the file cannot be made, or the file system has no locks.
        """
        with contextlib.ExitStack() as on_failure:
            file = on_failure.enter_context(FileIO(path, "a+"))  # NFS locks only what can be written
            deadline = time.monotonic() + patience
            while True:
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    on_failure.pop_all()
                    return cls(file)
                if time.monotonic() >= deadline:
                    return None
                time.sleep(0.02)

    def is_in_place(self, path: Path) -> bool:
        """Whether `path` is still the file that is locked: removed and made again, it is another's to lock."""
        with contextlib.suppress(OSError):
            return os.path.samestat(os.fstat(self.fd), path.stat())
        return False

    def close(self) -> None:
        """Let go of it; a process that inherited `fd` still has it."""
        self._file.close()


def is_locked(path: Path, patience: float = 0.0) -> bool:
    """Whether another has the lock, and keeps it for longer than `patience` seconds."""
    lock = Lock.take(path, patience)
    if lock is None:
        return True
    lock.close()
    return False


@contextlib.contextmanager
def alone_in(folder: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Of two on one host who read and rewrite a file in `folder` at once, let the second wait: no change is lost.

    Where there can be no lock, or another keeps it for longer than `patience` seconds, the last writer wins. Not to be
    entered twice by one who has it.
    """
    lock = None
    with contextlib.suppress(OSError):
        lock = Lock.take(folder / ".lock", patience)
    try:
        yield
    finally:
        if lock:
            lock.close()
