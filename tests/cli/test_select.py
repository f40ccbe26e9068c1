"""Choosing runs by `--filter`, as every command that takes several runs does."""

from __future__ import annotations

import pytest

from mixtui.store.run import Run
from mixtui.store.store import Store
from tests.cli.conftest import CommandLine
from tests.conftest import MakeEvent, MakeRun


@pytest.fixture
def ids(make_run: MakeRun, make_event: MakeEvent) -> list[str]:
    """A finished run, and two that wait on no host; α 0.1, 0.2 and 0.3."""
    events = [make_event(kind) for kind in ("attempt", "data", "phase", "epoch", "end")]
    return [make_run(events, claims=1, alpha=0.1).id, make_run(alpha=0.2).id, make_run(alpha=0.3).id]


@pytest.mark.parametrize("command", ["stop", "list", "wait", "remove", "resume"])
@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("state:runing", "runing"),
        ("alpha>=0.2 (tag:paper OR tag:talk", "("),
        ("alhpa:0.1", "alhpa"),
        ("ece<small", "small"),
        ("name:日本 state:runing", "runing"),
    ],
)
def test_a_bad_query_has_carets_under_the_wrong_place(
    quick: CommandLine, ids: list[str], command: str, query: str, wrong: str
) -> None:
    done = quick(command, "--filter", query)
    assert (done.returncode, done.stdout) == (2, "")
    message, shown, carets = done.stderr.splitlines()
    assert message.startswith("mixtui: ")
    assert shown.strip() == query
    assert carets.split()[0] == "^" * len(wrong)
    cells = shown.replace("日本", "____")  # two cells each
    assert cells[carets.index("^") : carets.rindex("^") + 1] == wrong


def test_it_takes_the_runs_that_fit(quick: CommandLine, store: Store, ids: list[str]) -> None:
    done = quick("tag", "--filter", "state:queued alpha>=0.25 OR ece<=0.25", "--add", "x")
    assert done.stdout.splitlines() == [f"tagged: {ids[0]}", f"tagged: {ids[2]}"]
    done = quick("tag", ids[1], ids[2], "--filter", "-tag:x", "--add", "y")  # of those named
    assert done.stdout.splitlines() == [f"tagged: {ids[1]}"]
    assert [Run.load(path).tags for path in store.run_dirs()] == [("x",), ("y",), ("x",)]
    listed = quick("list", "--filter", "tag:x").stdout.splitlines()
    assert [line.split()[0] for line in listed[1:3]] == [ids[0][-4:], ids[2][-4:]]


@pytest.mark.parametrize(
    ("query", "word"), [("tag:stuyd", "No run matches tag:stuyd."), ("", "empty"), ("  ", "empty")]
)
def test_nothing_chosen_is_an_error_and_nothing_is_done(
    quick: CommandLine, store: Store, ids: list[str], query: str, word: str
) -> None:
    done = quick("stop", "--filter", query)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 2
    assert word in done.stderr
    assert quick("list", "--filter", "state:queued").stdout.count("queued") == 2


def test_a_broken_run_is_passed_over_unless_it_is_named(quick: CommandLine, store: Store, ids: list[str]) -> None:
    (store.root / ids[1] / "control.json").write_text('{"half": ')
    done = quick("stop", "--filter", "-name:test")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"stopped: {ids[2]}\n", "")
    for arguments in ((ids[1],), ("--filter", "state:broken")):
        done = quick("stop", *arguments)
        assert done.returncode == 2
        assert "control.json" in done.stderr
        assert len(done.stderr.splitlines()) == 2
    assert (store.root / ids[1] / "control.json").read_text() == '{"half": '
