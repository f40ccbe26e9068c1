"""Ages are told by the clock of the file server, whatever this host's says."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mixtui.store import server_clock
from mixtui.store.files import write_json
from mixtui.store.paths import RunPaths
from mixtui.store.process import this_process
from mixtui.store.run import Run
from mixtui.store.server_clock import server_time
from mixtui.store.status import LOST_AFTER, State

MakeEvent = Callable[..., dict[str, Any]]
MakeRun = Callable[..., RunPaths]

ELSEWHERE = replace(this_process(), host="elsewhere", boot_id="another").to_json()
MINUTES = 60.0


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    server_clock._offsets.clear()
    yield
    server_clock._offsets.clear()


@pytest.fixture(params=[-7 * MINUTES, -1.5, 0.0, 3 * MINUTES, 400 * 86400.0], ids=lambda ahead: f"{ahead:g} s ahead")
def ahead(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> float:
    """How far the clock is ahead of this host's by which files are stamped."""
    seconds: float = request.param
    touch = Path.touch

    def touch_there(path: Path, *arguments: Any, **options: Any) -> None:
        touch(path, *arguments, **options)
        stamp(path, seconds)

    monkeypatch.setattr(Path, "touch", touch_there)
    return seconds


def stamp(path: Path, ahead: float, age: float = 0.0) -> None:
    then = time.time() + ahead - age
    os.utime(path, (then, then))


def test_it_is_the_time_that_a_file_has_which_is_written_now(ahead: float, tmp_path: Path) -> None:
    assert server_time(tmp_path) == pytest.approx(time.time() + ahead, abs=1.0)


def test_it_is_asked_for_once_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []

    def seconds_ahead(folder: Path) -> float:
        asked.append(folder)
        return 0.0

    monkeypatch.setattr(server_clock, "_seconds_ahead", seconds_ahead)
    for _ in range(10):
        server_time(tmp_path)
    assert asked == [tmp_path]
    server_time(tmp_path / "other")
    assert asked == [tmp_path, tmp_path / "other"]
    monkeypatch.setattr(server_clock, "MEASURE_AGAIN_AFTER", 0.0)
    server_time(tmp_path)
    assert len(asked) == 3


@pytest.mark.parametrize("there", ["no folder", "a file", "a probe in the way"])
def test_where_nothing_can_be_written_it_is_this_hosts(there: str, tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    match there:
        case "a file":
            folder.touch()
        case "a probe in the way":
            folder.mkdir()
            server_time(folder)
            (probe,) = folder.iterdir()
            probe.unlink()
            probe.symlink_to("/nowhere/at/all")
            server_clock._offsets.clear()
    assert server_time(folder) == pytest.approx(time.time(), abs=1.0)


def test_a_folder_that_may_not_be_written_is_no_accident(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, *_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "touch", refuse)
    assert server_time(tmp_path) == pytest.approx(time.time(), abs=1.0)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_beside_the_runs_that_come_with_mixtui(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mixtui.store.paths.SHIPPED", tmp_path)
    assert server_time(tmp_path) == pytest.approx(time.time(), abs=1.0)
    assert list(tmp_path.iterdir()) == []


def test_what_it_leaves_is_no_run(make_run: MakeRun) -> None:
    root = make_run().root.parent
    server_time(root)
    server_time(root)
    assert len([path for path in root.iterdir() if path.name.startswith(".clock-")]) == 1


@pytest.mark.parametrize(
    ("age", "state"), [(0.0, State.RUNNING), (LOST_AFTER - 30, State.RUNNING), (LOST_AFTER + 60, State.LOST)]
)
def test_a_live_run_is_not_lost_and_a_lost_one_not_live(
    age: float, state: State, ahead: float, make_run: MakeRun, make_event: MakeEvent
) -> None:
    paths = make_run([make_event("attempt"), make_event("phase")], claims=1)
    write_json(paths.process, {"attempt": 1, **ELSEWHERE})
    paths.heartbeat.touch()
    for path in (paths.process, paths.heartbeat, paths.claim(1)):
        stamp(path, ahead, age)
    status = Run.load(paths.root).status
    assert status.state is state
    if state is State.LOST:
        assert status.sentence == "No sign from elsewhere for 3 min."
