"""How long runs take, by what runs did before."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtui.config import RunConfig
from mixtui.launch.estimate import (
    MOST_DIRECTORIES,
    Pace,
    Typical,
    directory_size,
    runs_at_once,
    typical_size,
    until_empty,
)
from mixtui.store.listing import listed
from mixtui.store.run import BrokenRunError
from mixtui.store.run_document import broken_document
from mixtui.store.store import Store
from mixtui.time_text import LONGEST, clock, duration

HERE = "here"
NOW = datetime(2026, 11, 23, 18, 42, 30, tzinfo=timezone(timedelta(hours=1)))  # a Monday
Document = dict[str, Any]


def config(**recipe: Any) -> dict[str, Any]:
    return RunConfig(**{"alpha": 0.1, **recipe}).to_json()


def document(seconds: float | None = None, epoch: int = 0, **fields: Any) -> Document:
    """A run as `list --json` has it, with `epoch` epochs done in `seconds`; keywords are its or its recipe's."""
    own = ("id", "state", "host", "stalled_for", "path")
    recipe = {name: value for name, value in fields.items() if name not in own}
    settings = config(**recipe)
    usual = {"id": "x", "state": "finished", "host": HERE, "stalled_for": None, "path": "/nowhere"}
    outcome = {"config": settings, "epochs": settings["epochs"], "epoch": epoch, "seconds": seconds}
    return usual | outcome | {name: value for name, value in fields.items() if name in own}


# Runs like it


def test_a_run_takes_what_the_median_of_its_like_took_for_as_many_epochs() -> None:
    pace = Pace([document(100.0, 10), document(70.0, 5, epochs=5), document(36.0, 3, state="crashed")], HERE)
    assert pace.of_epoch(config()) == Typical(12.0, 3)
    assert pace.of_run(config(epochs=20, alpha=0.7, seed=3, lr=0.1)) == Typical(240.0, 3)


def test_nothing_is_known_without_a_run_like_it() -> None:
    assert Pace([], HERE).of_run(config()) is None
    others = [
        document(10.0, 1, model="resnet34"),
        document(10.0, 1, dataset="synthetic"),
        document(10.0, 1, device="cuda"),
        document(10.0, 1, stem="cifar"),
        document(None, 0),
        broken_document(BrokenRunError("x", "config.json is missing")),
    ]
    assert Pace(others, HERE).of_run(config()) is None


@pytest.mark.parametrize(
    "nearer",
    [{"batch_size": 128}, {"precision": "bf16"}, {"threads": 4}, {"augment": True}, {"host": "elsewhere"}],
)
def test_runs_unlike_it_in_a_small_thing_count_only_where_there_are_none_nearer(nearer: dict[str, Any]) -> None:
    assert Pace([document(10.0, 1, **nearer)], HERE).of_epoch(config()) == Typical(10.0, 1)
    both = [document(10.0, 1, **nearer), document(30.0, 1)]
    assert Pace(both, HERE).of_epoch(config()) == Typical(30.0, 1)


def test_threads_weigh_more_than_augmentation_and_the_batch_more_than_both() -> None:
    seen = [document(1.0, 1, batch_size=128), document(2.0, 1, threads=4), document(3.0, 1, augment=True)]
    assert Pace(seen[:1], HERE).of_epoch(config()) == Typical(1.0, 1)
    assert Pace(seen[:2], HERE).of_epoch(config()) == Typical(2.0, 1)
    assert Pace(seen, HERE).of_epoch(config()) == Typical(3.0, 1)


def test_one_gpu_is_as_another() -> None:
    assert Pace([document(10.0, 1, device="cuda:1")], HERE).of_epoch(config(device="cuda")) == Typical(10.0, 1)


def test_real_documents_teach(
    make_run: Callable[..., Any], make_event: Callable[..., Any], store: Store, tmp_path: Path
) -> None:
    make_run([make_event("attempt"), make_event("epoch"), make_event("end")], claims=1)
    make_run(model="resnet34")
    (tmp_path / "runs" / "20261122-231502-x").mkdir()  # broken
    pace = Pace(listed(store), HERE)
    assert pace.of_epoch(config(dataset="synthetic")) == Typical(2.0, 1)


