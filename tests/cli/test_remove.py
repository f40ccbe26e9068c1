"""`mixtui remove`, `restore` and `trash`."""

from __future__ import annotations

import json

import pytest

from mixtui.store.store import Store
from tests.cli.conftest import CommandLine
from tests.conftest import MakeEvent, MakeRun


@pytest.fixture
def ids(make_run: MakeRun, make_event: MakeEvent) -> list[str]:
    """Two finished runs and one that is running."""
    begun = [make_event("attempt"), make_event("data"), make_event("phase")]
    ended = [make_run([*begun, make_event("epoch"), make_event("end")], claims=1, alpha=alpha) for alpha in (0.1, 0.2)]
    return [paths.id for paths in (*ended, make_run(begun, claims=1, alpha=0.3))]


def names(store: Store) -> list[str]:
    return [path.name for path in store.run_dirs()]


def test_removed_runs_come_back_whole(quick: CommandLine, store: Store, ids: list[str]) -> None:
    before = {file.name: file.read_bytes() for file in (store.root / ids[0]).iterdir()}
    done = quick("remove", "--filter", "alpha>=0")  # the running one is passed over
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [f"removed: {ids[0]}", f"removed: {ids[1]}"]
    assert names(store) == [ids[2]]

    assert quick("trash").stdout.splitlines()[:2] == ids[:2]
    in_trash = json.loads(quick("trash", "--json").stdout)
    assert in_trash["ids"] == ids[:2]
    assert in_trash["bytes"] > sum(map(len, before.values()))

    done = quick("restore", "nonsense", ids[0][-4:], ids[1])
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 2
    assert done.stdout.splitlines() == [f"restored: {ids[0]}", f"restored: {ids[1]}"]
    assert names(store) == ids
    assert {file.name: file.read_bytes() for file in (store.root / ids[0]).iterdir()} == before


def test_a_live_run_is_refused_and_said_what_to_do(quick: CommandLine, store: Store, ids: list[str]) -> None:
    done = quick("remove", ids[2], ids[0])
    assert (done.returncode, done.stdout) == (2, f"removed: {ids[0]}\n")
    assert f"{ids[2]} is running." in done.stderr
    assert f"mixtui stop {ids[2]}" in done.stderr
    assert names(store) == ids[1:]


def test_only_emptying_the_trash_deletes(quick: CommandLine, store: Store, ids: list[str]) -> None:
    assert quick("trash").stdout == "The trash is empty.\n"
    assert quick("remove", ids[0]).returncode == 0
    done = quick("trash", "--empty")
    assert done.returncode == 0
    assert "1 removed run" in done.stdout
    assert "deleted for good" in done.stdout
    assert quick("trash", "--empty", "--json").stdout == '{\n  "ids": [],\n  "bytes": 0,\n  "emptied": true\n}\n'
    done = quick("restore", ids[0])
    assert done.returncode == 2
    assert "mixtui trash" in done.stderr
    assert names(store) == ids[1:]


def test_a_place_that_is_taken_keeps_what_is_in_it(quick: CommandLine, store: Store, ids: list[str]) -> None:
    assert quick("remove", ids[0]).returncode == 0
    (store.root / ids[0]).mkdir()
    done = quick("restore", ids[0])
    assert done.returncode == 2
    assert "there already" in done.stderr
    assert json.loads(quick("trash", "--json").stdout)["ids"] == ids[:1]
