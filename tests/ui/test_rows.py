"""The rows of the table of runs: which there are, and in which order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtui.store.documents import Document
from mixtui.store.query import parse
from mixtui.ui.rows import SORTABLE, FoldRow, Row, RunRow, SortBy, rows

BROKEN: Document = {"id": "broken", "state": "broken", "reason": None, "sentence": "config.json is not JSON."}


def run(id_: str, state: str = "finished", **keys: Any) -> Document:
    return {"id": id_, "state": state, **keys}


def queued(number: int, *tags: str, **keys: Any) -> Document:
    """The run that was queued in that minute."""
    minute = f"2026-11-23T10:{number:02}:00+00:00"
    return run(f"q{number}", "queued", queued=minute, priority=0, tags=list(tags), **keys)


def ids(shown: list[Row]) -> list[str]:
    """Folds as their tag and count."""
    return [row.key if isinstance(row, RunRow) else f"{row.tag}×{len(row.documents)}" for row in shown]


# Order


def test_live_runs_come_first_then_the_queue_then_the_latest_that_ended() -> None:
    documents = [
        run("old", ended="2026-11-20T10:00:00+00:00"),
        run("new", "failed", ended="2026-11-23T10:00:00+00:00"),
        run("starting", "starting"),
        queued(2),
        run("first", "running", started="2026-11-23T08:00:00+00:00"),
        queued(1),
        run("second", "stopping", started="2026-11-23T09:00:00+00:00"),
        run("between", "paused", ended="2026-11-22T10:00:00+00:00"),
        BROKEN,
    ]
    expected = ["second", "first", "starting", "q1", "q2", "new", "between", "old", "broken"]
    assert ids(rows(documents)) == expected


def test_a_crashed_run_which_has_not_told_when_it_ended_stands_where_it_was_last_heard_of() -> None:
    made = "2026-11-20T10:00:00+00:00"
    documents = [
        run("before", created=made, ended="2026-11-21T10:00:00+00:00"),
        run("crashed", "crashed", created=made, epoch_ended="2026-11-22T10:00:00+00:00", ended=None),
        run("after", created=made, ended="2026-11-23T10:00:00+00:00"),
        run("at once", "crashed", created=made),
    ]
    assert ids(rows(documents)) == ["after", "crashed", "before", "at once"]


def test_of_the_queue_three_runs_are_shown_and_the_rest_in_one_row_a_sweep() -> None:
    documents = [queued(n, "study-1") for n in range(5)] + [queued(n, "study-2", "paper") for n in range(5, 8)]
    documents += [queued(8, "study-1"), queued(9)]
    shown = rows(documents)
    assert ids(shown) == ["q0", "q1", "q2", "study-1×3", "study-2×3", "q9"]  # one alone takes no more room unfolded
    assert [row.place for row in shown if isinstance(row, RunRow)] == [1, 2, 3, 10]
    assert isinstance(shown[3], FoldRow)
    assert [document["id"] for document in shown[3].documents] == ["q3", "q4", "q8"]


def test_what_is_unfolded_is_shown_run_by_run() -> None:
    documents = [queued(n, "study-1") for n in range(6)] + [queued(n) for n in range(6, 9)]
    study, others = (row.key for row in rows(documents) if isinstance(row, FoldRow))
    assert ids(rows(documents, unfolded={study})) == ["q0", "q1", "q2", "q3", "q4", "q5", "×3"]
    assert ids(rows(documents, unfolded={study, others})) == [f"q{n}" for n in range(9)]


def test_what_came_with_mixtui_is_folded_below_all_others() -> None:
    own = [queued(n, "reference") for n in range(6)] + [run("done", tags=["reference"])]
    shipped = [{**run(f"s{n}", tags=["reference"]), "read_only": True} for n in range(3)]
    shown = rows(own, shipped=shipped)
    assert ids(shown) == ["q0", "q1", "q2", "reference×3", "done", "reference×3"]
    assert len({row.key for row in shown}) == len(shown)
    assert ids(rows(own, unfolded={shown[-1].key}, shipped=shipped)) == [*ids(shown)[:-1], "s0", "s1", "s2"]
    assert ids(rows(own, parse("tag:other"), shipped=shipped)) == []


def test_a_filter_keeps_the_places_in_the_queue() -> None:
    documents = [queued(n, "a" if n % 2 else "b") for n in range(4)] + [run("done", tags=["a"])]
    shown = rows(documents, parse("tag:a"))
    assert ids(shown) == ["q1", "q3", "done"]
    assert [row.place for row in shown if isinstance(row, RunRow)] == [2, 4, None]
    assert rows(documents, parse("state:running")) == []


def test_every_row_has_a_key_of_its_own() -> None:
    documents = [queued(n, f"study-{n % 3}") for n in range(30)] + [run(f"r{n}") for n in range(5)]
    keys = [row.key for row in rows(documents)]
    assert len(set(keys)) == len(keys)


# Sorting

VALUES: dict[str, tuple[Document, Document]] = {  # a smaller and a larger value of each column
    "state": ({"state": "failed"}, {"state": "finished"}),
    "alpha": ({"config": {"alpha": 0}}, {"config": {"alpha": 0.4}}),
    "seed": ({"config": {"seed": 2}}, {"config": {"seed": 10}}),
    "data": ({"dataset": "cifar10"}, {"dataset": "svhn"}),
    "model": ({"config": {"model": "resnet18"}}, {"config": {"model": "vgg11"}}),
    "epoch": ({"epoch": 2}, {"epoch": 10}),
    "loss": ({"train_loss": 0.5}, {"train_loss": 1}),
    "accuracy": ({"metrics": {"accuracy": 0.1}}, {"metrics": {"accuracy": 0.9}}),
    "ece": ({"metrics": {"ece": 0.01}}, {"metrics": {"ece": 0.2}}),
    "time": ({"seconds": 9.0}, {"seconds": 10.0}),
    "tags": ({"tags": ["a", "z"]}, {"tags": ["b"]}),
    "created": ({"created": "2026-11-22"}, {"created": "2026-11-23"}),
}


@pytest.mark.parametrize("column", SORTABLE)
def test_every_column_sorts_both_ways_and_what_is_not_known_comes_last(column: str) -> None:
    smaller, larger = VALUES[column]
    odd: list[Any] = [None, float("nan"), {}]
    unknown = [
        {"id": f"unknown {n}", "state": "finished"}
        | {"config": {"alpha": value, "seed": value, "model": value}, "metrics": {"accuracy": value, "ece": value}}
        | dict.fromkeys(("dataset", "epoch", "train_loss", "seconds", "tags", "created"), value)
        for n, value in enumerate(odd)
    ]
    unknown = [] if column == "state" else [BROKEN, *unknown]
    documents = [*unknown, run("large") | larger, run("small") | smaller]
    known = len(documents) - len(unknown)
    for descending, expected in ((False, ["small", "large"]), (True, ["large", "small"])):
        shown = ids(rows(documents, sort=SortBy(column, descending)))
        assert shown[:known] == expected
        assert shown[known:] == [document["id"] for document in unknown]


def test_sorted_runs_are_not_folded_and_keep_their_places() -> None:
    documents = [queued(n, "study-1", config={"alpha": -n}) for n in range(6)]
    shown = rows(documents, sort=SortBy("alpha"))
    assert ids(shown) == [f"q{n}" for n in (5, 4, 3, 2, 1, 0)]
    assert [row.place for row in shown if isinstance(row, RunRow)] == [6, 5, 4, 3, 2, 1]


# Whatever they hold


STATES = ("queued", "starting", "running", "stopping", "paused", "finished", "stopped", "failed", "crashed", "lost")
KEYS = (
    *("stalled_for", "host", "name", "tags", "note", "pinned", "priority", "queued", "dataset", "config", "created"),
    *("started", "ended", "epoch", "epochs", "epoch_ended", "seconds", "train_loss", "metrics", "data"),
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(10**400) | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["alpha", "seed", "model", "accuracy", "ece"]), inner, max_size=3)
    ),
    max_leaves=4,
)
hostile = st.fixed_dictionaries(
    {"id": st.uuids().map(str), "state": st.sampled_from((*STATES, "broken"))},
    optional=dict.fromkeys(KEYS, anything),
)


@settings(max_examples=50)
@given(documents=st.lists(hostile, max_size=12), column=st.none() | st.sampled_from(SORTABLE), descending=st.booleans())
def test_whatever_stands_in_the_documents_every_run_is_in_one_row(
    documents: list[Document], column: str | None, descending: bool
) -> None:
    shown = rows(documents, sort=SortBy(column, descending) if column else None)
    found = [d["id"] for row in shown for d in ([row.document] if isinstance(row, RunRow) else row.documents)]
    assert sorted(found) == sorted(document["id"] for document in documents)
