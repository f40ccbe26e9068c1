"""The application as a whole: how it ends, what it undoes, and what a person's settings and terminal make of it."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mixtui.store.store import Store
from mixtui.store.trash import Trash
from mixtui.ui.commands import COMMANDS, Place
from mixtui.ui.glyphs import ASCII
from mixtui.ui.preferences import Preferences
from mixtui.ui.screens.keys import KeysScreen
from mixtui.ui.screens.trash import TrashScreen
from tests.ui.conftest import PATIENCE, MadeRuns, OpenApp, control_of, meta_of

# What takes back the other screen, the mouse and the hidden cursor.
RESTORED = (b"\x1b[?1049l", b"\x1b[?1000l", b"\x1b[?25h")

# Commands


async def test_every_command_of_these_places_can_be_given(runs: MadeRuns, open_app: OpenApp) -> None:
    runs.finished()
    async with open_app() as opened:
        targets = (opened.table, opened.home, opened.app)
        for command in COMMANDS:
            if {Place.ALL, Place.HOME, Place.TABLE}.intersection(command.places):
                assert any(hasattr(target, command.method) for target in targets), command.id
        await opened.press("U")
        for command in COMMANDS:
            if Place.TRASH in command.places:
                assert hasattr(opened.app.screen, command.method), command.id


# Leaving


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
async def test_leaving_says_what_goes_on(key: str, runs: MadeRuns, open_app: OpenApp) -> None:
    runs.running()
    for _ in range(2):
        runs.queued()
    async with open_app() as opened:
        await opened.press(key)
        assert opened.app.return_value == "1 running, 2 queued: they go on. mixtui shows them again."


async def test_ctrl_c_says_how_to_quit_and_does_not(runs: MadeRuns, open_app: OpenApp) -> None:
    runs.finished()
    async with open_app() as opened:
        await opened.press("ctrl+c")
        await opened.until_shown("q goes back, and quits on the first screen.")
        assert opened.app.is_running


class Terminal:
    """The interface in a process of its own on a terminal of its own."""

    def __init__(self, code: str, root: Path) -> None:
        self._master, slave = pty.openpty()
        environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30", "LANG": "C.UTF-8"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, str(root)],
            **dict.fromkeys(("stdin", "stdout", "stderr"), slave),
            env=environment,
            start_new_session=True,
        )
        os.close(slave)
        self.output = b""

    def until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, self.output[-2000:]
            if select.select([self._master], [], [], 0.05)[0]:
                with contextlib.suppress(OSError):  # its end is closed
                    self.output += os.read(self._master, 65536)

    def until_shown(self, text: str) -> None:
        self.until(lambda: text.encode() in self.output)

    def until_ended(self) -> int:
        self.until(lambda: self.process.poll() is not None)
        with contextlib.suppress(OSError):
            while select.select([self._master], [], [], 0)[0]:
                self.output += os.read(self._master, 65536)
        return self.process.returncode

    def press(self, key: str) -> None:
        os.write(self._master, key.encode())

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self._master)
        self.process.kill()
        self.process.wait()


RUN = """
import sys
from pathlib import Path
from mixtui.store.store import Store
from mixtui.ui.start import run_interface

sys.exit(run_interface(Store(Path(sys.argv[1]))))
"""
BREAK = """
from mixtui.ui.screens.home import HomeScreen

def fail(self):
    raise RuntimeError("[/b] of its own")

