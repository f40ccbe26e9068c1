"""The screen of one run: every key, and every state that a run can be in."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from textual.widgets import Input, TextArea

from mixtui.calibration.certainty import Certainty, certainty
from mixtui.config import RunConfig
from mixtui.store.log_tail import MOST_LINES
from mixtui.store.paths import RunPaths
from mixtui.store.shifts import OWN_TEST, Shifts, ShiftScores, record_shifts
from mixtui.store.steps import NO_STEPS
from mixtui.store.store import Store
from mixtui.ui.actions import Done
from mixtui.ui.run_tabs.curves import CurvesTab
from mixtui.ui.run_tabs.diagram import DiagramPanel, DiagramTab
from mixtui.ui.run_tabs.facts import Extras
from mixtui.ui.run_tabs.log import LogTab
from mixtui.ui.run_tabs.scrolling import ScrollingLines
from mixtui.ui.screens.run import RunScreen
from tests.ui.conftest import MadeRuns, OpenApp, Opened
from tests.ui.made_runs import add_epoch, add_steps, make_finished_run, make_trained_run

OpenRun = Callable[..., AbstractAsyncContextManager[Opened]]


@pytest.fixture
def open_run(open_app: OpenApp) -> OpenRun:
    """Opens the screen of a run, with what is to be read of it read; the results of it are in `closed_with`."""

    @asynccontextmanager
    async def open_(run: RunPaths, *neighbours: RunPaths, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Opened]:
        async with open_app(size) as opened:
            ids = [run.id, *(other.id for other in neighbours)]
            opened.app.push_screen(RunScreen(run.id, ids), CLOSED_WITH.append)
            await opened.until(lambda: isinstance(opened.app.screen, RunScreen) and opened.app.views.get(run.id))
            await opened.pilot.pause()
            yield opened

    CLOSED_WITH.clear()
    return open_


CLOSED_WITH: list[str | None] = []


def diagram(opened: Opened) -> DiagramTab:
    return opened.app.screen.query_one(DiagramTab)


async def until_read(opened: Opened, *, predictions: bool = True) -> None:
    """Until the bins of all epochs are there, and the predictions."""
    tab = diagram(opened)
    await opened.until(lambda: tab.facts.extras.fine_bins and (tab.facts.extras.last_epoch is not None) >= predictions)


def epoch_shown(opened: Opened) -> int:
    now = diagram(opened).now
    assert now is not None
    return now.epoch


def m_shown(opened: Opened) -> int:
    now = diagram(opened).now
    assert now is not None
    return now.bins.m


def certainty_shown(opened: Opened) -> Certainty | None:
    now = diagram(opened).now
    assert now is not None
    return now.side.certainty


# The diagram


async def test_a_finished_run_opens_on_its_last_diagram_with_the_verdict(store: Store, open_run: OpenRun) -> None:
    async with open_run(make_finished_run(store, 0.4, epochs=3)) as opened:
        await until_read(opened)
        assert "› α 0.4 · seed 0 · svhn · resnet18" in opened.lines[0]
        assert "✓ finished 3/3 · 3 min · run 1 of 1" in opened.lines[0]
        assert opened.lines[1].startswith(" [1 Diagram]  2 Curves")
        assert "overconfident: says " in opened.lines[2].lower()
        for words in ("Reliability · test, 400 images", "M 15 · equal width", "bin ", "epoch   1", "⟨3⟩"):
            assert words in opened.text
        for title in ("Scores", "Does the number hold?", "Over the epochs"):
            assert title in opened.text


async def test_of_a_fallback_the_first_line_tells(store: Store, open_run: OpenRun) -> None:
    async with open_run(make_finished_run(store, dataset="synthetic", dataset_requested=None)) as opened:
        assert "· synthetic in place of cifar10 · resnet18" in opened.lines[0]


async def test_keys_move_through_the_epochs(store: Store, open_run: OpenRun) -> None:
    async with open_run(make_finished_run(store, epochs=4)) as opened:
        await until_read(opened)
        for key, epoch in [("left", 3), ("h", 2), ("right", 3), ("l", 4), ("l", 4), ("g", 1), ("left", 1), ("G", 4)]:
            await opened.press(key)
            assert epoch_shown(opened) == epoch
        await opened.press("left")
        await opened.until_shown("After epoch 3,", "⟨3⟩")


async def test_keys_move_through_the_bins_and_the_cursor_stays(store: Store, open_run: OpenRun) -> None:
    async with open_run(make_finished_run(store, epochs=4)) as opened:
        await until_read(opened)
        await opened.press("b", "b", *["down"] * 5)
        await opened.until_shown("bin 1 of 5")
        await opened.press("up", "k", "j", "up")
        await opened.until_shown("bin 3 of 5")
        await opened.press("left")
        await opened.until_shown("bin 3 of 5")


async def test_fewer_and_more_bins_change_the_ece_that_is_told(store: Store, open_run: OpenRun) -> None:
    async with open_run(make_finished_run(store, epochs=2)) as opened:
        await until_read(opened)
        seen = []
        for key in ["b", "b", "b", *["B"] * 8]:
            await opened.press(key)
            seen.append(m_shown(opened))
        assert seen == [10, 5, 5, 10, 15, 20, 30, 50, 60, 100, 100]
        await opened.until_shown("ECE (M 100) .", "M 100 · equal width")


async def test_equal_mass_after_the_last_epoch_only(store: Store, open_run: OpenRun) -> None:
    async with open_run(make_finished_run(store, epochs=2)) as opened:
        await until_read(opened)
        await opened.press("w")
        await opened.until_shown("M 15 · equal mass", "ECE (equal mass)")
        await opened.press("left")
        await opened.until_shown("equal mass: last epoch only · M 15")
        await opened.press("w", "w")
        await opened.until_shown("need the predictions")


async def test_temperature_scaling_on_and_off_after_the_last_epoch_only(store: Store, open_run: OpenRun) -> None:
    async with open_run(make_finished_run(store, epochs=2)) as opened:
        await until_read(opened)
        await opened.until_shown("T off", "after T", "fitted on half the images")
        await opened.press("T")
        await opened.until_shown(" · M 15 · equal width ", "before T", "After T ", "T no temperature")
        await opened.press("b", "w")
        await opened.until_shown(" · M 10 · equal mass", "ECE (equal mass, M 10)")
        await opened.press("left")
        await opened.until_shown("equal mass and T: last epoch only", "After epoch 1, ")
        await opened.press("T", "T")
        await opened.until_shown("Temperature scaling needs the predictions")


async def test_interval_and_floor_follow_the_bins_that_are_shown(store: Store, open_run: OpenRun) -> None:
    async with open_run(make_finished_run(store, epochs=2)) as opened:
        await until_read(opened)
        await opened.press("B", "B")
        await opened.until(lambda: m_shown(opened) == 30 and certainty_shown(opened) is not None)
        await opened.until_shown("ECE (M 30) .", " [.")
        now = diagram(opened).now
        assert now is not None and now.side.certainty == certainty(now.side.fine, 30)
        await opened.press("left")
        await opened.until(lambda: certainty_shown(opened) is not None and epoch_shown(opened) == 1)


async def test_curves_that_are_not_of_what_the_diagram_shows_say_so(store: Store, open_run: OpenRun) -> None:
    async with open_run(make_finished_run(store)) as opened:
        await until_read(opened)
        assert "before T" not in opened.line_of("Over the epochs")
        await opened.press("T")
        await opened.until(lambda: "before T" in opened.line_of("Over the epochs"))
        await opened.press("v")
        await opened.until(lambda: "all classes · before T" in opened.line_of("Over the epochs"))


async def test_the_worst_class_against_the_rest_and_back(store: Store, open_run: OpenRun) -> None:
    async with open_run(make_finished_run(store)) as opened:
        await until_read(opened)
        await opened.press("4")
        await opened.until_shown("worst classes", "class ", "risk–coverage", "AURC", "train")
        await opened.press("v")
        await opened.until_shown("[1 Diagram]", "against the rest", "of this class", " it is ", "all classes")
        await opened.until_shown("share ")
        assert "right (accuracy)" not in opened.text
        await opened.press("w")
        await opened.until_shown("The bins of a class")
        await opened.press("escape")
        await opened.until_gone("against the rest")
        await opened.press("left", "v")
        await opened.until_shown("The diagram of a class needs the predictions")


async def test_other_test_sets_are_shown_as_soon_as_they_are_evaluated(store: Store, open_run: OpenRun) -> None:
    run = make_finished_run(store)
    async with open_run(run) as opened:
        await until_read(opened)
        await opened.press("4", "G")
        assert "other test sets" not in opened.text
        own = ShiftScores(None, None, "known", 400, (32, 32, 3), "k", 0.7, 0.6, 0.1, 0.1, 1.0, 0.5)
        strange = ShiftScores(None, None, "unknown", 50, (32, 32, 3), "k", 0.5, auroc=0.812, fpr95=0.345)
        record_shifts(run, Shifts(3, 30, 15, {OWN_TEST: own, "[/]cifar100": strange}))
        await opened.press("1", "4")
        await opened.until_shown("other test sets", "[/]cifar100")
        assert ".812" in opened.line_of("[/]cifar100")


async def test_space_plays_the_epochs_to_the_last_and_pauses(
    store: Store, open_run: OpenRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mixtui.ui.run_tabs.diagram.PLAY_EVERY", 60)
    async with open_run(make_finished_run(store, epochs=3)) as opened:
        await until_read(opened)
        await opened.press("space")
        await opened.until_shown("space pause")
        assert epoch_shown(opened) == 1
        await opened.press("space")
        await opened.until_shown("space play")
        await opened.press("space", "2")
        await opened.until(lambda: not diagram(opened).is_playing)
        monkeypatch.setattr("mixtui.ui.run_tabs.diagram.PLAY_EVERY", 0.1)
        await opened.press("1", "space")
        await opened.until(lambda: epoch_shown(opened) == 3 and not diagram(opened).is_playing)


async def test_the_mouse_chooses_epochs_and_bins(store: Store, open_run: OpenRun) -> None:
    async with open_run(make_finished_run(store, epochs=5)) as opened:
        await until_read(opened)
        panel = opened.app.screen.query_one(DiagramPanel)
        line = opened.lines[opened.row_of("⟨5⟩")]
        last = panel.size.height  # the frame is above the first line
        assert await opened.pilot.click(panel, offset=(line.index("2"), last))
        await opened.until(lambda: epoch_shown(opened) == 2)
        await opened.pilot.mouse_down(panel, offset=(line.index("2"), last))
        await opened.pilot.hover(panel, offset=(line.index("4"), last - 4))
        await opened.pilot.mouse_up(panel, offset=(line.index("4"), last - 4))
        await opened.until(lambda: epoch_shown(opened) == 4)
        assert await opened.pilot.click(panel, offset=(6, 10))
        await opened.until_shown("bin 1 of 15")


async def test_zoom_leaves_the_diagram_alone_and_escape_ends_that_first(store: Store, open_run: OpenRun) -> None:
    async with open_run(make_finished_run(store)) as opened:
        await until_read(opened)
        await opened.press("z")
        await opened.until_gone("Does the number hold?")
        await opened.press("escape")
        await opened.until_shown("Does the number hold?")
        await opened.press("escape")
        await opened.until(lambda: not isinstance(opened.app.screen, RunScreen))


@pytest.mark.parametrize("size", [(80, 24), (60, 18), (200, 50)])
async def test_it_can_be_used_at_every_size(store: Store, open_run: OpenRun, size: tuple[int, int]) -> None:
    async with open_run(make_finished_run(store), size=size) as opened:
        await until_read(opened)
        assert "⟨3⟩" in opened.text
        assert ("Does the number hold?" in opened.text) == (size[0] >= 100)
        for tab in "23456":
            await opened.press(tab)
            await opened.until_shown(f"[{tab} ")


# Tabs and runs


async def test_digits_and_clicks_show_tabs(store: Store, open_run: OpenRun) -> None:
    async with open_run(make_finished_run(store)) as opened:
        for digit, words in [
            ("2", "Training loss"),
            ("3", "Drawn λ"),
            ("4", "worst classes"),
            ("5", "attempt 1"),
            ("6", "Recipe: its own"),
            ("1", "Reliability"),
        ]:
            await opened.press(digit)
            await opened.until_shown(words, f"[{digit} ")
        await opened.pilot.click("TabLine", offset=(opened.lines[1].index("3 Mixup") + 1, 0))
        await opened.until_shown("[3 Mixup]")


async def test_the_next_run_comes_with_the_same_tab_bin_epoch_and_m(store: Store, open_run: OpenRun) -> None:
    first, second = make_finished_run(store, 0.1, epochs=4), make_finished_run(store, 0.7, epochs=5)
    async with open_run(first, second) as opened:
        await until_read(opened)
        await opened.press("g", "l", "b", "b", *["down"] * 5, "J")
        await opened.until_shown("α 0.7", "run 2 of 2")
        await until_read(opened)
        assert (epoch_shown(opened), m_shown(opened)) == (2, 5)
        await opened.until_shown("bin 1 of 5", "[1 Diagram]")
        await opened.press("right_square_bracket")  # there is none
        await opened.press("4", "K")
        await opened.until_shown("α 0.1", "run 1 of 2", "[4 Scores]", "after epoch 2")
        await opened.press("q")
        await opened.until(lambda: CLOSED_WITH)
        assert [first.id] == CLOSED_WITH


# Curves


async def test_curves_are_drawn_once_they_were_read_and_again_only_for_what_they_show(
    store: Store, open_run: OpenRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_run(make_finished_run(store)) as opened:
        await until_read(opened)
        await opened.press("2")
        await opened.until_shown("Training loss", "┤")
        tab = opened.app.screen.query_one(CurvesTab)
        facts, drawn = tab.facts, list[str]()
        redraw = tab.redraw
        monkeypatch.setattr(tab, "redraw", lambda: (drawn.append("anew"), redraw()))
        tab.show(replace(facts, extras=Extras()), None, tab.ink)
        assert not drawn
        tab.show(replace(facts, steps=NO_STEPS, is_read=False), None, tab.ink)
        assert drawn
        await opened.until_gone("┤")
        tab.show(facts, None, tab.ink)
        await opened.until_shown("┤")


async def test_curves_zoom_scale_smooth_and_tell_the_values_at_the_cursor(store: Store, open_run: OpenRun) -> None:
    async with open_run(make_finished_run(store, steps=300)) as opened:
        await opened.press("2")
        await opened.until_shown("Training loss", "EMA .9", "step 300", "epoch 3:", "NLL")
        tab = opened.app.screen.query_one(CurvesTab)
        await opened.press("left", "h", "l")
        await opened.until(lambda: tab.window.cursor is not None)
        await opened.press("plus", "plus")
        await opened.until_shown("steps 2")
        low, high = tab.window.steps or (0, 0)
        assert 70 < high - low < 80
        await opened.press("minus")
        assert tab.window.steps != (low, high)
        await opened.press("L")
        await opened.until_shown("EMA .9 · log")
        for words in ("EMA .97", "Training loss ─", "EMA .6"):
            await opened.press("m")
            await opened.until_shown(words)
        await opened.press("0")
        assert (tab.window.steps, tab.window.cursor) == (None, None)


# Log


async def test_the_log_follows_its_end_and_more_comes_above(store: Store, open_run: OpenRun) -> None:
    paths = make_finished_run(store, log=[f"line {number}" for number in range(3000)])
    async with open_run(paths) as opened:
        await opened.press("5")
        await opened.until_shown("line 2999")
        with paths.output.open("a") as file:
            file.write("and one more\n")
        await opened.until_shown("and one more")
        tab = opened.app.screen.query_one(LogTab)
        await opened.until(lambda: tab.virtual_size.height == 1001)
        await opened.press("g")
        await opened.until(lambda: tab.virtual_size.height == 2001)
        await opened.until_shown("line 2000")
        with paths.output.open("a") as file:
            file.write("and another\n")
        await opened.until(lambda: tab.virtual_size.height == 2002)
        assert "and another" not in opened.text
        await opened.press("G")
        await opened.until_shown("and another")


async def test_moving_in_the_log(store: Store, open_run: OpenRun) -> None:
    async with open_run(make_finished_run(store, log=[f"line {number}" for number in range(200)])) as opened:
        await opened.press("5")
        await opened.until_shown("line 199")
        tab = opened.app.screen.query_one(LogTab)
        await opened.press("g")
        for key, top in [("j", 1), ("down", 2), ("k", 1), ("up", 0), ("ctrl+d", 18), ("pageup", 0)]:
            await opened.press(key)
            await opened.until(lambda top=top: tab.scroll_offset.y == top)


async def test_search_in_the_log(store: Store, open_run: OpenRun) -> None:
    log = [f"[bold]line {number}" for number in range(2500)]
    log[100] = log[2400] = "a Needle here"
    async with open_run(make_finished_run(store, log=log)) as opened:
        await opened.press("5")
        await opened.until_shown("[bold]line 2499")
        await opened.press("slash")
        await opened.until(lambda: isinstance(opened.app.focused, Input))
        await opened.write("needle")
        await opened.press("enter")
        await opened.until_shown("match 1 of 2: needle", "a Needle here", "line 105")
        await opened.press("n")
        await opened.until_shown("match 2 of 2", "line 2405")
        await opened.press("N")
        await opened.until_shown("match 1 of 2")
        await opened.press("escape")
        await opened.until_gone("match 1 of 2")
        await opened.press("slash")
        await opened.until(lambda: isinstance(opened.app.focused, Input))
        await opened.write("straw")
        await opened.press("enter")
        await opened.until_shown("no match: straw")


async def test_a_search_says_where_it_did_not_look(store: Store, open_run: OpenRun) -> None:
    log = [f"line {number}" for number in range(MOST_LINES + 500)]
    log[0] = log[2000] = "a Needle here"
    async with open_run(make_finished_run(store, log=log)) as opened:
        await opened.press("5")
        await opened.until_shown(log[-1])
        assert "Searched" not in opened.text
        await opened.press("slash")
        await opened.until(lambda: isinstance(opened.app.focused, Input))
        await opened.write("needle")
        await opened.press("enter")
        await opened.until_shown("match 1 of 1: needle", "Searched: the last 10,000 lines. mixtui logs ")
        await opened.press("escape")
        await opened.until_gone("Searched")


# Setup, note, copying


async def test_the_setup_tells_what_differs_and_how_to_make_the_run_again(store: Store, open_run: OpenRun) -> None:
    async with open_run(make_finished_run(store, 0.7, lr=0.05, augment=True)) as opened:
        await opened.press("6")
        await opened.until_shown("mixtui run --alpha 0.7", "--lr 0.05", "--augment", "--dataset svhn", "--runs-dir")
        assert opened.row_of("learning rate") < opened.row_of("Recipe: as by default")
        await opened.press("j", "k", "G", "g")
        assert isinstance(opened.app.focused, ScrollingLines)


async def test_a_note_is_written_saved_and_undone(store: Store, open_run: OpenRun) -> None:
    async with open_run(make_finished_run(store)) as opened:
        await opened.press("e")
        await opened.until(lambda: isinstance(opened.app.focused, TextArea))
        await opened.until_shown("^s save", "esc leave it")
        await opened.write("one")
        await opened.press("enter")
        await opened.write("[/two]")
        await opened.press("ctrl+s")
        document = lambda: next(iter(opened.app.documents))  # noqa: E731
        await opened.until(lambda: document()["note"] == "one\n[/two]")
        await opened.until_shown("[/two]")
        await opened.press("e")
        await opened.write("three")
        await opened.press("escape", "u")
        await opened.until(lambda: not document()["note"])


async def test_a_click_on_another_tab_does_not_leave_a_note_that_is_being_written(
    store: Store, open_run: OpenRun
) -> None:
    async with open_run(make_finished_run(store)) as opened:
        await opened.press("e")
        await opened.until(lambda: isinstance(opened.app.focused, TextArea))
        await opened.write("half")
        await opened.pilot.click("TabLine", offset=(opened.lines[1].index("2 Curves") + 1, 0))
        await opened.until_shown("A note is being written", "[6 Setup]")
        await opened.write(" done")
        await opened.press("ctrl+s")
        await opened.until(lambda: next(iter(opened.app.documents))["note"] == "half done")


async def test_copying(store: Store, open_run: OpenRun, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_finished_run(store)
    async with open_run(run) as opened:
        copied: list[str] = []
        monkeypatch.setattr(opened.app, "copy", copied.append)
        await opened.press("y", "6", "y", "4", "y")
        assert copied[:2] == [run.id, str(run.root)]
        assert copied[2].splitlines()[-1].startswith("| 3 | 0.6667 |")


# What changes runs


class Recorded:
    """In the place of Actions: remembers what was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Callable[..., Done]:
        def act(*arguments: Any) -> Done:
            self.asked.append((name, *arguments))
            return Done(f"{name} was done.")

        return act


