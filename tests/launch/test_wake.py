"""The queue's supervisor from outside: it comes to life where it is needed, once, and ends by itself."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import psutil
import pytest

from mixtui.launch.local_launcher import LocalLauncher
from mixtui.launch.wake import lock_path, note_of, note_path, wake
from mixtui.lock import Lock, is_locked
from mixtui.store.control import change_control
from mixtui.store.paths import RunPaths
from mixtui.store.run import Run
from mixtui.store.store import Store
from mixtui.store.tickets import Tickets

MakeRun = Callable[..., RunPaths]
Refused = Callable[[str], AbstractContextManager[None]]
StandIn = Callable[[str], None]

# Wakes from several threads once it is told to.
WAKER = """
import sys
from pathlib import Path
from threading import Thread
from mixtui.launch.wake import wake

threads = [Thread(target=wake, args=[Path(sys.argv[1])]) for _ in range(2)]
print("ready", flush=True)
sys.stdin.readline()
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def supervisors(root: Path) -> list[psutil.Process]:
    """Those of the runs below `root` that are alive."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.cmdline()[-2:] == ["mixtui.launch.supervisor", str(root)]:
                found.append(process)
    return found


@pytest.fixture(autouse=True)
def _none_left(store: Store) -> Iterator[None]:
    yield
    for process in supervisors(store.root):
        process.kill()


@pytest.fixture
def waiting(make_run: MakeRun, stand_in_worker: StandIn, store: Store) -> RunPaths:
    """A run with a ticket whose worker says that it has started, and ends when it is told to go."""
    stand_in_worker("""
        print("started", flush=True)
        wait_for(paths.root / "go")
    """)
    paths = make_run()
    change_control(paths, **LocalLauncher().wants(Run.load(paths.root).config, 0))
    Tickets(store.root).add(paths.id)
    return paths


def has_started(paths: RunPaths) -> bool:
    return paths.output.exists() and "started" in paths.output.read_text()


def let_it_end(paths: RunPaths) -> None:
    """The run ends, and with it the last supervisor."""
    root = paths.root.parent
    (paths.root / "go").touch()
    wait_until(lambda: not supervisors(root))
    assert paths.exit.exists()
    assert Tickets(root).ids() == set()
    assert not is_locked(lock_path(root))


def test_without_tickets_nothing_starts(store: Store, make_run: MakeRun) -> None:
    wake(store.root)
    assert not store.root.exists()
    make_run()
    wake(store.root)
    assert supervisors(store.root) == []


def test_tickets_that_only_another_host_can_see_to_start_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Slurm's, on a host without Slurm."""
    monkeypatch.setenv("PATH", str(tmp_path))
    Tickets(store.root, "slurm").add("a-run")
    wake(store.root)
    assert supervisors(store.root) == []


def test_where_one_is_at_work_no_other_starts(store: Store, waiting: RunPaths) -> None:
    lock = Lock.take(lock_path(store.root))
    assert lock is not None
    wake(store.root)
    assert supervisors(store.root) == []
    lock.close()
    assert not waiting.claim(1).exists()


def test_of_many_who_wake_it_at_once_one_supervisor_remains_and_ends_with_its_work(
    store: Store, waiting: RunPaths
) -> None:
    wakers = [
        subprocess.Popen(
            [sys.executable, "-c", WAKER, str(store.root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        for _ in range(3)
    ]
    for waker in wakers:
        assert waker.stdout is not None
        assert waker.stdout.readline() == "ready\n"
    for waker in wakers:
        waker.communicate("go\n", timeout=30)
        assert waker.returncode == 0
    for waker in wakers:
        with contextlib.suppress(ProcessLookupError):  # nobody is left in its group
            os.killpg(waker.pid, signal.SIGHUP)  # as when its terminal is closed
    wait_until(lambda: has_started(waiting) and len(supervisors(store.root)) == 1)
    assert is_locked(lock_path(store.root))
    let_it_end(waiting)
    assert waiting.output.read_text() == "started\n"


def test_after_one_was_killed_the_next_takes_over(store: Store, waiting: RunPaths) -> None:
    wake(store.root)
    wait_until(lambda: has_started(waiting))
    (killed,) = supervisors(store.root)
    killed.kill()
    killed.wait()
    wake(store.root)
    wait_until(lambda: is_locked(lock_path(store.root)))
    assert Run.load(waiting.root).status.state.is_live
    let_it_end(waiting)
    assert waiting.output.read_text() == "started\n"


def test_a_run_that_was_deleted_by_hand_keeps_nobody_at_work(store: Store, make_run: MakeRun) -> None:
    make_run()
    Tickets(store.root).add("20261122-231502-gone-resnet18-a0-s0-aaaa")
    wake(store.root)
    wait_until(lambda: not Tickets(store.root).ids() and not supervisors(store.root))


def test_a_runs_folder_has_one_lock_however_it_is_called_and_another_has_another(store: Store, tmp_path: Path) -> None:
    store.root.mkdir()
    (tmp_path / "link").symlink_to(store.root)
    assert lock_path(store.root) == lock_path(tmp_path / "link") == lock_path(Path(os.path.relpath(store.root)))
    assert lock_path(tmp_path / "other") != lock_path(store.root)


def test_where_it_cannot_be_started_that_is_an_error_for_a_person(
    store: Store, refused: Refused, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    Tickets(store.root).add("a-run")
    lock_path(store.root).mkdir()
    with refused("cannot be started"):
        wake(store.root)
    (tmp_path / "file").touch()
    monkeypatch.setenv("MIXTUI_LOCAL", str(tmp_path / "file"))
    with refused("cannot be made"):
        wake(store.root)


def test_what_the_queue_waits_for_can_be_asked_at_any_time(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert note_of(store.root) == ""
    note_path(store.root).write_text("a-run waits for memory.")
    assert note_of(store.root) == "a-run waits for memory."
    assert note_of(tmp_path / "other") == ""
    (tmp_path / "file").touch()
    monkeypatch.setenv("MIXTUI_LOCAL", str(tmp_path / "file"))
    assert note_of(store.root) == ""
