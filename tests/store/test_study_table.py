"""A study in words: what its title, verdict and table say."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtui.config import RunConfig
from mixtui.store.deck import ECE_BY_ALPHA, deck_ece
from mixtui.store.study import Study, study_of
from mixtui.store.study_document import study_document
from mixtui.store.study_table import (
    all_columns,
    cells,
    heading,
    markdown,
    row_name,
    standard_columns,
    title,
)
from mixtui.store.study_verdict import left_out, verdict
from tests.store.made_documents import broken, hostile_documents, run, seeds


def test_the_title_tells_the_size_and_what_all_share():
    runs = [run(alpha, seed) for alpha in (0, 0.1, 0.4) for seed in range(2)]
    assert title(study_of(runs)) == "6 runs: 3 α × 2 seeds · cifar10 · resnet18 · 10 epochs · lr 0.003"
    assert title(study_of(runs[:-1])) == "5 runs: 3 α · cifar10 · resnet18 · 10 epochs · lr 0.003"
    other = [run(0, 0, config={"epochs": 1, "batch_size": 128, "augment": True})]
    assert title(study_of(other)) == (
        "1 run: 1 α × 1 seed · cifar10 · resnet18 · 1 epoch · lr 0.003 · batch size 128 · augment yes"
    )
    assert title(study_of([])) == "0 runs"


def test_a_row_is_named_by_what_tells_it_apart():
    study = study_of([run(0.4, 0), run(0.4, 0, config={"epochs": 5}), run(0, 0)])
    assert [row_name(study, row) for row in study.rows] == ["α 0 · 10 epochs", "α 0.4 · 5 epochs", "α 0.4 · 10 epochs"]
    assert row_name(study_of([run(0.4, 0)]), study_of([run(0.4, 0)]).rows[0]) == "α 0.4"


# The verdict


def test_a_difference_that_may_be_luck():
    study = study_of([*seeds(0, 0.2, 0.2), *seeds(0.3, 0.03, 0.02), *seeds(0.4, 0.02, 0.025)])
    assert verdict(study) == (
        "Lowest ECE: α 0.4 (.022) and α 0.3 (.025); their difference, −.002 [−.098, +.093], may be luck (2 seeds)."
    )


def test_a_clear_difference():
    study = study_of([*seeds(0, 0.2, 0.2, 0.21), *seeds(0.4, 0.02, 0.025, 0.03)])
    assert re.fullmatch(
        r"Lowest ECE: α 0.4 \(.025\), then α 0 \(.203\); "
        r"their difference, −.178 \[−.1\d\d, −.1\d\d\], is clear \(3 seeds\)\.",
        verdict(study),
    )


def test_too_few_seeds_for_a_verdict():
    one = study_of([*seeds(0, 0.2), *seeds(0.4, 0.02)])
    assert verdict(one) == (
        "Lowest ECE: α 0.4 (.020), then α 0 (.200). One seed: differences may be luck. n adds seeds."
    )
    shared = study_of([*seeds(0, 0.2, 0.2), *seeds(0.4, 0.02)])
    assert "They share one seed: their difference may be luck. n adds seeds." in verdict(shared)
    apart = study_of([run(0, 0, 0.2), run(0.4, 1, 0.02)])
    assert "They share no seed: their difference may be luck. n adds seeds." in verdict(apart)


def test_too_few_alphas_for_a_verdict():
    assert verdict(study_of(seeds(0.4, 0.02, 0.03))) == "One α only: mark runs of two or more, then c."
    assert verdict(study_of([])) == "Nothing to compare yet: no run here has an ECE."
    assert verdict(study_of([run(0, 0, metrics={"accuracy": 0.5})])).startswith("Nothing to compare yet")


def test_several_recipes_are_said_first():
    study = study_of([*seeds(0.4, 0.02, 0.02), *seeds(0.4, 0.03, 0.03, config={"epochs": 5})])
    assert verdict(study) == (
        "More than α differs, and rows are apart by it: epochs (5, 10). Lowest ECE: α 0.4 · 10 epochs (.020), "
        "then α 0.4 · 5 epochs (.030); their difference, −.010 [−.010, −.010], is clear (2 seeds)."
    )


def test_data_sets_are_not_ranked_against_each_other():
    study = study_of([*seeds(0, 0.2), *seeds(0.4, 0.02, config={"dataset": "svhn"})])
    assert verdict(study) == "More than α differs, and rows are apart by it: dataset (cifar10, svhn)."


# The table


def table(study: Study) -> list[dict[str, str]]:
    columns = standard_columns(study)
    return [dict(zip(map(heading, columns), cells(study, row, columns), strict=True)) for row in study.rows]


def test_the_table_as_text():
    study = study_of([*seeds(0, 0.16, 0.17, gap=0.1), *scaled(0.4, 0.02, 0.03)])
    assert table(study) == [
        {
            **{"α": "0", "seeds": "2", "accuracy": ".500 ± .000", "ECE": ".165 ± .007 ▲", "NLL": "1.250 ± .000"},
            **{"against α 0 [95 %]": "baseline", "says−right": "+.100 ± .000", "deck": ".196", "deck fits": "yes"},
            **{"T": "–", "ECE after T": "–", "NLL after T": "–"},
        },
        {
            **{"α": "0.4", "seeds": "2", "accuracy": ".500 ± .000", "ECE": ".500 ± .000 ▼", "NLL": "1.250 ± .000"},
            "against α 0 [95 %]": "+.335 [+.271, +.399]",
            **{"says−right": "−.500 ± .000", "deck": ".018", "deck fits": "no, below"},
            **{"T": "0.93 ± .00", "ECE after T": ".025 ± .007", "NLL after T": ".870 ± .014"},
        },
    ]


def test_one_seed_has_no_spread_and_what_is_not_known_is_a_dash():
    [row] = table(study_of([run(0.4, 0, metrics={"ece": 0.25})]))
    assert (row["ECE"], row["accuracy"], row["against α 0 [95 %]"], row["deck fits"]) == (".250", "–", "–", "–")


def test_a_direction_that_is_not_certain_has_its_mark():
    study = study_of(seeds(0.4, 0.02, 0.03, gap=0.0))
    assert table(study)[0]["ECE"] == ".025 ± .007 ·"
    assert cells(study, study.rows[0], ["ece"], lambda way: f"({way})") == (".025 ± .007 (neither)",)


def test_the_table_shows_what_differs_and_all_columns_on_demand():
    study = study_of([run(0.1, 0), run(0.1, 0, config={"model": "resnet50"}), run(0, 0)])
    assert standard_columns(study)[:3] == ("alpha", "model", "seeds")
    assert {"brier", "lr", "dataset"} <= set(all_columns(study)) - set(standard_columns(study))
    assert len(set(all_columns(study))) == len(all_columns(study))


def test_the_deck_is_shown_beside_its_own_recipe_alone():
    recipe = RunConfig(alpha=0.4, dataset="folder:cifar10-jpeg", epochs=20, batch_size=128).to_json()
    assert deck_ece(0.4, recipe) == ECE_BY_ALPHA[0.4] == 0.01761
    assert deck_ece(0.5, recipe) is None
    for other in ({"dataset": "cifar100"}, {"dataset": "synthetic"}, {"lr": 0.1}, {"augment": True}):
        assert deck_ece(0.4, {**recipe, **other}) is None
    assert deck_ece(0.4, {}) is None
    assert "deck" not in standard_columns(study_of([run(0.4, 0, config={"lr": 0.1})]))


def test_markdown_keeps_its_shape_whatever_a_text_holds():
    study = study_of([run(0, 0, config={"dataset": "a|b\n\x1b[31m[red]" + "long" * 1000}), run(0.1, 0)])
    text = markdown(study, ("alpha", "dataset", "ece"))
    heading_line, rule, *rows = text.splitlines()[2:]
    assert heading_line == "| α | dataset | ECE |"
    assert rule == "| --- | --- | --- |"
    assert [len(re.findall(r"(?<!\\)\|", row)) for row in rows] == [4, 4]
    assert text.replace("\n", "").isprintable()
    assert len(text) < 400


# After temperature scaling


def scaled(alpha: float, *eces: float, floor: float = 0.01, nll: float = 0.86) -> list[Any]:
    """A run for each ECE after temperature scaling, its NLL growing by .02 a seed."""
    runs = []
    for seed, ece in enumerate(eces):
        document = run(alpha, seed, 0.5, gap=-0.5)
        document["metrics"] |= {"temperature": 0.93, "temperature_low": 0.9, "temperature_high": 0.96}
        document["metrics"] |= {"ece_after_t": ece, "ece_floor_high_after_t": floor, "nll_after_t": nll + 0.02 * seed}
        runs.append(document)
    return runs


def test_the_verdict_says_what_lies_at_the_floor_after_temperature_scaling():
    for floor, words in ((0.01, "none lies"), (0.2, "both lie"), (0.05, "1 of 2 lies")):
        study = study_of([*scaled(0, 0.1, 0.1, floor=floor), *scaled(0.4, 0.04, 0.04, floor=floor)])
        assert f"After temperature scaling {words} at the floor." in verdict(study)
    assert "After" not in verdict(study_of([*seeds(0, 0.2, 0.2), *seeds(0.4, 0.1, 0.1)]))


def test_the_verdict_compares_mixup_with_plain_training_after_temperature_scaling():
    others = scaled(0.1, 0.05, 0.06, 0.07)
    study = study_of([*scaled(0, 0.03, 0.04, 0.05), *others, *scaled(0.4, 0.01, 0.02, 0.03, nll=0.85)])
    assert verdict(study).endswith(
        "After T, mixup at its best (α 0.4) against α 0: ECE −.020 [−.020, −.020], clear; "
        "NLL −.010 [−.010, −.010], clear (3 seeds)."
    )
    worse = study_of([*scaled(0, 0.03, 0.04, 0.05), *scaled(0.4, 0.05, 0.04, 0.03)])
    assert "against α 0: ECE +.000 [−.050, +.050], may be luck; NLL +.000" in verdict(worse)
    one = study_of([*scaled(0, 0.03), *scaled(0.4, 0.05)])
    assert verdict(one).endswith("against α 0: ECE +.020, may be luck; NLL +.000, may be luck (one seed).")


def test_a_study_of_scores_after_temperature_scaling_says_so():
    study = study_of([*scaled(0, 0.03, 0.04), *scaled(0.4, 0.01, 0.01)], after_t=True)
    assert {"ece", "temperature"} <= set(standard_columns(study))
    assert not {"ece_after_t", "nll_after_t"} & set(standard_columns(study))
    assert verdict(study).startswith("After T, mixup at its best")
    assert "Lowest ECE after T: " in verdict(study)
    assert {cells(study, row, ["deck", "deck_fits"]) for row in study.rows} == {("–", "–")}


def test_at_the_floor_after_temperature_scaling_is_marked():
    study = study_of([*scaled(0, 0.01, 0.03, floor=0.02), *scaled(0.4, 0.03, 0.03, floor=0.02)])
    assert [cells(study, row, ["ece_after_t"])[0] for row in study.rows] == [".020 ± .014 ≈", ".030 ± .000"]
    assert cells(study, study.rows[0], ["ece_after_t"], lambda way: f"({way})") == (".020 ± .014 (floor)",)


def test_one_seed_shows_its_own_interval():
    metrics = {"accuracy": 0.5, "confidence": 0.7, "ece": 0.2, "ece_low": 0.18, "ece_high": 0.215}
    metrics |= {"temperature": 2.0, "temperature_low": 1.9, "temperature_high": 2.1}
    study = study_of([run(0, 0, metrics=metrics)])
    shown = cells(study, study.rows[0], ["seeds", "ece", "temperature"])
    assert shown == ("one seed", ".200 [.180, .215] ▲", "2.00 [1.90, 2.10]")


def test_runs_that_do_not_count_are_told():
    again = {**run(0, 0), "id": "again"}
    documents = [*scaled(0, 0.1), *seeds(0.4, 0.1), again, run(0.1, 0, metrics={}), broken()]
    assert left_out(study_of(documents), len(documents)) == [
        "1 run without an epoch yet.",
        "1 run cannot be read.",
        "Of runs done twice one counts: 1 left out.",
    ]
    assert left_out(study_of([*scaled(0, 0.1), *seeds(0.4, 0.1)]), 2) == [
        "1 run without figures after temperature scaling."
    ]
    assert left_out(study_of(seeds(0.4, 0.1)), 1) == []


def test_of_a_fallback_it_is_told():
    fallback = {**run(0, 0), "fallback": True}
    told = "synthetic in place of cifar10, which could not be had."
    assert left_out(study_of([fallback]), 1) == [f"Fallback: {told}"]
    assert left_out(study_of([fallback, run(0.4, 0)]), 2) == [f"Fallback in 1 of 2 runs: {told}"]


def test_every_column_has_a_heading_of_its_own():
    study = study_of([run(0.4, 0)])
    headings = [heading(column) for column in all_columns(study)]
    assert len(set(headings)) == len(headings)
    assert not any(words in text for text in headings for words in ("after t", "floor low", "ece", "auroc"))


def test_the_document_of_a_study():
    study = study_of([*scaled(0, 0.03, 0.05), *scaled(0.4, 0.01, 0.02)])
    document = study_document(study)
    baseline, row = document["rows"]
    assert (row["alpha"], row["seeds"], row["runs"]) == (0.4, [0, 1], ["a0.4-s0", "a0.4-s1"])
    assert row["metrics"]["ece_after_t"]["by_seed"] == {"0": 0.01, "1": 0.02}
    assert row["against_alpha_0"]["ece_after_t"]["mean"] == pytest.approx(-0.025)
    assert row["against_alpha_0"]["ece_after_t"]["clear"] is False
    assert row["metrics"]["auroc"] is None
    assert baseline["against_alpha_0"]["ece"] is None
    assert document["recipe"]["epochs"] == 10
    assert document["verdict"] == verdict(study, keys=False)
    one = study_document(study_of(scaled(0, 0.03)))["rows"][0]["metrics"]["temperature"]
    assert (one["sd"], one["interval"]) == (None, [0.9, 0.96])


@settings(max_examples=50)
@given(st.lists(hostile_documents(), max_size=6))
def test_any_documents_make_a_document(listed_runs):
    json.dumps(study_document(study_of(listed_runs)), allow_nan=False)


@settings(max_examples=50)
@given(st.lists(hostile_documents(), max_size=6), st.booleans())
def test_any_documents_can_be_told_in_words(listed_runs, after_t):
    study = study_of(listed_runs, after_t=after_t)
    for text in (
        title(study),
        verdict(study),
        *left_out(study, len(listed_runs)),
        markdown(study, all_columns(study)).replace("\n", ""),
    ):
        assert text.isprintable()
    assert all(row_name(study, row).isprintable() for row in study.rows)
