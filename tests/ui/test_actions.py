"""What can be done to runs from the interface: its sentence, its undoing, and the command that does just the same."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mixtui.cli.main import app as command_line
from mixtui.errors import MixtuiError
from mixtui.launch.queue import queue_order
from mixtui.store.control import change_control
from mixtui.store.files import read_json, write_json
from mixtui.store.meta import note, pin, tag
from mixtui.store.paths import RunPaths
from mixtui.store.run import Run
from mixtui.store.status import State
from mixtui.store.store import Store
from mixtui.store.tickets import Tickets
from mixtui.store.trash import Trash
from mixtui.ui.actions import Actions, Done, runs_dir_option, title
from tests.conftest import Event, MakeEvent, MakeRun, Refused

Act = Callable[[Actions, Sequence[str]], Done]

TIMES = frozenset({"created", "queued"})


@pytest.fixture(autouse=True)
def woken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The runs folders whose supervisor was woken; none comes to life. There is no GPU."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")  # not in a checkout, which each new run asks for its commit
    roots: list[Path] = []
    monkeypatch.setattr("mixtui.launch.queue.wake", roots.append)
    monkeypatch.setattr("mixtui.launch.wake.wake", lambda _root: None)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.delenv("MIXTUI_RUNS", raising=False)
    return roots


@pytest.fixture
def begun(make_event: MakeEvent) -> list[Event]:
    return [make_event("attempt"), make_event("data"), make_event("phase")]


@pytest.fixture
def make_finished(make_run: MakeRun, make_event: MakeEvent, begun: list[Event]) -> Callable[[float], str]:
    return lambda alpha: make_run([*begun, make_event("epoch"), make_event("end")], claims=1, alpha=alpha).id


@pytest.fixture
def make_stopped(make_run: MakeRun, make_event: MakeEvent, begun: list[Event]) -> Callable[[float], str]:
    """Makes a run that was stopped in its second epoch."""
    end = make_event("end", state="stopped", reason="requested", message="Stopped.", exit_code=130)
    return lambda alpha: make_run([*begun, make_event("epoch"), end], claims=1, alpha=alpha).id


@pytest.fixture
def make_queued(make_run: MakeRun) -> Callable[[float], str]:
    """Makes runs that wait on no host, one after the other."""

    def make(alpha: float) -> str:
        paths = make_run(alpha=alpha)
        change_control(paths, priority=0, queued=f"2026-11-23T10:00:{int(alpha * 10):02}+00:00")
        return paths.id

    return make


@pytest.fixture
def running(make_run: MakeRun, begun: list[Event]) -> str:
    return make_run(begun, claims=1, alpha=0.9).id


@pytest.fixture
def actions(store: Store) -> Actions:
    return Actions(store)


def load(store: Store, run_id: str) -> Run:
    return Run.load(store.root / run_id)


def queue_of(store: Store) -> list[str]:
    runs = [Run.load(path) for path in store.run_dirs()]
    return [run.id for run in sorted(runs, key=queue_order) if run.status.state is State.QUEUED]


# The same from the shell (detail 8 of the specification)


@dataclass(frozen=True)
class Folder:
    """Every file below the runs folder, JSON without the times in it; each new run by the one that it tries again."""

    files: dict[str, Any]

    @classmethod
    def read(cls, root: Path) -> Folder:
        old = {path.name: path.name for path in root.iterdir()}
        for path in root.glob("*/meta.json"):
            retried = json.loads(path.read_text()).get("retry_of")
            old[path.parent.name] = f"new try of {retried}" if retried else path.parent.name
        files = {}
        for path in (file for file in root.rglob("*") if file.is_file() and file.name != ".lock"):
            first, *rest = path.relative_to(root).parts
            name = "/".join([old[first], *(old.get(part, part) for part in rest)])
            files[name] = _without_times(path)
        return cls(files)


def _without_times(path: Path) -> Any:
    if path.suffix != ".json":
        return path.read_bytes()
    return {key: value for key, value in json.loads(path.read_text()).items() if key not in TIMES}


def run_command(command: str) -> int:
    """What a shell would do with it; the exit code."""
    name, *arguments = shlex.split(command)
    assert name == "mixtui"
    return command_line(args=arguments, prog_name="mixtui", standalone_mode=False) or 0


ACTS: dict[str, tuple[str, Act]] = {
    "stop": ("queued", lambda actions, ids: actions.end(ids, "stop")),
    "pause": ("queued", lambda actions, ids: actions.end(ids, "pause")),
    "resume one": ("stopped", lambda actions, ids: actions.resume(ids[:1])),
    "resume several": ("stopped", lambda actions, ids: actions.resume(ids)),
    "retry": ("finished", lambda actions, ids: actions.retry(ids)),
    "remove": ("finished", lambda actions, ids: actions.remove(ids)),
    "tag": ("finished", lambda actions, ids: actions.tag(ids, ["it's new", "-x", "α [b]"], ["paper", "--last"])),
    "untag": ("finished", lambda actions, ids: actions.tag(ids, [], ["paper"])),
    "note": ("finished", lambda actions, ids: actions.note(ids, '--off "two"\n$HOME `lines` \\')),
    "no note": ("finished", lambda actions, ids: actions.note(ids, "")),
    "pin": ("finished", lambda actions, ids: actions.pin(ids, True)),
    "unpin": ("finished", lambda actions, ids: actions.pin(ids, False)),
    "first": ("queued", lambda actions, ids: actions.move_in_queue([ids[2], ids[1]], "first")),
    "last": ("queued", lambda actions, ids: actions.move_in_queue([ids[1], ids[0]], "last")),
}


@pytest.fixture
def three(request: pytest.FixtureRequest) -> Callable[[str], list[str]]:
    """Makes three runs in a state, of α 0.1, 0.2 and 0.3: the first one tagged, noted and pinned."""

    def make(state: str) -> list[str]:
        ids = [request.getfixturevalue(f"make_{state}")(alpha) for alpha in (0.1, 0.2, 0.3)]
        first = load(request.getfixturevalue("store"), ids[0])
        tag(first, ["--last", "paper", "talk"])
        note(first, "as it was")
        pin(first, True)
        return ids

    return make


@pytest.mark.parametrize(("name", "by_variable"), [*((name, False) for name in ACTS), ("pin", True)])
def test_the_command_changes_a_copy_just_as_the_act_did(
    actions: Actions,
    store: Store,
    three: Callable[[str], list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    by_variable: bool,
) -> None:
    state, act = ACTS[name]
    ids = three(state)
    copy = tmp_path / "a copy of the runs"
    shutil.copytree(store.root, copy)
    before = Folder.read(copy)
    if by_variable:
        monkeypatch.setenv("MIXTUI_RUNS", os.fspath(store.root))
    done = act(actions, ids)
    assert done.problem == ""
    assert ("--runs-dir" in done.command) is not by_variable
    if by_variable:
        monkeypatch.setenv("MIXTUI_RUNS", os.fspath(copy))
        assert run_command(done.command) == 0
    else:
        assert run_command(done.command.replace(os.fspath(store.root.resolve()), shlex.quote(os.fspath(copy)))) == 0
    assert Folder.read(copy) == Folder.read(store.root)
    assert Folder.read(copy) != before
    assert queue_of(Store(copy)) == queue_of(store) or name == "retry"  # which makes ids of its own


def test_what_is_done_to_the_trash_is_a_command_too(
    actions: Actions, store: Store, three: Callable[[str], list[str]], tmp_path: Path
) -> None:
    ids = three("finished")
    actions.remove(ids)
    copy = tmp_path / "copy"
    for act in (lambda: actions.restore(ids[:2]), actions.empty_trash):
        shutil.copytree(store.root, copy)
        done = act()
        assert run_command(done.command.replace(os.fspath(store.root.resolve()), os.fspath(copy))) == 0
        assert Folder.read(copy) == Folder.read(store.root)
        shutil.rmtree(copy)
    assert Trash(store.root).ids() == []
    assert [path.name for path in store.run_dirs()] == ids[:2]


def test_a_folder_that_the_shell_looks_in_anyway_is_not_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert runs_dir_option(Path("runs")) == []
    assert runs_dir_option(tmp_path / "runs") == []
    assert runs_dir_option(Path("other runs")) == ["--runs-dir", str(tmp_path / "other runs")]
    monkeypatch.setenv("MIXTUI_RUNS", "other runs")
    assert runs_dir_option(Path("other runs")) == []


# Each act


def test_a_queued_run_that_is_stopped_leaves_the_queue(
    actions: Actions, store: Store, make_queued: Callable[[float], str]
) -> None:
    one, two = make_queued(0.1), make_queued(0.2)
    assert actions.end([one], "stop").sentence == "Stopping α 0.1 · seed 0."
    assert actions.end([two], "pause").sentence == "Pausing α 0.2 · seed 0."
    assert [load(store, run_id).status.state for run_id in (one, two)] == [State.STOPPED, State.PAUSED]


def test_a_running_one_is_asked_and_handed_to_the_supervisor(
    actions: Actions, store: Store, running: str, woken: list[Path]
) -> None:
    done = actions.end([running], "pause")
    assert done.undo is None
    assert load(store, running).status.state is State.STOPPING
    assert (read_json(RunPaths(store.root / running).control) or {})["want"] == "pause"
    assert woken == [store.root]


def test_a_stopped_run_is_resumed_where_it_was(
    actions: Actions, store: Store, make_stopped: Callable[[float], str], woken: list[Path]
) -> None:
    ids = [make_stopped(0.1), make_stopped(0.2)]
    assert actions.resume(ids[:1]).sentence == "Resuming α 0.1 · seed 0 at epoch 2 of 10."
    assert actions.resume(ids[1:]).sentence == "Resuming α 0.2 · seed 0 at epoch 2 of 10."
    assert [load(store, run_id).status.state for run_id in ids] == [State.QUEUED] * 2
    assert Tickets(store.root).ids() == set(ids)
    assert woken == [store.root] * 2


def test_a_run_that_failed_after_its_last_epoch_is_resumed_in_that(
    actions: Actions, make_run: MakeRun, make_event: MakeEvent, begun: list[Event]
) -> None:
    failed = make_event("end", state="failed", reason="disk-full", message="No room.", exit_code=1)
    run_id = make_run([*begun, make_event("epoch"), failed], claims=1, epochs=1).id
    assert actions.resume([run_id]).sentence == "Resuming α 0.1 · seed 0 at epoch 1 of 1."


def test_another_try_is_a_new_run(actions: Actions, store: Store, make_stopped: Callable[[float], str]) -> None:
    old = make_stopped(0.1)
    done = actions.retry([old])
    assert done.sentence == "Trying α 0.1 · seed 0 again."
    (new,) = done.new
    assert load(store, new).meta["retry_of"] == old
    assert load(store, new).status.state is State.QUEUED
    assert load(store, old).status.state is State.STOPPED


def test_removed_runs_are_brought_back(actions: Actions, store: Store, make_finished: Callable[[float], str]) -> None:
    ids = [make_finished(alpha) for alpha in (0.1, 0.2, 0.3, 0.4)]
    before = Folder.read(store.root)
    one = actions.remove(ids[:1])
    assert one.sentence == "Moved α 0.1 · seed 0 to the trash. u brings it back."
    three = actions.remove(ids[1:])
    assert three.sentence.startswith("Moved α 0.2 · seed 0, α 0.3 · seed 0 and α 0.4 · seed 0 to the trash.")
    assert store.run_dirs() == []
    for done in (three, one):
        assert done.undo is not None
        done.undo.act()
    assert Folder.read(store.root) == before
    assert actions.remove(ids).sentence == "Moved 4 runs to the trash. u brings them back."
    assert actions.restore(ids).sentence == "Brought back 4 runs."
    assert Folder.read(store.root) == before
    actions.remove(ids[:1])
    assert actions.empty_trash().sentence == "Deleted 1 run for good."
    assert Trash(store.root).ids() == []


def test_tags_come_back_in_their_order(actions: Actions, store: Store, three: Callable[[str], list[str]]) -> None:
    ids = three("finished")
    tag(load(store, ids[1]), ["z", "a"])
    done = actions.tag(ids, ["new"], ["paper", "z"])
    assert done.sentence == "Tagged α 0.1 · seed 0, α 0.2 · seed 0 and α 0.3 · seed 0."
    assert [load(store, run_id).tags for run_id in ids] == [("--last", "talk", "new"), ("a", "new"), ("new",)]
    assert done.undo is not None
    done.undo.act()
    assert [load(store, run_id).tags for run_id in ids] == [("--last", "paper", "talk"), ("z", "a"), ()]
    assert actions.tag(ids[:1], [], ["talk"]).sentence == "Untagged α 0.1 · seed 0."


def test_notes_and_pins_come_back(actions: Actions, store: Store, three: Callable[[str], list[str]]) -> None:
    ids = three("finished")
    noted, pinned = actions.note(ids, "too high?\nα"), actions.pin(ids[1:], True)
    unpinned, removed = actions.pin(ids[:1], False), actions.note(ids[:1], "")
    assert noted.sentence.startswith("Noted on α 0.1 · seed 0, ")
    assert pinned.sentence == "Pinned α 0.2 · seed 0 and α 0.3 · seed 0."
    assert unpinned.sentence == "Unpinned α 0.1 · seed 0."
    assert removed.sentence == "Note of α 0.1 · seed 0 removed."
    metas = [load(store, run_id).meta for run_id in ids]
    assert [(meta["note"], meta["pinned"]) for meta in metas] == [
        (None, False),
        ("too high?\nα", True),
        ("too high?\nα", True),
    ]
    for done in (removed, unpinned, pinned, noted):
        assert done.undo is not None
        done.undo.act()
    metas = [load(store, run_id).meta for run_id in ids]
    assert [(meta["note"], meta["pinned"]) for meta in metas] == [("as it was", True), (None, False), (None, False)]


def test_the_queue_has_its_order_again(actions: Actions, store: Store, make_queued: Callable[[float], str]) -> None:
    ids = [make_queued(alpha) for alpha in (0.1, 0.2, 0.3)]
    change_control(RunPaths(store.root / ids[2]), priority=1)
    before = queue_of(store)
    assert before == [ids[2], ids[0], ids[1]]
    controls = [load(store, run_id).control for run_id in ids]
    first = actions.move_in_queue([ids[1], ids[0]], "first")
    assert first.sentence == "α 0.2 · seed 0 and α 0.1 · seed 0 go first."
    assert queue_of(store) == [ids[1], ids[0], ids[2]]
    last = actions.move_in_queue([ids[1]], "last")
    assert last.sentence == "α 0.2 · seed 0 goes last."
    assert queue_of(store) == [ids[0], ids[2], ids[1]]
    for done in (last, first):
        assert done.undo is not None
        done.undo.act()
    assert queue_of(store) == before
    assert [load(store, run_id).control for run_id in ids] == controls


def test_a_run_is_named_by_its_alpha_and_seed(store: Store, make_run: MakeRun) -> None:
    assert title(Run.load(make_run(alpha=0.25, seed=20261123).root)) == "α 0.25 · seed 20261123"


# What cannot be done


@pytest.fixture
def broken(store: Store, make_finished: Callable[[float], str]) -> str:
    run_id = make_finished(0.8)
    write_json(RunPaths(store.root / run_id).meta, {"tags": 3})
    return run_id


@pytest.mark.parametrize(
    ("act", "fitting", "odd", "reason"),
    [
        (lambda actions, ids: actions.end(ids, "stop"), "queued", "broken", "tags is not a list"),
        (lambda actions, ids: actions.resume(ids), "stopped", "running", "is running."),
        (lambda actions, ids: actions.retry(ids), "stopped", "running", "is running."),
        (lambda actions, ids: actions.remove(ids), "stopped", "running", "is running."),
        (lambda actions, ids: actions.tag(ids, ["x"], []), "finished", "broken", "tags is not a list"),
        (lambda actions, ids: actions.note(ids, "x"), "finished", "broken", "tags is not a list"),
        (lambda actions, ids: actions.pin(ids, True), "finished", "broken", "tags is not a list"),
    ],
    ids=["stop", "resume", "retry", "remove", "tag", "note", "pin"],
)
def test_it_is_done_to_those_that_it_can_be_done_to(
    request: pytest.FixtureRequest, actions: Actions, store: Store, act: Act, fitting: str, odd: str, reason: str
) -> None:
    fitting, odd = request.getfixturevalue(f"make_{fitting}")(0.1), request.getfixturevalue(odd)
    untouched = Folder.read(store.root).files
    done = act(actions, [odd, fitting, "vanished"])
    assert "α 0.1 · seed 0" in done.sentence
    assert odd in done.problem
    assert reason in done.problem
    assert odd not in done.command
    changed = {name: data for name, data in Folder.read(store.root).files.items() if name.startswith(odd)}
    assert changed == {name: data for name, data in untouched.items() if name.startswith(odd)}
    if done.undo is not None:
        done.undo.act()
    with pytest.raises(MixtuiError) as caught:
        act(actions, [odd, "vanished"])
    assert reason in caught.value.message
    assert caught.value.hint


def test_what_is_no_tag_changes_no_run(actions: Actions, store: Store, refused: Refused, running: str) -> None:
    with refused("'a,b'"):
        actions.tag([running], ["good", "a,b"], [])
    assert load(store, running).tags == ()


def test_only_what_waits_has_a_place_in_the_queue(
    actions: Actions, store: Store, refused: Refused, make_queued: Callable[[float], str], running: str
) -> None:
    ids = [make_queued(0.1), make_queued(0.2)]
    with refused("is running."):
        actions.move_in_queue([ids[1], running], "first")
    assert queue_of(store) == ids


def test_a_place_that_is_taken_keeps_what_is_in_it(
    actions: Actions, store: Store, refused: Refused, make_finished: Callable[[float], str]
) -> None:
    run_id = make_finished(0.1)
    done = actions.remove([run_id])
    (store.root / run_id).mkdir()
    write_json(RunPaths(store.root / run_id).config, {})
    assert done.undo is not None
    with refused("there already"):
        done.undo.act()
    assert Trash(store.root).ids() == [run_id]
