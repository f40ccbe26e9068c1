"""Starting an attempt, once, as a process that outlives whoever asked; and ending it."""

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
from mixtui.launch.start import ask_to_stop, next_attempt, signal_worker, start
from mixtui.store import control as control_module
from mixtui.store.control import change_control
from mixtui.store.files import read_json, write_json
from mixtui.store.paths import RunPaths
from mixtui.store.process import identify, this_process
from mixtui.store.run import Run
from mixtui.store.status import State
from mixtui.store.store import Store

MakeEvent = Callable[..., dict[str, Any]]
MakeRun = Callable[..., RunPaths]
Refused = Callable[[str], AbstractContextManager[None]]
StandIn = Callable[[str], None]

# A worker that lives until it is told to end, and says so in the events.
OBEDIENT = """
from mixtui.store.recorder import Recorder

signal.signal(signal.SIGTERM, lambda *_: (paths.root / "told").touch())
wait_for(paths.process)
recorder = Recorder(paths, attempt)
(paths.root / "ready").touch()
wait_for(paths.root / "told")
recorder.end(1, state="stopped", reason="requested", message="Stopped as asked.", exit_code=130)
"""


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline, f"{path.name} did not come"
        time.sleep(0.01)


def wait_for_exit(paths: RunPaths) -> dict[str, Any]:
    wait_for(paths.exit)
    return read_json(paths.exit) or {}


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
    start(paths, 1)
    assert paths.claim(1).exists()
    assert wait_for_exit(paths)["code"] == 0
    assert paths.output.read_text() == f"1 True {Path.cwd()}\n"


def test_an_attempt_outlives_whoever_started_it(make_run: MakeRun, stand_in_worker: StandIn) -> None:
    stand_in_worker("""
        wait_for(paths.root / "starter is gone")
        print("still here")
    """)
    paths = make_run()
    code = """
import sys, time
from pathlib import Path
from mixtui.launch.start import start
from mixtui.store.paths import RunPaths

start(RunPaths(Path(sys.argv[1])), 1)
time.sleep(60)
"""
    starter = subprocess.Popen([sys.executable, "-c", code, str(paths.root)], start_new_session=True)
    wait_for(paths.process)
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
            start(paths, 1)
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
    start(here, 1)
    start(gone, 1)
    wait_for_exit(here)
    wait_for_exit(gone)
    assert here.output.read_text() == f"{submitted_from}\n"
    assert gone.output.read_text() == f"{tmp_path}\n"


def test_a_runs_folder_may_be_relative(stand_in_worker: StandIn, tmp_path: Path) -> None:
    stand_in_worker("print(paths.root)")
    root = Path(os.path.relpath(tmp_path / "runs"))
    paths = Store(root).create(RunConfig(alpha=0), data_dir=Path("data"), location=None, meta={})
    change_control(paths, cwd=str(tmp_path))
    start(paths, 1)
    assert wait_for_exit(paths)["code"] == 0


def test_a_file_in_the_persons_folder_does_not_stand_in_for_a_library(
    make_run: MakeRun, stand_in_worker: StandIn
) -> None:
    stand_in_worker("print('started')")
    Path("psutil.py").write_text("raise RuntimeError('not the library')")
    paths = make_run()
    start(paths, 1)
    assert wait_for_exit(paths)["code"] == 0


def test_a_folder_that_cannot_be_written_is_an_error_for_a_person(make_run: MakeRun, refused: Refused) -> None:
    paths = make_run()
    paths.output.mkdir()
    with refused("cannot be started"):
        start(paths, 1)
    shutil.rmtree(paths.root)
    with refused("cannot be started"):
        start(paths, 2)


# Going on


@pytest.mark.parametrize("state", ["stopped", "paused", "failed"])
def test_a_run_that_ended_early_goes_on_with_the_next_attempt(
    state: str, make_run: MakeRun, make_event: MakeEvent
) -> None:
    paths = make_run([make_event("attempt"), make_event("end", state=state)], claims=1)
    change_control(paths, want="stop")
    assert next_attempt(Run.load(paths.root)) == 2
    assert Run.load(paths.root).status.state is State.QUEUED


def test_a_run_that_crashed_goes_on(make_run: MakeRun, make_event: MakeEvent) -> None:
    dead = replace(this_process(), boot_id="another").to_json()
    paths = make_run([make_event("attempt", **dead)], claims=1)
    assert next_attempt(Run.load(paths.root)) == 2