HomeScreen.action_doctor = fail
"""


@pytest.fixture
def terminal(store: Store, no_supervisor: None) -> Iterator[Callable[[str], Terminal]]:
    opened: list[Terminal] = []

    def open_(code: str) -> Terminal:
        opened.append(Terminal(code, store.root))
        opened[-1].until_shown("Reliability")
        return opened[-1]

    yield open_
    for one in opened:
        one.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_the_terminal_as_it_was(
    number: signal.Signals, runs: MadeRuns, terminal: Callable[[str], Terminal]
) -> None:
    runs.running()
    opened = terminal(RUN)
    opened.process.send_signal(number)
    assert opened.until_ended() == 0
    *_, line = opened.output.decode().strip().splitlines()
    assert line.endswith("1 running: it goes on. mixtui shows it again.")
    assert all(sequence in opened.output for sequence in RESTORED)


def test_an_error_of_its_own_becomes_a_line_and_a_file(
    runs: MadeRuns, config_folder: Path, terminal: Callable[[str], Terminal]
) -> None:
    runs.finished()
    opened = terminal(BREAK + RUN)
    opened.press("D")
    assert opened.until_ended() == 1
    said = " ".join(opened.output.split(RESTORED[0])[-1].decode().split())
    assert "mixtui stopped on an error of its own. The trainings go on. Details:" in said
    assert "Traceback" not in said
    (file,) = config_folder.glob("error-*.txt")
    assert "RuntimeError: [/b] of its own" in file.read_text()
    assert all(sequence in opened.output for sequence in RESTORED)


# Undoing


async def test_u_undoes_a_pin_and_a_move_in_the_queue(runs: MadeRuns, open_app: OpenApp) -> None:
    finished = runs.finished()
    first, second = runs.queued(0.2), runs.queued(0.3)
    async with open_app() as opened:
        opened.table.put_cursor(finished.id)
        await opened.press("asterisk")
        await opened.until_shown("★")
        await opened.press("asterisk")
        await opened.until(lambda: not meta_of(finished)["pinned"])
        await opened.until_gone("★")
        await opened.press("u")
        await opened.until_shown("★")
        await opened.press("u")
        await opened.until_gone("★")
        for key, mover in (("K", second), ("J", first)):
            before = {run.id: control_of(run) for run in (first, second)}
            opened.table.put_cursor(mover.id)
            await opened.press(key)
            await opened.until(lambda: opened.shown[:2] == [second.id, first.id])
            await opened.press("u")
            await opened.until(lambda: opened.shown[:2] == [first.id, second.id])
            assert {run.id: control_of(run)["queued"] for run in (first, second)} == {
                run_id: control["queued"] for run_id, control in before.items()
            }


async def test_a_removal_is_undone_after_a_restart_too(runs: MadeRuns, store: Store, open_app: OpenApp) -> None:
    ids = {runs.finished(alpha).id for alpha in (0.1, 0.2)}
    async with open_app() as opened:
        await opened.press("u")  # nothing to undo yet
        await opened.press("a", "d", "right", "enter")
        await opened.until(lambda: set(Trash(store.root).ids()) == ids)
        await opened.until_shown("No runs in", "Moved ")
        await opened.press("q")
    async with open_app() as opened:
        await opened.press("u")
        await opened.until(lambda: set(opened.shown) == ids)
        await opened.press("q")
    async with open_app() as opened:
        assert not opened.app.can_undo


# At rest


async def test_at_rest_nothing_is_written(runs: MadeRuns, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch) -> None:
    runs.finished()
    runs.crashed()
    async with open_app() as opened:
        await opened.until(lambda: opened.app.machine is not None)
        await opened.pilot.pause(0.5)
        written: list[object] = []
        monkeypatch.setattr(opened.app, "_display", lambda *what: written.append(what))
        await opened.pilot.pause(1.5)  # some fifteen looks at the folder
        assert not written
        runs.finished()
        await opened.until(lambda: written)  # it would have been seen


# Two at once


async def test_two_over_one_folder_agree(runs: MadeRuns, open_app: OpenApp) -> None:
    run = runs.finished()
    async with open_app() as one, open_app((80, 24)) as other:
        await one.press("asterisk")
        await other.until(lambda: other.app.by_id[run.id]["pinned"])
        await other.press("d", "right", "enter")
        await one.until_shown("No runs in")


# Settings


async def test_a_persons_theme_and_keys_count_everywhere(
    runs: MadeRuns, config_folder: Path, open_app: OpenApp
) -> None:
    runs.finished()
    config_folder.mkdir()
    (config_folder / "config.toml").write_text('theme = "mixtui-light"\n[keys]\nfilter = "f6,ctrl+x"\ntrash = "+"\n')
    async with open_app() as opened:
        assert not opened.app.is_dark
        assert opened.app.screen.styles.background.hex6 == "#EEEEEE"
        assert "f6 filter" in opened.lines[-1]
        await opened.press("slash", "U")  # which are nobody's now
        assert opened.app.focused is opened.table
        for key in ("f6", "ctrl+x"):
            await opened.press(key)
            assert opened.app.focused is not opened.table
            await opened.press("escape")
        await opened.press("plus")
        assert isinstance(opened.app.screen, TrashScreen)
        await opened.press("q", "question_mark")
        assert isinstance(opened.app.screen, KeysScreen)
        assert opened.line_of("f6  ^x", "Show the runs that a query fits")


async def test_ascii_is_enough_to_tell_states_and_signs(runs: MadeRuns, open_app: OpenApp) -> None:
    runs.finished(ece=0.5, tags=["study-1"])
    for make in (runs.failed, runs.crashed, runs.queued, runs.running, runs.stopped):
        make(alpha=0.2)
    async with open_app(preferences=Preferences(glyphs="ascii")) as opened:
        await opened.press("space", "G")
        await opened.until_shown("3 Reliability")
        assert opened.text.isascii(), {character for character in opened.text if not character.isascii()}
        for state in ("finished", "failed", "crashed", "queued", "running", "stopped"):
            assert f"{ASCII.state(state)} {state}" in opened.text
        await opened.press("x")
        await opened.until_shown("Stop 1 run?")
        assert opened.text.isascii(), {character for character in opened.text if not character.isascii()}


async def test_without_colours_none_is_sent(runs: MadeRuns, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch) -> None:
    runs.finished()
    runs.crashed(0.4)
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_app() as opened:
        assert opened.app.color_depth == "none"
        await opened.until_shown("✓ finished", "† crashed")
        strips = opened.app.screen._compositor.render_strips()
        filters = opened.app._filters
        for strip in strips:
            for one in filters:
                strip = strip.apply_filter(one, opened.app.screen.background_colors[1])
            for _, style, _ in strip:
                assert style is None or all(
                    color is None or color.is_default for color in (style.color, style.bgcolor)
                ), style


# Copies


async def test_y_copies_ids_and_capital_y_the_last_act(runs: MadeRuns, store: Store, open_app: OpenApp) -> None:
    one, two = runs.finished(0.1), runs.finished(0.2)
    async with open_app() as opened:
        await opened.press("Y")
        await opened.until_shown("Nothing was done yet")
        await opened.press("y")
        assert opened.app.clipboard == two.id
        await opened.press("a", "y")
        assert set(opened.app.clipboard.split()) == {one.id, two.id}
        await opened.press("asterisk")
        await opened.until_shown("Pinned")
        await opened.press("Y")
        assert opened.app.clipboard.startswith("mixtui pin ")
        assert opened.app.clipboard.endswith(f"--runs-dir {store.root}")


async def test_redraw_and_suspend_reach_the_terminal(
    runs: MadeRuns, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs.finished()
    async with open_app() as opened:
        asked: list[str] = []
        monkeypatch.setattr(opened.app, "action_suspend_process", lambda: asked.append("suspend"))
        await opened.press("ctrl+z", "ctrl+l")
        assert asked == ["suspend"]
        assert "Training loss" in opened.text


async def test_what_ends_is_told_at_most_three_at_a_time(runs: MadeRuns, open_app: OpenApp) -> None:
    live = [runs.running(alpha) for alpha in (0.1, 0.2)]
    async with open_app() as opened:
        for run in live:
            runs.finish(run)
        await opened.until_gone("running")
        await opened.until_shown("finished")
        for _ in range(5):
            await opened.press("Y")
        await opened.pilot.pause()
        assert opened.text.count("Nothing was done yet") == 3