# Time left


def test_a_live_run_goes_on_at_its_own_pace() -> None:
    run, pace = document(60.0, 6, state="running"), Pace([document(1.0, 1)] * 3, HERE)
    assert pace.left(run) == 40.0
    assert pace.left(run, fraction=0.5) == 35.0
    assert pace.left(run, epoch_began=NOW - timedelta(seconds=4), now=NOW) == 36.0


def test_an_epoch_that_takes_longer_than_those_before_counts_as_nearly_done() -> None:
    pace, run = Pace([], HERE), document(60.0, 6, state="running")
    assert pace.left(run, epoch_began=NOW - timedelta(hours=4), now=NOW) == 30.0
    assert pace.left(run, epoch_began=NOW + timedelta(hours=4), now=NOW) == 40.0
    assert pace.left(run, fraction=7.0) == 30.0
    assert pace.left(run, fraction=math.nan) == 40.0
    assert pace.left(document(60.0, 10, state="running"), fraction=0.5) == 0.0


def test_before_its_first_epoch_a_run_goes_by_runs_like_it() -> None:
    run = document(None, 0, state="starting")
    assert Pace([document(20.0, 2)], HERE).left(run, fraction=0.1) == pytest.approx(99.0)
    assert Pace([], HERE).left(run, fraction=0.1) is None


def test_of_a_stalled_run_nothing_is_known_and_one_that_was_asked_to_end_has_none_left() -> None:
    pace = Pace([], HERE)
    assert pace.left(document(60.0, 6, state="running", stalled_for=80.0)) is None
    assert pace.left(document(60.0, 6, state="stopping")) == 0.0
    assert pace.left(broken_document(BrokenRunError("x", "gone"))) is None


# The queue


@pytest.mark.parametrize(
    ("live", "queued", "places", "seconds"),
    [
        ([], [], 2, 0.0),
        ([5.0], [], 1, 5.0),
        ([5.0], [10.0], 1, 15.0),
        ([5.0], [10.0], 2, 10.0),
        ([5.0], [10.0, 10.0], 3, 10.0),
        ([5.0, 8.0], [10.0, 10.0, 1.0], 2, 18.0),
        ([], [3.0, 2.0, 1.0], 2, 3.0),
        ([], [1.0, 2.0, 3.0], 2, 4.0),  # in the queue's order, not in the best
        ([9.0, 1.0, 2.0, 3.0], [4.0], 2, 9.0),  # more live than places
        ([9.0, 1.0, 2.0, 3.0], [7.0], 2, 10.0),
        ([5.0], [5.0], 0, 10.0),
        ([None], [5.0], 2, None),
        ([5.0], [5.0, None], 2, None),
        ([5.0], [LONGEST], 1, None),
    ],
)
def test_the_queue_is_empty_when_its_last_run_has_ended(
    live: list[float | None], queued: list[float | None], places: int, seconds: float | None
) -> None:
    assert until_empty(live, queued, places) == seconds


def simulated(live: list[int], queued: list[int], places: int) -> int:
    """The same second by second."""
    running, waiting, clock = list(live), list(queued), 0
    while True:
        running = [left for left in running if left > 0]
        while waiting and len(running) < places:
            running.append(waiting.pop(0))
        if not running:
            return clock
        running = [left - 1 for left in running]
        clock += 1


@settings(max_examples=50)
@given(
    live=st.lists(st.integers(1, 20), max_size=6),
    queued=st.lists(st.integers(1, 20), max_size=12),
    places=st.integers(1, 6),
)
def test_the_estimate_is_what_the_queue_would_do(live: list[int], queued: list[int], places: int) -> None:
    assert until_empty(live, queued, places) == simulated(live, queued, places)


