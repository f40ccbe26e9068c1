"""What asks a person for something: the filter, tags, notes, and the questions before runs are stopped or removed."""

from __future__ import annotations

import pytest
from textual.events import Key
from textual.widgets import Button, Input, Static

from mixtui.store.store import Store
from mixtui.store.trash import Trash
from mixtui.ui.widgets.prompt import Prompt
from tests.ui.conftest import MadeRuns, OpenApp, Opened, control_of, meta_of


def question(opened: Opened) -> str:
    return str(opened.app.screen.query_one("#dialog Static", Static).content)


def answers(opened: Opened) -> tuple[str, str]:
    """What can be answered, the harmless one first, which has the focus."""
    no, yes = opened.app.screen.query(Button)
    assert opened.app.focused is no
    return str(no.label), str(yes.label)


# The filter


async def test_a_filter_counts_while_it_is_typed_and_stays(runs: MadeRuns, open_app: OpenApp) -> None:
    low, high = runs.finished(0.1).id, runs.finished(0.4).id
    async with open_app() as opened:
        await opened.press("slash")
        await opened.write("alpha>0.2")
        assert opened.shown == [high]
        assert "/alpha>0.2" in opened.lines[-1]
        assert "1 of 2 · alpha>0.2" in opened.line_of("Runs ·")
        await opened.press("enter")
        assert opened.shown == [high]
        assert "quit" in opened.lines[-1]  # the keys are back
        await opened.press("f", *["backspace"] * 3)
        await opened.write("0.05")
        assert opened.shown == [high, low]
        await opened.press("escape")  # thought better of it
        assert opened.shown == [high]


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (["slash", "a", "b"], "ab"),  # a marks all runs where it is not typed
        (["slash", "a", "x", "backspace", "b", "left", "c"], "acb"),
        (["f", "d", "x"], "dx"),
        (["t", "q", "r"], "qr"),
    ],
)
async def test_what_is_typed_in_one_burst_goes_into_the_line_that_it_opens(
    runs: MadeRuns, open_app: OpenApp, keys: list[str], text: str
) -> None:
    runs.finished()
    async with open_app() as opened:
        for key in keys:
            opened.app.post_message(Key(key, key if len(key) == 1 else None))
        await opened.until(lambda: opened.app.screen.query(Prompt) and opened.app.screen.query(Input))
        await opened.until(lambda: opened.app.screen.query_one(Input).value == text)
        assert opened.app.screen is opened.home
        await opened.press("escape")
        await opened.until(lambda: not opened.app.screen.query(Prompt))
        assert not opened.home.state_to_keep(opened.app.state).marks


async def test_a_burst_that_ends_its_line_leaves_none_open(runs: MadeRuns, open_app: OpenApp) -> None:
    low = runs.finished(0.1).id
    runs.finished(0.4)
    async with open_app() as opened:
        for key, character in [("slash", "/"), *((c, c) for c in "alpha"), ("colon", ":"), ("0", "0")]:
            opened.app.post_message(Key(key, character))
        for key, character in [("full_stop", "."), ("1", "1"), ("enter", "\r")]:
            opened.app.post_message(Key(key, character))
        await opened.until(lambda: opened.shown == [low] and not opened.app.screen.query(Prompt))
        for key in ("slash", "x", "escape"):
            opened.app.post_message(Key(key, key if len(key) == 1 else None))
        await opened.pilot.pause()
        await opened.until(lambda: not opened.app.screen.query(Prompt))
        assert opened.shown == [low]


async def test_an_error_in_a_filter_is_shown_under_its_place(runs: MadeRuns, open_app: OpenApp) -> None:
    runs.finished()
    async with open_app() as opened:
        await opened.press("slash")
        await opened.write("synthetic state:runing")
        typed = opened.lines[-1]
        error = opened.lines[-2]
        assert "did you mean running?" in error
        assert error.index("^") == typed.index("runing")
        assert error.count("^") == len("runing")
        await opened.press("enter")  # is not taken
        assert opened.app.screen.query(Prompt)
        await opened.press(*["backspace"] * 3)
        await opened.write("ning")
        assert "^" not in opened.lines[-2]


async def test_letters_typed_into_a_prompt_are_no_commands(runs: MadeRuns, open_app: OpenApp) -> None:
    runs.finished()
    async with open_app() as opened:
        await opened.press("slash")
        await opened.write("qndxUD?:")
        assert opened.app.screen is opened.home
        assert opened.app.screen.query_one(Input).value == "qndxUD?:"


