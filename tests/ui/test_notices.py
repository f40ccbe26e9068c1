"""What is said of runs that ended, as one leaves, and before they are stopped."""

from __future__ import annotations

from typing import Any

import pytest

from mixtui.ui.glyphs import ASCII, BRAILLE
from mixtui.ui.notices import Notice, asks_to_stop, counts, ended_notice, farewell
from mixtui.ui.run_names import title

Document = dict[str, Any]


def run(id_: str, state: str, alpha: float = 0.4, seed: int = 1, **keys: Any) -> Document:
    return {"id": id_, "state": state, "config": {"alpha": alpha, "seed": seed}, **keys}


SCORES = {"metrics": {"accuracy": 0.7, "confidence": 0.678, "ece": 0.022}, "data": {"n_test": 10_000}}
BROKEN: Document = {"id": "b", "state": "broken", "reason": None, "sentence": "b: config.json is not JSON."}
LIVE = {id_: run(id_, "running") for id_ in "abcd"}


# Runs that ended


def test_one_run_that_finished_is_told_with_its_scores() -> None:
    told = ended_notice(LIVE, [run("a", "finished", **SCORES), run("b", "running")], BRAILLE)
    assert told == Notice("α 0.4 · seed 1 finished: accuracy .700, ECE .022 ▼.")
    told = ended_notice(LIVE, [run("a", "finished", **SCORES)], ASCII)
    assert told == Notice("alpha 0.4 - seed 1 finished: accuracy .700, ECE .022 v.")
    metrics = {**SCORES["metrics"], "ece_low": 0.016, "ece_high": 0.029}
    told = ended_notice(LIVE, [run("a", "finished", **{**SCORES, "metrics": metrics})], BRAILLE)
    assert told == Notice("α 0.4 · seed 1 finished: accuracy .700, ECE .022 ±.007 ▼.")


@pytest.mark.parametrize("state", ["failed", "crashed", "lost"])
def test_one_run_in_trouble_is_told_with_its_reason(state: str) -> None:
    sentence = "Died in epoch 7: SIGKILL, out of memory (limit 8.0 GiB)."
    told = ended_notice(LIVE, [run("a", state, sentence=sentence)], BRAILLE)
    assert told == Notice(f"α 0.4 · seed 1: {sentence} ! shows it.", "error")


def test_several_are_counted() -> None:
    told = ended_notice(LIVE, [run("a", "finished"), run("b", "finished")], BRAILLE)
    assert told == Notice("2 finished.")
    told = ended_notice(LIVE, [run("a", "finished"), run("b", "crashed"), run("c", "finished")], BRAILLE)
    assert told == Notice("2 finished, 1 crashed. ! shows it.", "error")
    told = ended_notice(LIVE, [BROKEN, {**BROKEN, "id": "a"}], BRAILLE)
    assert told == Notice("2 broken. ! shows it.", "error")


def test_a_run_that_broke_while_it_trained_is_named_by_its_id() -> None:
    assert ended_notice(LIVE, [BROKEN], BRAILLE) == Notice("b: b: config.json is not JSON. ! shows it.", "error")


def test_a_run_may_end_between_two_looks() -> None:
    assert ended_notice({"a": run("a", "queued")}, [run("a", "finished")], BRAILLE) is not None


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({}, [run("a", "finished")]),  # seen for the first time
        ({"a": run("a", "finished")}, [run("a", "finished")]),  # known already
        (LIVE, [run("a", "stopped"), run("b", "paused")]),  # somebody asked for it
        (LIVE, [run("a", "running")]),
        (LIVE, []),  # removed
    ],
)
def test_what_is_no_news_is_not_told(before: dict[str, Document], now: list[Document]) -> None:
    assert ended_notice(before, now, BRAILLE) is None


@pytest.mark.parametrize("odd", [{}, {"metrics": None}, {"metrics": []}, {"metrics": {"ece": "x"}, "data": 3}])
def test_a_run_without_scores_is_told_too(odd: Document) -> None:
    told = ended_notice(LIVE, [run("a", "finished", **odd)], BRAILLE)
    assert told == Notice("α 0.4 · seed 1 finished: accuracy –, ECE –.")


def test_what_stands_in_a_run_moves_no_cursor() -> None:
    told = ended_notice(LIVE, [run("a", "failed", sentence="\x1b[2Jno\nway" * 100_000)], BRAILLE)
    assert told is not None
    assert told.text.isprintable()
    assert len(told.text) < 10_000


# Names


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (run("a", "running", 0.05, 20261123), "α 0.05 · seed 20261123"),
        (BROKEN, "b"),
        ({**BROKEN, "id": "b\x1b", "config": ["alpha"]}, "b?"),
        ({"id": "b", "config": "alphabet"}, "b"),
    ],
)
def test_a_run_is_named_by_its_alpha_and_seed(document: Document, expected: str) -> None:
    assert title(document) == expected


def test_states_are_counted_in_the_same_order_always() -> None:
    states = ("crashed", "finished", "stopped", "finished", "lost", "failed", "running")
    counted = counts([run("a", state) for state in states])
    assert counted == "2 finished, 1 failed, 1 crashed, 1 stopped, 1 lost"


# Leaving and stopping


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (["running"] * 2 + ["queued"] * 28, "2 running, 28 queued: they go on. mixtui shows them again."),
        (["starting"], "1 running: it goes on. mixtui shows it again."),
        (["queued"], "1 queued: it goes on. mixtui shows it again."),
        (["stopping", "finished"], "1 running: it goes on. mixtui shows it again."),
        (["finished", "broken", "paused"], ""),
        ([], ""),
    ],
)
def test_who_leaves_is_told_what_goes_on(states: list[str], expected: str) -> None:
    assert farewell([run("a", state) for state in states]) == expected


@pytest.mark.parametrize(
    ("alphas", "expected"),
    [
        ([0.1], "Stop 1 run? α 0.1 · seed 2 finishes its step, saves, and can be resumed."),
        ([0.1, 0.2], "Stop 2 runs? α 0.1 · seed 2 and α 0.2 · seed 2 finish their step, save, and can be resumed."),
        (
            [0, 0.1, 0.2],
            "Stop 3 runs? α 0 · seed 2, α 0.1 · seed 2 and α 0.2 · seed 2 finish their step, save, and can be resumed.",
        ),
        ([0] * 30, "Stop 30 runs? They finish their step, save, and can be resumed."),
    ],
)
def test_who_stops_runs_is_told_which_and_what_happens(alphas: list[float], expected: str) -> None:
    assert asks_to_stop([run("a", "running", alpha, 2) for alpha in alphas]) == expected
