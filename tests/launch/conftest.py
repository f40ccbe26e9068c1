"""Trainings without torch, and runs that wait for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mixtui.launch.launcher import Watch
from mixtui.launch.local_launcher import LocalLauncher
from mixtui.launch.queue import enqueue
from mixtui.store.control import change_control
from mixtui.store.paths import RunPaths
from mixtui.store.run import Run
from mixtui.store.status import State
from mixtui.store.store import Store

MakeRun = Callable[..., RunPaths]

# A worker that says it lives, does as BODY says, and ends well.
WORKER = """
from mixtui.store.process import this_process
from mixtui.store.recorder import Recorder

signal.signal(signal.SIGTERM, lambda *_: (paths.root / "told").touch())
recorder = Recorder(paths, attempt)
recorder.event("attempt", 0, **this_process().to_json())
recorder.event("phase", 0, phase="training")
def end(state="finished", reason="done", message="Done."):
    recorder.end(1, state=state, reason=reason, message=message, exit_code=0)
BODY
"""
QUICK = WORKER.replace("BODY", "end()")
# It trains until the file `go` is there, or it is told to end.
PATIENT = WORKER.replace(
    "BODY",
    """
deadline = time.monotonic() + 40
while not (paths.root / "go").exists() and not (paths.root / "told").exists() and time.monotonic() < deadline:
    time.sleep(0.01)
end() if (paths.root / "go").exists() else end("stopped", "requested", "Stopped as asked.")
""",
)


def state(paths: RunPaths) -> State:
    return Run.load(paths.root).status.state


def go(paths: RunPaths) -> None:
    (paths.root / "go").touch()


def adopt_all(watch: Watch, root: Path) -> None:
    """Show a watch all runs below `root`, as a supervisor does that begins."""
    for run in Store(root).runs():
        assert isinstance(run, Run)
        watch.adopt(run)


@pytest.fixture
def queued(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., RunPaths]]:
    """Makes a run that waits in the queue, without waking a supervisor; keywords go into its `control.json`."""
    monkeypatch.setattr("mixtui.launch.queue.wake", lambda root: None)
    made: list[RunPaths] = []

    def make(*, recipe: dict[str, Any] | None = None, **control: Any) -> RunPaths:
        paths = make_run(**(recipe or {}))
        change_control(paths, **{**LocalLauncher().wants(Run.load(paths.root).config, 0), **control})
        enqueue([paths])
        made.append(paths)
        return paths

    yield make
    for paths in made:
        if paths.root.exists():
            go(paths)
