"""Whether a process was killed for want of memory: what the control group counts, and the kernel's log tells."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mixtui.launch import oom
from mixtui.launch.oom import OomWatch

Log = Callable[[str], None]

PID = 4242
# As kernels of several ages write it.
KILLS = [
    "Out of memory: Killed process 4242 (python) total-vm:9000kB, anon-rss:8000kB, file-rss:0kB, UID:1000 pgtables:9kB",
    "Memory cgroup out of memory: Killed process 4242 (python) total-vm:9000kB, anon-rss:8000kB, file-rss:0kB",
    "Killed process 4242 (python), UID 1000, total-vm:9000kB, anon-rss:8000kB, file-rss:0kB, shmem-rss:0kB",
    "Killed process 4242, UID 1000, (python) total-vm:9000kB, anon-rss:8000kB, file-rss:0kB",
]


@pytest.fixture
def kills(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What the control group has counted, to be changed."""
    count = [0]
    monkeypatch.setattr(oom, "oom_kills", lambda: count[0])
    return count


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kills: list[int]) -> Log:
    """Append to a kernel's log; its control groups count nothing."""
    path = tmp_path / "kmsg"
    path.touch()
    monkeypatch.setattr(oom, "_KERNEL_LOG", str(path))
    records = 0

    def write(message: str) -> None:
        nonlocal records
        records += 1
        with path.open("a") as file:
            file.write(f"3,{records},{records}000000,-;{message}\n")

    return write


@pytest.fixture
def no_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oom, "_KERNEL_LOG", str(tmp_path / "not-there"))


def test_a_kill_that_the_control_group_has_counted_since(kills: list[int], no_log: None) -> None:
    kills[0] = 3
    watch = OomWatch()
    assert not watch.killed(PID)
    kills[0] = 4
    assert watch.killed(PID)


def test_a_kill_that_was_counted_long_before_was_anothers(kills: list[int], no_log: None) -> None:
    watch = OomWatch()
    kills[0] = 1
    watch.look()
    assert watch.killed(PID)  # it may take a moment to be gone
    watch.look()
    assert not watch.killed(PID)
    kills[0] = 2
    assert watch.killed(PID)


@pytest.mark.parametrize("message", KILLS)
def test_a_kill_that_the_kernel_tells_of(message: str, log: Log) -> None:
    watch = OomWatch()
    log("python invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0")
    log(message)
    log("oom_reaper: reaped process 4242 (python), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB")
    assert watch.killed(PID)


@pytest.mark.parametrize("message", [*(kill.replace("4242", "42421") for kill in KILLS), "python[4242]: segfault at 0"])
def test_what_the_kernel_tells_of_others_is_theirs(message: str, log: Log) -> None:
    watch = OomWatch()
    log(message)
    assert not watch.killed(PID)


def test_an_earlier_process_of_that_pid_is_another(log: Log) -> None:
    log(KILLS[0])
    watch = OomWatch()
    assert not watch.killed(PID)


def test_a_log_that_was_overwritten_is_read_on(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel says so by EPIPE, once."""
    watch = OomWatch()
    log(KILLS[0])
    read, overwritten = os.read, [BrokenPipeError, BrokenPipeError]

    def flaky(file: int, size: int) -> bytes:
        if overwritten:
            raise overwritten.pop()
        return read(file, size)

    monkeypatch.setattr(os, "read", flaky)
    assert watch.killed(PID)


def test_the_end_of_a_log_that_does_not_end(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel has no end of file but EAGAIN."""
    watch = OomWatch()

    def nothing_more(file: int, size: int) -> bytes:
        raise BlockingIOError

    monkeypatch.setattr(os, "read", nothing_more)
    assert not watch.killed(PID)


@pytest.mark.parametrize("name", ["/dev/null", "/proc/self/mem", "/dev/tty", "/proc/self/fd"])
def test_what_only_has_the_name_of_the_log_tells_nothing(
    name: str, kills: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some containers link it to something else."""
    monkeypatch.setattr(oom, "_KERNEL_LOG", name)
    assert not OomWatch().killed(PID)


def test_bytes_that_are_no_text_do_no_harm(log: Log) -> None:
    watch = OomWatch()
    with Path(oom._KERNEL_LOG).open("ab") as file:
        file.write(b"\xff\xfe\0;;,,\n")
    assert not watch.killed(PID)


def test_the_real_log_may_be_readable_or_not() -> None:
    assert not OomWatch().killed(os.getpid())