@pytest.mark.parametrize(
    ("device", "threads", "resources", "runs"),
    [
        ("cpu", 4, {"cores": 8, "gpus": 0}, 2),
        ("cpu", 3, {"cores": 8, "gpus": 1}, 2),
        ("cpu", 16, {"cores": 8, "gpus": 0}, 1),
        ("cuda", 1, {"cores": 8, "gpus": 1}, 6),
        ("cuda", 1, {"cores": 8, "gpus": 2}, 12),
        ("cuda:1", 1, {"cores": 8, "gpus": 1, "slots_per_gpu": 2}, 2),
        ("cuda", 1, {"cores": 8, "gpus": 0}, 1),
    ],
)
def test_at_once_run_as_many_as_the_queue_has_places(
    device: str, threads: int, resources: dict[str, int], runs: int
) -> None:
    assert runs_at_once(device, threads, **resources) == runs


# Disk


def test_a_run_takes_the_median_of_its_like() -> None:
    runs = [
        document(path="/a"),
        document(path="/b"),
        document(path="/c"),
        document(path="/gone"),
        document(path="/other", model="resnet34"),
        document(path="/live", state="running"),
        document(path="/longer", epochs=20),
    ]
    sizes = {"/a": 10, "/b": 30, "/c": 20, "/other": 99, "/live": 99, "/longer": 50}
    assert typical_size(config(), runs, lambda path: sizes.get(str(path))) == Typical(20, 3)
    assert typical_size(config(epochs=20), runs, lambda path: sizes.get(str(path))) == Typical(50, 1)
    assert typical_size(config(epochs=3), runs, lambda path: sizes.get(str(path))) == Typical(25, 4)
    assert typical_size(config(dataset="synthetic"), runs, lambda path: 1) is None


def test_of_many_runs_only_the_latest_are_measured() -> None:
    measured: list[Path] = []

    def measure(path: Path) -> int:
        measured.append(path)
        return 7

    runs = [document(path=f"/{number}") for number in range(1000)]
    assert typical_size(config(), runs, measure) == Typical(7, MOST_DIRECTORIES)
    assert measured[0] == Path("/999")
    assert len(measured) == MOST_DIRECTORIES


def test_a_directory_is_its_files_and_those_of_its_folders_but_not_what_links_point_to(tmp_path: Path) -> None:
    run = tmp_path / "run"
    (run / "checkpoints").mkdir(parents=True)
    (run / "a").write_bytes(b"x" * 10)
    (run / "checkpoints" / "b").write_bytes(b"x" * 5)
    (tmp_path / "large").write_bytes(b"x" * 100_000)
    (run / "link").symlink_to(tmp_path / "large")
    assert 15 <= (directory_size(run) or 0) < 10_000
    assert directory_size(tmp_path / "gone") is None


# Whatever a listing holds

hostile = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**400),
    st.floats(),
    st.sampled_from([5e-324, 1e300, -1.0]),
    st.text(max_size=9),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)
_KEYS = ("state", "host", "epoch", "epochs", "seconds", "stalled_for", "path")
documents = st.builds(
    lambda base, changes, recipe: {**base, **changes, "config": {**base["config"], **recipe}},
    st.just(document(60.0, 6)),
    st.dictionaries(st.sampled_from(_KEYS), hostile, max_size=3),
    st.dictionaries(st.sampled_from(list(config())), hostile, max_size=3),
)


@settings(max_examples=50)
@given(runs=st.lists(st.one_of(documents, st.dictionaries(st.sampled_from([*_KEYS, "config"]), hostile)), max_size=5))
def test_whatever_documents_hold_an_estimate_is_none_or_a_time_that_can_be_told(runs: list[Document]) -> None:
    pace = Pace(runs, HERE)
    left = [pace.left(run, fraction=0.3) for run in runs]
    left += [pace.left(run, epoch_began=NOW, now=NOW + timedelta(hours=1)) for run in runs]
    left += [
        typical.value for run in runs if isinstance(run.get("config"), dict) and (typical := pace.of_run(run["config"]))
    ]
    assert all(seconds is None or 0 <= seconds <= LONGEST for seconds in left)
    assert until_empty(left, [], 2) is None or all(seconds is not None for seconds in left)
    typical_size(config(), runs, lambda path: len(str(path)))
    for seconds in left:
        assert len(duration(seconds, narrow=True)) <= 5
        assert clock(seconds, NOW.astimezone(UTC))
