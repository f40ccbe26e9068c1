"""Runs put together by alpha: what counts, what is kept apart, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtui.calibration.bins import equal_width
from mixtui.calibration.seeds import Difference
from mixtui.store.listing import listed
from mixtui.store.run import Run
from mixtui.store.run_document import NO_METRICS
from mixtui.store.store import Store
from mixtui.store.study import Study, study_of, what_differs
from mixtui.store.study_table import cells
from tests.store.made_documents import broken, hostile_documents, run


def ids(study: Study) -> list[str]:
    return [run.id for run in study.runs]


# What counts


def test_rows_are_alphas_in_order_and_their_seeds():
    study = study_of([run(0.4, 1, 0.03), run(0, 0, 0.2), run(0.4, 0, 0.02), run(0.1, 0), run(0.4, 2, 0.04)])
    assert [row.alpha for row in study.rows] == [0, 0.1, 0.4]
    last = study.rows[-1]
    assert [run.seed for run in last.runs] == [0, 1, 2]
    assert last.scores("ece") == {0: 0.02, 1: 0.03, 2: 0.04}
    ece = last.summary("ece")
    assert (ece.mean, ece.sd, ece.n) == (pytest.approx(0.03), pytest.approx(0.01), 3)
    assert last.summary("mce") is None


def test_runs_without_an_epoch_and_broken_ones_are_only_counted():
    study = study_of([run(0, 0), run(0.1, 0, metrics=NO_METRICS, state="queued"), broken(), {}])
    assert ids(study) == ["a0-s0"]
    assert (study.without_epoch, study.broken) == (1, 2)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"epoch": 10}, {"state": "crashed", "epoch": 10, "created": "2027"}),
        ({"state": "crashed", "epoch": 6}, {"state": "running", "epoch": 5, "created": "2027"}),
        ({"created": "2026-11-23"}, {"created": "2026-11-22"}),
        ({"config": {"threads": 8}, "created": "2026-11-23"}, {"created": "2026-11-22"}),
    ],
)
def test_of_runs_done_twice_the_finished_the_furthest_the_latest_counts(better, worse):
    for order in (1, -1):
        assert ids(study_of([run(0, 0, id="better", **better), run(0, 0, id="worse", **worse)][::order])) == ["better"]


def test_runs_that_are_not_finished_are_counted():
    study = study_of([run(0, 0), run(0.1, 0, state="running", epoch=4), run(0.1, 1)])
    assert [cells(study, row, ["seeds"])[0] for row in study.rows] == ["one seed", "2 (1 unfinished)"]


def test_nothing_is_pooled_across_recipes():
    study = study_of(
        [run(0.1, 0, 0.1), run(0.1, 1, 0.2, config={"epochs": 5}), run(0, 0, 0.3), run(0, 1, 0.4, config={"epochs": 5})]
    )
    assert study.differing == {"epochs": (5, 10)}
    assert [(row.alpha, row.recipe["epochs"], row.scores("ece")) for row in study.rows] == [
        *((0, 5, {1: 0.4}), (0, 10, {0: 0.3})),
        *((0.1, 5, {1: 0.2}), (0.1, 10, {0: 0.1})),
    ]
    against = [study.against_baseline(row) for row in study.rows]
    assert against == [None, None, *(Difference(pytest.approx(-0.2), None, 1),) * 2]


def test_what_does_not_change_a_result_does_not_tell_recipes_apart():
    others = ({"device": "cuda"}, {"threads": 4}, {"dataset_requested": "cifar10"})
    study = study_of([run(0.1, 0), *(run(0.1, seed, config=other) for seed, other in enumerate(others, 1))])
    assert not study.differing
    assert len(study.rows[0].runs) == 4


def test_two_folders_of_images_with_one_name_are_two_data_sets():
    folder = {"config": {"dataset": "folder:birds"}}
    study = study_of(run(0, seed, **folder, data={"key": key, "n_test": 9}) for seed, key in enumerate("aab"))
    assert study.differing == {"data_key": ("a", "b")}
    assert [len(row.runs) for row in study.rows] == [2, 1]


def test_the_difference_to_alpha_0_is_paired():
    study = study_of([run(0, 0, 0.5), run(0, 1, 0.25), run(0.1, 0, 0.25), run(0.1, 1, 0.0), run(0.1, 2, 0.9)])
    assert study.against_baseline(study.rows[1]) == Difference(-0.25, (-0.25, -0.25), 2)


@pytest.mark.parametrize(("gap", "expected"), [(0.1, "over"), (-0.1, "under"), (0.001, "neither")])
def test_the_direction_is_of_the_mean_over_the_seeds(gap, expected):
    study = study_of([run(0, 0, 0.1, gap=gap + 0.2), run(0, 1, 0.1, gap=gap - 0.2)])
    assert study.rows[0].direction == expected


def test_more_seeds_are_not_more_images():
    # .009 is inside the interval of 10,000 images at an accuracy of .5, and outside that of 50,000.
    assert study_of([run(0, seed, gap=0.009) for seed in range(5)]).rows[0].direction == "neither"


def test_pooled_bins_come_from_wherever_the_caller_has_them():
    [row] = study_of([run(0, 0), run(0, 1), run(0, 2)]).rows
    bins = {"a0-s0": equal_width([0.3, 0.9], [1, 0], 5), "a0-s2": equal_width([0.9], [1], 5)}
    assert row.pooled_bins(bins.get).count.tolist() == [0, 1, 0, 0, 2]
    assert row.pooled_bins(lambda _: None) is None


def test_real_run_directories_make_a_study(make_run: Callable[..., Any], make_event: Callable[..., Any], store: Store):
    for seed in (0, 1):
        make_run([make_event("attempt"), make_event("data"), make_event("epoch")], claims=1, seed=seed)
    [row] = study_of(listed(store)).rows
    assert row.summary("ece").mean == 0.25
    assert row.pooled_bins(lambda id_: Run.load(store.root / id_).test_bins()).n == 8


# What differs


def test_columns_that_vary_and_those_common_to_all():
    fields = what_differs([run(0.1, 0)["config"], run(0.1, 1, config={"lr": 0.01})["config"]])
    assert fields.varying == {"lr": (0.003, 0.01), "seed": (0, 1)}
    assert fields.common["dataset"] == "cifar10"
    assert fields.common["alpha"] == 0.1
    assert not fields.varying.keys() & fields.common.keys()


def test_a_field_that_some_lack_varies():
    assert what_differs([{"a": 1, "b": float("nan")}, {"b": float("nan")}]).varying == {"a": (1, None)}


# Anything at all


@settings(max_examples=100)
@given(st.lists(hostile_documents(), max_size=6))
def test_any_documents_make_a_study_that_can_be_shown(listed_runs):
    study = study_of(listed_runs)
    for row in study.rows:
        assert [run.seed for run in row.runs] == sorted({run.seed for run in row.runs})
    assert len({(row.alpha, *row.recipe.items()) for row in study.rows}) == len(study.rows)
    assert len(study.runs) + study.without_epoch + study.broken <= len(listed_runs)


@settings(max_examples=50)
@given(st.permutations([run(a, s, config={"epochs": e}) for a in (0, 0.4) for s in (0, 1) for e in (5, 10)]))
def test_the_order_of_the_runs_does_not_matter(runs):
    assert study_of(runs).rows == study_of(sorted(runs, key=lambda run: (run["id"], run["config"]["epochs"]))).rows
