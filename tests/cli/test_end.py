"""`mixtui stop`, `pause`, `resume` and `retry`: runs that end, and go on."""

from __future__ import annotations

import signal

import pytest

from mixtui.store.run import Run
from mixtui.store.status import State
from mixtui.store.store import Store
from tests.cli.conftest import CommandLine, wait_until
from tests.conftest import MakeEvent, MakeRun

LONG = ("--dataset", "synthetic", "--epochs", "100000")


def states(store: Store) -> list[State]:
    return [Run.load(path).status.state for path in store.run_dirs()]


def sweep(quick: CommandLine, store: Store, alphas: str, *options: str) -> list[str]:
    """The ids of a sweep of which the first run trains and the others wait."""
    ids = quick("sweep", "--alphas", alphas, *LONG, *options).stdout.split()
    wait_until(lambda: states(store)[0] is State.RUNNING)
    return ids


def test_several_runs_are_stopped_and_go_on_where_they_were(quick: CommandLine, store: Store) -> None:
    running, queued, left = sweep(quick, store, "0,0.1,0.2")
    done = quick("stop", queued[-4:], running, queued)  # a short id, and one run twice
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.splitlines()) == sorted([f"stopped: {queued}", f"stopped: {running}"])
    stopped = Run.load(store.root / running)
    assert (stopped.status.state, stopped.status.reason) == (State.STOPPED, "requested")
    wait_until(lambda: Run.load(store.root / left).status.state is State.RUNNING)

    done = quick("resume", running, queued)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"queued: {running}", f"queued: {queued}"]
    assert states(store) == [State.QUEUED, State.QUEUED, State.RUNNING]
    assert quick("stop", left).returncode == 0
    wait_until(lambda: Run.load(store.root / running).epoch > stopped.epoch)
    assert Run.load(store.root / running).attempt == 2


def test_a_paused_run_frees_its_place_and_is_followed_when_it_alone_goes_on(quick: CommandLine, store: Store) -> None:
    running, waiting = sweep(quick, store, "0,0.1", "--momentum", "0.5")
    done = quick("pause", "--filter", "state:running")
    assert (done.returncode, done.stdout) == (0, f"paused: {running}\n")
    wait_until(lambda: Run.load(store.root / waiting).status.state is State.RUNNING)
    assert states(store) == [State.PAUSED, State.RUNNING]

    following = quick.begin("resume", running)
    assert following.stdout is not None
    assert following.stdout.readline() == f"{running}\n"
    assert following.stdout.readline() == "waiting for a free place\n"
    assert quick("stop", waiting).returncode == 0
    wait_until(lambda: Run.load(store.root / running).status.state is State.RUNNING)
    following.send_signal(signal.SIGINT)
    output, _ = following.communicate(timeout=30)
    assert following.returncode == 130
    assert "resumed from step" in output
    assert f"Go on with: mixtui resume {running}" in output


def test_ctrl_c_ends_the_waiting_for_a_run_that_is_slow_to_stop(quick: CommandLine, store: Store) -> None:
    (deaf,) = sweep(quick, store, "0", "--momentum", "0")
    stopping = quick.begin("stop", deaf)
    wait_until(lambda: states(store) == [State.STOPPING])
    stopping.send_signal(signal.SIGINT)
    output, errors = stopping.communicate(timeout=30)
    assert (stopping.returncode, output) == (130, ""), errors
    assert "does so by itself" in errors
    assert states(store) == [State.STOPPING]


@pytest.fixture
def one_of_each(store: Store, make_run: MakeRun, make_event: MakeEvent) -> dict[str, str]:
    """Runs that are queued on no host, finished, and stopped: their ids."""
    begun = [make_event("attempt"), make_event("data"), make_event("phase")]
    stopped = make_event("end", state="stopped", reason="requested", message="Stopped.", exit_code=130)
    return {
        "queued": make_run(alpha=0.1).id,
        "finished": make_run([*begun, make_event("epoch"), make_event("end")], claims=1, alpha=0.2).id,
        "stopped": make_run([*begun, stopped], claims=1, alpha=0.3).id,
    }


@pytest.mark.parametrize(
    ("command", "unsuitable"),
    [
        ("stop", ("finished", "stopped")),
        ("pause", ("finished", "stopped")),
        ("resume", ("finished",)),
        ("retry", ("queued",)),
        ("remove", ("queued",)),
    ],
)
def test_a_run_in_a_wrong_state_is_named_and_the_others_are_seen_to(
    quick: CommandLine, store: Store, one_of_each: dict[str, str], command: str, unsuitable: tuple[str, ...]
) -> None:
    before = {run_id: (store.root / run_id / "control.json").read_bytes() for run_id in one_of_each.values()}
    done = quick(command, *one_of_each.values())
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert len(lines) == 2 * len(unsuitable), done.stderr
    for line, state in zip(lines[::2], unsuitable, strict=True):
        assert line.startswith(f"mixtui: {one_of_each[state]} is {state}")
        assert (store.root / one_of_each[state] / "control.json").read_bytes() == before[one_of_each[state]]
    assert len(done.stdout.splitlines()) == 3 - len(unsuitable)


def test_a_filter_passes_over_runs_in_a_wrong_state(quick: CommandLine, one_of_each: dict[str, str]) -> None:
    done = quick("stop", "--filter", "alpha>=0")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"stopped: {one_of_each['queued']}\n", "")
    done = quick("stop", "--filter", "alpha>=0")  # now there is none in a right one
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 6


def test_one_unknown_run_among_them_and_nothing_is_done(
    quick: CommandLine, store: Store, one_of_each: dict[str, str]
) -> None:
    done = quick("stop", one_of_each["queued"], "nonsense")
    assert (done.returncode, done.stdout) == (2, "")
    assert "nonsense" in done.stderr
    assert states(store)[0] is State.QUEUED


def test_a_new_try_is_linked_to_the_old_one(quick: CommandLine, store: Store, one_of_each: dict[str, str]) -> None:
    assert quick("tag", one_of_each["stopped"], "--add", "paper").returncode == 0
    (new,) = quick("retry", one_of_each["stopped"]).stdout.split()
    made = Run.load(store.root / new)
    assert made.meta["retry_of"] == one_of_each["stopped"]
    assert made.tags == ("paper",)
    assert made.config == Run.load(store.root / one_of_each["stopped"]).config
    assert Run.load(store.root / one_of_each["stopped"]).status.state is State.STOPPED
