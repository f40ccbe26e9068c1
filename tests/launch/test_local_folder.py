"""The folder that a user's mixtuis share on one host, and locks that end with their holder."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from mixtui.launch.local_folder import local_folder
from mixtui.lock import Lock, is_locked

Refused = Callable[[str], AbstractContextManager[None]]


# The folder


def test_the_folder_is_made_for_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXTUI_LOCAL", str(tmp_path / "not" / "there"))
    folder = local_folder()
    assert folder == tmp_path / "not" / "there"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert local_folder() == folder


@pytest.mark.parametrize("value", [None, ""])
def test_without_a_wish_it_lies_on_local_disk_and_bears_the_users_number(
    value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MIXTUI_LOCAL")
    if value is not None:
        monkeypatch.setenv("MIXTUI_LOCAL", value)
    made: list[Path] = []
    monkeypatch.setattr(Path, "mkdir", lambda folder, **_: made.append(folder))
    monkeypatch.setattr(Path, "lstat", lambda _: os.stat_result((stat.S_IFDIR | 0o700, 0, 0, 1, os.getuid(), *[0] * 5)))
    assert local_folder() == Path(f"/tmp/mixtui-{os.getuid()}")
    assert made == [Path(f"/tmp/mixtui-{os.getuid()}")]


def test_a_folder_of_somebody_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: Refused
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    with refused("is somebody else's"):
        local_folder()


def test_a_link_to_somewhere_else_is_refused(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "local").symlink_to(tmp_path / "elsewhere")
    with refused("is somebody else's"):
        local_folder()


def test_a_file_in_its_place_is_refused(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "local").touch()
    with refused("File exists"):
        local_folder()


def test_a_path_that_depends_on_the_current_folder_is_refused(
    monkeypatch: pytest.MonkeyPatch, refused: Refused
) -> None:
    """The supervisor works in another folder than the shell: they would not see each other's locks."""
    monkeypatch.setenv("MIXTUI_LOCAL", "local")
    with refused("does not begin with /"):
        local_folder()


# Locks


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.lock"


def test_one_at_a_time(path: Path) -> None:
    assert not is_locked(path)
    first = Lock.take(path)
    assert first
    assert is_locked(path)
    assert Lock.take(path) is None
    first.close()
    assert not is_locked(path)
    second = Lock.take(path)
    assert second
    second.close()


def test_asking_whether_it_is_taken_does_not_take_it(path: Path) -> None:
    assert not is_locked(path)
    lock = Lock.take(path)
    assert lock
    lock.close()


def test_patience_waits_as_long_as_it_lasts(path: Path) -> None:
    lock = Lock.take(path)
    assert lock
    began = time.monotonic()
    assert Lock.take(path, patience=0.2) is None
    assert 0.2 <= time.monotonic() - began < 5
    lock.close()
    began = time.monotonic()
    again = Lock.take(path, patience=60)
    assert again
    assert time.monotonic() - began < 5
    again.close()


def test_patience_is_rewarded(path: Path) -> None:
    """Held by a process that lives for a moment only."""
    holder = _hold(path, "time.sleep(0.3)")
    lock = Lock.take(path, patience=30)
    assert lock
    lock.close()
    assert holder.wait(timeout=30) == 0


def test_it_ends_with_its_holder_however_that_ends(path: Path) -> None:
    holder = _hold(path, "time.sleep(60)")
    assert is_locked(path)
    holder.kill()
    holder.wait(timeout=30)
    assert not is_locked(path)


def test_it_lasts_until_the_last_process_that_was_given_it_has_ended(path: Path) -> None:
    lock = Lock.take(path)
    assert lock
    given = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE, pass_fds=[lock.fd]
    )
    others = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    try:
        lock.close()
        assert is_locked(path)
        given.communicate(timeout=30)
        assert not is_locked(path)  # although the other one, which was not given it, lives
    finally:
        for process in (given, others):
            process.kill()
            process.communicate(timeout=30)


def _hold(path: Path, doing: str) -> subprocess.Popen[bytes]:
    """A process that holds the lock while it does what is said."""
    code = (
        "import sys, time; from pathlib import Path; from mixtui.lock import Lock\n"
        f"lock = Lock.take(Path({str(path)!r}))\n"
        "print('held', flush=True)\n"
        f"{doing}"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdout.readline() == b"held\n"
    process.stdout.close()
    return process
