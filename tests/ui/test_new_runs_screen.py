"""The form for new runs, as a person uses it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Button

from mixtui.config import RunConfig
from mixtui.datasets import resolve
from mixtui.errors import MixtuiError
from mixtui.launch import queue
from mixtui.store.run import Run
from mixtui.store.store import Store
from mixtui.ui import reader
from mixtui.ui.app import MixtuiApp
from mixtui.ui.folder_state import FolderState
from mixtui.ui.new_runs import queueing
from mixtui.ui.preferences import Preferences
from mixtui.ui.screens.new_runs import NewRunsScreen
from mixtui.ui.widgets.choice import Choice
from mixtui.ui.widgets.field import Entry
from mixtui.ui.widgets.fold import Fold

SECONDS = 10.0


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Path]:
    """The runs folders whose supervisor was woken; none comes to life, no server is asked, there is no GPU."""
    roots: list[Path] = []
    monkeypatch.setattr(queue, "wake", roots.append)
    monkeypatch.setattr(reader, "wake", lambda root: None)
    monkeypatch.setattr(resolve, "is_fetchable", lambda info, timeout: True)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setenv("MIXTUI_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    return roots


class Form:
    """The open form, and what its opener got."""

    def __init__(self, app: MixtuiApp, pilot: Pilot[Any]) -> None:
        self.app, self.pilot = app, pilot
        self.results: list[tuple[str, ...] | None] = []
        self.screen = NewRunsScreen()

    async def until(self, there: Callable[[], bool]) -> None:
        async with asyncio.timeout(SECONDS):
            while not there():
                await self.pilot.pause(0.01)

    async def type(self, name: str, text: str) -> None:
        self.screen.query_one(f"#{name}").focus()
        await self.pilot.pause()
        await self.pilot.press(*("space" if letter == " " else letter for letter in text))
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    def shown(self) -> str:
        return "\n".join("".join(part.text for part in line) for line in self.app.screen._compositor.render_strips())

    def __contains__(self, words: str) -> bool:
        return words in self.shown()


@asynccontextmanager
async def opened(store: Store, size: tuple[int, int] = (120, 40), *, glyphs: str = "braille") -> AsyncIterator[Form]:
    app = MixtuiApp(store, replace(Preferences(), glyphs=glyphs), FolderState())  # type: ignore[arg-type]
    async with app.run_test(size=size) as pilot:
        form = Form(app, pilot)
        await form.until(lambda: app.loaded)
        app.push_screen(form.screen, form.results.append)
        await form.until(lambda: (form.app.screen is form.screen and "Start 6 runs" in form) or "here already" in form)
        yield form


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(test)


def test_it_opens_with_the_reference_study(store: Store) -> None:
    async def test() -> None:
        async with opened(store) as form:
            for words in ("preset: reference study", "study-1", "to fetch, 169 MB", "6 α × 1 seed", "Beta(α, α)"):
                assert words in form
            assert "batch 64 · SGD lr 0.003" in form
            assert "One seed" in form
            assert form.screen.query_one("#ticked").has_focus

    run(test())


def test_what_is_wrong_is_told_as_one_types(store: Store) -> None:
    async def test() -> None:
        async with opened(store) as form:
            await form.type("more", "-0.1")
            assert "α is 0 or more; -0.1 is not." in form
            assert "Cannot start yet" in form
            assert form.screen.query_one("#start", Button).disabled
            await form.press("ctrl+s")
            assert form.app.screen is form.screen
            await form.press("ctrl+u", *"0.05")
            assert "Start 7 runs" in form
            await form.type("seeds", "50")
            assert "350 runs" in form
            assert "0 to 49" in form
            await form.type("device", "cuda")
            await form.until(lambda: "cannot be used" in form)
            assert form.screen.query_one("#group-machine", Fold).open
            assert "350 runs" not in form or form.screen.query_one("#start", Button).disabled

    run(test())


def test_any_text_may_be_typed(store: Store) -> None:
    async def test() -> None:
        async with opened(store) as form:
            for entry in form.screen.query(Entry):
                entry.value = "[/]\x1b[31m😀 [bold]" + "9" * 500
            await form.pilot.pause()
            assert "Cannot start yet" in form

    run(test())


def test_start_queues_the_runs(store: Store, woken: list[Path]) -> None:
    async def test() -> None:
        async with opened(store) as form:
            await form.type("seeds", "2")
            await form.type("epochs", "3")
            assert "reference study but for epochs" in form
            await form.press("ctrl+s")
            await form.until(lambda: bool(form.results))
            (ids,) = form.results
            runs = [Run.load(store.root / run_id) for run_id in ids or ()]
            alphas = (0.0, 0.1, 0.2, 0.3, 0.4, 0.7)
            assert [(run.config.alpha, run.config.seed) for run in runs] == [
                (a, seed) for seed in (0, 1) for a in alphas
            ]
            assert len(store.run_dirs()) == 12
            assert {(run.status.state, run.tags, run.config.epochs) for run in runs} == {("queued", ("study-1",), 3)}
            assert woken == [store.root]
            assert form.app.screen is not form.screen
            assert "mixtui sweep --alphas 0,0.1,0.2,0.3,0.4,0.7 --seeds 2" in form.app.last_command

    run(test())


def test_it_says_what_it_waits_for_and_why_it_could_not(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        async with opened(store) as form:
            go_on = asyncio.Event()
            loop = asyncio.get_running_loop()

            def refuse(**_: Any) -> None:
                asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(SECONDS)
                raise MixtuiError("cifar10 cannot be had.", "Name another: --dataset synthetic.")

            monkeypatch.setattr(queueing, "prepare", refuse)
            await form.press("ctrl+s")
            assert "Queueing 6 runs" in form
            await form.press("escape", "ctrl+s")
            assert form.app.screen is form.screen
            go_on.set()
            await form.until(lambda: "cifar10 cannot be had." in form and "Name another: dataset synthetic." in form)
            assert not form.screen.query_one("#start", Button).disabled
            await form.press("escape")
            assert form.results == [None]

    run(test())


@pytest.mark.parametrize("key", ["escape", "q"])
def test_leaving_starts_nothing(store: Store, key: str) -> None:
    async def test() -> None:
        async with opened(store) as form:
            await form.press(key)
            assert form.results == [None]
            assert not store.run_dirs()

    run(test())


def test_what_is_here_already_is_left_out_or_run_again(store: Store, tmp_path: Path) -> None:
    for alpha in (0.0, 0.1):
        config = RunConfig(alpha=alpha, dataset_requested="cifar10")
        store.create(config, data_dir=tmp_path, location=None, meta={"tags": ["study-4"]})

    async def test() -> None:
        async with opened(store) as form:
            assert "2 of these 6 are here already, queued." in form
            assert "leave them out: 4 to run" in form
            assert "Start 4 runs" in form
            assert "study-5" in form
            form.screen.query_one("#again").focus()
            await form.press("right", "space")
            assert "Start 6 runs" in form
            assert "--again" in form
            await form.press("left", "space", "ctrl+s")
            await form.until(lambda: bool(form.results))
            assert len(form.results[0] or ()) == 4
            assert len(store.run_dirs()) == 6

    run(test())


def test_all_that_is_here_already_cannot_be_started(store: Store, tmp_path: Path) -> None:
    for alpha in (0.0, 0.1, 0.2, 0.3, 0.4, 0.7):
        store.create(RunConfig(alpha=alpha), data_dir=tmp_path, location=None, meta={})

    async def test() -> None:
        async with opened(store) as form:
            assert "All of them are here already" in form
            assert form.screen.query_one("#start", Button).disabled

    run(test())


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_keys_move_tick_and_unfold(store: Store, size: tuple[int, int]) -> None:
    async def test() -> None:
        async with opened(store, size) as form:
            await form.press("space")
            assert "5 α × 1 seed" in form
            await form.press("right", "right")
            assert "α 0.2: the stronger image" in form or size[0] < 100
            await form.press("tab", "shift+tab", "down", "down", "down")
            assert form.screen.query_one("#dataset").has_focus
            await form.press("down", "space")
            assert form.screen.query_one("#dataset", Choice).chosen == ["cifar100"]
            await form.press("up", "up")
            assert form.screen.query_one("#seeds").has_focus
            assert "Seeds" in form
            form.screen.query_one("#group-training .heading").focus()
            await form.press("space")
            assert form.screen.query_one("#group-training", Fold).open
            await form.press("enter")
            assert "batch 64 · SGD" in form

    run(test())


def test_the_mouse_ticks_and_cancels(store: Store) -> None:
    async def test() -> None:
        async with opened(store) as form:
            await form.pilot.click("#ticked", offset=(10, 0))
            await form.pilot.pause()
            assert "5 α × 1 seed" in form
            await form.pilot.click("#cancel")
            await form.pilot.pause()
            assert form.results == [None]

    run(test())


def test_a_folder_is_looked_for(store: Store, tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(store) as form:
            form.screen.query_one("#dataset").focus()
            await form.press(*["down"] * 6, "space")
            form.screen.query_one("#own_dataset", Entry).value = "folder:/nowhere"
            await form.until(lambda: "There is no folder /nowhere" in form)
            for part in ("train", "test"):
                (tmp_path / "photos" / part).mkdir(parents=True)
            form.screen.query_one("#own_dataset", Entry).value = f"folder:{tmp_path / 'photos'}"
            await form.until(lambda: "Start 6 runs" in form)

    run(test())


def test_a_function_that_its_module_lacks_is_told_as_one_types(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nets.py").write_text("raise SystemExit\ndef small(num_classes): ...\n")
    monkeypatch.chdir(tmp_path)

    async def test() -> None:
        async with opened(store) as form:
            model = form.screen.query_one("#model", Entry)
            model.value = "nets:smal"
            await form.until(lambda: "nets has no smal." in form and "Did you mean" in form)
            assert form.screen.query_one("#start").disabled
            model.value = "nets:small"
            await form.until(lambda: "Did you mean" not in form and not form.screen.query_one("#start").disabled)

    run(test())


@pytest.mark.parametrize(("size", "glyphs"), [((80, 24), "braille"), ((120, 40), "ascii"), ((60, 18), "ascii")])
def test_the_summary_and_start_are_always_seen(store: Store, size: tuple[int, int], glyphs: str) -> None:
    async def test() -> None:
        async with opened(store, size, glyphs=glyphs) as form:
            lines = form.shown().splitlines()
            assert len(lines) == size[1]
            assert "6 runs" in form
            assert "Start 6 runs" in form
            assert "Cancel" in form
            form.screen.query_one("#group-machine .heading").focus()
            await form.pilot.pause(0.3)
            assert "Machine" in form
            assert "Start 6 runs" in form
            assert glyphs != "ascii" or not set(form.shown()) & set("αλ▏■●▸▾›·×⣿")

    run(test())
