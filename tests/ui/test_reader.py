"""The thread that reads: it posts what changed, and no run or folder ends it."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from textual.message import Message

from mixtui.launch.wake import note_path
from mixtui.store import folder_watch
from mixtui.store.files import write_json
from mixtui.store.jsonl import JsonlWriter
from mixtui.store.store import Store
from mixtui.ui import reader as reader_module
from mixtui.ui.reader import FolderRead, FolderUnreadable, Reader, RunsRead
from mixtui.ui.run_view import FollowedRun
from tests.conftest import Event, MakeEvent, MakeRun

PATIENCE = 20.0  # seconds


class Inbox:
    """What a reader posted, oldest first."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._news = threading.Condition()

    def post(self, message: Message) -> None:
        with self._news:
            self.messages.append(message)
            self._news.notify_all()

    def wait(self, condition: Callable[[], object]) -> None:
        """Until the condition, which messages bring about, is true."""
        with self._news:
            assert self._news.wait_for(condition, PATIENCE), self.messages

    def of(self, kind: type[Message]) -> list[Any]:
        return [message for message in self.messages if isinstance(message, kind)]

    @property
    def states(self) -> dict[str, str]:
        """The states that the last `FolderRead` told, by id."""
        folders = self.of(FolderRead)
        return {document["id"]: document["state"] for document in folders[-1].documents} if folders else {}

    @property
    def views(self) -> dict[str, Any]:
        """The last view of each run."""
        return {run_id: view for message in self.of(RunsRead) for run_id, view in message.views.items()}


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The runs folders for which a supervisor was looked for."""
    roots: list[Path] = []
    monkeypatch.setattr(reader_module, "wake", roots.append)
    return roots


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, woken: list[Path]) -> None:
    for name in ("LOOK_EVERY", "REST_EVERY", "SUPERVISE_EVERY"):
        monkeypatch.setattr(reader_module, name, 0.01)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def reader(store: Store, inbox: Inbox) -> Iterator[Reader]:
    reader = Reader(store, inbox.post)
    yield reader
    reader.close()
    join()


def join() -> None:
    """Wait for the reader's thread to end."""
    deadline = time.monotonic() + PATIENCE
    for thread in threading.enumerate():
        if thread.name == "reader":
            thread.join(max(0.0, deadline - time.monotonic()))
    assert not any(thread.name == "reader" for thread in threading.enumerate())


def append(path: Path, *records: Event) -> None:
    log = JsonlWriter(path)
    log.append(records)
    log.close()


def steps(*numbers: int) -> list[Event]:
    return [{"step": n, "loss": 1.0 / n, "lam": 0.5, "lr": 0.1, "attempt": 1} for n in numbers]


@pytest.fixture
def begun(make_event: MakeEvent) -> list[Event]:
    return [make_event("attempt"), make_event("data"), make_event("phase")]


# The folder


def test_runs_that_come_change_and_go_are_posted(
    reader: Reader, inbox: Inbox, make_run: MakeRun, make_event: MakeEvent, begun: list[Event]
) -> None:
    reader.start()
    inbox.wait(lambda: inbox.of(FolderRead))
    assert inbox.states == {}
    first = make_run(begun, claims=1)
    inbox.wait(lambda: inbox.states == {first.id: "running"})
    append(first.events, make_event("epoch"), make_event("end"))
    inbox.wait(lambda: inbox.states == {first.id: "finished"})
    second = make_run()
    inbox.wait(lambda: inbox.states == {first.id: "finished", second.id: "queued"})
    shutil.rmtree(first.root)
    inbox.wait(lambda: inbox.states == {second.id: "queued"})


def test_where_nothing_changes_nothing_is_posted(
    reader: Reader, inbox: Inbox, make_run: MakeRun, woken: list[Path]
) -> None:
    make_run()
    reader.start()
    inbox.wait(lambda: inbox.states)
    looks = len(woken)
    deadline = time.monotonic() + PATIENCE
    while len(woken) < looks + 5:  # it looks again and again
        assert time.monotonic() < deadline
        reader.look_now()
        time.sleep(0.01)
    assert len(inbox.messages) == 1


def test_what_the_queue_waits_for_is_told_as_it_changes(reader: Reader, inbox: Inbox, make_run: MakeRun) -> None:
    run = make_run()
    reader.start()
    inbox.wait(lambda: inbox.states)
    note_path(run.root.parent).write_text("waiting for memory")
    inbox.wait(lambda: inbox.of(FolderRead)[-1].note == "waiting for memory")
    note_path(run.root.parent).unlink()
    inbox.wait(lambda: inbox.of(FolderRead)[-1].note == "")


