"""Run directories and training processes, made without torch."""

from __future__ import annotations

import contextlib
import os
import signal
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import hypothesis
import pytest

import mixtui
from mixtui.config import RunConfig
from mixtui.errors import MixtuiError
from mixtui.store.files import read_json
from mixtui.store.jsonl import JsonlWriter
from mixtui.store.paths import RunPaths, is_shipped
from mixtui.store.process import ProcessIdentity, this_process
from mixtui.store.shipped import shipped_documents
from mixtui.store.store import Store

# A machine that trains beside its tests is slow at times; pytest-timeout ends what really hangs.
hypothesis.settings.register_profile("mixtui", deadline=None)
hypothesis.settings.load_profile("mixtui")

Event = dict[str, Any]
MakeEvent = Callable[..., Event]
MakeRun = Callable[..., RunPaths]
Refused = Callable[[str], AbstractContextManager[None]]

_SCORES = {"accuracy": 0.5, "confidence": 0.75, "ece": 0.25}
_BINS = {"edges": [0.0, 0.5, 1.0], "count": [0, 4], "confidence": [None, 0.75], "accuracy": [None, 0.5]}
_FIELDS: dict[str, dict[str, Any]] = {
    "attempt": {**this_process().to_json(), "device": "cpu", "threads": 1, "versions": {}, "processor": "a processor"},
    "data": {"name": "synthetic", "key": "k1", "path": "/data", "n_train": 8, "n_test": 4, "steps_per_epoch": 2},
    "phase": {"phase": "training"},
    "epoch": {"epoch": 1, "train_loss": 1.5, "seconds": 2.0, "images_per_second": 4.0, "bins": _BINS}
    | {"metrics": _SCORES, "train_metrics": _SCORES},
    "warning": {"message": "Take care."},
    "resumed": {"from_step": 0, "inexact": []},
    "end": {"state": "finished", "reason": "done", "message": "All epochs are done.", "exit_code": 0},
}


@pytest.fixture(scope="session")
def make_event() -> MakeEvent:
    """Makes an event as a worker writes it, with `fields` in place of the usual ones."""

    def make(kind: str, attempt: int = 1, step: int = 0, **fields: Any) -> Event:
        usual = {"type": kind, "time": "2026-11-22T23:15:02.000+00:00", "attempt": attempt, "step": step}
        return {**usual, **_FIELDS.get(kind, {}), **fields}

    return make


@pytest.fixture(autouse=True)
def _local_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Locks and leases of a test are its own: a person's trainings go on beside it."""
    monkeypatch.setenv("MIXTUI_LOCAL", str(tmp_path / "local"))


@pytest.fixture(autouse=True)
def shipped_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the runs lie that come with mixtui: of a test, none until it puts some there."""
    monkeypatch.setattr("mixtui.store.paths.SHIPPED", tmp_path / "shipped")
    is_shipped.cache_clear()
    shipped_documents.cache_clear()
    yield tmp_path / "shipped"
    is_shipped.cache_clear()
    shipped_documents.cache_clear()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A folder of runs that does not exist yet."""
    return Store(tmp_path / "runs")


@pytest.fixture
def make_run(store: Store, tmp_path: Path) -> MakeRun:
    """Makes a run in `store` of which `claims` attempts were begun, with `events`; keywords are its recipe's."""

    def make(events: Iterable[Event] = (), *, claims: int = 0, **recipe: Any) -> RunPaths:
        config = RunConfig(**{"alpha": 0.1, "dataset": "synthetic", **recipe})
        paths = store.create(config, data_dir=tmp_path / "data", location=None, meta={})
        for attempt in range(1, claims + 1):
            paths.claim(attempt).touch()
        log = JsonlWriter(paths.events)
        log.append(events)
        log.close()
        return paths

    return make


@pytest.fixture(scope="session")
def refused() -> Refused:
    """A context in which a MixtuiError must be raised that holds the given words and is fit for a person."""

    @contextlib.contextmanager
    def context(words: str) -> Iterator[None]:
        with pytest.raises(MixtuiError) as caught:
            yield
        error = caught.value
        assert words in error.message
        assert error.message.endswith((".", "…")), error.message
        assert error.hint
        assert "\n" not in error.message + error.hint

    return context


_STAND_IN = """
import os, signal, sys, time
from pathlib import Path
from mixtui.store.paths import RunPaths

paths, attempt = RunPaths(Path(sys.argv[1])), int(sys.argv[2])

def wait_for(path, seconds=20):
    deadline = time.monotonic() + seconds
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.01)

"""


@pytest.fixture
def stand_in_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Puts code in the place of `mixtui.worker` in every process started from now on; it has `paths` and `attempt`.

    A package of the same name comes first on their path and shares the rest of the real one's modules.
    """
    package = tmp_path / "stand-in" / "mixtui"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(f"__version__ = '0'\n__path__.append({mixtui.__path__[0]!r})\n")
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path / "folder")  # away from the checkout, which `python -m` would look into first

    def put(code: str) -> None:
        (package / "worker.py").write_text(_STAND_IN + textwrap.dedent(code))

    yield put
    for root in (tmp_path / "runs").glob("*"):
        _end_worker(RunPaths(root))


def _end_worker(paths: RunPaths) -> None:
    with contextlib.suppress(OSError, ValueError):
        process = ProcessIdentity.from_json(read_json(paths.process) or {})
        if process.is_alive():
            os.kill(process.pid, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while not paths.exit.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
