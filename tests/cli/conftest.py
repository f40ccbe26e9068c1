"""Running the command line as a person does, in processes of its own, on a small network or on no training at all."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import mixtui as package
from mixtui.launch.wake import lock_path
from mixtui.lock import is_locked
from mixtui.store.files import read_json
from mixtui.store.paths import RunPaths
from mixtui.store.process import ProcessIdentity, is_ending
from mixtui.store.store import Store

TINY_NETWORK = """
from torch import nn

def network(num_classes, channels):
    return nn.Sequential(
        nn.Conv2d(channels, 8, 5, stride=3), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout2d(0.1),
        nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, num_classes),
    )
"""
# Stands in for `mixtui.worker`: all is real but the training, of which an epoch takes 50 ms and no torch. One without
# momentum is deaf to being asked to end.
QUICK_WORKER = """
import importlib.util, sys, time
from mixtui.store.process import this_process

spec = importlib.util.spec_from_file_location("real_worker", REAL)
real = sys.modules["real_worker"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(real)

SCORES = {"accuracy": 0.5, "confidence": 0.75, "ece": 0.25}
BINS = {"edges": [0.0, 0.5, 1.0], "count": [0, 4], "confidence": [None, 0.75], "accuracy": [None, 0.5]}

def train(self):
    event, config, done = self.recorder.event, self.run.config, self.run.epoch
    event("attempt", 0, **this_process().to_json(), device="cpu", threads=1, versions={}, processor="a processor")
    event("data", done, name="synthetic", key="k", path="", n_train=4, n_test=4, steps_per_epoch=1)
    if self.run.history.attempts:
        event("resumed", done, from_step=done, inexact=[])
    event("phase", done, phase="training")
    for epoch in range(done + 1, config.epochs + 1):
        time.sleep(0.05)
        if config.momentum:
            self._stop_if_wanted()
        event(
            "epoch", epoch, epoch=epoch, train_loss=1.5, seconds=0.05, images_per_second=80.0,
            metrics=SCORES, train_metrics=SCORES, bins=BINS,
        )

real.Attempt.train = train
sys.exit(real.main())
"""
Mixtui = Callable[..., subprocess.CompletedProcess[str]]


def environment(folder: Path, **changes: str) -> dict[str, str]:
    """No network (a proxy that refuses), no data, locks of its own, one thread, a plain UTF-8 locale."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MIXTUI_", "LC_", "LANG"))}
    kept.pop("PYTHONUNBUFFERED", None)  # few people set it, and it hides what a closed pipe does
    refusing = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    own = {"MIXTUI_DATA": str(folder / "data"), "MIXTUI_LOCAL": str(folder / "local")}
    own |= {"OMP_NUM_THREADS": "1", "LANG": "C.UTF-8", "no_proxy": ""}
    return {**kept, **refusing, **own, **changes}


def on_a_terminal(folder: Path, *arguments: str, **changes: str) -> str:
    """What `mixtui` writes to a terminal of 100 columns."""
    master, slave = pty.openpty()
    env = environment(folder, **{"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40", **changes})
    process = subprocess.Popen(
        [sys.executable, "-m", "mixtui", *arguments], cwd=folder, env=env, stdin=slave, stdout=slave, stderr=slave
    )
    os.close(slave)
    output = b""
    try:
        while chunk := os.read(master, 65536):
            output += chunk
    except OSError:  # Linux's way of telling the end
        pass
    process.wait(timeout=60)
    os.close(master)
    return output.decode()


@dataclass(frozen=True)
class CommandLine:
    """`mixtui` in a person's `folder`; `changes` are what their environment has besides."""

    folder: Path
    changes: dict[str, str]

    def __call__(self, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "mixtui", *arguments],
            cwd=self.folder,
            env=environment(self.folder, **{**self.changes, **changes}),
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    def begin(self, *arguments: str, disposition: signal.Handlers = signal.SIG_DFL) -> subprocess.Popen[str]:
        """Start it, with signals as a shell leaves them, whatever ignores them around the tests."""

        def set_signals() -> None:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, disposition)

        return subprocess.Popen(
            [sys.executable, "-m", "mixtui", *arguments],
            cwd=self.folder,
            env=environment(self.folder, **self.changes),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=set_signals,
        )


@pytest.fixture(scope="session")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to work in that holds `tiny.py`, a user's own network."""
    folder = tmp_path_factory.mktemp("workplace")
    (folder / "tiny.py").write_text(TINY_NETWORK)
    return folder


@pytest.fixture(scope="session")
def mixtui(workplace: Path) -> CommandLine:
    """Runs `mixtui` with the given arguments; keyword arguments are environment variables."""
    return CommandLine(workplace, {})


@pytest.fixture(scope="session")
def finished(mixtui: Mixtui) -> subprocess.CompletedProcess[str]:
    """`mixtui run` without network and data: one finished run on the fallback data set."""
    return mixtui("run", "--alpha", "0.1", "--model", "tiny:network", "--epochs", "2", "--tag", "paper")


@pytest.fixture(scope="session")
def quick_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for PYTHONPATH whose `mixtui` is the real one but for `QUICK_WORKER`."""
    folder = tmp_path_factory.mktemp("quick")
    own = folder / "mixtui"
    own.mkdir()
    real = package.__path__[0]
    (own / "__init__.py").write_text(f"__path__.append({real!r})\n__version__ = {package.__version__!r}\n")
    (own / "worker.py").write_text(f"REAL = {str(Path(real) / 'worker.py')!r}\n{QUICK_WORKER}")
    return folder


@pytest.fixture
def quick(workplace: Path, quick_package: Path, store: Store, tmp_path: Path) -> Iterator[CommandLine]:
    """Runs `mixtui` on the runs of `store`, where trainings take a moment and all cores: one trains at a time."""
    yield CommandLine(
        workplace,
        {
            "MIXTUI_RUNS": str(store.root),
            "MIXTUI_LOCAL": str(tmp_path / "local"),
            "PYTHONPATH": str(quick_package),
            "OMP_NUM_THREADS": str(os.cpu_count()),
        },
    )
    _end_everything(store.root)


def wait_until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Raises TimeoutError when the condition does not come true."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("what was waited for did not happen")
        time.sleep(0.01)


def _end_everything(runs: Path) -> None:
    """Supervisors go where there are no runs any more; then the trainings are ended."""
    if not runs.exists():
        return
    gone = runs.rename(runs.with_name("gone"))
    wait_until(lambda: not is_locked(lock_path(runs)))
    begun = [RunPaths(path) for path in gone.glob("2*")]
    for paths in begun:
        with contextlib.suppress(OSError, ValueError):  # it never began, or has ended
            worker = ProcessIdentity.from_json(read_json(paths.process) or {})
            if worker.is_alive():
                os.killpg(worker.pid, signal.SIGKILL)
    wait_until(lambda: not any(is_ending(paths.process) for paths in begun))
