"""Which process is that very one: a pid alone is not enough, since pids are used again."""

from __future__ import annotations

import os
import socket
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mixtui.store.files import read_json


@dataclass(frozen=True)
class ProcessIdentity:
    """A process, told apart from any other that ever had or will have its pid.

    `start_time` counts from boot (clock ticks on Linux), so that setting the clock does not change it; `boot_id`
    tells one boot from the next.
    """

    pid: int
    start_time: float
    boot_id: str
    host: str

    def is_here(self) -> bool:
        """True when the process belongs to this host."""
        return self.host == socket.gethostname()

    def is_alive(self) -> bool:
        """True when this very process runs on this host now; a zombie does not count."""
        try:
            return identify(self.pid) == self
        except ProcessLookupError:
            return False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> ProcessIdentity:
        """Raises ValueError on a document that is none."""
        try:
            return cls(
                int(document["pid"]),
                float(document["start_time"]),
                str(document["boot_id"]),
                str(document["host"]),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"the record of its process cannot be read ({error!r})") from None


def identify(pid: int) -> ProcessIdentity:
    """The identity of a running process. Raises ProcessLookupError when there is none, or only a zombie."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            # The command name, in parentheses, may hold anything: count the fields from its end (proc(5)).
            fields = stat.read_bytes().rpartition(b")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            raise ProcessLookupError(pid) from None
        if fields[0] in (b"Z", b"X"):
            raise ProcessLookupError(pid)
        start = float(fields[19])
    else:
        import psutil  # 10 ms: only where there is no /proc

        try:
            process = psutil.Process(pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                raise ProcessLookupError(pid)
            start = process.create_time()
        except psutil.NoSuchProcess:
            raise ProcessLookupError(pid) from None
    return ProcessIdentity(pid, start, boot_id(), socket.gethostname())


@cache
def boot_id() -> str:
    """What tells this boot of the machine from any other: Linux's id of it, elsewhere its time (s since 1970)."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        import psutil

        return str(int(psutil.boot_time()))


def this_process() -> ProcessIdentity:
    """The identity of the process that calls."""
    return identify(os.getpid())


def is_ending(record: Path) -> bool:
    """Whether a process that a `process.json` tells of lives here: the training, or its parent, who writes last."""
    try:
        document = read_json(record) or {}
        processes = [ProcessIdentity.from_json(known) for known in (document, document.get("keeper")) if known]
    except (OSError, ValueError):
        return False
    return any(process.is_alive() for process in processes)
