"""`mixtui queue`: what trains and what waits, in order; and another order."""

from __future__ import annotations

import json

import pytest

from mixtui.store.control import change_control
from mixtui.store.paths import RunPaths
from mixtui.store.store import Store
from tests.cli.conftest import CommandLine
from tests.conftest import MakeEvent, MakeRun


@pytest.fixture
def ids(make_run: MakeRun, make_event: MakeEvent) -> list[str]:
    """One run that is running, and three that wait on no host, in this order; α 0.1, 0.2, 0.3 and 0.4."""
    running = make_run([make_event("attempt"), make_event("data"), make_event("phase")], claims=1, alpha=0.1)
    waiting = [make_run(alpha=alpha) for alpha in (0.2, 0.3, 0.4)]
    for minute, paths in enumerate(waiting):
        change_control(paths, priority=0, queued=f"2026-11-23T10:0{minute}:00.000000+00:00")
    return [paths.id for paths in (running, *waiting)]


def queued(quick: CommandLine) -> list[str]:
    found: list[str] = json.loads(quick("queue", "--json").stdout)["queued"]
    return found


def test_it_shows_what_trains_and_then_what_waits_in_order(quick: CommandLine, store: Store, ids: list[str]) -> None:
    change_control(RunPaths(store.root / ids[3]), priority=1)
    _, training, *waiting, summary = quick("queue").stdout.splitlines()
    assert training.split()[:3] == [ids[0][-4:], "●", "running"]
    order = [(str(place), ids[index][-4:], "○", "queued") for place, index in enumerate((3, 1, 2), 1)]
    assert [tuple(line.split()[:4]) for line in waiting] == order
    assert summary == "1 live, 3 queued."
    document = json.loads(quick("queue", "--json").stdout)
    assert document == {"live": [ids[0]], "queued": [ids[3], ids[1], ids[2]], "note": None}


def test_runs_go_before_and_after_all_others(quick: CommandLine, ids: list[str]) -> None:
    assert quick("queue", ids[3], ids[2], "--first").returncode == 0
    assert queued(quick) == [ids[3], ids[2], ids[1]]
    assert quick("queue", "--filter", "alpha:0.3", "--first").returncode == 0
    assert queued(quick) == [ids[2], ids[3], ids[1]]
    assert quick("queue", ids[2][-4:], "--last").returncode == 0
    assert queued(quick) == [ids[3], ids[1], ids[2]]


def test_a_filter_passes_over_what_does_not_wait(quick: CommandLine, ids: list[str]) -> None:
    assert quick("queue", "--filter", "alpha:0.1,0.4", "--first").returncode == 0
    assert queued(quick) == [ids[3], ids[1], ids[2]]
    done = quick("queue", "--filter", "alpha:0.1", "--first")
    assert done.returncode == 2
    assert f"{ids[0]} is running." in done.stderr


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("latest",), "--first"),
        (("--first",), "--filter"),
        (("--first", "--last", "latest"), "together"),
        (("--first", "nonsense"), "nonsense"),
        (("--first", "latest", "RUNNING"), "is running"),
    ],
)
def test_bad_usage_is_two_lines_and_changes_nothing(
    quick: CommandLine, ids: list[str], arguments: tuple[str, ...], word: str
) -> None:
    done = quick("queue", *(ids[0] if argument == "RUNNING" else argument for argument in arguments))
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 2, done.stderr
    assert word in done.stderr
    assert queued(quick) == ids[1:]


def test_an_empty_queue_says_so(quick: CommandLine) -> None:
    assert quick("queue").stdout == "Nothing trains, and nothing waits.\n"
    assert json.loads(quick("queue", "--json").stdout) == {"live": [], "queued": [], "note": None}