async def test_where_nothing_matches_it_says_so_and_esc_shows_all(runs: MadeRuns, open_app: OpenApp) -> None:
    runs.finished()
    async with open_app() as opened:
        await opened.press("slash")
        await opened.write("tag:[/stuyd]")
        await opened.press("enter")
        assert "No run matches tag:[/stuyd]. esc shows all 1." in opened.text
        await opened.press("escape")
        assert len(opened.shown) == 1


async def test_a_prompt_moves_nothing(runs: MadeRuns, open_app: OpenApp) -> None:
    runs.finished()
    async with open_app() as opened:
        before = opened.lines[:-2]
        await opened.press("slash")
        await opened.write("(")
        assert opened.lines[3:13] == before[3:13]


# Tags and notes


async def test_tags_are_edited_as_one_line_and_come_back(runs: MadeRuns, open_app: OpenApp) -> None:
    run = runs.finished(tags=["one", "two"])
    async with open_app() as opened:
        await opened.press("t")
        assert opened.app.screen.query_one(Input).value == "one, two"
        await opened.press(*["backspace"] * 3)
        await opened.write("[bold]")
        await opened.press("enter")
        await opened.until(lambda: meta_of(run)["tags"] == ["one", "[bold]"])
        await opened.until_shown("Tagged α 0.1 · seed 0.", "one [bold]")
        await opened.press("u")
        await opened.until(lambda: meta_of(run)["tags"] == ["one", "two"])


async def test_what_is_no_tag_is_told_while_it_is_typed(runs: MadeRuns, open_app: OpenApp) -> None:
    run = runs.finished()
    async with open_app() as opened:
        await opened.press("t")
        opened.app.screen.query_one(Input).value = "a\x01"
        await opened.until_shown("is not a tag")
        await opened.press("enter", "escape")
        assert "tags" not in meta_of(run)
        assert opened.app.focused is opened.table


async def test_the_tags_of_all_marked_runs_are_edited_at_once(runs: MadeRuns, open_app: OpenApp) -> None:
    one, two = runs.finished(0.1, tags=["a"]), runs.finished(0.2, tags=["b"])
    async with open_app() as opened:
        await opened.press("a", "t")
        assert "2 runs" in opened.lines[-1]
        await opened.write(", c")
        await opened.press("enter")
        await opened.until(lambda: {*meta_of(one)["tags"]} == {"a", "c"} and {*meta_of(two)["tags"]} == {"b", "c"})


async def test_a_note_is_written_and_comes_back(runs: MadeRuns, open_app: OpenApp) -> None:
    run = runs.finished()
    async with open_app() as opened:
        await opened.press("e")
        assert "note on α 0.1 · seed 0" in opened.lines[-1]
        await opened.write("good [/one]")
        await opened.press("enter")
        await opened.until(lambda: meta_of(run).get("note") == "good [/one]")
        await opened.until_shown("Noted on")
        await opened.until(lambda: opened.app.by_id[run.id].get("note"))
        await opened.press("e")
        assert opened.app.screen.query_one(Input).value == "good [/one]"
        await opened.press("escape", "u")
        await opened.until(lambda: not meta_of(run).get("note"))


# Questions


async def test_the_harmless_answer_has_the_focus(runs: MadeRuns, open_app: OpenApp) -> None:
    run = runs.finished()
    async with open_app() as opened:
        for no in ("enter", "escape", "q"):
            await opened.press("d")
            assert question(opened) == "Move 1 run (α 0.1 · seed 0) to the trash? u brings it back."
            assert answers(opened) == ("Keep", "Move it")
            await opened.press(no)
            assert opened.app.screen is opened.home
            assert opened.app.focused is opened.table
        assert run.root.is_dir()


async def test_the_other_answer_does_it_and_u_undoes_it(runs: MadeRuns, store: Store, open_app: OpenApp) -> None:
    run = runs.finished()
    async with open_app() as opened:
        for other in ("right", "l", "tab", "left"):
            await opened.press("d", other, "enter")
            await opened.until(lambda: Trash(store.root).ids() == [run.id])
            await opened.until_shown("No runs in", "Moved α 0.1 · seed 0 to the trash.")
            await opened.press("u")
            await opened.until(lambda: opened.shown == [run.id])


async def test_what_runs_stays_when_the_rest_is_removed(runs: MadeRuns, store: Store, open_app: OpenApp) -> None:
    runs.running(0.7)
    ended = {runs.finished(0.1).id, runs.failed(alpha=0.2).id, runs.crashed(0.3).id}
    async with open_app() as opened:
        await opened.press("a", "d")
        assert question(opened) == (
            "Move 3 runs to the trash? u brings them back. 1 more is running or queued and stays."
        )
        assert answers(opened) == ("Keep", "Move 3")
        await opened.pilot.click("#yes")
        await opened.until(lambda: set(Trash(store.root).ids()) == ended)


