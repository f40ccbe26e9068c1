"""What a report is about: which runs, which figures, and what it warns of."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mixtui.calibration.scores import score_logits
from mixtui.calibration.temperature import fit_temperature
from mixtui.report.captions import caption
from mixtui.report.content import content_of
from mixtui.report.figures import figure_plans
from mixtui.report.figures_json import figures_document
from mixtui.report.tables import tables_of
from mixtui.store.listing import read_document
from mixtui.store.run_document import NO_METRICS
from tests.report.conftest import N_TEST, MakeStudy, made_predictions, no_progress


def older(analysis: Any) -> dict[str, Any]:
    """What an epoch recorded before there was temperature scaling."""
    names = ("accuracy", "ece", "nll", "confidence", "signed_gap")
    return {name: value for name, value in analysis.metrics().items() if name in names}


def test_runs_are_put_together_with_the_bins_of_all_seeds(tmp_path: Path, make_study: MakeStudy) -> None:
    content = content_of(make_study(tmp_path, seeds=(0, 1, 2)), no_progress)
    (recipe,) = content.recipes
    assert [(one.row.alpha, len(one.row.runs)) for one in recipe.rows] == [(0, 3), (0.4, 3)]
    for one in recipe.rows:
        assert one.bins is not None
        assert one.bins_after_t is not None
        assert one.bins.n == one.bins_after_t.n == 3 * N_TEST
    assert content.tag == "paper"


def test_older_runs_get_their_missing_figures_from_their_predictions(tmp_path: Path, make_study: MakeStudy) -> None:
    new = figures_document(content_of(make_study(tmp_path / "new"), no_progress))
    old = figures_document(content_of(make_study(tmp_path / "old", metrics=older), no_progress))
    assert [row["metrics"] for row in old["rows"]] == [row["metrics"] for row in new["rows"]]
    assert [row["bins_after_t"] for row in old["rows"]] == [row["bins_after_t"] for row in new["rows"]]


def test_a_temperature_of_images_kept_out_is_used_and_told(tmp_path: Path, make_study: MakeStudy) -> None:
    documents = make_study(tmp_path, alphas=(0,), seeds=(0,), holdout=50)
    logits, labels = made_predictions(0.1, 7)
    np.savez(Path(documents[0]["path"], "holdout.npz"), logits=logits, labels=labels)
    content = content_of(documents, no_progress)
    scaled = score_logits(*made_predictions(0, 0), 5, fit_temperature(logits, labels).temperature)
    (row,) = content.recipes[0].rows
    assert row.bins_after_t is not None
    assert row.bins_after_t.to_json() == scaled.bins.to_json()
    told = [" ".join(tables_of(content)[1].notes), *(plan.caption for plan in figure_plans(content))]
    assert [text for text in told if "half" in text] == []
    assert sum("kept out of training" in text for text in told) == 2
    assert "holdout 50" in caption(content.recipes)


def test_without_predictions_there_are_dashes(tmp_path: Path, make_study: MakeStudy) -> None:
    content = content_of(make_study(tmp_path, metrics=older, predictions=False), no_progress)
    _, after_t = tables_of(content)
    assert after_t.headings[1:3] == ("T", "ECE after T")
    assert {line[1:3] for line in after_t.lines} == {("–", "–")}
    assert all(one.bins is not None and one.bins_after_t is None for one in content.recipes[0].rows)


def test_damaged_predictions_count_as_none(tmp_path: Path, make_study: MakeStudy) -> None:
    documents = make_study(tmp_path)
    for document in documents:
        os.truncate(Path(document["path"], "predictions.npz"), 100)
    content = content_of(documents, no_progress)
    assert all(one.bins is not None and one.bins_after_t is None for one in content.recipes[0].rows)


def test_what_is_not_finished_is_left_out_and_said(tmp_path: Path, make_study: MakeStudy, make_run: Any) -> None:
    waiting = read_document(make_run(alpha=0.7, seed=5).root)
    content = content_of([*make_study(tmp_path), waiting], no_progress)
    assert [row.alpha for row in content.study.rows] == [0, 0.4]
    assert f"Left out, since not finished: α 0.7 seed 5 ({waiting['state']})." in content.notes


def test_of_a_fallback_it_is_said(tmp_path: Path, make_study: MakeStudy) -> None:
    content = content_of([{**document, "fallback": True} for document in make_study(tmp_path)], no_progress)
    assert "Fallback: synthetic in place of cifar10, which could not be had." in content.notes


def test_a_report_needs_a_finished_run(make_run: Any, refused: Any) -> None:
    waiting = read_document(make_run().root)
    with refused("The run has not finished"):
        content_of([waiting], no_progress)
    with refused("None of 2 runs has finished"):
        content_of([waiting, waiting], no_progress)


def test_repeats_count_once(tmp_path: Path, make_study: MakeStudy) -> None:
    content = content_of([*make_study(tmp_path), *make_study(tmp_path, alphas=(0,), seeds=(0,))], no_progress)
    assert "Of runs done twice one counts: 1 left out." in content.notes
    assert sum(len(recipe.documents) for recipe in content.recipes) == 4


def test_recipes_are_apart_and_it_is_said(tmp_path: Path, make_study: MakeStudy) -> None:
    documents = [*make_study(tmp_path, seeds=(0,)), *make_study(tmp_path, seeds=(0,), lr=0.1)]
    content = content_of(documents, no_progress)
    assert content.verdict.startswith("More than α differs")
    assert [recipe.name for recipe in content.recipes] == ["lr 0.003", "lr 0.1"]
    assert [recipe.file_suffix for recipe in content.recipes] == ["", "-2"]
    assert tables_of(content)[0].headings[:2] == ("α", "lr")
    assert "lr" not in caption(content.recipes).replace("overall", "")
    assert "lr 0.1" in caption(content.recipes[1:])


def test_a_content_key_is_shown_only_where_names_do_not_tell(tmp_path: Path, make_study: MakeStudy) -> None:
    few: dict[str, Any] = {"alphas": (0,), "seeds": (0,)}
    one = make_study(tmp_path, dataset="folder:a", data_key="k1", **few)
    other = make_study(tmp_path, dataset="folder:b", data_key="k2", **few)
    namesake = make_study(tmp_path, dataset="folder:a", data_key="k2", **few)
    assert tables_of(content_of([*one, *other], no_progress))[0].headings[:3] == ("α", "dataset", "seeds")
    assert tables_of(content_of([*one, *namesake], no_progress))[0].headings[:3] == ("α", "data key", "seeds")


def test_a_caption_says_what_was_measured_and_how_surely(tmp_path: Path, make_study: MakeStudy) -> None:
    several = content_of(make_study(tmp_path / "several", data_key="0123456789abcdef"), no_progress)
    assert caption(several.recipes) == (
        "Data set synthetic (content key 01234567); resnet18; SGD, 1 epoch, batch size 64, lr 0.003, momentum 0.9, "
        "weight decay 0, schedule constant; seeds 0, 1; M = 5 bins of equal width; 120 test images. "
        "±: sample standard deviation over seeds."
    )
    one = content_of(make_study(tmp_path / "one", alphas=(0,), seeds=(3,), label_smoothing=0.1), no_progress)
    assert "seed 3; M = 5" in caption(one.recipes)
    assert "label smoothing 0.1" in caption(one.recipes)
    assert caption(one.recipes).endswith("One seed: [ ] is its own 95 % interval.")


def test_the_deck_stands_beside_runs_of_its_recipe(tmp_path: Path, make_study: MakeStudy) -> None:
    content = content_of(make_study(tmp_path, dataset="cifar10", seeds=(0,)), no_progress)
    table, _ = tables_of(content)
    assert table.headings[-2:] == ("reference study", "fits")
    assert [line[-2] for line in table.lines] == [".196", ".018"]
    assert [row["deck_ece"] for row in figures_document(content)["rows"]] == [0.19559, 0.01761]


def test_every_figure_is_there_in_full_precision(tmp_path: Path, make_study: MakeStudy) -> None:
    documents = make_study(tmp_path)
    document = figures_document(content_of(documents, no_progress))
    baseline, mixup = document["rows"]
    assert set(mixup["metrics"]) == set(NO_METRICS)
    eces = [one["metrics"]["ece"] for one in documents]
    assert [ece for row in document["rows"] for ece in row["metrics"]["ece"]["by_seed"].values()] == eces
    assert mixup["metrics"]["ece"]["mean"] == pytest.approx((eces[2] + eces[3]) / 2)
    difference = mixup["against_alpha_0"]["ece"]
    assert difference["mean"] == pytest.approx((eces[2] + eces[3] - eces[0] - eces[1]) / 2)
    assert difference["interval"][0] < difference["mean"] < difference["interval"][1]
    assert baseline["against_alpha_0"]["ece"] is None
    assert (mixup["m"], mixup["n_test"], sum(mixup["bins"]["count"])) == (5, N_TEST, 2 * N_TEST)
