"""From the form to the diagram with real trainings: start two runs, watch them, leave, come back, look at them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from textual.widgets import Input

from mixtui.launch.queue import asking_to_end
from mixtui.store.run import Run
from mixtui.store.store import Store
from mixtui.ui.app import MixtuiApp
from mixtui.ui.folder_state import load_folder_state, save_folder_state
from mixtui.ui.preferences import Preferences
from mixtui.ui.screens.new_runs import NewRunsScreen
from mixtui.ui.screens.run import RunScreen
from tests.ui.conftest import Opened

TRAININGS = 100.0  # seconds that two of them may take, importing torch included
NETWORK = """
import time
from torch import nn

class Slowly(nn.Module):
    def forward(self, x):
        if self.training:
            time.sleep(0.3)
        return x

def network(num_classes, channels):
    return nn.Sequential(Slowly(), nn.Conv2d(channels, 4, 3), nn.AdaptiveAvgPool2d(2), nn.Flatten(),
                         nn.Linear(16, num_classes))
"""


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with images of two classes and a network."""
    folder = tmp_path / "workplace"
    random = np.random.default_rng(0)
    for split, count in (("train", 64), ("test", 32)):
        for name, shade in (("dark", 60), ("light", 190)):
            (folder / "images" / split / name).mkdir(parents=True)
            for number in range(count):
                pixels = random.normal(shade, 60, (8, 8, 3)).clip(0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(folder / "images" / split / name / f"{number}.png")
    (folder / "slowly.py").write_text(NETWORK)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setenv("MIXTUI_DATA", str(tmp_path / "data"))
    return folder


@pytest.fixture
def real_store(workplace: Path) -> Iterator[Store]:
    """Its runs; those that a failed test leaves are ended."""
    store = Store(workplace / "runs")
    yield store
    for run in store.runs():
        if isinstance(run, Run) and run.status.state.is_live:
            with asking_to_end("stop") as ask:
                ask(run)


@contextlib.asynccontextmanager
async def opened(store: Store) -> AsyncIterator[Opened]:
    app = MixtuiApp(store, Preferences(), load_folder_state(store.root))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        window = Opened(app, pilot)
        await window.until(lambda: app.loaded)
        yield window
    save_folder_state(store.root, app.state)


async def fill(window: Opened, name: str, text: str) -> None:
    """Type into a field of the form in place of what is there."""
    field = window.app.screen.query_one(f"#{name}", Input)
    field.focus()
    await window.pilot.pause()
    await window.press("end", *["backspace"] * len(field.value))
    await window.write(text)


async def start_two_runs(window: Opened) -> None:
    await window.press("n")
    await window.until(lambda: isinstance(window.app.screen, NewRunsScreen))
    window.app.screen.query_one("#ticked").focus()
    await window.pilot.pause()
    for tick in range(6):  # α 0 and 0.1 stay
        await window.press(*(["space"] if tick >= 2 else []), "right")
    window.app.screen.query_one("#dataset").focus()
    await window.pilot.pause()
    await window.press(*["down"] * 6, "space")  # your own
    await fill(window, "own_dataset", "folder:images")
    await fill(window, "model", "slowly:network")
    await fill(window, "epochs", "3")
    await window.until_shown("Start 2 runs")
    await window.press("ctrl+s")
    await window.until(lambda: len(window.app.documents) == 2)


@pytest.mark.timeout(240)
async def test_two_runs_from_the_form_to_their_diagrams(real_store: Store) -> None:
    async with opened(real_store) as window:
        await window.until_shown("No runs in")
        await start_two_runs(window)
        app = window.app

        def streams() -> bool:
            return any(
                document["state"] == "running" and run_id in app.views and len(app.views[run_id].steps.step) > 0
                for run_id, document in app.by_id.items()
            )

        await window.until(streams, TRAININGS)
        await window.until_shown("● running", "study-1")
        await window.press("q")
    assert "on. mixtui shows" in (app.return_value or "")

    async with opened(real_store) as window:
        app = window.app
        await window.until(lambda: {document["state"] for document in app.documents} == {"finished"}, TRAININGS)
        for _ in range(2):
            await window.press("enter")
            await window.until(lambda: isinstance(app.screen, RunScreen))
            await window.until_shown("Reliability", "64 images", "epoch", "ECE")
            await window.press("q")
            await window.until(lambda: not isinstance(app.screen, RunScreen))
            await window.press("j")
    assert sorted(document["config"]["alpha"] for document in app.documents) == [0.0, 0.1]
