"""What can be asked of runs: to be queued, to end, to go on, to be tried again, to go before others."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixtui.launch import queue
from mixtui.launch.leases import Lease
from mixtui.launch.local_launcher import LocalLauncher
from mixtui.launch.queue import (
    ask_process_to_end,
    asking_to_end,
    enqueue,
    put_first,
    put_last,
    queue_order,
    retry,
    want_again,
)
from mixtui.launch.start import start
from mixtui.store import control as control_module
from mixtui.store.control import change_control
from mixtui.store.files import read_json, write_json
from mixtui.store.meta import note, tag
from mixtui.store.paths import RunPaths
from mixtui.store.process import identify, this_process
from mixtui.store.run import Run
from mixtui.store.status import State, Status
from mixtui.store.store import Store
from mixtui.store.tickets import Tickets

MakeEvent = Callable[..., dict[str, Any]]
MakeRun = Callable[..., RunPaths]
Refused = Callable[[str], AbstractContextManager[None]]
StandIn = Callable[[str], None]

UNBOOKED = Lease("cpu 0", None, ())
DEAD = replace(this_process(), boot_id="another").to_json()
ELSEWHERE = replace(this_process(), host="elsewhere").to_json()
ENDED = ["finished", "stopped", "paused", "failed"]

# A worker that lives until it is told to end, and says so in the events.
OBEDIENT = """
from mixtui.store.recorder import Recorder

signal.signal(signal.SIGTERM, lambda *_: (paths.root / "told").touch())
wait_for(paths.process)
recorder = Recorder(paths, attempt)
(paths.root / "ready").touch()
wait_for(paths.root / "told")
recorder.end(1, state="stopped", reason="requested", message="Stopped as asked.", exit_code=130)
"""


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline, f"{path.name} did not come"
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The runs folders whose supervisor was woken; none comes to life. There is no GPU."""
    roots: list[Path] = []
    monkeypatch.setattr(queue, "wake", roots.append)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    return roots