async def test_a_report_of_the_run_shown(
    store: Store, open_run: OpenRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[list[str], Path]] = []

    def write_report(documents: list[Any], folder: Path, _progress: Any) -> list[Path]:
        asked.append(([document["id"] for document in documents], folder))
        return [folder / "index.html"]

    monkeypatch.setattr("mixtui.report.write.write_report", write_report)
    run = make_finished_run(store, 0.4)
    async with open_run(run) as opened:
        await opened.press("E")
        await opened.until_shown(f"folder of the report report/{run.id}")  # not that of its study
        await opened.press("ctrl+u", *str(tmp_path / "out"), "enter")
        await opened.until_shown("Report written:")
        assert asked == [([run.id], tmp_path / "out")]
        assert opened.app.last_command.startswith(f"mixtui report {run.id} --out {tmp_path / 'out'}")


async def test_a_run_that_has_not_finished_has_no_report(runs: MadeRuns, open_run: OpenRun) -> None:
    async with open_run(runs.running()) as opened:
        await opened.press("E")
        await opened.pilot.pause()
        assert "folder of the report" not in opened.text


async def test_stop_pause_pin_and_tag_work_on_the_run_shown(store: Store, open_run: OpenRun) -> None:
    run = make_trained_run(store, epochs=3, done=2)
    async with open_run(run) as opened:
        opened.app.actions = actions = Recorded()  # type: ignore[assignment]
        await opened.press("x")
        await opened.until_shown("Stop 1 run?")
        await opened.press("right", "enter")
        await opened.until(lambda: ("end", [run.id], "stop") in actions.asked)
        await opened.press("p", "asterisk")
        await opened.until(lambda: ("pin", [run.id], True) in actions.asked)
        assert ("end", [run.id], "pause") in actions.asked
        await opened.press("t")
        await opened.until(lambda: isinstance(opened.app.focused, Input))
        await opened.write("paper")
        await opened.press("enter")
        await opened.until(lambda: ("tag", [run.id], ["paper"], []) in actions.asked)
        before = len(actions.asked)
        await opened.press("d", "r")  # it trains
        await opened.pilot.pause()
        assert len(actions.asked) == before


