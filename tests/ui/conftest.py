"""The application on made runs, driven as a person drives it: by keys and clicks, judged by what stands on the screen.

Async tests are run to their end here; no plugin is needed for that.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.theme import BUILTIN_THEMES

from mixtui.launch.wake import lock_path
from mixtui.lock import Lock
from mixtui.store.control import change_control
from mixtui.store.files import read_json, write_json
from mixtui.store.jsonl import JsonlWriter
from mixtui.store.paths import RunPaths
from mixtui.store.store import Store
from mixtui.ui import theme
from mixtui.ui.app import MixtuiApp
from mixtui.ui.commands import BY_ID
from mixtui.ui.folder_state import FolderState, load_folder_state, save_folder_state
from mixtui.ui.glimpse import glimpse
from mixtui.ui.home import panels
from mixtui.ui.preferences import Preferences, load_preferences
from mixtui.ui.screens.home import HomeScreen
from mixtui.ui.widgets.runs_table import RunsTable
from tests.conftest import Event, MakeEvent, MakeRun

PANELS = {panel.name: f"{digit} {panel.title}" for digit, panel in enumerate(panels.PANELS, 1)}
LOOK_EVERY = 0.1  # seconds between two looks at the folder
PATIENCE = 20.0  # seconds: a machine that trains beside its tests is slow at times


def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in arguments}))
    return True


def screen_lines(app: MixtuiApp) -> list[str]:
    """What stands on the screen, a text a line."""
    return ["".join(segment.text for segment in line) for line in app.screen._compositor.render_strips()]


def screen_text(app: MixtuiApp) -> str:
    return "\n".join(screen_lines(app))


@dataclass(frozen=True)
class Opened:
    """The running application, and the hands on its keyboard and mouse."""

    app: MixtuiApp
    pilot: Pilot[str]

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def write(self, text: str) -> None:
        """Type it, letter by letter."""
        await self.pilot.press(*text)

    async def until(self, condition: Callable[[], object], seconds: float = PATIENCE) -> None:
        """Wait for it to come true; the screen is part of the complaint where it does not."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"It did not come true. The screen:\n{self.text}"
            await self.pilot.pause(0.01)

    async def until_shown(self, *texts: str) -> None:
        await self.until(lambda: all(text in self.text for text in texts))

    async def until_gone(self, *texts: str) -> None:
        await self.until(lambda: not any(text in self.text for text in texts))

    @property
    def text(self) -> str:
        return screen_text(self.app)

    @property
    def lines(self) -> list[str]:
        return screen_lines(self.app)

    def line_of(self, *texts: str) -> str:
        """The first line that holds all of the texts."""
        found = (line for line in self.lines if all(text in line for text in texts))
        return next(found, f"no line has {texts}")

    def row_of(self, *texts: str) -> int:
        """The number of that line, counted from 0."""
        return self.lines.index(self.line_of(*texts))

    @property
    def home(self) -> HomeScreen:
        return next(screen for screen in self.app.screen_stack if isinstance(screen, HomeScreen))

    @property
    def has_settled(self) -> bool:
        """Whether the runs are shown, and a panel, where there is room for any."""
        width, height = self.app.size
        return bool(self.lines[0].strip()) and (
            width < 80 or height < 18 or any(title in self.text for title in PANELS.values())
        )

    @property
    def table(self) -> RunsTable:
        return self.home.query_one(RunsTable)

    @property
    def cursor(self) -> str | None:
        """The key of the row that the cursor is on."""
        row = self.table.cursor_row
        return None if row is None else row.key

    @property
    def shown(self) -> list[str]:
        """The keys of the rows of the table, from its top."""
        return [row.key for row in self.table.rows]


OpenApp = Callable[..., AbstractAsyncContextManager[Opened]]


