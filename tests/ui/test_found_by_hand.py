"""Faults that showed when the interface was used by hand, each by the shortest way there."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest

from mixtui.launch.sweep import Sweep
from mixtui.launch.wake import note_path
from mixtui.store.files import write_json
from mixtui.store.store import Store
from mixtui.ui.columns import run_direction
from mixtui.ui.new_runs.form import Plan
from mixtui.ui.new_runs.queueing import queue_plan
from mixtui.ui.notices import asks_to_stop
from mixtui.ui.preferences import Preferences
from mixtui.ui.screens import new_runs
from mixtui.ui.screens.doctor import DoctorScreen
from mixtui.ui.screens.run import RunScreen
from mixtui.ui.widgets.prompt import Prompt
from tests.ui.conftest import PATIENCE, MadeRuns, OpenApp
from tests.ui.made_runs import make_finished_run


def run(state: str, **keys: Any) -> dict[str, Any]:
    return {"id": state, "state": state, "config": {"alpha": 0.4, "seed": 1}, **keys}


@pytest.mark.parametrize("ece", [None, "x"])
def test_where_there_is_no_ece_no_mark_stands_beside_it(ece: object) -> None:
    known: dict[str, Any] = {"metrics": {"accuracy": 0.7, "confidence": 0.9, "ece": 0.2}, "data": {"n_test": 10_000}}
    assert run_direction(known) == "over"
    assert run_direction({**known, "metrics": {**known["metrics"], "ece": ece}}) is None


def test_runs_that_wait_are_not_said_to_finish_a_step() -> None:
    assert "has not begun" in asks_to_stop([run("queued")])
    assert "have not begun" in asks_to_stop([run("queued")] * 280)
    assert "finish their step" in asks_to_stop([run("queued"), run("running")])


async def test_a_broken_run_says_in_the_table_what_is_wrong_with_it(store: Store, open_app: OpenApp) -> None:
    paths = make_finished_run(store)
    paths.config.write_text("{")
    async with open_app((160, 45)) as opened:
        assert "config." in opened.line_of("! broken")


async def test_a_note_of_several_lines_is_not_put_into_a_line(store: Store, open_app: OpenApp) -> None:
    paths = make_finished_run(store)
    write_json(paths.meta, {"note": "line\n" * 50})
    async with open_app() as opened:
        await opened.press("e")
        await opened.until_shown("more than one line")
        assert not opened.app.screen.query(Prompt)


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 40), (60, 18)])
async def test_the_whole_reading_of_a_bin_has_room(size: tuple[int, int], store: Store, open_app: OpenApp) -> None:
    paths = make_finished_run(store)
    async with open_app(size) as opened:
        opened.app.push_screen(RunScreen(paths.id, [paths.id]))
        await opened.until(lambda: "confidence ." in opened.text or "conf. ." in opened.text)
        assert "gap" in opened.text
        assert opened.text.split("gap", 1)[1].split("]", 1)[0].count("[") == 1
        assert "epoch " in opened.text
        assert "The diagram needs" not in opened.text


async def test_a_sentence_that_quotes_a_log_ends_before_the_advice(store: Store, open_app: OpenApp) -> None:
    paths = make_finished_run(store)
    lines = paths.events.read_text().splitlines()
    paths.events.write_text("\n".join(lines[:-1]) + "\n")
    write_json(
        paths.exit, {"attempt": 1, "time": "2026-11-22T23:20:00+00:00", "signal": "SIGKILL", "last_line": "step 7"}
    )
    async with open_app() as opened:
        opened.app.push_screen(RunScreen(paths.id, [paths.id]))
        await opened.until_shown("r resumes")
        assert "step 7. r resumes" in opened.text


async def test_the_doctor_has_an_ascii_title_where_there_is_nothing_else(
    store: Store, open_app: OpenApp, config_folder: Any
) -> None:
    config_folder.mkdir()
    (config_folder / "config.toml").write_text('glyphs = "ascii"\n')
    async with open_app() as opened:
        opened.app.push_screen(DoctorScreen())
        await opened.until_shown("mixtui > doctor")


async def test_a_thousand_alphas_leave_the_buttons_on_the_screen(open_app: OpenApp) -> None:
    async with open_app((120, 40)) as opened:
        await opened.press("n")
        await opened.until_shown("[ Start 6 runs  ^s ]")
        for key in ("tab", *"0:1:0.001"):
            await opened.press(key)
        await opened.until_shown("[ Start 1,001 runs  ^s ]", "[ Cancel  esc ]", "--alphas", " ...")


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 40), (200, 50)])
async def test_the_form_cuts_no_word(open_app: OpenApp, size: tuple[int, int]) -> None:
    async with open_app(size) as opened:
        await opened.press("n")
        told = ["[ Start 6 runs  ^s ]", "[ Cancel  esc ]", "made here; a demo"]
        if size[0] >= 100:
            told += ["Beta(α, α)", "(balanced classes).", "bit for bit.", "The same from the shell", "[ copy  y ]"]
        await opened.until_shown(*told)


async def test_buttons_too_long_for_a_line_stand_below_each_other(open_app: OpenApp) -> None:
    async with open_app((100, 30)) as opened:
        await opened.press("n")
        for key in ("tab", *"0:1:0.001"):
            await opened.press(key)
        await opened.until_shown("[ Start 1,001 runs  ^s ]", "[ Cancel  esc ]")
        assert opened.row_of("[ Cancel") == opened.row_of("[ Start") + 1


async def test_an_ascii_terminal_gets_ascii_scroll_bars(open_app: OpenApp) -> None:
    async with open_app((80, 24), preferences=Preferences(glyphs="ascii")) as opened:
        await opened.press("n")
        await opened.until_shown("[ Start 6 runs  ^s ]")
        for _ in range(8):
            await opened.press("tab")
            await opened.pilot.pause()
            assert set(re.sub("[─│╭╮╰╯]", "", opened.text)) <= set(map(chr, range(128)))


async def test_the_palette_shows_no_emoji(open_app: OpenApp) -> None:
    async with open_app() as opened:
        await opened.press("colon")
        await opened.until_shown("Choose alphas")
        assert "\N{RIGHT-POINTING MAGNIFYING GLASS}" not in opened.text


async def test_a_key_that_counts_for_no_run_says_why(runs: MadeRuns, open_app: OpenApp) -> None:
    runs.finished()
    async with open_app() as opened:
        await opened.press("p")
        await opened.until_shown("neither running nor queued")
        await opened.press("K")
        await opened.until_shown("Only queued runs have a place in the queue.")


async def test_a_broken_run_is_not_counted_as_crashed(runs: MadeRuns, open_app: OpenApp) -> None:
    runs.broken()
    async with open_app() as opened:
        assert "1 broken" in opened.lines[0]
        assert "crashed" not in opened.lines[0]


async def test_what_is_brought_back_gets_the_cursor(runs: MadeRuns, open_app: OpenApp) -> None:
    first = runs.finished()
    runs.finished()
    async with open_app() as opened:
        await opened.press("j", "d", "tab", "enter")
        await opened.until(lambda: len(opened.shown) == 1)
    async with open_app() as opened:
        await opened.press("u")
        await opened.until(lambda: opened.cursor == first.id)


async def test_the_queue_says_for_what_it_waits_by_names_that_a_person_knows(
    runs: MadeRuns, open_app: OpenApp, store: Store
) -> None:
    waiting = runs.queued(0.4)
    note_path(store.root).write_text(f"{waiting.id} waits for room on the disk.")
    for size in ((80, 24), (120, 40)):
        async with open_app(size) as opened:
            await opened.until_shown("α 0.4 · seed 0 waits for room")
            assert waiting.id not in opened.text


async def test_a_run_without_steps_has_no_empty_axes(runs: MadeRuns, open_app: OpenApp) -> None:
    live = runs.running(epochs_done=0)
    live.steps.unlink()
    async with open_app() as opened:
        await opened.until_shown("No steps yet.", "The first diagram comes after")


async def test_what_a_panel_says_in_place_of_a_picture_is_not_cut(
    runs: MadeRuns, open_app: OpenApp, store: Store
) -> None:
    runs.queued(0.4)
    note_path(store.root).write_text("Something that takes many more words than one line of a panel has room for.")
    async with open_app((80, 24)) as opened:
        await opened.until_shown("It is queued: Something", "panel has room for.")


async def test_how_many_start_now_is_told_though_the_table_has_them_already(
    store: Store, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    async with open_app() as opened:
        read = threading.Event()

        def queue_slowly(store: Store, plan: Plan) -> Sweep:
            made = queue_plan(store, plan)
            assert read.wait(PATIENCE)
            return made

        monkeypatch.setattr(new_runs, "queue_plan", queue_slowly)
        await opened.press("n", "tab", "tab", "tab", *["down"] * 5, "space")  # synthetic, which nobody has to fetch
        await opened.until_shown("at once")
        now = min(6, int(opened.line_of("at once").split(" at once")[0].split()[-1]))
        await opened.press("ctrl+s")
        await opened.until(lambda: len(opened.app.documents) == 6)
        read.set()
        await opened.until_shown(f"6 runs queued as study-1. {now} start")