async def test_resume_and_retry(runs: MadeRuns, open_run: OpenRun) -> None:
    run = runs.crashed()
    async with open_run(run) as opened:
        opened.app.actions = actions = Recorded()  # type: ignore[assignment]
        await opened.press("r", "R")
        await opened.until(lambda: len(actions.asked) == 2)
        assert {name for name, *_ in actions.asked} == {"resume", "retry"}


async def test_a_removed_run_is_left_and_comes_back(store: Store, open_run: OpenRun) -> None:
    run = make_finished_run(store)
    async with open_run(run) as opened:
        await opened.press("d")
        await opened.until_shown("to the trash?")
        await opened.press("right", "enter")
        await opened.until(lambda: CLOSED_WITH == [None])
        await opened.until_shown("is not here any more")
        await opened.press("u")
        await opened.until(run.root.exists)


# States


async def test_a_queued_run_says_that_it_waits(runs: MadeRuns, open_run: OpenRun) -> None:
    runs.queued()
    async with open_run(runs.queued()) as opened:
        await opened.until_shown("waits in the queue, 2nd in turn", "○ queued")
        for tab in "23456":
            await opened.press(tab)
            await opened.until_shown(f"[{tab} ")


async def test_the_first_diagram_of_a_running_run_is_announced_and_comes(store: Store, open_run: OpenRun) -> None:
    run = make_trained_run(store, epochs=2, done=0, steps=20)
    rng = np.random.default_rng(0)
    add_steps(run, 0.4, 1, 5, rng)
    async with open_run(run) as opened:
        await opened.until_shown(
            "The first diagram comes after epoch 1, in about 3 s."
        )  # 5 × 64 images at 100 a second
        labels = rng.integers(0, 4, 200)
        config = RunConfig(alpha=0.4, epochs=2, dataset="svhn")
        add_epoch(run, config, 1, 10, rng.normal(size=(200, 4)), labels)
        await opened.until_shown("Reliability · test, 200 images", "⟨1⟩")
        add_epoch(run, config, 2, 10, rng.normal(size=(200, 4)), labels)
        await opened.until_shown("⟨2⟩")
        await until_read(opened, predictions=False)
        await opened.press("left")
        await opened.until_shown("⟨1⟩")


