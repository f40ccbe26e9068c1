"""A terminal program as a person meets it: in a pane of a tmux server of its own, its keys pressed and its screen read.

The screen is asked for every few milliseconds over one connection to tmux, which answers in a fraction of one; so
a time is good to some 5 ms. Two programs compare only in one sitting.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import shlex
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import psutil

POLL_EVERY = 0.004  # seconds
PATIENCE = 60.0
_NUMBERS = itertools.count()  # of the servers: a name is not free at once when its server ends


class Pane:
    """`command` in a pane of `columns` × `lines` cells, until the context ends."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], columns: int = 120, lines: int = 40
    ) -> None:
        self._command, self._environment = command, environment
        self._size = ["-x", str(columns), "-y", str(lines)]
        self._server = f"mixtui-bench-{os.getpid()}-{next(_NUMBERS)}"

    def __enter__(self) -> Pane:
        tmux = ["tmux", "-L", self._server, "-f", os.devnull]
        subprocess.run([*tmux, "new-session", "-d", *self._size, "sleep infinity"], check=True)
        self._control = subprocess.Popen(
            [*tmux, "-C", "attach-session", "-f", "no-output,ignore-size"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self._answer()
        self._tmux("set-option", "-g", "status", "off")
        self._tmux("set-option", "-g", "default-terminal", "tmux-256color")
        settings = [part for name, value in self._environment.items() for part in ("-e", f"{name}={value}")]
        self.began = time.perf_counter()
        self._tmux("new-session", "-d", "-s", "it", *self._size, *settings, f"exec {shlex.join(self._command)}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(psutil.NoSuchProcess, ValueError, RuntimeError):  # it has ended by itself
            left = self.processes()
            for process in left:
                process.terminate()
            psutil.wait_procs(left, timeout=5)
        self._control.communicate("kill-server\n")

    def screen(self, *, styled: bool = False) -> str:
        return self._tmux("capture-pane", "-p", *(["-e"] if styled else []), "-t", "it")

    def press(self, *keys: str) -> float:
        """Press keys, by tmux's names for them; the moment when it was done."""
        pressed = time.perf_counter()
        self._tmux("send-keys", "-t", "it", *keys)
        return pressed

    def seconds_until(self, condition: Callable[[], bool], since: float) -> float:
        """Raises TimeoutError when the condition does not come true."""
        while not condition():
            if time.perf_counter() - since > PATIENCE:
                raise TimeoutError(f"what was waited for did not come:\n{self.screen()}")
            time.sleep(POLL_EVERY)
        return time.perf_counter() - since

    def seconds_until_still(self, since: float, quiet: float = 1.5) -> float:
        """Until the last change of the screen before it stays as it is for `quiet` seconds."""
        shown, changed = self.screen(), time.perf_counter()
        while time.perf_counter() - changed < quiet:
            if (now := self.screen()) != shown:
                shown, changed = now, time.perf_counter()
            time.sleep(POLL_EVERY)
        return changed - since

    def key_times(self, keys: Sequence[str], state: Callable[[str], object], presses: int) -> list[float]:
        """The seconds from each press, of the keys in turn, until what `state` sees on the styled screen is another."""
        times = []
        for press in range(presses):
            before = state(self.screen(styled=True))
            pressed = self.press(keys[press % len(keys)])
            times.append(
                self.seconds_until(lambda before=before: state(self.screen(styled=True)) != before, pressed)  # type: ignore[misc]
            )
            time.sleep(0.05)  # as fast as a key repeats, and no faster
        return times

    def processes(self) -> list[psutil.Process]:
        leader = psutil.Process(int(self._tmux("display", "-p", "-t", "it", "#{pane_pid}")))
        return [leader, *leader.children(recursive=True)]

    def memory_mb(self) -> float:
        return sum(process.memory_info().rss for process in self.processes()) / 1e6

    def cpu_percent(self, seconds: float) -> float:
        """Of one core."""
        processes = self.processes()
        before = _cpu_seconds(processes)
        time.sleep(seconds)
        return (_cpu_seconds(processes) - before) / seconds * 100

    def bytes_per_second(self, seconds: float) -> float:
        """What the program writes to its terminal."""
        with tempfile.TemporaryDirectory() as folder:
            written = Path(folder) / "written"
            self._tmux("pipe-pane", "-t", "it", f"exec cat > {shlex.quote(str(written))}")
            time.sleep(seconds)
            self._tmux("pipe-pane", "-t", "it")
            return written.stat().st_size / seconds if written.exists() else 0.0

    def _tmux(self, *command: str) -> str:
        assert self._control.stdin is not None
        self._control.stdin.write(f"{shlex.join(command)}\n")
        return self._answer()

    def _answer(self) -> str:
        """What tmux answers to a command: the lines between %begin and %end."""
        assert self._control.stdout is not None
        lines: list[str] = []
        for line in self._control.stdout:
            if line.startswith("%begin "):
                lines.clear()
            elif line.startswith("%end "):
                return "".join(lines)
            elif line.startswith("%error "):
                raise RuntimeError(f"tmux: {''.join(lines)}")
            else:
                lines.append(line)
        raise RuntimeError("tmux ended")


def _cpu_seconds(processes: Sequence[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def p95(values: Sequence[float]) -> float:
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


def wait_for_quiet(share: float = 10.0, patience: float = 60.0) -> None:
    """Until the processors of this machine were busy for less than `share` percent of a second."""
    deadline = time.monotonic() + patience
    while psutil.cpu_percent(1.0) > share and time.monotonic() < deadline:
        pass