def test_a_run_that_was_never_begun_goes_on_with_its_first_attempt(make_run: MakeRun) -> None:
    assert next_attempt(Run.load(make_run().root)) == 1


def test_a_live_run_and_a_finished_one_have_nothing_to_go_on_with(
    make_run: MakeRun, make_event: MakeEvent, refused: Refused
) -> None:
    live = make_run([make_event("attempt"), make_event("phase")], claims=1)
    finished = make_run([make_event("attempt"), make_event("end")], claims=1)
    before = [read_json(paths.control) for paths in (live, finished)]
    with refused("is running"):
        next_attempt(Run.load(live.root))
    with refused("is finished"):
        next_attempt(Run.load(finished.root))
    assert [read_json(paths.control) for paths in (live, finished)] == before


def test_of_two_who_go_on_at_once_one_wins_however_late_the_other_is(
    make_run: MakeRun, make_event: MakeEvent, stand_in_worker: StandIn, refused: Refused
) -> None:
    stand_in_worker("print('started')")
    paths = make_run([make_event("attempt"), make_event("end", state="stopped")], claims=1)
    first, second = Run.load(paths.root), Run.load(paths.root)
    start(paths, next_attempt(first))
    wait_for_exit(paths)
    with refused("just been started"):
        start(paths, next_attempt(second))
    assert paths.output.read_text() == "started\n"


def test_a_copy_without_hidden_files_goes_on_where_it_was(make_run: MakeRun, make_event: MakeEvent) -> None:
    paths = make_run([make_event("attempt", 3), make_event("end", 3, state="stopped")])
    assert next_attempt(Run.load(paths.root)) == 4


# Ending


def test_a_run_asked_to_stop_is_told_twice(make_run: MakeRun, stand_in_worker: StandIn) -> None:
    stand_in_worker(OBEDIENT)
    paths = make_run()
    start(paths, 1)
    wait_for(paths.root / "ready")
    ask_to_stop(paths)
    assert (read_json(paths.control) or {})["want"] == "stop"
    assert wait_for_exit(paths)["code"] == 0
    assert (paths.root / "told").exists()
    assert Run.load(paths.root).status.state is State.STOPPED


def test_a_full_disk_does_not_keep_a_run_from_being_stopped(
    make_run: MakeRun, stand_in_worker: StandIn, monkeypatch: pytest.MonkeyPatch, refused: Refused
) -> None:
    def fill_the_disk(path: Path, document: dict[str, Any]) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    stand_in_worker(OBEDIENT)
    paths = make_run()
    start(paths, 1)
    wait_for(paths.root / "ready")
    monkeypatch.setattr(control_module, "write_json", fill_the_disk)
    with refused("No space left"):
        ask_to_stop(paths)
    wait_for_exit(paths)
    assert (paths.root / "told").exists()


def test_a_wish_never_overwrites_a_file_that_cannot_be_read(make_run: MakeRun, refused: Refused) -> None:
    paths = make_run()
    paths.control.write_text('{"want": "run", "cwd": ')
    with refused("control.json"):
        ask_to_stop(paths)
    assert paths.control.read_text() == '{"want": "run", "cwd": '


@pytest.mark.parametrize("change", [{"start_time": 1.0}, {"boot_id": "another"}, {"host": "elsewhere"}])
def test_a_process_that_only_has_the_same_pid_is_left_alone(
    change: dict[str, Any], make_run: MakeRun, stranger: subprocess.Popen[bytes]
) -> None:
    paths = make_run(claims=1)
    write_json(paths.process, {"attempt": 1, **replace(identify(stranger.pid), **change).to_json()})
    signal_worker(paths, signal.SIGKILL)
    stranger.communicate(timeout=30)  # it ends by itself as its input does
    assert stranger.returncode == 0


def test_a_process_that_is_the_very_one_gets_the_signal(make_run: MakeRun, stranger: subprocess.Popen[bytes]) -> None:
    paths = make_run(claims=1)
    write_json(paths.process, {"attempt": 1, **identify(stranger.pid).to_json()})
    signal_worker(paths, signal.SIGKILL)
    assert stranger.wait(timeout=30) == -signal.SIGKILL


@pytest.mark.parametrize("content", [None, b"", b"{}", b"[]", b'{"pid": 1e999}', b"\0"])
def test_without_a_record_nobody_gets_a_signal(content: bytes | None, make_run: MakeRun) -> None:
    paths = make_run(claims=1)
    if content is not None:
        paths.process.write_bytes(content)
    signal_worker(paths, signal.SIGKILL)