async def test_a_crashed_run_says_how_and_what_to_do(runs: MadeRuns, open_run: OpenRun) -> None:
    async with open_run(runs.crashed()) as opened:
        await opened.until_shown("Died in epoch 2: SIGKILL. r resumes after epoch 1.", "† crashed")


async def test_a_failed_run_shows_its_message_and_never_takes_it_for_markup(runs: MadeRuns, open_run: OpenRun) -> None:
    async with open_run(runs.failed("ValueError: [/] [bold] 🙂\x1b[2J in the loss.")) as opened:
        await opened.until_shown("ValueError: [/] [bold]", "R tries again from the start.")
        for tab in "23456":
            await opened.press(tab)
            await opened.until_shown(f"[{tab} ")


async def test_a_run_that_breaks_or_vanishes_is_left(runs: MadeRuns, open_run: OpenRun) -> None:
    first, second = runs.finished(), runs.finished()
    async with open_run(first) as opened:
        first.meta.write_text("no JSON")
        await opened.until_shown("mixtui leaves this run")
        opened.app.push_screen(RunScreen(second.id, []), CLOSED_WITH.append)
        await opened.until(lambda: isinstance(opened.app.screen, RunScreen))
        shutil.rmtree(second.root)
        await opened.until_shown("is not here any more")
        assert CLOSED_WITH == [None, None]


