"""Of several processes that need the same data, one works and the others wait."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from mixtui.datasets.one_at_a_time import one_at_a_time
from mixtui.training.exceptions import StopTrainingError

WORK = """
import sys, time
from pathlib import Path
from mixtui.datasets.one_at_a_time import one_at_a_time

folder = Path(sys.argv[1])
with one_at_a_time(folder, lambda phase, fraction: (folder / f"{phase}-{sys.argv[2]}").touch()):
    if not (folder / "done").exists():
        (folder / f"working-{sys.argv[2]}").touch()
        time.sleep(0.5)
        (folder / "done").touch()
"""


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_one_works_and_the_others_find_it_done(tmp_path: Path) -> None:
    workers = [subprocess.Popen([sys.executable, "-c", WORK, str(tmp_path), str(i)]) for i in range(4)]
    assert [worker.wait(timeout=30) for worker in workers] == [0] * 4
    assert len(list(tmp_path.glob("working-*"))) == 1
    assert list(tmp_path.glob("waiting-*"))


def test_different_places_are_worked_on_at_once(tmp_path: Path) -> None:
    with one_at_a_time(tmp_path / "one", _never), one_at_a_time(tmp_path / "other", _never):
        pass


@pytest.mark.parametrize("reason", [StopTrainingError, OSError])
def test_what_progress_raises_ends_the_wait(tmp_path: Path, reason: type[Exception]) -> None:
    """A stop that is wanted, or a disk too full to tell of the progress."""

    def stop(phase: str, fraction: float) -> None:
        raise reason

    with one_at_a_time(tmp_path, _never), pytest.raises(reason), one_at_a_time(tmp_path, stop):
        pass


def test_the_turn_of_a_killed_process_ends_with_it(tmp_path: Path) -> None:
    worker = subprocess.Popen([sys.executable, "-c", WORK.replace("0.5", "60"), str(tmp_path), "0"])
    deadline = time.monotonic() + 30
    while not (tmp_path / "working-0").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert (tmp_path / "working-0").exists()
    worker.kill()
    worker.wait()
    with one_at_a_time(tmp_path, _never):
        pass


def test_without_a_place_for_locks_everybody_works(tmp_path: Path, cache_folder: Path) -> None:
    cache_folder.write_text("a file in its way")
    with one_at_a_time(tmp_path, _never), one_at_a_time(tmp_path, _never):
        pass


def _never(phase: str, fraction: float) -> None:
    raise AssertionError("nobody else is at work")