@pytest.fixture
def make_ended(make_run: MakeRun, make_event: MakeEvent) -> Callable[[str], RunPaths]:
    """Makes a run whose first attempt ended in the given state."""

    def make(state: str) -> RunPaths:
        if state == "crashed":
            return make_run([make_event("attempt", **DEAD), make_event("phase")], claims=1)
        return make_run([make_event("attempt"), make_event("end", state=state)], claims=1)

    return make


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    """A process to stand for a run's worker."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    yield process
    process.kill()
    process.communicate()


def load(paths: RunPaths) -> Run:
    return Run.load(paths.root)


def control_of(paths: RunPaths) -> dict[str, Any]:
    return read_json(paths.control) or {}


# Queueing


def test_a_run_that_waits_here_says_what_whoever_starts_it_must_know(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/my/models")
    run = load(make_run())
    told = LocalLauncher().wants(run.config, 3)
    assert (told["host"], told["python"], told["pythonpath"]) == (socket.gethostname(), sys.executable, "/my/models")
    assert (told["want"], told["gpus"], told["priority"]) == ("run", [], 3)
    change_control(run.paths, **told)
    assert load(run.paths).status == Status(State.QUEUED)


def test_queued_runs_are_handed_to_the_supervisor_which_is_woken_once(
    make_run: MakeRun, store: Store, woken: list[Path]
) -> None:
    runs = [make_run() for _ in range(3)]
    enqueue(runs)
    assert Tickets(store.root).ids() == {paths.id for paths in runs}
    assert woken == [store.root]


def test_a_run_that_cannot_be_queued_is_an_error_for_a_person(
    make_run: MakeRun, store: Store, refused: Refused
) -> None:
    paths = make_run()
    (store.root / f".queue-{socket.gethostname()}.{os.getuid()}").write_text("a file is in the way")
    with refused("cannot be queued"):
        enqueue([paths])


# Ending


@pytest.mark.parametrize(("what", "state"), [("stop", State.STOPPED), ("pause", State.PAUSED)])
def test_a_queued_run_leaves_the_queue(what: Literal["stop", "pause"], state: State, make_run: MakeRun) -> None:
    paths = make_run()
    with asking_to_end(what) as ask:
        ask(load(paths))
    assert load(paths).status.state is state


@pytest.mark.parametrize("what", ["stop", "pause"])
def test_a_live_run_is_told_and_the_supervisor_sees_to_it(
    what: Literal["stop", "pause"],
    make_run: MakeRun,
    make_event: MakeEvent,
    process: subprocess.Popen[bytes],
    store: Store,
    woken: list[Path],
) -> None:
    paths = make_run([make_event("attempt"), make_event("phase")], claims=1)
    write_json(paths.process, {"attempt": 1, **identify(process.pid).to_json()})
    with asking_to_end(what) as ask:
        ask(load(paths))
    assert control_of(paths)["want"] == what
    assert process.wait(30) == -signal.SIGTERM
    assert Tickets(store.root).ids() == {paths.id}
    assert woken == [store.root]


def test_a_live_run_on_another_host_is_told_through_its_folder_alone(
    make_run: MakeRun, make_event: MakeEvent, store: Store
) -> None:
    paths = make_run([make_event("attempt", **ELSEWHERE), make_event("phase")], claims=1)
    with asking_to_end("stop") as ask:
        ask(load(paths))
    assert control_of(paths)["want"] == "stop"
    assert load(paths).status == Status(State.STOPPING, host="elsewhere")
    assert Tickets(store.root).ids() == set()


@pytest.mark.parametrize("state", [*ENDED, "crashed"])
def test_a_run_that_has_ended_cannot_be_stopped(
    state: str, make_ended: Callable[[str], RunPaths], refused: Refused
) -> None:
    paths = make_ended(state)
    before = control_of(paths)
    with refused(f"is {state} already"), asking_to_end("stop") as ask:
        ask(load(paths))
    assert control_of(paths) == before


def test_a_process_asked_to_stop_is_told_twice(make_run: MakeRun, stand_in_worker: StandIn) -> None:
    stand_in_worker(OBEDIENT)
    paths = make_run()
    keeper = start(paths, 1, UNBOOKED, {})
    wait_for(paths.root / "ready")
    ask_process_to_end(paths, "stop")
    assert control_of(paths)["want"] == "stop"
    assert keeper.wait(30) == 0
    assert (paths.root / "told").exists()
    assert load(paths).status.state is State.STOPPED


def test_a_full_disk_does_not_keep_a_run_from_being_stopped(
    make_run: MakeRun, stand_in_worker: StandIn, monkeypatch: pytest.MonkeyPatch, refused: Refused
) -> None:
    def fill_the_disk(path: Path, document: dict[str, Any]) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    stand_in_worker(OBEDIENT)
    paths = make_run()
    keeper = start(paths, 1, UNBOOKED, {})
    wait_for(paths.root / "ready")
    monkeypatch.setattr(control_module, "write_json", fill_the_disk)
    with refused("No space left"):
        ask_process_to_end(paths, "stop")
    assert keeper.wait(30) == 0
    assert (paths.root / "told").exists()


def test_a_wish_never_overwrites_a_file_that_cannot_be_read(make_run: MakeRun, refused: Refused) -> None:
    paths = make_run()
    paths.control.write_text('{"want": "run", "cwd": ')
    with refused("control.json"):
        ask_process_to_end(paths, "stop")
    assert paths.control.read_text() == '{"want": "run", "cwd": '


# Going on


@pytest.mark.parametrize("state", ["stopped", "paused", "failed", "crashed"])
def test_a_run_that_ended_early_goes_on_with_the_next_attempt(
    state: str, make_ended: Callable[[str], RunPaths]
) -> None:
    paths = make_ended(state)
    change_control(paths, want="stop", host="elsewhere", retries=2, cwd="/home")
    assert want_again(load(paths)) == 2
    assert load(paths).status == Status(State.QUEUED)
    assert (control_of(paths)["retries"], control_of(paths)["cwd"]) == (2, "/home")


@pytest.mark.parametrize("what", ["stop", "pause"])
def test_a_run_that_never_began_goes_on_with_its_first_attempt(
    what: Literal["stop", "pause"], make_run: MakeRun
) -> None:
    paths = make_run()
    with asking_to_end(what) as ask:
        ask(load(paths))
    assert want_again(load(paths)) == 1
    assert load(paths).status.state is State.QUEUED


def test_a_run_lost_on_another_host_goes_on_here(make_run: MakeRun, make_event: MakeEvent) -> None:
    paths = make_run([make_event("attempt", **ELSEWHERE), make_event("phase")], claims=1)
    os.utime(paths.claim(1), (0, 0))
    assert load(paths).status.state is State.LOST
    assert want_again(load(paths)) == 2
    assert load(paths).status == Status(State.QUEUED)


def test_a_live_run_and_a_finished_one_have_nothing_to_go_on_with(
    make_run: MakeRun, make_event: MakeEvent, refused: Refused
) -> None:
    live = make_run([make_event("attempt"), make_event("phase")], claims=1)
    finished = make_run([make_event("attempt"), make_event("end")], claims=1)
    before = [control_of(paths) for paths in (live, finished)]
    with refused("is running"):
        want_again(load(live))
    with refused("is finished"):
        want_again(load(finished))
    assert [control_of(paths) for paths in (live, finished)] == before


def test_a_run_whose_gpu_is_gone_does_not_go_on(make_run: MakeRun, make_event: MakeEvent, refused: Refused) -> None:
    paths = make_run([make_event("attempt"), make_event("end", state="stopped")], claims=1, device="cuda")
    before = control_of(paths)
    for ask in (want_again, retry):
        with refused("CUDA_VISIBLE_DEVICES hides every GPU"):
            ask(load(paths))
    assert control_of(paths) == before


def test_of_two_who_go_on_at_once_one_wins_however_late_the_other_is(
    make_ended: Callable[[str], RunPaths], stand_in_worker: StandIn, refused: Refused
) -> None:
    stand_in_worker("print('started')")
    paths = make_ended("stopped")
    first, second = load(paths), load(paths)
    start(paths, want_again(first), UNBOOKED, {}).wait(30)
    with refused("just been started"):
        start(paths, want_again(second), UNBOOKED, {})
    assert paths.output.read_text() == "started\n"


def test_a_copy_without_hidden_files_goes_on_where_it_was(make_run: MakeRun, make_event: MakeEvent) -> None:
    paths = make_run([make_event("attempt", 3), make_event("end", 3, state="stopped")])
    assert want_again(load(paths)) == 4


# Beginning anew


@pytest.mark.parametrize("state", [*ENDED, "crashed"])
def test_a_retry_is_a_new_run_of_the_same_recipe_that_names_the_old_one(
    state: str, make_ended: Callable[[str], RunPaths]
) -> None:
    paths = make_ended(state)
    change_control(
        paths, location="/birds", cwd="/home", retries=2, keep_checkpoints=True, eval_on=["noise"], killed=1, mps=False
    )
    tag(load(paths), ["paper"])
    note(load(paths), "went wrong")
    old = load(paths)
    new = load(retry(old))
    assert new.id != old.id
    assert (new.config, new.tags, new.meta["retry_of"]) == (old.config, ("paper",), old.id)
    assert new.status == Status(State.QUEUED)
    for name in ("data_dir", "location", "cwd", "retries", "keep_checkpoints", "eval_on"):
        assert new.control[name] == old.control[name]
    assert not {"killed", "mps"} & new.control.keys()
    assert not new.meta.get("note")
    assert load(paths) == old


def test_a_run_that_is_not_over_is_not_retried(
    make_run: MakeRun, make_event: MakeEvent, store: Store, refused: Refused
) -> None:
    queued, live = make_run(), make_run([make_event("attempt"), make_event("phase")], claims=1)
    for paths, state in ((queued, "queued"), (live, "running")):
        with refused(f"is {state}"):
            retry(load(paths))
    assert len(store.run_dirs()) == 2


# The order


def in_order(store: Store) -> list[str]:
    runs = [run for run in store.runs() if isinstance(run, Run)]
    return [run.id for run in sorted(runs, key=queue_order)]


@pytest.fixture
def queued(make_run: MakeRun) -> list[str]:
    """Ids of four runs in the order they were queued in."""
    ids = []
    for _ in range(4):
        paths = make_run()
        change_control(paths, **LocalLauncher().wants(load(paths).config, 0))
        ids.append(paths.id)
    return ids


def test_who_comes_first_starts_first_unless_somebody_waits_for_another(
    queued: list[str], store: Store, make_run: MakeRun
) -> None:
    assert in_order(store) == queued
    urgent = make_run()
    change_control(urgent, **LocalLauncher().wants(load(urgent).config, queue.FOREGROUND))
    assert in_order(store) == [urgent.id, *queued]


moves = st.lists(st.tuples(st.booleans(), st.permutations(range(4)), st.integers(1, 4)), min_size=1, max_size=3)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=moves)
def test_runs_go_before_or_after_all_others_in_the_order_named(
    moves: list[tuple[bool, list[int], int]], queued: list[str], store: Store
) -> None:
    expected = in_order(store)
    for first, order, count in moves:
        moved = [expected[place] for place in order[:count]]
        rest = [run_id for run_id in expected if run_id not in moved]
        runs = [store.find(run_id) for run_id in moved]
        everyone = [store.find(run_id) for run_id in queued]
        if first:
            put_first(runs, everyone)
            expected = [*moved, *rest]
        else:
            put_last(runs, everyone)
            expected = [*rest, *moved]
        assert in_order(store) == expected


def test_only_queued_runs_have_a_place_and_none_moves_where_one_has_not(
    queued: list[str], store: Store, make_ended: Callable[[str], RunPaths], refused: Refused
) -> None:
    stopped = load(make_ended("stopped"))
    runs = [store.find(run_id) for run_id in queued]
    with refused("is stopped"):
        put_first([runs[3], stopped], runs)
    assert [run_id for run_id in in_order(store) if run_id in queued] == queued