def test_a_folder_that_vanishes_and_comes_back_is_read_again(
    reader: Reader, inbox: Inbox, store: Store, make_run: MakeRun
) -> None:
    run = make_run()
    reader.follow([run.id])
    reader.start()
    inbox.wait(lambda: inbox.states == {run.id: "queued"} and run.id in inbox.views)
    away = store.root.rename(store.root.with_name("away"))
    inbox.wait(lambda: inbox.states == {})
    posted = len(inbox.of(RunsRead))
    away.rename(store.root)
    inbox.wait(lambda: inbox.states == {run.id: "queued"})
    inbox.wait(lambda: len(inbox.of(RunsRead)) > posted)  # whoever forgot its view gets it again


def test_a_folder_that_is_none_is_told_and_looked_at_again(
    reader: Reader, inbox: Inbox, store: Store, make_run: MakeRun
) -> None:
    store.root.write_text("a file")
    reader.start()
    inbox.wait(lambda: inbox.of(FolderUnreadable))
    assert "cannot be read" in inbox.of(FolderUnreadable)[0].error.message
    store.root.unlink()
    run = make_run()
    inbox.wait(lambda: inbox.states == {run.id: "queued"})


def test_broken_runs_are_told_and_the_others_read(
    reader: Reader, inbox: Inbox, make_run: MakeRun, begun: list[Event]
) -> None:
    broken, whole = make_run(begun, claims=1), make_run(begun, claims=1)
    broken.config.write_text("{")
    reader.follow([broken.id, whole.id, "never was"])
    reader.start()
    inbox.wait(lambda: inbox.states == {broken.id: "broken", whole.id: "running"} and whole.id in inbox.views)
    append(whole.events, {"type": "epoch", "time": "x", "attempt": 1, "step": 1})  # it lacks what an epoch has
    inbox.wait(lambda: inbox.states == {broken.id: "broken", whole.id: "broken"})
    later = make_run(begun, claims=1)
    inbox.wait(lambda: inbox.states.get(later.id) == "running")
    assert "never was" not in inbox.views


# The runs that are followed


def test_a_followed_run_is_posted_as_it_grows(
    reader: Reader, inbox: Inbox, make_run: MakeRun, make_event: MakeEvent, begun: list[Event]
) -> None:
    run = make_run(begun, claims=1)
    reader.start()
    reader.follow([run.id])
    inbox.wait(lambda: run.id in inbox.views)
    assert len(inbox.views[run.id].steps.step) == 0
    append(run.steps, *steps(1, 2, 3))
    inbox.wait(lambda: len(inbox.views[run.id].steps.step) == 3)
    append(run.events, make_event("epoch", step=3))
    inbox.wait(lambda: len(inbox.views[run.id].history.epochs) == 1)
    run.output.write_text("line 1\nline 2\n")
    inbox.wait(lambda: inbox.views[run.id].log == ("line 1", "line 2"))


def test_many_are_followed_at_once_each_by_itself(
    reader: Reader, inbox: Inbox, make_run: MakeRun, begun: list[Event]
) -> None:
    runs = [make_run(begun, claims=1) for _ in range(12)]
    for number, run in enumerate(runs, 1):
        append(run.steps, *steps(*range(1, number + 1)))
    reader.start()
    reader.follow([run.id for run in runs] * 2)
    inbox.wait(
        lambda: [len(inbox.views[run.id].steps.step) for run in runs if run.id in inbox.views] == [*range(1, 13)]
    )
    append(runs[3].steps, *steps(5))
    inbox.wait(lambda: len(inbox.views[runs[3].id].steps.step) == 5)
    assert set(inbox.of(RunsRead)[-1].views) == {runs[3].id}  # the others have nothing new


def test_who_is_not_followed_any_more_is_read_on_when_he_is_again(
    reader: Reader, inbox: Inbox, make_run: MakeRun, begun: list[Event]
) -> None:
    one, other = make_run(begun, claims=1), make_run(begun, claims=1)
    reader.follow([one.id])
    reader.start()
    inbox.wait(lambda: one.id in inbox.views)
    reader.follow([other.id])
    inbox.wait(lambda: other.id in inbox.views)
    append(one.steps, *steps(1))
    append(other.steps, *steps(1, 2))
    inbox.wait(lambda: len(inbox.views[other.id].steps.step) == 2)
    assert len(inbox.views[one.id].steps.step) == 0
    reader.follow([one.id])
    inbox.wait(lambda: len(inbox.views[one.id].steps.step) == 1)


def test_a_run_that_was_removed_and_brought_back_is_posted_anew(
    reader: Reader, inbox: Inbox, store: Store, make_run: MakeRun, begun: list[Event]
) -> None:
    run = make_run(begun, claims=1)
    append(run.steps, *steps(1, 2))
    reader.follow([run.id])
    reader.start()
    inbox.wait(lambda: run.id in inbox.views)
    away = run.root.rename(store.root / ".away")
    inbox.wait(lambda: inbox.states == {})
    posted = len(inbox.of(RunsRead))
    away.rename(run.root)
    inbox.wait(lambda: len(inbox.of(RunsRead)) > posted)
    assert len(inbox.of(RunsRead)[-1].views[run.id].steps.step) == 2