async def test_runs_are_stopped_after_a_question_that_names_them(runs: MadeRuns, open_app: OpenApp) -> None:
    one, two = runs.running(0.1, seed=2), runs.running(0.2, seed=2)
    queued = runs.queued(0.3)
    async with open_app() as opened:
        await opened.press("space", "space", "x")
        assert question(opened) == (
            "Stop 2 runs? α 0.2 · seed 2 and α 0.1 · seed 2 finish their step, save, and can be resumed."
        )
        assert answers(opened) == ("Keep running", "Stop 2")
        await opened.press("right", "enter")
        await opened.until(lambda: {control_of(run)["want"] for run in (one, two)} == {"stop"})
        await opened.until_shown("stopping")
        assert control_of(queued)["want"] == "run"


async def test_pause_resume_and_retry_do_not_ask(runs: MadeRuns, store: Store, open_app: OpenApp) -> None:
    queued, stopped, crashed = runs.queued(0.1), runs.stopped(0.2), runs.crashed(0.3)
    async with open_app() as opened:
        opened.table.put_cursor(queued.id)
        await opened.press("p")
        await opened.until(lambda: control_of(queued)["want"] == "pause")
        await opened.until_shown("paused")
        opened.table.put_cursor(stopped.id)
        await opened.press("r")
        await opened.until(lambda: control_of(stopped)["attempt"] == 2)
        await opened.until_shown("Resuming α 0.2 · seed 0 at epoch 2 of 2.", "1 queued")
        opened.table.put_cursor(crashed.id)
        await opened.press("R")
        await opened.until(lambda: len(opened.shown) == 4)
        assert len(store.run_dirs()) == 4


async def test_marks_that_a_filter_hides_are_not_acted_on(runs: MadeRuns, store: Store, open_app: OpenApp) -> None:
    low, high = runs.finished(0.1), runs.finished(0.4)
    async with open_app() as opened:
        await opened.press("a", "slash")
        await opened.write("alpha<0.2")
        await opened.press("enter", "d", "right", "enter")
        await opened.until(lambda: Trash(store.root).ids() == [low.id])
        assert high.root.is_dir()


async def test_an_act_that_fails_says_why_and_what_to_do(runs: MadeRuns, open_app: OpenApp) -> None:
    run = runs.finished()
    async with open_app() as opened:
        await opened.press("d")
        (run.root.parent / ".away").mkdir()
        run.root.rename(run.root.parent / ".away" / "run")
        await opened.press("right", "enter")
        await opened.until_shown("config.json is missing")


# Folded runs


async def test_what_touches_all_runs_of_a_fold_asks_once_and_says_how_many(runs: MadeRuns, open_app: OpenApp) -> None:
    queued = [runs.queued(seed=seed, tags=["study-1"]) for seed in range(6)]
    folded = queued[3:]
    async with open_app() as opened:
        await opened.press("G")
        for key, asked, no, yes in (
            ("asterisk", "Pin 3 runs? All that are folded here are pinned.", "Leave them", "Pin 3"),
            ("K", "Move 3 runs? All that are folded here go before all others in the queue.", "Leave them", "Move 3"),
            ("J", "Move 3 runs? All that are folded here go after all others in the queue.", "Leave them", "Move 3"),
            (
                "p",
                "Pause 3 runs? All that are folded here leave the queue, and can be resumed.",
                "Leave them",
                "Pause 3",
            ),
        ):
            await opened.press(key)
            assert question(opened) == asked
            assert answers(opened) == (no, yes)
            await opened.press("enter")
            assert opened.app.screen is opened.home
        assert not any(meta_of(run).get("pinned") for run in queued)
        await opened.press("asterisk", "right", "enter")
        await opened.until(lambda: [bool(meta_of(run).get("pinned")) for run in queued] == [False] * 3 + [True] * 3)
        await opened.until_shown("Pinned")
        await opened.press("K", "right", "enter")
        await opened.until(lambda: set(opened.shown[:3]) == {run.id for run in folded})


async def test_runs_that_were_marked_one_by_one_are_pinned_at_once(runs: MadeRuns, open_app: OpenApp) -> None:
    queued = [runs.queued(seed=seed, tags=["study-1"]) for seed in range(6)]
    async with open_app() as opened:
        await opened.press("g", "space", "G", "asterisk")  # the cursor is on the fold; one run is marked
        await opened.until(lambda: [bool(meta_of(run).get("pinned")) for run in queued] == [True] + [False] * 5)
