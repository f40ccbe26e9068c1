"""A line, and a text of several, take what is typed in the order in which it is typed, however fast."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import Input

from mixtui.ui.widgets.typed_line import TypedLine, TypedText


class Line(App[None]):
    def compose(self) -> ComposeResult:
        yield TypedLine(suggester=None)

    def on_mount(self) -> None:
        self.submitted: list[str] = []
        self.query_one(TypedLine).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.submitted.append(event.value)


async def burst(pilot: Pilot[None], *keys: str) -> str:
    """Give the keys at once, as a slow application finds them; the text that they leave."""
    for key in keys:
        pilot.app.post_message(Key(key, key if len(key) == 1 else None))
    await pilot.pause()
    return pilot.app.query_one(TypedLine).value


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (["a", "b", "backspace", "c"], "ac"),
        (["a", "b", "backspace", "backspace", "c", "d"], "cd"),
        (["b", "left", "a", "right", "c"], "abc"),
        (["b", "c", "home", "a", "delete", "end", "d"], "acd"),
        (["a", "ctrl+u", "b", "c", "ctrl+a", "ctrl+k", "d"], "d"),
        (["a", "b", "ctrl+a", "x", "ctrl+e", "y", "ctrl+w", "z"], "z"),
    ],
)
def test_keys_of_one_burst_count_in_their_order(keys: list[str], text: str) -> None:
    async def test() -> None:
        async with Line().run_test() as pilot:
            assert await burst(pilot, *keys) == text

    asyncio.run(test())


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (["a", "b", "backspace", "c"], "ac"),
        (["b", "left", "a", "right", "c"], "abc"),
        (["a", "enter", "b", "up", "home", "c"], "ca\nb"),
    ],
)
def test_keys_of_one_burst_count_in_their_order_in_a_text_too(keys: list[str], text: str) -> None:
    class Page(App[None]):
        def compose(self) -> ComposeResult:
            yield TypedText()

    async def test() -> None:
        async with Page().run_test() as pilot:
            pilot.app.query_one(TypedText).focus()
            await pilot.pause()
            for key in keys:
                pilot.app.post_message(Key(key, key if len(key) == 1 else None))
            await pilot.pause()
            assert pilot.app.query_one(TypedText).text == text

    asyncio.run(test())


def test_enter_takes_the_text_as_it_was_then() -> None:
    app = Line()

    async def test() -> None:
        async with app.run_test() as pilot:
            assert await burst(pilot, "a", "enter", "b", "enter", "c") == "abc"
            assert app.submitted == ["a", "ab"]

    asyncio.run(test())


def test_other_keys_go_on_to_the_application() -> None:
    class Counting(Line):
        BINDINGS = [("down", "count"), ("ctrl+c", "count")]  # noqa: RUF012
        counted = 0

        def action_count(self) -> None:
            self.counted += 1

    app = Counting()

    async def test() -> None:
        async with app.run_test() as pilot:
            assert await burst(pilot, "a", "down", "ctrl+c") == "a"
            assert app.counted == 2

    asyncio.run(test())


@settings(max_examples=10, deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "backspace", "delete", "left", "right", "home", "end"]), max_size=30))
def test_a_burst_leaves_what_the_same_keys_leave_one_by_one(keys: list[str]) -> None:
    async def test() -> None:
        async with Line().run_test() as pilot:
            at_once = await burst(pilot, *keys)
        async with Line().run_test() as pilot:
            await pilot.press(*keys)
            assert pilot.app.query_one(TypedLine).value == at_once

    asyncio.run(test())
