"""Which runs the supervisor of this host looks after."""

from __future__ import annotations

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

import pytest

from mixtui.store.store import Store
from mixtui.store.tickets import Tickets

Refused = Callable[[str], AbstractContextManager[None]]


def test_a_ticket_is_there_from_when_it_is_added_until_it_is_removed(store: Store) -> None:
    tickets = Tickets(store.root)
    for _ in range(2):
        tickets.add("one")
    tickets.add("two")
    assert tickets.ids() == Tickets(store.root).ids() == {"one", "two"}
    for _ in range(2):
        tickets.remove("one")
    assert tickets.ids() == {"two"}


def test_looking_for_tickets_makes_nothing(store: Store) -> None:
    assert Tickets(store.root).ids() == set()
    assert not store.root.exists()


def test_tickets_are_no_runs(store: Store) -> None:
    Tickets(store.root).add("one")
    assert store.run_dirs() == []


def test_each_host_has_its_own(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    Tickets(store.root).add("here")
    monkeypatch.setattr(socket, "gethostname", lambda: "elsewhere")
    assert Tickets(store.root).ids() == set()
    Tickets(store.root).add("there")
    monkeypatch.undo()
    assert Tickets(store.root).ids() == {"here"}


def test_of_many_added_at_once_none_is_lost(store: Store) -> None:
    ids = {f"run-{n}" for n in range(100)}
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(Tickets(store.root).add, ids))
    assert Tickets(store.root).ids() == ids


def test_a_runs_folder_that_is_none_has_no_queue(store: Store, refused: Refused) -> None:
    store.root.write_text("a file is in the way")
    assert Tickets(store.root).ids() == set()
    with refused("one cannot be queued"):
        Tickets(store.root).add("one")


def test_a_scheduler_has_one_for_all_hosts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    Tickets(store.root, "slurm").add("theirs")
    Tickets(store.root).add("ours")
    monkeypatch.setattr(socket, "gethostname", lambda: "elsewhere")
    assert Tickets(store.root, "slurm").ids() == {"theirs"}
    assert Tickets(store.root).ids() == set()
    assert store.run_dirs() == []


def test_a_host_may_be_called_as_a_scheduler_is(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "slurm")
    Tickets(store.root, "slurm").add("theirs")
    Tickets(store.root).add("ours")
    assert Tickets(store.root).ids() == {"ours"}
    assert Tickets(store.root, "slurm").ids() == {"theirs"}
