"""Evidence that a process was killed for want of memory: the kernel's log (Documentation/ABI/testing/dev-kmsg), and the
counts of its control group (Documentation/admin-guide/cgroup-v2.rst, `memory.events`)."""

from __future__ import annotations

import os
import re

from mixtui.launch.cgroup import memory_limit, oom_kills

_KERNEL_LOG = "/dev/kmsg"
_LONGEST_RECORD = 8192


class OomWatch:
    """Looks from before a process starts until it was killed."""

    def __init__(self) -> None:
        self._log = _open_log_at_its_end()
        self._kills = self._kills_before = oom_kills()

    def look(self) -> None:
        """To be called every few seconds: who was killed long before our process was another."""
        # Two looks back: killed and counted already, our process may take a moment to be gone.
        self._kills_before, self._kills = self._kills, oom_kills()

    def killed(self, pid: int) -> bool:
        """Whether the process `pid`, killed by SIGKILL just now, was killed by the kernel to get its memory back.

        From the kernel's log, or, where that may not be read, from its control group: then it may have been a
        neighbour that was killed for it in the same moment.
        """
        return self._kernel_says(pid) or oom_kills() > self._kills_before

    @staticmethod
    def limit() -> int | None:
        """Bytes of memory that were allowed; None where that is all that the machine has."""
        return memory_limit()

    def _kernel_says(self, pid: int) -> bool:
        """Whether the kernel's log tells of that kill; False where it may not be read."""
        if self._log is None:
            return False
        # "Out of memory: Killed process 42 (python) ...", or with ", UID 1000," in between
        kill = re.compile(rf"Killed process {pid}\b".encode())
        while True:
            try:
                record = os.read(self._log, _LONGEST_RECORD)  # one at a time
            except BrokenPipeError:  # overwritten before we read it: go on with what is there
                continue
            except OSError:  # BlockingIOError: that was all
                return False
            if not record:  # something else has the log's name, as /dev/null in some containers
                return False
            if kill.search(record):
                return True


def _open_log_at_its_end() -> int | None:
    """The kernel's log, to read what is written from now on; None where it may not be read.

    Reading it from here needs no comparison of times: the log's clock and the others drift apart.
    """
    try:
        log = os.open(_KERNEL_LOG, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError:
        return None
    try:
        os.lseek(log, 0, os.SEEK_END)
    except OSError:  # a terminal, in some containers
        os.close(log)
        return None
    return log
