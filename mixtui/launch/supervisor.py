"""The process that keeps a queue going: starts queued runs as places and memory come free, and sees how they end.

    python -m mixtui.launch.supervisor RUNS_FOLDER

One per host, user and runs folder, without torch; it ends when nothing is left to do. The trainings do not need it:
kill it, and they go on, and the next mixtui starts another that takes them over. What it knows it has from the run
directories; the only thing it keeps for itself is its lock.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixtui.errors import MixtuiError
from mixtui.launch.local import Lock, local_folder
from mixtui.launch.places import Places
from mixtui.launch.queue import queue_order
from mixtui.launch.sharing import Sharing, may_have_fallen_with_others
from mixtui.launch.slots import Lease
from mixtui.launch.start import kill_worker, start, worker_of
from mixtui.launch.wake import lock_path, note_path
from mixtui.store.control import change_control
from mixtui.store.evidence import Evidence, evidence
from mixtui.store.jsonl import JsonlReader
from mixtui.store.paths import RunPaths
from mixtui.store.run import BrokenRunError, Run
from mixtui.store.status import State
from mixtui.store.store import Store
from mixtui.store.tickets import Tickets

LOOK_EVERY = 0.25  # seconds
TOUCH_EVERY = 3600.0  # seconds: who tidies /tmp removes what nobody touched for days
GRACE = 30.0  # seconds for a run that was asked to end, before it is killed
TOGETHER = 2.0  # seconds within which all runs that one MPS fault takes down are seen to have ended
QUEUED_A_LOOK = 40  # of a long queue: to look at thousands every time would take a core from the trainings
REST = 30.0  # seconds


@dataclass
class Watched:
    """A run that is queued or live, as last read."""

    run: Run
    evidence: Evidence
    events: JsonlReader
    asked_at: float | None = None  # when it was first seen that it is wanted to end

    @classmethod
    def read(cls, root: Path) -> Watched:
        paths = RunPaths(root)
        found, events = evidence(paths, events=False), JsonlReader(paths.events)
        events.read()
        return cls(Run.load(root), found, events)

    @property
    def on_gpu(self) -> bool:
        return self.run.config.device != "cpu"


class Supervisor:
    """Looks after the runs of this user and host below `root`; `folder` is the host's own place for locks."""

    def __init__(self, root: Path, folder: Path) -> None:
        self._store = Store(root)
        self._tickets = Tickets(root)
        self._watched: dict[str, Watched] = {}
        self._next_queued = 0
        self._resting: dict[str, float] = {}  # until when a run that could not be seen to is left alone
        self._places = Places(folder)
        self._sharing = Sharing(folder)
        self._keepers: list[subprocess.Popen[bytes]] = []
        self._fallen: dict[str, float] = {}  # when each was seen
        self._trouble = ""  # why the last run that rests could not be started
        self._note: str | None = None  # what another may have left is not known

    def adopt(self) -> None:
        """Learn from all runs what trainings need, and take over those that are queued here or live."""
        for run in self._store.runs():
            if isinstance(run, BrokenRunError):
                continue
            self._places.learn(run)
            if _is_ours(run) and (run.status.state is State.QUEUED or run.status.state.is_live):
                self._tickets.add(run.id)

    def tick(self) -> bool:
        """One look at everything; False when nothing is left to do."""
        self._keepers = [keeper for keeper in self._keepers if keeper.poll() is None]
        self._read_tickets()
        for watched in self._due():
            with self._apart(watched.run):
                self._look_at(watched)
        self._judge_fallen()
        self._start_what_fits()
        return bool(self._watched or self._resting)

    def has_tickets(self) -> bool:
        return bool(self._tickets.ids())

    def _read_tickets(self) -> None:
        ids = self._tickets.ids()
        for gone in self._watched.keys() - ids:
            del self._watched[gone]
        now = time.monotonic()
        self._resting = {run_id: until for run_id, until in self._resting.items() if run_id in ids and until > now}
        for new in ids - self._watched.keys() - self._resting.keys():
            try:
                self._watched[new] = Watched.read(self._store.root / new)
            except BrokenRunError:
                self._tickets.remove(new)

    def _due(self) -> list[Watched]:
        """The runs to look at now: live ones every time, of a long queue a part."""
        live = [watched for watched in self._watched.values() if watched.run.status.state is not State.QUEUED]
        queued = [watched for watched in self._watched.values() if watched.run.status.state is State.QUEUED]
        if len(queued) <= QUEUED_A_LOOK:
            return live + queued
        start = self._next_queued % len(queued)
        self._next_queued = start + QUEUED_A_LOOK
        return live + (queued + queued)[start : start + QUEUED_A_LOOK]

    @contextlib.contextmanager
    def _apart(self, run: Run) -> Iterator[None]:
        """What goes wrong with one run must not touch the others."""
        try:
            yield
        except BrokenRunError:  # removed, for one
            self._forget(run)
        except Exception:
            traceback.print_exc()
            self._rest(run)

    def _rest(self, run: Run) -> None:
        """Leave a run alone for a while that cannot be seen to now."""
        self._watched.pop(run.id, None)
        self._resting[run.id] = time.monotonic() + REST

    def _forget(self, run: Run) -> None:
        self._watched.pop(run.id, None)
        self._tickets.remove(run.id)
        with contextlib.suppress(BrokenRunError):  # somebody may have queued it again just now
            if Run.load(run.paths.root).status.state is State.QUEUED and _is_ours(run):
                self._tickets.add(run.id)

    def _look_at(self, watched: Watched) -> None:
        """Read a run again where something has changed, and see to it."""
        paths = watched.run.paths
        now = evidence(paths, events=False)
        live = watched.run.status.state.is_live
        # Of what a training tells, only its need of memory matters here: its log may be long.
        tells = live and any(event.get("type") == "memory" for event in watched.events.read())
        if now != watched.evidence or tells or (live and worker_of(paths) is None):
            watched.run, watched.evidence = Run.load(paths.root), now
            self._places.learn(watched.run)
        state = watched.run.status.state
        if state.is_live and watched.run.status.host is None:
            self._hasten(watched)
        elif state is not State.QUEUED or not _is_ours(watched.run):
            self._see_off(watched.run)

    def _hasten(self, watched: Watched) -> None:
        """End a run that was asked to end and does not."""
        if watched.run.status.state is not State.STOPPING:
            watched.asked_at = None
        elif watched.asked_at is None:
            watched.asked_at = time.monotonic()
        elif time.monotonic() - watched.asked_at > GRACE:
            kill_worker(watched.run.paths, watched.run.attempt)

    def _see_off(self, run: Run) -> None:
        """A run has ended: start it again where that is wanted, else let it go."""
        if run.id not in self._fallen and may_have_fallen_with_others(run):
            self._fallen[run.id] = time.monotonic()  # judged once all that fell with it have been seen
        elif run.id not in self._fallen:
            self._let_go(run)

    def _let_go(self, run: Run) -> None:
        if _may_retry(run):
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
            if len(fallen) == 1:
                self._let_go(run)
                continue
            why = f"An MPS fault took {len(fallen)} runs down together; this one goes on without MPS, in turns."
            with self._apart(run):
                self._requeue(run, mps=False, remark=why)

    def _requeue(self, run: Run, **changes: Any) -> None:
        change_control(run.paths, attempt=run.attempt + 1, **changes)
        self._watched[run.id] = Watched.read(run.paths.root)

    def _start_what_fits(self) -> None:
        """Start queued runs in their order; one that must wait lets none past it to the same places."""
        queued = [watched for watched in self._watched.values() if watched.run.status.state is State.QUEUED]
        held: set[frozenset[str]] = set()
        note = ""
        for watched in sorted(queued, key=lambda watched: queue_order(watched.run)):
            places = frozenset(watched.run.control.get("gpus", ()))
            if places in held:
                continue
            with self._apart(watched.run):
                obstacle = self._start(watched)
                if obstacle is not None:
                    held.add(places)
                    note = note or obstacle
        if not self._resting:
            self._trouble = ""
        self._say(note or self._trouble)

    def _start(self, watched: Watched) -> str | None:
        """Start a run; or why it must wait, "" where that is only for a place."""
        self._look_at(watched)
        run = watched.run
        if run.status.state is not State.QUEUED:
            return None
        live = [other.run for other in self._watched.values() if other.run.status.state.is_live]
        lease = self._places.lease(run, live)
        if isinstance(lease, str):
            return lease
        try:
            environment = self._environment(watched, lease)
            self._keepers.append(start(run.paths, run.control["attempt"], lease, environment))
        except MixtuiError as error:  # its Python is gone, or its folder is full: others may start
            self._trouble = f"{error.message} {error.hint}"
            self._rest(run)
            return None
        finally:
            lease.close()  # the training has it now, if there is one
        self._watched[run.id] = Watched.read(run.paths.root)
        return None

    def _environment(self, watched: Watched, lease: Lease) -> dict[str, str]:
        """What the training must find in its environment."""
        path = watched.run.control.get("pythonpath")
        environment = {"PYTHONPATH": path} if path else {}
        if lease.gpu is None:
            return environment
        shared = any(other.on_gpu and other is not watched for other in self._watched.values())
        return environment | self._sharing.environment(watched.run, lease.gpu, shared=shared)

    def _say(self, note: str) -> None:
        """Leave word for other mixtuis of what the queue waits for."""
        if note != self._note:
            self._note = note
            with contextlib.suppress(OSError):
                note_path(self._store.root).write_text(note)

    def leave(self) -> None:
        """Nothing is left to do: take along what only trainings need."""
        self._say("")
        self._sharing.leave()