def test_a_log_that_cannot_be_read_hides_nothing_else(
    reader: Reader, inbox: Inbox, make_run: MakeRun, begun: list[Event]
) -> None:
    run = make_run(begun, claims=1)
    run.output.mkdir()
    append(run.steps, *steps(1))
    reader.follow([run.id])
    reader.start()
    inbox.wait(lambda: run.id in inbox.views and len(inbox.views[run.id].steps.step) == 1)
    assert inbox.views[run.id].log == ()


def test_steps_that_are_none_end_nothing(reader: Reader, inbox: Inbox, make_run: MakeRun, begun: list[Event]) -> None:
    run = make_run(begun, claims=1)
    run.steps.write_bytes(b'\xff\xfe\n{"step": "x"}\n[]\nnull\n{"step": 1, "loss": NaN}\n' + b"x" * 100_000)
    reader.follow([run.id])
    reader.start()
    inbox.wait(lambda: run.id in inbox.views)
    other = make_run()
    inbox.wait(lambda: inbox.states.get(other.id) == "queued")


def test_a_run_that_a_person_waits_for_is_not_put_off_by_the_keys_that_follow(
    reader: Reader, inbox: Inbox, make_run: MakeRun, begun: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOLD", "MOST_HOLD"):
        monkeypatch.setattr(reader_module, name, 1000.0)
    run = make_run(begun, claims=1)
    reader.start()
    inbox.wait(lambda: inbox.of(FolderRead))
    reader.hold()
    reader.follow([run.id])
    reader.hurry()
    reader.hold()
    inbox.wait(lambda: run.id in inbox.views)


def test_keys_are_answered_in_the_midst_of_a_long_run(make_run: MakeRun, begun: list[Event]) -> None:
    run = make_run(begun, claims=1)
    append(run.steps, *steps(*range(1, 50_001)))
    ways_given = list[int]()
    followed = FollowedRun(run)
    followed.look(lambda: ways_given.append(len(followed.view().steps.step)))
    assert len(followed.view().steps.step) == 50_000
    assert max(np.diff([*ways_given, 50_000])) < 10_000


# Beginning and end


def test_a_supervisor_is_looked_for_again_and_again(
    reader: Reader, store: Store, inbox: Inbox, woken: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    enough = threading.Event()

    def wake(root: Path) -> None:
        woken.append(root)
        if len(woken) == 3:
            enough.set()
        raise OSError("no processes left")

    monkeypatch.setattr(reader_module, "wake", wake)
    reader.start()
    assert enough.wait(PATIENCE)
    assert set(woken) == {store.root}


def test_it_ends_when_it_is_closed(reader: Reader, inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_module, "REST_EVERY", 1000.0)
    reader.start()
    inbox.wait(lambda: inbox.of(FolderRead))
    reader.close()
    join()
    posted = len(inbox.messages)
    reader.look_now()
    assert len(inbox.messages) == posted


def test_it_may_be_closed_before_it_looked(reader: Reader, inbox: Inbox) -> None:
    reader.close()
    reader.start()
    join()
    assert inbox.messages == []


def test_what_a_person_has_just_changed_is_not_put_off_for_keys(store: Store) -> None:
    reader = Reader(store, lambda _message: True)
    reader.hold()
    assert reader.is_held
    reader.look_now()
    assert not reader.is_held


def test_what_a_person_has_just_changed_is_seen_among_any_number_of_runs(
    reader: Reader, inbox: Inbox, make_run: MakeRun, make_event: MakeEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_watch, "AT_REST_A_LOOK", 0)
    monkeypatch.setattr(folder_watch, "AT_REST_A_SECOND", 1e-9)
    monkeypatch.setattr(folder_watch, "server_time", lambda folder: time.time() + 10)  # it ended long ago
    paths = make_run([make_event("attempt"), make_event("end")], claims=1)
    reader.start()
    inbox.wait(lambda: inbox.states)
    write_json(paths.meta, {"name": "typed"})
    reader.look_now()
    inbox.wait(lambda: inbox.of(FolderRead)[-1].documents[0]["name"] == "typed")


def test_changes_of_many_runs_are_told_together(
    reader: Reader, inbox: Inbox, make_run: MakeRun, woken: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "TELL_PAUSE", 1000.0)
    paths = make_run()
    reader.start()
    inbox.wait(lambda: inbox.states)
    for name in ("first", "last"):
        write_json(paths.meta, {"name": name})
        looks, deadline = len(woken), time.monotonic() + PATIENCE
        while len(woken) < looks + 3:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert len(inbox.messages) == 1
    reader.look_now()
    inbox.wait(lambda: len(inbox.messages) == 2)
    assert inbox.of(FolderRead)[-1].documents[0]["name"] == "last"
