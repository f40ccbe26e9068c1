"""Starting an attempt, once, as a process that outlives whoever asked; the lease of its place; and ending it."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mixtui.config import RunConfig
from mixtui.errors import MixtuiError
from mixtui.launch.leases import Lease, lease_cores
from mixtui.launch.local_folder import local_folder
from mixtui.launch.start import kill_worker, signal_worker, start, worker_of
from mixtui.lock import is_locked
from mixtui.store import control as control_module
from mixtui.store.control import change_control, read_control
from mixtui.store.files import read_json, write_json
from mixtui.store.paths import RunPaths
from mixtui.store.process import ProcessIdentity, identify
from mixtui.store.run import Run
from mixtui.store.status import State
from mixtui.store.store import Store

MakeEvent = Callable[..., dict[str, Any]]
MakeRun = Callable[..., RunPaths]
Refused = Callable[[str], AbstractContextManager[None]]
StandIn = Callable[[str], None]

UNBOOKED = Lease("cpu 0", None, ())  # a place that nobody keeps an eye on

# A worker that nothing but SIGKILL ends before its time, and a child of it that is no better.
STUBBORN = """
import subprocess

signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "60"])
(paths.root / "draft").write_text(str(child.pid))
(paths.root / "draft").rename(paths.root / "child")
wait_for(paths.root / "go")
"""


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def wait_for_exit(paths: RunPaths) -> dict[str, Any]:
    wait_until(paths.exit.exists)
    return read_json(paths.exit) or {}


def process_of(paths: RunPaths) -> ProcessIdentity:
    """The run's worker, which must come to life."""
    wait_until(lambda: worker_of(paths))
    return ProcessIdentity.from_json(read_json(paths.process) or {})


def kill(process: ProcessIdentity) -> None:
    if process.is_alive():
        os.kill(process.pid, signal.SIGKILL)
    wait_until(lambda: not process.is_alive())


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with any run."""
    process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.wait()


# Starting


def test_an_attempt_runs_to_its_end_in_a_session_of_its_own(make_run: MakeRun, stand_in_worker: StandIn) -> None:
    stand_in_worker("print(attempt, os.getsid(0) == os.getpid(), Path.cwd())")
    paths = make_run()
    keeper = start(paths, 1, UNBOOKED, {})
    assert keeper.wait(30) == 0
    assert (read_json(paths.exit) or {})["code"] == 0
    assert paths.claim(1).exists()
    assert paths.output.read_text() == f"1 True {Path.cwd()}\n"


def test_an_attempt_outlives_whoever_started_it(make_run: MakeRun, stand_in_worker: StandIn) -> None:
    stand_in_worker("""
        wait_for(paths.root / "starter is gone")
        print("still here")
    """)
    paths = make_run()
    code = """