async def test_a_run_that_is_not_there_is_left_at_once(store: Store, open_app: OpenApp) -> None:
    async with open_app() as opened:
        opened.app.push_screen(RunScreen("none", []), CLOSED_WITH.append)
        await opened.until_shown("is not here any more")


async def test_damaged_bins_and_predictions_leave_the_diagram_of_the_events(store: Store, open_run: OpenRun) -> None:
    run = make_finished_run(store)
    run.bins.write_text("[" * 1000)
    run.predictions.write_bytes(b"no archive")
    async with open_run(run) as opened:
        await opened.until_shown("Reliability · test, 400 images")
        await opened.press("b", "left", "w")
        await opened.until_shown("⟨2⟩", "M 15 · equal width")


async def test_synthetic_shows_its_truth(store: Store, open_run: OpenRun, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = {"accuracy": 0.875, "nll": 0.5, "ece": 0.01, "mean_total_variation": 0.123}
    monkeypatch.setattr("mixtui.ui.run_tabs.extras_reader.truth_document", lambda _run: scores)
    async with open_run(make_finished_run(store, dataset="synthetic", dataset_requested=None)) as opened:
        await opened.press("4")
        await opened.until_shown("truth", ".875", "to the true posterior: .123")


async def test_plain_training_says_so(store: Store, open_run: OpenRun) -> None:
    async with open_run(make_finished_run(store, 0.0)) as opened:
        await opened.press("3")
        await opened.until_shown("α 0 is plain training")
