"""`mixtui wait`: following runs that train in the background."""

from __future__ import annotations

import signal

import pytest

from mixtui.store.run import Run
from mixtui.store.status import State
from mixtui.store.store import Store
from tests.cli.conftest import CommandLine, on_a_terminal, wait_until
from tests.conftest import MakeEvent, MakeRun

LONG = ("--dataset", "synthetic", "--epochs", "100000")


@pytest.fixture
def finished_and_stopped(make_run: MakeRun, make_event: MakeEvent) -> tuple[str, str]:
    begun = [make_event("attempt"), make_event("data"), make_event("phase"), make_event("epoch")]
    stopped = make_event("end", state="stopped", reason="requested", message="Stopped as asked.", exit_code=130)
    finished = make_run([*begun, make_event("end")], claims=1, alpha=0.1, epochs=1)
    return finished.id, make_run([*begun, stopped], claims=1, alpha=0.2, epochs=2).id


def test_the_exit_code_says_whether_all_finished(quick: CommandLine, finished_and_stopped: tuple[str, str]) -> None:
    finished, stopped = finished_and_stopped
    done = quick("wait", finished)
    assert done.returncode == 0
    assert done.stdout == f"{finished[-4:]}  α 0.1 · seed 0  finished  epoch 1/1  acc .500  ECE .250 ·\n"
    done = quick("wait", finished, stopped)
    assert done.returncode == 1
    assert done.stdout.splitlines()[1] == f"{stopped[-4:]}  α 0.2 · seed 0  stopped: Stopped as asked."


def test_it_tells_how_the_runs_come_on(quick: CommandLine) -> None:
    ids = quick("sweep", "--alphas", "0,0.1", "--dataset", "synthetic", "--epochs", "40").stdout.split()
    done = quick("wait", *ids)
    assert done.returncode == 0, done.stdout
    for run_id, alpha in zip(ids, ("0", "0.1"), strict=True):
        assert f"{run_id[-4:]}  α {alpha} · seed 0  finished  epoch 40/40" in done.stdout
    assert f"{ids[1][-4:]}  α 0.1 · seed 0  running  epoch" in done.stdout


def test_a_run_that_is_killed_or_removed_meanwhile_has_not_finished(quick: CommandLine, store: Store) -> None:
    killed, removed = quick("sweep", "--alphas", "0,0.1", *LONG).stdout.split()
    waiting = quick.begin("wait", killed, removed)
    wait_until(lambda: Run.load(store.root / killed).status.state is State.RUNNING)
    assert quick("stop", removed).returncode == 0
    assert quick("remove", removed).returncode == 0
    assert quick("stop", killed).returncode == 0
    output, _ = waiting.communicate(timeout=30)
    assert waiting.returncode == 1
    assert f"{removed[-4:]}    removed" in output


def test_ctrl_c_ends_the_waiting_alone(quick: CommandLine, store: Store) -> None:
    (run_id,) = quick("sweep", "--alphas", "0", *LONG).stdout.split()
    wait_until(lambda: Run.load(store.root / run_id).status.state is State.RUNNING)
    waiting = quick.begin("wait", "latest")
    assert waiting.stdout is not None
    assert run_id[-4:] in waiting.stdout.readline()
    waiting.send_signal(signal.SIGINT)
    _, errors = waiting.communicate(timeout=30)
    assert waiting.returncode == 130
    assert "The runs go on" in errors
    assert Run.load(store.root / run_id).status.state is State.RUNNING


def test_on_a_terminal_it_is_a_table_of_bars(quick: CommandLine, finished_and_stopped: tuple[str, str]) -> None:
    finished, stopped = finished_and_stopped
    shown = on_a_terminal(quick.folder, "wait", finished, stopped, **quick.changes)
    assert "▰" * 20 in shown
    assert "▰" * 10 + "▱" * 10 in shown
    assert "\x1b[?25h" in shown  # the cursor is back
    assert f"{stopped[-4:]}  stopped: Stopped as asked." in shown
    plain = on_a_terminal(quick.folder, "wait", finished, **{**quick.changes, "LC_ALL": "C", "NO_COLOR": "1"})
    assert plain.isascii()
    assert "#" * 20 in plain
    assert "\x1b[36m" not in plain


@pytest.mark.parametrize("arguments", [(), ("nonsense",), ("--filter", "state:lost")])
def test_nothing_to_wait_for_is_exit_code_2(
    quick: CommandLine, finished_and_stopped: tuple[str, str], arguments: tuple[str, ...]
) -> None:
    done = quick("wait", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 2
