"""Looking after the runs that train on this host: starts queued ones as places and memory come free, and sees how they
end. The trainings do not need it: whoever starts another takes them over, and what it knows it has from the run
directories.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixtui.errors import MixtuiError
from mixtui.launch.gpu_sharing import Sharing, may_have_fallen_with_others
from mixtui.launch.leases import Lease
from mixtui.launch.local_folder import local_folder
from mixtui.launch.places import Places
from mixtui.launch.queue import is_left_over, queue_order, wants_retry
from mixtui.launch.start import GRACE, kill_worker, start, worker_of
from mixtui.store.control import change_control
from mixtui.store.jsonl import JsonlReader
from mixtui.store.paths import RunPaths
from mixtui.store.run import BrokenRunError, Run, reading
from mixtui.store.stamp import Stamp, run_stamp
from mixtui.store.status import State
from mixtui.store.tickets import Tickets

TOGETHER = 2.0  # seconds within which all runs that one MPS fault takes down are seen to have ended
QUEUED_A_LOOK = 40  # of a long queue: to look at thousands every time would take a core from the trainings
REST, RESTS = 30.0, 10  # seconds that a run is left alone which cannot be seen to; how often, before it is let go
ROOM = 256 * 1024  # bytes on the disk: enough for a run that fills it up to say so


@dataclass
class Watched:
    """A run that is queued or live, as last read."""

    run: Run
    stamp: Stamp
    events: JsonlReader
    asked_at: float | None = None  # when it was first seen that it is wanted to end

    @classmethod
    def read(cls, root: Path) -> Watched:
        """Raises BrokenRunError."""
        paths = RunPaths(root)
        found, events = run_stamp(paths, events=False), JsonlReader(paths.events)
        with reading(paths):
            events.read()
        return cls(Run.load(root), found, events)

    @property
    def on_gpu(self) -> bool:
        return self.run.config.device != "cpu"


class LocalWatch:
    """Looks after the runs of this user and host below `root`; see `launcher.Watch`."""

    def __init__(self, root: Path) -> None:
        folder = local_folder()
        self.note = ""
        self._root = root
        self._tickets = Tickets(root)
        self._host = socket.gethostname()  # once: it may be changed
        self._watched: dict[str, Watched] = {}
        self._next_queued = 0
        self._resting: dict[str, float] = {}  # until when a run that could not be seen to is left alone
        self._places = Places(folder)
        self._sharing = Sharing(folder)
        self._keepers: dict[str, subprocess.Popen[bytes]] = {}
        self._fallen: dict[str, float] = {}  # when each was seen
        self._rests: Counter[str] = Counter()
        self._trouble = ""  # why the last run that rests could not be started

    def adopt(self, run: Run) -> None:
        """Learn from any run what trainings need, and take over one that is live, or queued here."""
        self._places.learn(run)
        if not self._is_ours(run):
            return
        if not run.status.began and run.id not in self._keepers:  # its starter or its keeper was killed on the way
            run.paths.claim(run.attempt).unlink(missing_ok=True)
            run = Run.load(run.paths.root)
        if run.status.state.is_live or (run.status.state is State.QUEUED and is_left_over(run)):
            self._tickets.add(run.id)

    def tick(self) -> bool:
        """One look at everything; False when nothing is left to do."""
        self._keepers = {run_id: keeper for run_id, keeper in self._keepers.items() if keeper.poll() is None}
        self._read_tickets()
        for watched in self._due():
            with self._apart(watched.run):
                self._look_at(watched)
        self._judge_fallen()
        self._start_what_fits()
        return bool(self._watched or self._resting)

    def has_tickets(self) -> bool:
        return bool(self._tickets.ids())

    def leave(self) -> None:
        """Take along what only trainings need."""
        self.note = ""
        self._sharing.leave()

    def _read_tickets(self) -> None:
        ids = self._tickets.ids()
        for gone in self._watched.keys() - ids:
            del self._watched[gone]
        now = time.monotonic()
        self._resting = {run_id: until for run_id, until in self._resting.items() if run_id in ids and until > now}
        for new in ids - self._watched.keys() - self._resting.keys():
            root = self._root / new
            try:
                self._watch(root)
            except BrokenRunError as error:
                if root.is_dir():  # it may be whole again after a while
                    self._rest(new, error.message)
                else:
                    self._tickets.remove(new)

    def _watch(self, root: Path) -> None:
        watched = Watched.read(root)
        self._watched[root.name] = watched
        self._places.learn(watched.run)

    def _due(self) -> list[Watched]:
        """The runs to look at now: live ones every time, of a long queue a part."""
        live = [watched for watched in self._watched.values() if watched.run.status.state is not State.QUEUED]
        queued = self._queued()
        if len(queued) <= QUEUED_A_LOOK:
            return live + queued
        start = self._next_queued % len(queued)
        self._next_queued = start + QUEUED_A_LOOK
        return live + (queued + queued)[start : start + QUEUED_A_LOOK]

    def _queued(self) -> list[Watched]:
        return [watched for watched in self._watched.values() if watched.run.status.state is State.QUEUED]

    @contextlib.contextmanager
    def _apart(self, run: Run) -> Iterator[None]:
        """What goes wrong with one run must not touch the others."""
        try:
            yield
        except BrokenRunError as error:
            if run.paths.root.is_dir():
                self._rest(run.id, error.message)
            else:  # removed
                self._forget(run)
        except Exception:
            traceback.print_exc()
            self._rest(run.id, "")

    def _rest(self, run_id: str, why: str) -> None:
        """Leave a run alone for a while that cannot be seen to now."""
        self._watched.pop(run_id, None)
        self._trouble = why
        self._rests[run_id] += 1
        if self._rests[run_id] < RESTS:
            self._resting[run_id] = time.monotonic() + REST
        else:  # whoever lists the runs finds it without a ticket, and it is tried again
            self._tickets.remove(run_id)

    def _forget(self, run: Run) -> None:
        self._watched.pop(run.id, None)
        self._tickets.remove(run.id)
        with contextlib.suppress(BrokenRunError):  # somebody may have queued it again just now
            now = Run.load(run.paths.root)
            if now.status.state is State.QUEUED and self._is_ours(now):
                self._tickets.add(now.id)

    def _is_ours(self, run: Run) -> bool:
        """Whether it was queued on this host by this user."""
        try:
            return run.control.get("host") == self._host and run.paths.root.stat().st_uid == os.getuid()
        except OSError:
            return False

    def _look_at(self, watched: Watched) -> None:
        """Read a run again where something has changed, and see to it."""
        paths = watched.run.paths
        now = run_stamp(paths, events=False)
        live = watched.run.status.state.is_live
        # Of what a training tells, only its need of memory matters here: its log may be long.
        tells = live and any(event.get("type") == "memory" for event in watched.events.read())
        if now != watched.stamp or tells or (live and worker_of(paths) is None):
            watched.run, watched.stamp = Run.load(paths.root), now
            self._places.learn(watched.run)
        state = watched.run.status.state
        if state.is_live and watched.run.status.host is None:
            self._hasten(watched)
        elif (state is not State.QUEUED or not self._is_ours(watched.run)) and paths.id not in self._keepers:
            self._see_to_the_end_of(watched.run)

    def _hasten(self, watched: Watched) -> None:
        """End a run that was asked to end and does not."""
        if watched.run.status.state is not State.STOPPING:
            watched.asked_at = None
        elif watched.asked_at is None:
            watched.asked_at = time.monotonic()
        elif time.monotonic() - watched.asked_at > GRACE:
            kill_worker(watched.run.paths, watched.run.attempt)

    def _see_to_the_end_of(self, run: Run) -> None:
        if run.id not in self._fallen and may_have_fallen_with_others(run):
            self._fallen[run.id] = time.monotonic()  # judged once all that fell with it have been seen
        elif run.id not in self._fallen:
            self._retry_or_forget(run)

    def _retry_or_forget(self, run: Run) -> None:
        if self._is_ours(run) and wants_retry(run):
            self._requeue(run, retries=run.control["retries"] - 1)
        else:
            self._forget(run)

    def _judge_fallen(self) -> None:
        """Of trainings that died by CUDA errors under MPS: several at once were taken down by one fault."""
        if not self._fallen or time.monotonic() - max(self._fallen.values()) < TOGETHER:
            return
        fallen = [self._watched[run_id].run for run_id in self._fallen if run_id in self._watched]
        self._fallen.clear()
        for run in fallen:
            with self._apart(run):
                if len(fallen) == 1:
                    self._retry_or_forget(run)
                    continue
                why = f"An MPS fault took {len(fallen)} runs down together; this one goes on without MPS, in turns."
                self._requeue(run, mps=False, remark=why)

    def _requeue(self, run: Run, **changes: Any) -> None:
        change_control(run.paths, attempt=run.attempt + 1, **changes)
        self._watch(run.paths.root)

    def _start_what_fits(self) -> None:
        """Start queued runs in their order; one that must wait lets none past it to the same places."""
        queued: dict[frozenset[str], list[tuple[tuple[float, str, str], Watched]]] = {}
        for watched in self._queued():
            places = frozenset(watched.run.control.get("gpus", ()))
            queued.setdefault(places, []).append((queue_order(watched.run), watched))
        obstacles = [self._start_in_order(waiting) for waiting in queued.values()]
        if not self._resting:
            self._trouble = ""
        self.note = next(filter(None, obstacles), self._trouble)

    def _start_in_order(self, waiting: list[tuple[tuple[float, str, str], Watched]]) -> str:
        """Start runs that wait for the same places; why the first that was not started must wait, "" for a place."""
        while waiting:
            first = min(waiting, key=lambda pair: pair[0])  # to sort thousands several times a second costs more
            waiting.remove(first)
            with self._apart(first[1].run):
                obstacle = self._start(first[1])
                if obstacle is not None:
                    return obstacle
        return ""

    def _start(self, watched: Watched) -> str | None:
        """Start a run; or why it must wait, "" where that is only for a place."""
        self._look_at(watched)
        run = watched.run
        if run.status.state is not State.QUEUED:
            return None
        if shutil.disk_usage(self._root).free < ROOM:
            return f"{run.id} waits for room on the disk of {self._root}."
        live = [other.run for other in self._watched.values() if other.run.status.state.is_live]
        lease = self._places.lease(run, live)
        if isinstance(lease, str):
            return lease
        try:
            environment = self._environment(watched, lease)
            self._keepers[run.id] = start(run.paths, run.control["attempt"], lease, environment)
        except MixtuiError as error:  # its Python is gone, or its folder cannot be written: others may start
            self._rest(run.id, f"{error.message} {error.hint}")
            return None
        finally:
            lease.close()  # the training has it now, if there is one
        self._watch(run.paths.root)
        del self._rests[run.id]
        return None

    def _environment(self, watched: Watched, lease: Lease) -> dict[str, str]:
        """What the training must find in its environment."""
        environment = {"PYTHONPATH": watched.run.control.get("pythonpath") or ""}
        if lease.gpu is None:
            return environment
        shared = any(other.on_gpu and other is not watched for other in self._watched.values())
        return environment | self._sharing.environment(watched.run, lease.gpu, shared=shared)