import signal, sys, time
from pathlib import Path
from mixtui.launch.leases import Lease
from mixtui.launch.start import start
from mixtui.store.paths import RunPaths

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # a nohup around the tests is inherited
start(RunPaths(Path(sys.argv[1])), 1, Lease("cpu 0", None, ()), {})
time.sleep(60)
"""
    starter = subprocess.Popen([sys.executable, "-c", code, str(paths.root)], start_new_session=True)
    wait_until(paths.process.exists)
    os.killpg(starter.pid, signal.SIGHUP)  # as when its terminal is closed
    starter.wait()
    (paths.root / "starter is gone").touch()
    assert wait_for_exit(paths)["code"] == 0
    assert paths.output.read_text() == "still here\n"


def test_of_two_starts_at_once_one_wins(make_run: MakeRun, stand_in_worker: StandIn) -> None:
    stand_in_worker("print('started')")
    paths = make_run()

    def try_to_start(_: int) -> MixtuiError | None:
        try:
            start(paths, 1, UNBOOKED, {})
        except MixtuiError as error:
            return error
        return None

    with ThreadPoolExecutor(8) as threads:
        errors = list(threads.map(try_to_start, range(8)))
    assert errors.count(None) == 1
    assert all("just been started" in error.message for error in errors if error)
    wait_for_exit(paths)
    assert paths.output.read_text() == "started\n"


def test_the_folder_it_was_submitted_from_is_where_it_runs(
    make_run: MakeRun, stand_in_worker: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in_worker("print(Path.cwd())")
    submitted_from = Path.cwd()
    here, gone = make_run(), make_run()
    change_control(gone, cwd=str(tmp_path / "gone"))
    monkeypatch.chdir(tmp_path)
    for keeper in [start(paths, 1, UNBOOKED, {}) for paths in (here, gone)]:
        keeper.wait(30)
    assert here.output.read_text() == f"{submitted_from}\n"
    assert gone.output.read_text() == f"{tmp_path}\n"


def test_a_runs_folder_may_be_relative(stand_in_worker: StandIn, tmp_path: Path) -> None:
    stand_in_worker("print(paths.root)")
    root = Path(os.path.relpath(tmp_path / "runs"))
    paths = Store(root).create(RunConfig(alpha=0), data_dir=Path("data"), location=None, meta={})
    change_control(paths, cwd=str(tmp_path))
    assert start(paths, 1, UNBOOKED, {}).wait(30) == 0


def test_a_file_in_the_persons_folder_does_not_stand_in_for_a_library(
    make_run: MakeRun, stand_in_worker: StandIn
) -> None:
    stand_in_worker("print('started')")
    Path("psutil.py").write_text("raise RuntimeError('not the library')")
    assert start(make_run(), 1, UNBOOKED, {}).wait(30) == 0


def test_it_gets_what_its_place_needs_on_top_of_the_usual_environment(
    make_run: MakeRun, stand_in_worker: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in_worker("print(os.environ['CUDA_VISIBLE_DEVICES'], os.environ['USUAL'])")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-1,GPU-2")
    monkeypatch.setenv("USUAL", "as ever")
    paths = make_run()
    environment = {"CUDA_VISIBLE_DEVICES": "GPU-2", "CUDA_MPS_PIPE_DIRECTORY": "/pipes"}
    start(paths, 1, Lease("GPU-2 share 3", "GPU-2", ()), environment).wait(30)
    assert paths.output.read_text() == "GPU-2 as ever\n"
    recorded = read_json(paths.process) or {}
    assert (recorded["place"], recorded["gpu"], recorded["mps"]) == ("GPU-2 share 3", "GPU-2", True)


def test_the_python_that_it_was_queued_with_runs_it(make_run: MakeRun, stand_in_worker: StandIn) -> None:
    stand_in_worker("")
    python = Path("another-python").absolute()
    python.write_text(f'#!/bin/sh\necho the other one\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o700)
    paths = make_run()
    change_control(paths, python=str(python))
    assert start(paths, 1, UNBOOKED, {}).wait(30) == 0
    assert paths.output.read_text() == "the other one\n"


def test_where_its_python_is_gone_it_can_be_started_when_that_is_back(
    make_run: MakeRun, stand_in_worker: StandIn, tmp_path: Path, refused: Refused
) -> None:
    stand_in_worker("")
    paths, python = make_run(), tmp_path / "python"
    change_control(paths, python=str(python))
    with refused(str(python)):
        start(paths, 1, UNBOOKED, {})
    assert Run.load(paths.root).status.state is State.QUEUED
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o700)
    assert start(paths, 1, UNBOOKED, {}).wait(30) == 0


def test_a_folder_that_cannot_be_written_is_an_error_for_a_person(make_run: MakeRun, refused: Refused) -> None:
    paths = make_run()
    paths.output.mkdir()
    with refused("cannot be started"):
        start(paths, 1, UNBOOKED, {})
    shutil.rmtree(paths.root)
    with refused("cannot be started"):
        start(paths, 2, UNBOOKED, {})


# The lease


def test_a_place_is_booked_until_the_training_in_it_has_ended(make_run: MakeRun, stand_in_worker: StandIn) -> None:
    stand_in_worker("wait_for(paths.root / 'go')")
    paths = make_run()
    lease = lease_cores(local_folder(), threads=2, cores=2)
    assert lease is not None
    keeper = start(paths, 1, lease, {})
    lease.close()
    process_of(paths)
    assert lease_cores(local_folder(), threads=1, cores=2) is None
    (paths.root / "go").touch()
    keeper.wait(30)
    again = lease_cores(local_folder(), threads=2, cores=2)
    assert again is not None
    again.close()


@pytest.mark.parametrize("first", ["keeper", "worker"])
def test_a_lease_holds_as_long_as_keeper_or_worker_lives(
    first: str, make_run: MakeRun, stand_in_worker: StandIn
) -> None:
    stand_in_worker("wait_for(paths.root / 'go')")
    paths = make_run()
    lease = lease_cores(local_folder(), threads=1, cores=1)
    assert lease is not None
    keeper = start(paths, 1, lease, {})
    lease.close()
    lock, worker = local_folder() / "cpu-0.lock", process_of(paths)
    try:
        if first == "keeper":
            keeper.kill()
            keeper.wait()
        else:
            keeper.send_signal(signal.SIGSTOP)  # or it would follow at once
            kill(worker)
        assert Run.load(paths.root).status.state.is_live
        assert is_locked(lock)
    finally:
        keeper.kill()
        keeper.wait()
        kill(worker)
        paths.process.unlink()  # nobody is left to account for it
    assert not is_locked(lock)


def test_nobody_who_asks_while_a_place_is_given_away_gets_it_too(make_run: MakeRun, stand_in_worker: StandIn) -> None:
    stand_in_worker("wait_for(paths.root / 'go')")
    runs = [make_run() for _ in range(4)]
    places: list[str] = []

    def book_and_start(paths: RunPaths) -> None:
        lease = lease_cores(local_folder(), threads=1, cores=3)
        if lease is not None:
            places.append(lease.place)
            start(paths, 1, lease, {})
            lease.close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(book_and_start, runs))
    assert sorted(places) == ["cpu 0", "cpu 1", "cpu 2"]
    assert sum(paths.claim(1).exists() for paths in runs) == 3
    for paths in runs:
        (paths.root / "go").touch()
        if paths.claim(1).exists():
            wait_for_exit(paths)


# Ending


@pytest.mark.parametrize("change", [{"start_time": 1.0}, {"boot_id": "another"}, {"host": "elsewhere"}])
def test_a_process_that_only_has_the_same_pid_is_left_alone(
    change: dict[str, Any], make_run: MakeRun, stranger: subprocess.Popen[bytes]
) -> None:
    paths = make_run(claims=1)
    write_json(paths.process, {"attempt": 1, **replace(identify(stranger.pid), **change).to_json()})
    signal_worker(paths, signal.SIGKILL)
    kill_worker(paths, 1)
    stranger.communicate(timeout=30)  # it ends by itself as its input does
    assert stranger.returncode == 0


def test_a_process_that_is_the_very_one_gets_the_signal(make_run: MakeRun, stranger: subprocess.Popen[bytes]) -> None:
    paths = make_run(claims=1)
    write_json(paths.process, {"attempt": 1, **identify(stranger.pid).to_json()})
    signal_worker(paths, signal.SIGKILL)
    assert stranger.wait(timeout=30) == -signal.SIGKILL


@pytest.mark.parametrize("content", [None, b"", b"{}", b"[]", b'{"pid": 1e999}', b"\0"])
def test_without_a_record_nobody_gets_a_signal(
    content: bytes | None, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[int, int]] = []
    for name in ("kill", "killpg"):
        monkeypatch.setattr(os, name, lambda pid, number: sent.append((pid, number)))
    paths = make_run(claims=1)
    if content is not None:
        paths.process.write_bytes(content)
    signal_worker(paths, signal.SIGKILL)
    kill_worker(paths, 1)
    assert sent == []
    assert "killed" not in read_control(paths)


@pytest.fixture
def stubborn(make_run: MakeRun, stand_in_worker: StandIn) -> RunPaths:
    """A run that will not stop when it is asked to."""
    stand_in_worker(STUBBORN)
    paths = make_run()
    change_control(paths, want="stop")
    return paths


def child_of(paths: RunPaths) -> ProcessIdentity:
    wait_until((paths.root / "child").exists)
    return identify(int((paths.root / "child").read_text()))


def test_a_run_that_does_not_end_when_asked_is_killed_and_counts_as_stopped(stubborn: RunPaths) -> None:
    keeper = start(stubborn, 1, UNBOOKED, {})
    process_of(stubborn)
    child_of(stubborn)
    signal_worker(stubborn, signal.SIGTERM)
    kill_worker(stubborn, 1)
    keeper.wait(30)
    status = Run.load(stubborn.root).status
    assert (status.state, status.reason) == (State.STOPPED, "requested")
    assert "was killed" in status.sentence


def test_all_that_a_killed_run_started_ends_with_it_though_its_keeper_was_killed_first(stubborn: RunPaths) -> None:
    keeper = start(stubborn, 1, UNBOOKED, {})
    worker, child = process_of(stubborn), child_of(stubborn)
    keeper.kill()
    keeper.wait()
    try:
        kill_worker(stubborn, 1)
        wait_until(lambda: not worker.is_alive() and not child.is_alive())
        assert Run.load(stubborn.root).status.state is State.STOPPED
    finally:
        kill(child)
        kill(worker)
        stubborn.process.unlink()


def test_a_full_disk_does_not_keep_a_run_from_being_killed(stubborn: RunPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill_the_disk(path: Path, document: dict[str, Any]) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    keeper = start(stubborn, 1, UNBOOKED, {})
    process_of(stubborn)
    monkeypatch.setattr(control_module, "write_json", fill_the_disk)
    kill_worker(stubborn, 1)
    keeper.wait(30)
    status = Run.load(stubborn.root).status
    assert (status.state, status.reason) == (State.CRASHED, "signal")
