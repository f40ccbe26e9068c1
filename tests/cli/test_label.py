"""`mixtui tag`, `note` and `pin`."""

from __future__ import annotations

import json

import pytest

from mixtui.store.run import Run
from mixtui.store.store import Store
from tests.cli.conftest import CommandLine
from tests.conftest import MakeRun


def tags(store: Store) -> list[tuple[str, ...]]:
    return [Run.load(path).tags for path in store.run_dirs()]


@pytest.fixture
def three(make_run: MakeRun) -> list[str]:
    """The ids of three runs, of α 0.1, 0.2 and 0.3."""
    return [make_run(alpha=alpha).id for alpha in (0.1, 0.2, 0.3)]


def test_tags_come_and_go(quick: CommandLine, store: Store, three: list[str]) -> None:
    done = quick("tag", three[0], three[2][-4:], "-a", "paper", "--add", " no coffee ")
    assert done.returncode == 0
    assert done.stdout.splitlines() == [f"tagged: {three[0]}", f"tagged: {three[2]}"]
    assert tags(store) == [("paper", "no coffee"), (), ("paper", "no coffee")]

    done = quick("tag", "--filter", 'tag:"no coffee" alpha<0.3', "--remove", "paper", "--remove", "unknown")
    assert (done.returncode, done.stdout) == (0, f"untagged: {three[0]}\n")
    assert tags(store) == [("no coffee",), (), ("paper", "no coffee")]

    assert quick("tag", "latest", "--remove", "paper", "--add", "talk").returncode == 0
    assert tags(store)[2] == ("no coffee", "talk")


def test_notes_and_pins_show_in_the_listing(quick: CommandLine, three: list[str]) -> None:
    assert quick("note", "latest", "--text", "lr too high?\nα").stdout == f"noted: {three[2]}\n"
    assert quick("pin", "--filter", "alpha<=0.2").stdout == f"pinned: {three[0]}\npinned: {three[1]}\n"
    listed = json.loads(quick("list", "--json").stdout)
    assert [run["note"] for run in listed] == [None, None, "lr too high?\nα"]
    assert [run["pinned"] for run in listed] == [True, True, False]

    assert quick("note", "latest", "--text", "").stdout == f"note removed: {three[2]}\n"
    assert quick("pin", three[0], "--off").stdout == f"unpinned: {three[0]}\n"
    listed = json.loads(quick("list", "--json").stdout)
    assert [(run["note"], run["pinned"]) for run in listed] == [(None, False), (None, True), (None, False)]


def test_tags_from_two_shells_at_once_are_all_kept(quick: CommandLine, store: Store, three: list[str]) -> None:
    both = [quick.begin("tag", *three * 5, "--add", name) for name in ("a", "b", "c")]
    assert [process.wait(timeout=30) for process in both] == [0, 0, 0]
    assert [sorted(found) for found in tags(store)] == [["a", "b", "c"]] * 3


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("tag", "latest"), "--add"),
        (("tag", "--add", "x"), "--filter"),
        (("tag", "latest", "--add", ""), "empty"),
        (("tag", "latest", "--add", "good", "--add", "a,b"), "'a,b'"),
        (("tag", "latest", "--add", "two\nlines"), "line break"),
        (("note", "latest"), "--text"),
        (("note", "nonsense", "--text", "x"), "nonsense"),
        (("pin", "--filter", ""), "empty"),
    ],
)
def test_bad_usage_is_two_lines_and_exit_code_2(
    quick: CommandLine, store: Store, three: list[str], arguments: tuple[str, ...], word: str
) -> None:
    done = quick(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 2, done.stderr
    assert word in done.stderr
    assert tags(store) == [()] * 3