@pytest.fixture(autouse=True)
def config_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of config.toml and state.json."""
    folder = tmp_path / "settings"
    monkeypatch.setenv("MIXTUI_CONFIG", str(folder))
    monkeypatch.delenv("NO_COLOR", raising=False)
    return folder


@pytest.fixture
def look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOOK_EVERY", "REST_EVERY"):
        monkeypatch.setattr(f"mixtui.ui.reader.{name}", LOOK_EVERY)


@pytest.fixture
def no_supervisor(store: Store, tmp_path: Path) -> Iterator[None]:
    """Queued runs stay queued: it seems that a supervisor is at work, which none is."""
    lock = Lock.take(lock_path(store.root))
    assert lock is not None
    yield
    lock.close()


@pytest.fixture
def open_app(store: Store, look_often: None, no_supervisor: None) -> OpenApp:
    """Opens the application on the runs of `store` as a person's preferences and last time left it, with the first
    look at the runs done; keywords go before those."""

    @contextlib.asynccontextmanager
    async def open_(
        size: tuple[int, int] = (120, 40),
        *,
        preferences: Preferences | None = None,
        state: FolderState | None = None,
        of: Store = store,
    ) -> AsyncIterator[Opened]:
        themes = [*BUILTIN_THEMES, *(one.name for one in theme.THEMES)]
        preferences = preferences or load_preferences(themes, BY_ID)
        app = MixtuiApp(of, preferences, state or load_folder_state(of.root), glimpse(of))
        async with app.run_test(size=size, notifications=True) as pilot:
            opened = Opened(app, pilot)
            await opened.until(lambda: app.loaded and app.shown and opened.has_settled)
            await pilot.pause()
            yield opened
        save_folder_state(of.root, app.state)

    return open_


@dataclass
class MadeRuns:
    """Makes runs in every state without a training, each of which began a minute after the one before."""

    make_run: MakeRun
    make_event: MakeEvent
    _clock: datetime = field(default=datetime(2026, 11, 22, 12, tzinfo=UTC))

    def finished(self, alpha: float = 0.1, *, ece: float = 0.25, **more: Any) -> RunPaths:
        return self._ended({"state": "finished", "message": "2 epochs, predictions.npz written."}, alpha, ece, **more)

    def failed(self, message: str = "ValueError: NaN in the loss.", alpha: float = 0.1, **more: Any) -> RunPaths:
        return self._ended({"state": "failed", "reason": "error", "message": message, "exit_code": 1}, alpha, **more)

    def stopped(self, alpha: float = 0.1, **more: Any) -> RunPaths:
        end = {"state": "stopped", "reason": "requested", "message": "Stopped after epoch 2."}
        return self._ended(end, alpha, **more)

    def running(self, alpha: float = 0.1, *, epochs_done: int = 1, **more: Any) -> RunPaths:
        """Its process is this one, which must never be ended for it: it has no process.json."""
        return self._made(self._training(epochs_done), alpha, claims=1, **more)

    def crashed(self, alpha: float = 0.1, **more: Any) -> RunPaths:
        paths = self.running(alpha, **more)
        write_json(paths.exit, {"attempt": 1, "signal": "SIGKILL"})
        died = datetime.fromisoformat(self._now()).timestamp()
        os.utime(paths.exit, (died, died))
        return paths

    def queued(self, alpha: float = 0.1, **more: Any) -> RunPaths:
        paths = self._made([], alpha, **more)
        change_control(paths, queued=self._now())
        return paths

    def broken(self, words: str = "no JSON") -> RunPaths:
        paths = self.finished()
        paths.config.write_text(words)
        return paths

    def finish(self, paths: RunPaths, **fields: Any) -> None:
        """End a running run."""
        self._append(paths.events, [self.make_event("end", **{"time": self._now(), **fields})])

    def end_epoch(self, paths: RunPaths, epoch: int, **fields: Any) -> None:
        self._append(paths.events, [self.make_event("epoch", time=self._now(), step=2 * epoch, epoch=epoch, **fields)])

    def add_steps(self, paths: RunPaths, losses: Sequence[float | None], first: int = 1) -> None:
        steps = [{"attempt": 1, "step": first + n, "loss": loss, "lam": 0.9} for n, loss in enumerate(losses)]
        self._append(paths.steps, steps)

    def _ended(self, end: dict[str, Any], alpha: float, ece: float = 0.25, **more: Any) -> RunPaths:
        self._now()
        return self._made(
            [*self._training(2, ece), self.make_event("end", time=self._now(), **end)], alpha, claims=1, **more
        )

    def _training(self, epochs: int, ece: float = 0.25) -> list[Event]:
        scores = {"accuracy": 0.75 - ece, "confidence": 0.75, "ece": ece, "nll": 1.0}
        return [
            self.make_event("attempt", time=self._now()),
            self.make_event("data"),
            self.make_event("phase"),
            *(
                self.make_event(
                    "epoch", time=self._now(), step=2 * epoch, epoch=epoch, metrics=scores, train_metrics=scores
                )
                for epoch in range(1, epochs + 1)
            ),
        ]

    def _made(
        self, events: list[Event], alpha: float, *, claims: int = 0, tags: Sequence[str] = (), **recipe: Any
    ) -> RunPaths:
        paths = self.make_run(events, claims=claims, alpha=alpha, **{"epochs": 2, **recipe})
        paths.heartbeat.touch()
        if tags:
            write_json(paths.meta, {"tags": list(tags)})
        if events:
            self.add_steps(paths, [2.0, 1.75, 1.5, 1.25])
        return paths

    def _now(self) -> str:
        self._clock += timedelta(minutes=1)
        return self._clock.isoformat(timespec="milliseconds")

    @staticmethod
    def _append(path: Path, records: Sequence[dict[str, Any]]) -> None:
        log = JsonlWriter(path)
        log.append(records)
        log.close()


@pytest.fixture
def runs(make_run: MakeRun, make_event: MakeEvent) -> MadeRuns:
    return MadeRuns(make_run, make_event)


def control_of(paths: RunPaths) -> dict[str, Any]:
    return read_json(paths.control) or {}


def meta_of(paths: RunPaths) -> dict[str, Any]:
    return read_json(paths.meta) or {}
