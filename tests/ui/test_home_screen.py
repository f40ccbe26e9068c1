"""The home screen: its panels at every size, its commands, and runs full of whatever a file can hold."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixtui.store.files import write_json
from mixtui.store.paths import RunPaths
from mixtui.store.store import Store
from mixtui.ui.folder_state import FolderState
from mixtui.ui.screens.run import RunScreen
from mixtui.ui.widgets.key_line import KeyLine
from tests.ui.conftest import PANELS, MadeRuns, OpenApp, Opened, screen_lines
from tests.ui.made_runs import make_finished_run


def seen(opened: Opened) -> set[str]:
    """The panels that are."""
    return {name for name, title in PANELS.items() if title in opened.text}


# Sizes


async def test_each_size_shows_what_it_has_room_for(runs: MadeRuns, open_app: OpenApp) -> None:
    runs.finished()
    async with open_app((50, 12)) as opened:
        assert "mixtui needs 60 columns and 18 lines." in opened.text
        for size, panels in {
            (70, 24): set(),
            (80, 24): {"diagram"},
            (100, 30): set(PANELS),
            (200, 50): set(PANELS),
        }.items():
            await opened.pilot.resize_terminal(*size)
            await opened.until(lambda panels=panels: seen(opened) == panels and "Runs · 1" in opened.text)
            assert "? keys" in opened.lines[-1], size
            assert all(len(line.rstrip()) <= size[0] for line in opened.lines)


async def test_no_size_is_an_error(runs: MadeRuns, open_app: OpenApp) -> None:
    runs.finished(tags=["study-1"])
    runs.running(0.7)
    async with open_app((20, 5)) as opened:
        for size in ((1, 1), (60, 18), (300, 18), (300, 80)):
            await opened.pilot.resize_terminal(*size)
            await opened.until(lambda size=size: len(opened.lines) == size[1])
            await opened.press("1", "question_mark", "q", "slash", "escape")


async def test_a_smaller_terminal_and_back_changes_nothing(runs: MadeRuns, open_app: OpenApp) -> None:
    for seed in range(30):
        runs.finished(0.4, seed=seed)
    async with open_app((200, 50)) as opened:
        await opened.press("slash", *"seed>1", "enter", *"jjj", "space", "space", "2")
        before = (opened.cursor, opened.table.marked, opened.shown, opened.app.focused)
        await opened.until_shown("2 runs")
        assert "seed>1" in opened.text
        for size in ((50, 12), (200, 50)):
            await opened.pilot.resize_terminal(*size)
            await opened.until(lambda size=size: len(opened.lines) == size[1])
        await opened.until_shown("2 Accuracy")
        assert (opened.cursor, opened.table.marked, opened.shown, opened.app.focused) == before
        assert opened.line_of("▸")


# Panels


async def test_a_digit_goes_to_its_panel_and_again_hides_it(runs: MadeRuns, open_app: OpenApp) -> None:
    runs.finished()
    async with open_app() as opened:
        for digit, name in enumerate(PANELS, 1):
            await opened.press(str(digit))
            assert opened.app.focused is opened.home.query_one(f"#{name}")
            await opened.press(str(digit))
            assert seen(opened) == set(list(PANELS)[digit:])
            assert opened.app.focused is opened.table
        await opened.press("0")
        assert seen(opened) == set(PANELS)
        await opened.press("3", "3", "q")
    async with open_app() as opened:  # the next morning
        assert seen(opened) == set(PANELS) - {"diagram"}


async def test_a_digit_shows_its_panel_where_there_is_room_for_one(runs: MadeRuns, open_app: OpenApp) -> None:
    runs.finished()
    async with open_app((80, 24)) as opened:
        for digit, name in enumerate(PANELS, 1):
            await opened.press(str(digit))
            assert seen(opened) == {name}


async def test_tab_goes_round_the_panels_and_z_fills_the_screen(runs: MadeRuns, open_app: OpenApp) -> None:
    runs.finished()
    async with open_app() as opened:
        names = []
        for _ in range(len(PANELS) + 1):
            await opened.press("tab")
            names.append(opened.app.focused.id if opened.app.focused else None)
        assert names[:-1] == list(PANELS)
        assert opened.app.focused is opened.table
        await opened.press("shift+tab", "shift+tab", "z")
        await opened.until(lambda: seen(opened) == {"diagram"})
        await opened.press("escape")
        await opened.until(lambda: seen(opened) == set(PANELS))


async def test_the_table_is_made_larger_and_smaller_and_stays_so(runs: MadeRuns, open_app: OpenApp) -> None:
    runs.finished()
    async with open_app() as opened:
        first = opened.row_of("1 Training")
        await opened.press(*["greater_than_sign"] * 3)
        assert opened.row_of("1 Training") == first + 6
        await opened.press("less_than_sign")
        assert opened.row_of("1 Training") == first + 4
        await opened.press("q")
    async with open_app() as opened:
        assert opened.row_of("1 Training") == first + 4
        await opened.press("0")
        assert opened.row_of("1 Training") == first
        for key in ("less_than_sign", "greater_than_sign"):
            await opened.press(*[key] * 7)
            assert seen(opened) == set(PANELS)
            assert opened.line_of("finished ")


async def test_m_and_capital_l_change_how_the_loss_is_drawn(runs: MadeRuns, open_app: OpenApp) -> None:
    runs.finished()
    async with open_app() as opened:
        for key, title in (("m", "EMA .97"), ("m", "steps ─╮"), ("m", "EMA .6"), ("m", "EMA .9"), ("L", "log · EMA")):
            await opened.press(key)
            await opened.until(lambda title=title: title in opened.line_of("1 Training"))
        await opened.press("0")
        await opened.until(lambda: "log" not in opened.line_of("1 Training"))


async def test_panels_show_the_marked_runs_or_else_the_study_of_the_one_under_the_cursor(
    runs: MadeRuns, open_app: OpenApp
) -> None:
    for alpha in (0.1, 0.2, 0.4):
        runs.finished(alpha, tags=["study-1"])
    runs.finished(0.7)
    async with open_app() as opened:
        await opened.until_shown("2 of 2 epochs · 1 run ")
        await opened.press("j")
        await opened.until_shown("2 of 2 epochs · 3 runs")
        assert all(f"α {alpha}" in opened.text for alpha in (0.1, 0.2, 0.4))
        await opened.press("space", "space")
        await opened.until_shown("2 of 2 epochs · 2 runs")


async def test_a_running_run_streams_into_its_panels(runs: MadeRuns, open_app: OpenApp) -> None:
    live = runs.running(0.4, epochs_done=0, epochs=9)
    async with open_app() as opened:
        await opened.until_shown("The first diagram comes after")
        runs.end_epoch(live, 1)
        await opened.until_shown("ECE .250", "1 of 9 epochs", " 1/9")
        live.output.write_text("first line\nlast [b]line\x1b[2J\n")
        await opened.until_shown("last [b]line")
        runs.finish(live)
        await opened.until_shown("✓ finished", "α 0.4 · seed 0 finished: accuracy .500, ECE .250")


async def test_a_run_that_was_opened_is_followed_alone_however_soon_after_the_cursor_came(
    runs: MadeRuns, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = [runs.finished(tags=["study:s"]) for _ in range(2)]
    async with open_app() as opened:
        followed = list[list[str]]()
        monkeypatch.setattr(opened.app, "follow", lambda ids: followed.append(list(ids)))
        await opened.press("j", "enter")
        await opened.until(lambda: isinstance(opened.app.screen, RunScreen) and opened.home._follow_timer is None)
        assert followed[-1] == [study[0].id]
        await opened.press("q")
        await opened.until(lambda: set(followed[-1]) == {run.id for run in study})


async def test_every_ece_says_how_sure_it_is(store: Store, open_app: OpenApp) -> None:
    make_finished_run(store, 0.4)
    for size in ((80, 24), (100, 30), (120, 40), (200, 50)):
        async with open_app(size) as opened:
            await opened.until(lambda: re.search(r"ECE \.\d{3} [±<]\.\d{3} [▲▼≈·]  floor \.\d{3}\b", opened.text))
            assert re.search(r"(floor \.\d{3} |││) T \d\.\d\d\b", opened.text)
            assert bool(re.search(r"\.\d{3} [±<]\.\d{3} [▲▼≈·]", opened.line_of("✓", "3/3"))) == (size[0] >= 100)


async def test_where_a_title_has_no_room_its_end_goes_whole(runs: MadeRuns, open_app: OpenApp) -> None:
    runs.finished(0.4)
    async with open_app((100, 30)) as opened:
        await opened.until_shown("─ α 0.4 ─╮", "─ steps ─╮")
        await opened.pilot.resize_terminal(120, 40)
        await opened.until_shown("─ α 0.4 · seed 0 ─╮")


# The panel that fills the screen


async def test_the_panel_that_fills_the_screen_still_does_the_next_time(runs: MadeRuns, open_app: OpenApp) -> None:
    runs.finished()
    for size, key in (((120, 40), "2"), ((80, 24), "1")):
        async with open_app(size) as opened:
            await opened.press(key, "z")
            before = seen(opened)
            assert len(before) == 1
            await opened.press("ctrl+q")
        async with open_app(size) as opened:
            await opened.until(lambda before=before: seen(opened) == before and "Runs ·" not in opened.text)
            assert opened.app.focused is opened.home.maximized
            await opened.press("escape")
            await opened.until_shown("Runs ·")
            await opened.press("q")
        async with open_app(size) as opened:
            await opened.until_shown("Runs ·")


async def test_the_table_that_fills_the_screen_still_does_the_next_time(runs: MadeRuns, open_app: OpenApp) -> None:
    runs.finished()
    async with open_app((70, 24)) as opened:
        await opened.press("z", "q")
    async with open_app((70, 24)) as opened:
        await opened.until(lambda: "▸" in opened.text and "Runs ·" not in opened.text)


async def test_a_terminal_too_small_for_the_zoomed_panel_shows_what_it_can(runs: MadeRuns, open_app: OpenApp) -> None:
    runs.finished()
    async with open_app() as opened:
        await opened.press("1", "z")
        for size, text in {(70, 24): "Runs · 1", (120, 12): "mixtui needs", (120, 40): "1 Training loss"}.items():
            await opened.pilot.resize_terminal(*size)
            await opened.until_shown(text)
        assert seen(opened) == {"loss"}


async def test_a_digit_goes_from_one_zoomed_panel_to_another_and_hides_it(runs: MadeRuns, open_app: OpenApp) -> None:
    runs.finished()
    async with open_app() as opened:
        await opened.press("1", "z", "2")
        await opened.until(lambda: seen(opened) == {"scores"})
        await opened.press("2")
        await opened.until(lambda: seen(opened) == set(PANELS) - {"scores"})
        assert opened.app.focused is opened.table


async def test_a_filter_can_be_typed_while_a_panel_fills_the_screen(runs: MadeRuns, open_app: OpenApp) -> None:
    runs.finished()
    async with open_app() as opened:
        await opened.press("1", "z")
        await opened.until(lambda: "? keys" in opened.lines[-1])
        await opened.press("slash", *"alpha>")
        assert "/alpha>" in opened.lines[-1]


# What to do next


async def test_without_runs_it_says_what_to_do_and_shows_those_that_come(
    runs: MadeRuns, store: Store, open_app: OpenApp
) -> None:
    async with open_app() as opened:
        assert "No runs in" in opened.text
        assert "n  choose alphas and start" in opened.text
        await opened.press(*"jkxdca rRte", "slash", "enter")  # of which none has anything to act on
        assert opened.app.screen is opened.home
        run = runs.finished()
        await opened.until(lambda: opened.shown == [run.id])
        await opened.until_gone("No runs in")
        store.root.rename(store.root.with_name("moved"))
        await opened.until_shown("No runs in")
        store.root.with_name("moved").rename(store.root)
        await opened.until(lambda: opened.cursor == run.id)


async def test_a_problem_is_found_in_the_order_of_the_table(runs: MadeRuns, open_app: OpenApp) -> None:
    failed, _, crashed, _ = runs.failed(), runs.finished(), runs.crashed(), runs.finished()
    async with open_app() as opened:
        await opened.press("exclamation_mark")
        assert opened.cursor == crashed.id
        await opened.until_shown("Died in epoch 2: SIGKILL.")
        await opened.press("N")
        assert opened.cursor == failed.id
        await opened.press("exclamation_mark")
        assert opened.cursor == crashed.id
        failed.root.rename(failed.root.parent / ".away")
        await opened.until(lambda: len(opened.shown) == 3)
        await opened.press("exclamation_mark")
        await opened.until_shown("Nothing else needs you.")


async def test_esc_closes_unzooms_clears_the_marks_then_the_filter_and_never_quits(
    runs: MadeRuns, open_app: OpenApp
) -> None:
    for alpha in (0.1, 0.2, 0.4):
        runs.finished(alpha)
    async with open_app() as opened:
        await opened.press("slash", *"alpha>0.1", "enter", "a", "1", "z")
        assert opened.home.maximized is not None
        await opened.press("escape")
        assert opened.home.maximized is None
        assert len(opened.table.marked) == 2
        await opened.press("escape")
        assert not opened.table.marked
        assert len(opened.shown) == 2
        await opened.press("escape")
        assert len(opened.shown) == 3
        await opened.press("escape", "escape")
        assert opened.app.is_running


async def test_it_is_left_and_found_as_it_was(runs: MadeRuns, open_app: OpenApp) -> None:
    ids = {alpha: runs.finished(alpha).id for alpha in (0.1, 0.2, 0.4)}
    async with open_app() as opened:
        await opened.press("slash", *"alpha>0.1", "enter", "s", "a", "enter", "S", "space", "q")
    async with open_app() as opened:
        assert opened.shown == [ids[0.4], ids[0.2]]
        assert opened.table.marked == {ids[0.4]}
        assert opened.cursor == ids[0.2]
        assert "alpha ▼" in opened.text
        assert "alpha>0.1" in opened.text


async def test_what_is_remembered_may_be_nonsense(runs: MadeRuns, open_app: OpenApp) -> None:
    run = runs.finished()
    state = FolderState("gone", ("gone",), "state:(((", "no column", removed=("gone",))
    async with open_app(state=state) as opened:
        assert opened.shown == [run.id]
        assert not opened.table.marked
        await opened.press("u")
        await opened.until_shown("No removed run is called 'gone'.")


# Broken and hostile runs


async def test_a_broken_run_is_a_row_that_is_left_alone(runs: MadeRuns, open_app: OpenApp) -> None:
    runs.finished()
    broken = runs.broken("{ [/b]")
    async with open_app() as opened:
        await opened.press("G")
        assert opened.cursor == broken.id
        await opened.until_shown("It cannot be read.")
        before = {path: path.read_bytes() for path in broken.root.rglob("*") if path.is_file()}
        await opened.press("enter")
        await opened.until_shown("mixtui leaves this run")
        await opened.press(*"xprRdte", "asterisk", "y")
        assert opened.app.screen is opened.home
        assert {path: path.read_bytes() for path in broken.root.rglob("*") if path.is_file()} == before


NASTY_TEXTS = ("[/b] [red]", "\x1b[2J\x07\r\n", "🎈" * 40, "x" * 10_000, "\u202eabc\u0301", "")
NASTY_NUMBERS = (float("nan"), float("inf"), 1e300, -1e300, 10**400, None, True, "0.5", -1)


async def test_no_text_of_a_run_can_break_a_view(runs: MadeRuns, open_app: OpenApp) -> None:
    for text in NASTY_TEXTS:
        failed = runs.failed(message=text)
        write_json(failed.meta, {"tags": [text], "name": text, "note": text})
        failed.output.write_text(text * 3)
    async with open_app((100, 30)) as opened:
        for _ in NASTY_TEXTS:
            await opened.until(lambda: opened.cursor in opened.app.views)
            await opened.press("j")
        await opened.press("a", "d", "escape")
        assert not any(character in opened.text for character in "\x1b\x07\r")
        assert opened.app.screen is opened.home


async def test_no_number_of_a_run_can_break_a_view(runs: MadeRuns, open_app: OpenApp) -> None:
    for position, number in enumerate(NASTY_NUMBERS):
        scores = {"accuracy": number, "confidence": number, "ece": number}
        live = runs.running(0.1, seed=position, epochs_done=0)
        bins = {"edges": [0.0, number, 1.0], "count": [number, 4], "confidence": [number] * 2, "accuracy": [number] * 2}
        runs.end_epoch(live, 1, train_loss=number, metrics=scores, train_metrics=scores, bins=bins)
        _add_lines(live, [{"attempt": 1, "step": 5 + n, "loss": number, "lam": number} for n in range(3)])
    no_steps, one_step = runs.running(0.2), runs.running(0.3)
    no_steps.steps.unlink()
    one_step.steps.write_text('{"attempt": 1, "step": 1, "loss": 1.0, "lam": 1.0}\n')
    async with open_app() as opened:
        for _ in opened.shown:
            await opened.press("j")
            await opened.until(lambda: opened.cursor in opened.app.views)
        await opened.press("a", "L")
        await opened.until(lambda: len(opened.app.views) == len(opened.shown))
        assert opened.app.is_running


def _add_lines(paths: RunPaths, records: list[dict[str, Any]]) -> None:
    with paths.steps.open("a") as file:
        file.writelines(json.dumps(record) + "\n" for record in records)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(10**400),
    lambda children: st.lists(children, max_size=2) | st.dictionaries(st.text(max_size=5), children, max_size=2),
    max_leaves=4,
)


@pytest.mark.timeout(60)
def test_no_field_of_an_event_can_break_a_view(runs: MadeRuns, open_app: OpenApp) -> None:
    """One application, whose run changes under it."""
    live = runs.running(0.1, epochs_done=0, epochs=1000)

    async def check() -> None:
        async with open_app() as opened:
            epoch = 0

            @settings(max_examples=12, suppress_health_check=list(HealthCheck))
            @given(
                st.dictionaries(
                    st.sampled_from(["train_loss", "seconds", "metrics", "train_metrics", "bins"]), anything, max_size=3
                )
            )
            def write(fields: dict[str, Any]) -> None:
                nonlocal epoch
                epoch += 1
                kinds: dict[str, Any] = {"seconds": (int, float), "metrics": dict, "train_metrics": dict, "bins": dict}
                kept = {name: value for name, value in fields.items() if isinstance(value, kinds.get(name, object))}
                event = {**runs.make_event("epoch", step=epoch, epoch=epoch), **kept}
                with live.events.open("a") as file:
                    file.write(json.dumps(event) + "\n")

            write()
            await opened.until(lambda: opened.app.by_id[live.id].get("epoch") == epoch)
            await opened.pilot.pause()
            assert screen_lines(opened.app)

    asyncio.run(check())


# The line of keys


async def test_a_click_in_the_key_line_gives_the_command(runs: MadeRuns, open_app: OpenApp) -> None:
    runs.finished()
    async with open_app() as opened:
        await opened.pilot.click(KeyLine, offset=(opened.lines[-1].index("space mark") + 2, 0))
        await opened.until(lambda: opened.table.marked)
        await opened.pilot.click(KeyLine, offset=(opened.lines[-1].index("? keys"), 0))
        await opened.until(lambda: opened.app.screen is not opened.home)


async def test_the_key_line_names_what_can_be_done_now(runs: MadeRuns, open_app: OpenApp) -> None:
    async with open_app() as opened:
        assert "open" not in opened.lines[-1]
        live = runs.running()
        await opened.until(lambda: "x stop" in opened.lines[-1])
        assert "d remove" not in opened.lines[-1]
        runs.finish(live)
        await opened.until(lambda: "d remove" in opened.lines[-1])
        assert "x stop" not in opened.lines[-1]
