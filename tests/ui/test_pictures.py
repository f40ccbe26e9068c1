"""The main screens at three sizes, as pictures: what changes on them is seen in a review.

Where a change is meant, MIXTUI_NEW_PICTURES=1 draws them anew; look at them before you commit them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import Mock

import pytest

from mixtui.launch import machine
from mixtui.store.meta import tag
from mixtui.store.run import Run
from mixtui.store.store import Store
from mixtui.ui.new_runs import lookup
from mixtui.ui.screens import new_runs
from tests.ui.conftest import OpenApp, Opened
from tests.ui.made_runs import make_finished_run

SECOND = datetime(2026, 11, 22, 23, 15, 2, tzinfo=UTC)
PICTURES = Path(__file__).with_name("pictures")
SIZES = ((80, 24), (120, 40), (200, 50))
SAMPLE = machine.Sample(cpu_percent=50.0, memory_used=2**32, memory_total=2**34, gpus=(), disk_free=2**37)


@pytest.fixture
def study(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of three alphas and two seeds, made in one second, on a machine that is always the same."""
    monkeypatch.setattr("mixtui.store.store.datetime", Mock(now=lambda _zone: SECOND))
    for seed in (0, 1):
        for alpha in (0.0, 0.1, 0.4):
            paths = make_finished_run(store, alpha, seed, epochs=4, steps=200, n_test=1000)
            tag(Run.load(paths.root), add=["study-1"])
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MIXTUI_RUNS", str(store.root))
    monkeypatch.setenv("MIXTUI_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setattr(machine.Sampler, "sample", lambda self: SAMPLE)
    monkeypatch.setattr(lookup, "disk_free", lambda folder: 2**37)
    monkeypatch.setattr(lookup, "threads_for", lambda device, runs: 1)
    for module in (new_runs, lookup):
        monkeypatch.setattr(module, "cores", lambda: 8)
    monkeypatch.setattr("mixtui.ui.screens.home.MEASURE_AFTER", 0.01)


async def home(window: Opened) -> None:
    await window.until_shown("ECE", "cpu")
    await window.until(lambda: len(window.app.views) == 6)


async def form(window: Opened) -> None:
    await window.press("n")
    await window.until_shown("Start 6 runs", "disk" if window.app.size.width > 80 else "6 runs")


async def diagram(window: Opened) -> None:
    await window.press("enter")
    await window.until_shown("Diagram", "ECE", "4⟩")


async def compare(window: Opened) -> None:
    await window.press("c")
    await window.until_shown("Lowest ECE")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("go", [home, form, diagram, compare], ids=lambda go: go.__name__)
async def test_the_screen_looks_as_it_did(
    study: None, open_app: OpenApp, go: Callable[..., object], size: tuple[int, int], tmp_path: Path
) -> None:
    async with open_app(size) as window:
        await home(window) if size[0] > 80 else await window.until_shown("ECE", "cpu")
        if go is not home:
            await go(window)  # type: ignore[misc]
        await settle(window)
        check_picture(window.app.export_screenshot(), f"{go.__name__}-{size[0]}x{size[1]}.svg", tmp_path)


async def settle(window: Opened) -> None:
    """Until nothing has changed on the screen for a while."""
    before, same = "", 0
    while same < 5:
        await window.pilot.pause(0.1)
        same = same + 1 if window.text == before else 0
        before = window.text


def check_picture(svg: str, name: str, folder: Path) -> None:
    svg = re.sub(r"terminal-\d+", "terminal", svg)  # a number made of the content
    known = PICTURES / name
    if os.environ.get("MIXTUI_NEW_PICTURES"):
        PICTURES.mkdir(exist_ok=True)
        known.write_text(svg)
    elif not known.exists() or known.read_text() != svg:
        (folder / name).write_text(svg)
        pytest.fail(f"{name} looks otherwise: compare {folder / name}; MIXTUI_NEW_PICTURES=1 takes it as it is now.")
