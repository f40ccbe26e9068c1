"""What is listed, marked, plotted and compared on the home screen."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtui.store.documents import Document
from mixtui.ui.home.listing import Listing, fault
from mixtui.ui.home.selection import MOST_PLOTTED, Selection, plotted
from mixtui.ui.rows import SORTABLE, FoldRow, Row, RunRow, SortBy


def run(name: str, state: str = "finished", **fields: Any) -> Document:
    return {"id": name, "state": state, "epoch": 1, "config": {"alpha": 0.1}, "tags": [], **fields}


A, B, CRASHED, BROKEN = run("a"), run("b"), run("c", "crashed"), run("d", "broken")
FOLD = FoldRow("study", (run("e", "queued", epoch=None), run("f", "queued", epoch=None)))
REFERENCE = FoldRow("reference", (run("g", read_only=True),))
ROWS: list[Row] = [RunRow(A), RunRow(B), RunRow(CRASHED), RunRow(BROKEN), FOLD, REFERENCE]


def selection(cursor: Row | None, *marked: str) -> Selection:
    return Selection(ROWS, frozenset(marked), cursor)


def ids(documents: list[Document]) -> list[str]:
    return [document["id"] for document in documents]


# What is listed


def test_a_column_sorts_and_again_turns_round_and_no_column_is_as_at_first() -> None:
    listing = Listing("alpha>0").sorted_by("ece")
    assert listing == Listing("alpha>0", SortBy("ece"))
    assert listing.sorted_by("ece") == listing.reversed() == Listing("alpha>0", SortBy("ece", descending=True))
    assert listing.sorted_by("none") == Listing("alpha>0") == Listing("alpha>0").reversed()


def test_the_rows_are_those_of_the_query_in_the_order_of_the_column() -> None:
    documents = [run(name, config={"alpha": alpha}) for name, alpha in (("a", 0.4), ("b", 0.1), ("c", 2.0))]
    assert [row.key for row in Listing("alpha<1", SortBy("alpha")).rows(documents, ())] == ["b", "a"]


def test_folds_are_unfolded_one_after_the_other_and_folded_together() -> None:
    listing = Listing().with_unfolded([FOLD])
    assert listing.with_unfolded(ROWS).unfolded == {FOLD.key, REFERENCE.key}
    assert listing.with_all_folded() == Listing()


def test_a_fault_of_a_query_is_told() -> None:
    assert fault("alpha>0.1") == fault("  ") == ""
    assert fault("alpah>0.1").endswith("There is no field 'alpah'.")


# What is selected


def test_commands_are_for_the_marked_runs_that_are_shown_or_else_for_those_under_the_cursor() -> None:
    assert ids(selection(ROWS[0], "b", "c").chosen()) == ["b", "c"]
    assert ids(selection(ROWS[0], "hidden").chosen()) == ["a"]
    assert ids(selection(FOLD).chosen()) == ["e", "f"]
    assert selection(FOLD).chose_fold
    assert not selection(FOLD, "a").chose_fold
    assert selection(None).chosen() == []


def test_a_mark_comes_and_goes() -> None:
    assert selection(ROWS[0], "b").with_cursor_toggled() == {"a", "b"}
    assert selection(ROWS[1], "b").with_cursor_toggled() == set()
    assert selection(FOLD, "e").with_cursor_toggled() == {"e", "f"}
    assert selection(None, "b").with_cursor_toggled() == {"b"}


def test_all_that_is_shown_is_marked_but_what_is_broken_or_folded_reference() -> None:
    every = selection(None).with_all_toggled()
    assert every == {"a", "b", "c", "e", "f"}
    assert selection(None, *every).with_all_toggled() == set()


@pytest.mark.parametrize(("cursor", "key"), [(None, "c"), (ROWS[0], "c"), (ROWS[2], "d"), (ROWS[3], "c"), (FOLD, "c")])
def test_the_next_problem_is_below_or_else_the_first(cursor: Row | None, key: str) -> None:
    assert selection(cursor).next_problem() == key


def test_without_marks_the_study_of_the_run_under_the_cursor_is_compared() -> None:
    own = [run(name, tags=["study:s"]) for name in "abc"] + [run("d")]
    by_id = {document["id"]: document for document in own}
    rows = [RunRow(document) for document in own]
    assert ids(Selection(rows, frozenset(), rows[1]).compared(by_id, own, ())) == ["a", "b", "c"]
    assert ids(Selection(rows, frozenset(), rows[3]).compared(by_id, own, ())) == ["d"]
    assert ids(Selection(rows, frozenset("dx"), rows[1]).compared(by_id, own, ())) == ["d"]
    assert Selection(rows, frozenset(), None).compared(by_id, own, ()) == []


def test_the_run_under_the_cursor_is_plotted_on_top_and_never_too_many() -> None:
    many = [run(f"{number:03}") for number in range(2 * MOST_PLOTTED)]
    shown = ids(plotted(many, many[0]))
    assert len(shown) == MOST_PLOTTED
    assert (shown[0], shown[-1]) == (many[-1]["id"], many[0]["id"])
    assert plotted([A, FOLD.documents[0]], B) == [A]
    assert plotted([], BROKEN) == []


@given(
    st.lists(st.sampled_from(ROWS), unique_by=lambda row: row.key),
    st.frozensets(st.sampled_from("abcdefgx")),
    st.sampled_from(SORTABLE),
)
@settings(max_examples=50)
def test_no_selection_is_an_error(rows: list[Row], marked: frozenset[str], column: str) -> None:
    documents = [A, B, CRASHED, BROKEN]
    for cursor in (None, *rows):
        now = Selection(rows, marked, cursor)
        shown = {row.key for row in rows}
        assert now.next_problem() in {None, *shown}
        assert now.with_all_toggled() != now.marked or not now.marked
        plotted(now.compared({document["id"]: document for document in documents}, documents, ()), now.at_cursor)
    assert {row.key for row in Listing(sort=SortBy(column)).rows(documents, ())} == {"a", "b", "c", "d"}
