"""The parent of a training process: it tells who the process is, and how it ended."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from mixtui.launch import keeper, oom
from mixtui.launch.keeper import keep
from mixtui.store.files import read_json, write_json
from mixtui.store.paths import RunPaths
from mixtui.store.process import identify
from mixtui.store.run import Run
from mixtui.store.status import State, Status

MakeRun = Callable[..., RunPaths]
StandIn = Callable[[str], None]

KILLED = "os.kill(os.getpid(), signal.SIGKILL)"
GIB = 2**30


def kept(paths: RunPaths, attempt: int = 1) -> dict[str, Any]:
    """The exit record of an attempt that `keep` has seen to its end."""
    keep(paths, attempt, {})
    return read_json(paths.exit) or {}


def status_of(paths: RunPaths) -> Status:
    return Run.load(paths.root).status


# How it ended


@pytest.mark.parametrize("code", [0, 1, 130])
def test_an_exit_code_is_written_down(code: int, make_run: MakeRun, stand_in_worker: StandIn) -> None:
    stand_in_worker(f"sys.exit({code})")
    paths = make_run(claims=1)
    assert keep(paths, 1, {}) == code
    ended = read_json(paths.exit) or {}
    assert datetime.fromisoformat(ended.pop("time")).utcoffset() is not None
    assert isinstance(ended.pop("memory_limit"), int | None)
    assert ended == {"attempt": 1, "code": code, "signal": None, "out_of_memory": False, "last_line": None}


@pytest.mark.parametrize("signal", ["SIGKILL", "SIGSEGV", "SIGTERM"])
def test_a_signal_that_killed_is_written_down_by_name(signal: str, make_run: MakeRun, stand_in_worker: StandIn) -> None:
    stand_in_worker(f"os.kill(os.getpid(), signal.{signal})")
    paths = make_run(claims=1)
    assert keep(paths, 1, {}) < 0
    status = status_of(paths)
    assert (status.state, status.reason) == (State.CRASHED, "signal")
    assert signal in status.sentence


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR2])
def test_a_keeper_that_is_signalled_stays_to_tell_the_end(
    number: signal.Signals, make_run: MakeRun, stand_in_worker: StandIn
) -> None:
    """A scheduler signals all processes of a job."""
    stand_in_worker("(paths.root / 'ready').touch(); wait_for(paths.root / 'go'); os.kill(os.getpid(), signal.SIGTERM)")
    paths = make_run(claims=1)
    watched = subprocess.Popen([sys.executable, "-P", "-m", "mixtui.launch.keeper", str(paths.root), "1", "{}"])
    deadline = time.monotonic() + 30
    while not (paths.root / "ready").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    watched.send_signal(number)
    (paths.root / "go").touch()
    assert watched.wait(30) == 1
    assert (read_json(paths.exit) or {})["signal"] == "SIGTERM"  # which its worker does not ignore


@pytest.mark.skipif(sys.platform != "linux", reason="real-time signals")
def test_a_signal_without_a_name_is_written_down_by_its_number(make_run: MakeRun, stand_in_worker: StandIn) -> None:
    stand_in_worker("os.kill(os.getpid(), 40)")
    paths = make_run(claims=1)
    assert keep(paths, 1, {}) == -40
    assert "signal 40" in status_of(paths).sentence


def test_an_earlier_attempts_exit_is_replaced(make_run: MakeRun, stand_in_worker: StandIn) -> None:
    paths = make_run(claims=2)
    write_json(paths.exit, {"attempt": 1, "time": "", "code": None, "signal": "SIGKILL"})
    stand_in_worker("sys.exit(1)")
    ended = kept(paths, attempt=2)
    assert (ended["attempt"], ended["code"], ended["signal"]) == (2, 1, None)


@pytest.mark.parametrize(
    ("end", "kills", "reason"),
    [(KILLED, [3, 4], "oom"), (KILLED, [3, 3], "signal"), ("sys.exit(1)", [3, 4], "error")],
    ids=["killed for its memory", "killed by a person", "another was killed for its memory"],
)
def test_a_process_killed_for_its_memory_is_told_from_others(
    end: str,
    kills: list[int],
    reason: str,
    make_run: MakeRun,
    stand_in_worker: StandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counts = iter(kills)
    monkeypatch.setattr(oom, "oom_kills", lambda: next(counts))
    monkeypatch.setattr(oom, "memory_limit", lambda: 2 * GIB)
    stand_in_worker(end)
    paths = make_run(claims=1)
    ended = kept(paths)
    assert (ended["out_of_memory"], ended["memory_limit"]) == (reason == "oom", 2 * GIB)
    status = status_of(paths)
    assert (status.state, status.reason) == (State.CRASHED, reason)
    assert ("out of memory (limit 2.0 GiB)" in status.sentence) == (reason == "oom")


def test_the_last_error_line_says_why_it_crashed(make_run: MakeRun, stand_in_worker: StandIn) -> None:
    stand_in_worker("print('x' * 100_000); print(); raise RuntimeError('the cable is loose')")
    paths = make_run(claims=1)
    assert kept(paths)["last_line"] == "RuntimeError: the cable is loose"
    assert status_of(paths).sentence.endswith("exit code 1. Last line: RuntimeError: the cable is loose")


@pytest.mark.parametrize(
    ("printed", "line"),
    [
        ("b'one\\ntwo'", "two"),
        ("b' 10 %\\r 20 %\\r'", "20 %"),  # a progress bar: what it showed in the end
        ("b'\\xff\\xfe\\n\\n'", "\ufffd\ufffd"),
        ("b' \\n \\n'", None),
        ("b'y' * 100_000", "y" * 500),
    ],
)
def test_the_last_line_is_one_that_can_be_shown(
    printed: str, line: str | None, make_run: MakeRun, stand_in_worker: StandIn
) -> None:
    stand_in_worker(f"sys.stdout.buffer.write({printed})")
    assert kept(make_run(claims=1))["last_line"] == line


def test_what_an_earlier_attempt_printed_last_is_not_this_ones(make_run: MakeRun, stand_in_worker: StandIn) -> None:
    paths = make_run(claims=2)
    paths.output.write_text("the cable is loose\n")
    stand_in_worker("sys.exit(1)")
    assert kept(paths, attempt=2)["last_line"] is None


def test_somebody_may_cut_its_output_short(make_run: MakeRun, stand_in_worker: StandIn) -> None:
    stand_in_worker("print('long ' * 100, flush=True); os.truncate(paths.output, 7); sys.exit(1)")
    paths = make_run(claims=1)
    assert kept(paths)["code"] == 1
    paths.output.write_text("more than there will be")
    assert kept(paths)["last_line"] is None


# While it lives


def test_the_process_and_its_place_are_recorded_while_it_lives(make_run: MakeRun, stand_in_worker: StandIn) -> None:
    stand_in_worker("""
        from mixtui.store.files import read_json
        from mixtui.store.process import ProcessIdentity, identify, this_process

        wait_for(paths.process)
        record = read_json(paths.process)
        assert ProcessIdentity.from_json(record) == this_process()
        assert ProcessIdentity.from_json(record["keeper"]) == identify(os.getppid())
        assert (record["attempt"], record["place"], record["gpu"]) == (attempt, "GPU-1 share 2", "GPU-1")
        assert os.getsid(0) == os.getpgid(0) == os.getpid()
    """)
    paths = make_run(claims=1)
    assert keep(paths, 1, {"place": "GPU-1 share 2", "gpu": "GPU-1"}) == 0, paths.output.read_text()


def test_what_it_prints_is_appended_to_the_output(make_run: MakeRun, stand_in_worker: StandIn) -> None:
    stand_in_worker("""
        print("attempt", attempt)
        print("a warning", file=sys.stderr)
        assert sys.stdin.read() == ""
    """)
    paths = make_run(claims=2)
    keep(paths, 1, {})
    keep(paths, 2, {})
    assert paths.output.read_text() == "attempt 1\na warning\nattempt 2\na warning\n"


def test_its_libraries_get_the_runs_number_of_threads(make_run: MakeRun, stand_in_worker: StandIn) -> None:
    stand_in_worker("""print(os.environ["OMP_NUM_THREADS"], os.environ["MKL_NUM_THREADS"])""")
    paths = make_run(claims=1, threads=3)
    keep(paths, 1, {})
    assert paths.output.read_text() == "3 3\n"


@pytest.mark.parametrize("end", ["sys.exit(0)", KILLED])
def test_what_a_worker_leaves_behind_is_ended(end: str, make_run: MakeRun, stand_in_worker: StandIn) -> None:
    stand_in_worker(f"""
        import subprocess

        child = subprocess.Popen(["sleep", "60"])
        (paths.root / "child").write_text(str(child.pid))
        {end}
    """)
    paths = make_run(claims=1)
    keep(paths, 1, {})
    child = int((paths.root / "child").read_text())
    deadline = time.monotonic() + 10
    with pytest.raises(ProcessLookupError):
        while time.monotonic() < deadline:
            identify(child)
            time.sleep(0.01)


# What goes wrong


def test_a_process_gone_before_it_was_looked_at_is_still_accounted_for(
    make_run: MakeRun, stand_in_worker: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_nobody(pid: int) -> None:
        raise ProcessLookupError(pid)

    monkeypatch.setattr(keeper, "identify", find_nobody)
    stand_in_worker("sys.exit(1)")
    paths = make_run(claims=1)
    keep(paths, 1, {})
    status = status_of(paths)
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
    assert kept(make_run(claims=1))["code"] == 1


def test_it_is_small() -> None:
    code = "import sys, mixtui.launch.keeper; sys.exit(any(name in sys.modules for name in ('torch', 'numpy', 'rich')))"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