def _is_ours(run: Run) -> bool:
    """Queued on this host by this user."""
    try:
        return run.control.get("host") == socket.gethostname() and run.paths.root.stat().st_uid == os.getuid()
    except OSError:
        return False


def _may_retry(run: Run) -> bool:
    return (
        run.status.state is State.CRASHED
        and run.control.get("want") == "run"
        and run.control.get("retries", 0) > 0
        and _is_ours(run)
    )


def main(root: Path) -> int:
    folder = local_folder()
    path = lock_path(root)
    lock = Lock.take(path, patience=1.0)
    if lock is None:
        return 0
    with contextlib.suppress(OSError):  # the log: what an earlier supervisor wrote is of no use any more
        os.ftruncate(sys.stdout.fileno(), 0)
    supervisor = Supervisor(root, folder)
    supervisor.adopt()
    touched = time.monotonic()
    while lock:
        while supervisor.tick():
            time.sleep(LOOK_EVERY)
            if time.monotonic() - touched > TOUCH_EVERY:
                touched = time.monotonic()
                for file in folder.glob("*.lock"):
                    file.touch()
        supervisor.leave()
        # Whoever queues a run now either finds the lock free and starts another supervisor, or was seen here.
        lock.close()
        lock = Lock.take(path) if supervisor.has_tickets() else None
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
