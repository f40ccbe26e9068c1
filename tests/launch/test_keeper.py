"""The parent of a training process: it tells who the process is, and how it ended."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from mixtui.launch import keeper
from mixtui.launch.keeper import keep
from mixtui.store.files import read_json, write_json
from mixtui.store.paths import RunPaths
from mixtui.store.run import Run
from mixtui.store.status import State

MakeRun = Callable[..., RunPaths]
StandIn = Callable[[str], None]


@pytest.mark.parametrize("code", [0, 1, 130])
def test_an_exit_code_is_written_down(code: int, make_run: MakeRun, stand_in_worker: StandIn) -> None:
    stand_in_worker(f"sys.exit({code})")
    paths = make_run(claims=1)
    assert keep(paths, 1) == code
    ended = read_json(paths.exit) or {}
    assert datetime.fromisoformat(ended.pop("time")).utcoffset() is not None
    assert ended == {"attempt": 1, "code": code, "signal": None}


@pytest.mark.parametrize("signal", ["SIGKILL", "SIGSEGV"])
def test_a_signal_that_killed_is_written_down_by_name(signal: str, make_run: MakeRun, stand_in_worker: StandIn) -> None:
    stand_in_worker(f"os.kill(os.getpid(), signal.{signal})")
    paths = make_run(claims=1)
    assert keep(paths, 1) < 0
    status = Run.load(paths.root).status
    assert (status.state, status.reason) == (State.CRASHED, "signal")
    assert signal in status.sentence


def test_the_process_is_recorded_while_it_lives_and_leads_a_session_of_its_own(
    make_run: MakeRun, stand_in_worker: StandIn
) -> None:
    stand_in_worker("""
        from mixtui.store.files import read_json
        from mixtui.store.process import ProcessIdentity, this_process

        wait_for(paths.process)
        assert ProcessIdentity.from_json(read_json(paths.process)) == this_process()
        assert read_json(paths.process)["attempt"] == attempt
        assert os.getsid(0) == os.getpgid(0) == os.getpid()
    """)
    paths = make_run(claims=1)
    assert keep(paths, 1) == 0, paths.output.read_text()


def test_what_it_prints_is_appended_to_the_output(make_run: MakeRun, stand_in_worker: StandIn) -> None:
    stand_in_worker("""
        print("attempt", attempt)
        print("a warning", file=sys.stderr)
        assert sys.stdin.read() == ""
    """)
    paths = make_run(claims=2)
    keep(paths, 1)
    keep(paths, 2)
    assert paths.output.read_text() == "attempt 1\na warning\nattempt 2\na warning\n"


def test_its_libraries_get_the_runs_number_of_threads(make_run: MakeRun, stand_in_worker: StandIn) -> None:
    stand_in_worker("""print(os.environ["OMP_NUM_THREADS"], os.environ["MKL_NUM_THREADS"])""")
    paths = make_run(claims=1, threads=3)
    keep(paths, 1)
    assert paths.output.read_text() == "3 3\n"


def test_a_process_gone_before_it_was_looked_at_is_still_accounted_for(
    make_run: MakeRun, stand_in_worker: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_nobody(pid: int) -> None:
        raise ProcessLookupError(pid)

    monkeypatch.setattr(keeper, "identify", find_nobody)
    stand_in_worker("sys.exit(1)")
    paths = make_run(claims=1)
    keep(paths, 1)
    status = Run.load(paths.root).status
    assert (status.state, status.reason) == (State.CRASHED, "error")


def test_a_process_that_cannot_be_recorded_is_still_kept(
    make_run: MakeRun, stand_in_worker: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill_the_disk(path: Path, document: dict[str, Any]) -> None:
        if path.name == "process.json":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write_json(path, document)

    monkeypatch.setattr(keeper, "write_json", fill_the_disk)
    stand_in_worker("sys.exit(1)")
    paths = make_run(claims=1)
    assert keep(paths, 1) == 1
    assert (read_json(paths.exit) or {})["code"] == 1


def test_an_earlier_attempts_exit_is_replaced(make_run: MakeRun, stand_in_worker: StandIn) -> None:
    paths = make_run(claims=2)
    write_json(paths.exit, {"attempt": 1, "time": "", "code": None, "signal": "SIGKILL"})
    stand_in_worker("sys.exit(1)")
    keep(paths, 2)
    ended = read_json(paths.exit) or {}
    assert (ended["attempt"], ended["code"], ended["signal"]) == (2, 1, None)


def test_it_is_small() -> None:
    code = "import sys, mixtui.launch.keeper; sys.exit(any(name in sys.modules for name in ('torch', 'numpy', 'rich')))"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
