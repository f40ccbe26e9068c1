"""What the tabs of a run draw: right for what is right, and never a crash for what is not."""

from __future__ import annotations

import copy
import functools
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.text import Text

from mixtui.calibration import bin_scores
from mixtui.calibration.bins import FINE_BINS, equal_mass, equal_width
from mixtui.calibration.certainty import Certainty, certainty
from mixtui.calibration.mixup_floor import mixed_loss_floor
from mixtui.calibration.predictions import Predictions
from mixtui.calibration.scores import score_logits
from mixtui.calibration.softmax import softmax
from mixtui.calibration.temperature import TemperatureFit, fit_temperature
from mixtui.calibration.top_labels import top_label
from mixtui.config import RunConfig
from mixtui.plots.alpha_colors import SeriesStyle
from mixtui.store.history import History
from mixtui.store.metrics import LABELS, METRICS
from mixtui.store.shifts import OWN_TEST, Shifts, ShiftScores
from mixtui.store.steps import Steps
from mixtui.ui.glyphs import ASCII, BRAILLE, Glyphs
from mixtui.ui.ink import Ink
from mixtui.ui.run_tabs import (
    curves,
    diagram_panels,
    epoch_table,
    mixup,
    number_panel,
    score_panel,
    setup,
    shown,
    state_words,
)
from mixtui.ui.run_tabs import scores as score_tab
from mixtui.ui.run_tabs.certainties import compute
from mixtui.ui.run_tabs.curves import Window
from mixtui.ui.run_tabs.facts import Extras, Facts, plausible
from mixtui.ui.run_tabs.last_epoch import analyse_last_epoch
from mixtui.ui.run_tabs.log import log_line, search
from mixtui.ui.run_tabs.score_table import score_table
from mixtui.ui.run_tabs.shown import Chosen
from mixtui.ui.run_tabs.side import Kind


def make_ink(glyphs: Glyphs = BRAILLE) -> Ink:
    return Ink(glyphs, "256", "dark", "#a8a8a8", "#ffaf5f", "#5fd7ff", "#ff8787", SeriesStyle(33))


INK = make_ink()
CLASSES = 4
SHIFTS = Shifts(
    epoch=3,
    step=30,
    m=15,
    sets={
        OWN_TEST: ShiftScores(None, None, "known", 300, (8, 8, 3), "k", 0.7, 0.6, 0.1, 0.1, 1.0, 0.5),
        "noise:1": ShiftScores("noise", 1, "known", 300, (8, 8, 3), "k", 0.7, 0.6, 0.1, 0.1, 1.0, 0.5),
        "unknown": ShiftScores(None, None, "unknown", 50, (8, 8, 3), "k", 0.5, auroc=0.812, fpr95=0.345),
        "folder:[/]\x1b🙂": ShiftScores(None, None, "known", 0, (), "k", None),
    },
)


def make_facts(epochs: int = 3, n: int = 300, *, seed: int = 0, **config: Any) -> Facts:
    """A finished run, overconfident at its end."""
    return copy.deepcopy(_made_facts(epochs, n, seed, tuple(config.items())))


@functools.cache
def _made_facts(epochs: int, n: int, seed: int, config: tuple[tuple[str, Any], ...]) -> Facts:
    rng = np.random.default_rng(seed)
    recipe = RunConfig(**{"alpha": 0.4, "epochs": epochs, **dict(config)})
    labels = rng.integers(0, CLASSES, n)
    history, fine = History(), {}
    for epoch in range(1, epochs + 1):
        logits = rng.normal(size=(n, CLASSES)) * epoch
        test = score_logits(logits, labels, recipe.bins)
        fine[epoch] = score_logits(logits, labels, FINE_BINS).bins
        history = history.add([epoch_event(epoch, test.scores.to_json(), test.bins.to_json())])
    predictions = Predictions("logits", logits, labels)
    steps = Steps(np.arange(1.0, 101), np.linspace(2, 1, 100), rng.beta(0.4, 0.4, 100), 50.0)
    extras = Extras(fine, analyse_last_epoch(predictions, recipe.bins, (5, 10, recipe.bins)), shifts=SHIFTS)
    return Facts(make_document(recipe, epochs, n), history, steps, (), True, extras)


def make_document(config: RunConfig, epochs: int, n: int) -> dict[str, Any]:
    return {
        "id": "r1",
        "state": "finished",
        "config": config.to_json(),
        "dataset": config.dataset,
        "epochs": epochs,
        "epoch": epochs,
        "data": {"n_test": n, "classes": ["a"] * CLASSES, "steps_per_epoch": 10},
        "path": "/runs/r1",
    }


def epoch_event(epoch: Any, metrics: Any, bins: Any, **more: Any) -> dict[str, Any]:
    common = {"type": "epoch", "time": "2026", "attempt": 1, "step": 10 * epoch, "epoch": epoch, "seconds": 60.0}
    return {**common, "metrics": metrics, "train_metrics": metrics, "bins": bins, "train_loss": 1.0, **more}


FACTS = make_facts()


def text_of(lines: list[Text]) -> str:
    return "\n".join(line.plain for line in lines)


# What is shown of what was chosen


def test_bins_of_any_number_are_those_of_direct_binning() -> None:
    facts = make_facts()
    assert facts.m_choices() == (5, 10, 15, 20, 30, 50, 60, 100)
    for m in facts.m_choices():
        now = shown.shown(facts, Chosen(m=m))
        assert now is not None
        assert (now.bins.m, now.bins.n) == (m, 300)
    assert bin_scores.ece(computed(facts, Chosen(m=15)).bins) == pytest.approx(facts.record(3)["metrics"]["ece"])


def test_a_number_of_bins_that_does_not_divide_300_is_shown_as_it_was_recorded() -> None:
    facts = make_facts(bins=7)
    assert facts.m_choices() == (5, 7, 10, 15, 20, 30, 50, 60, 100)
    now = shown.shown(facts, Chosen())
    assert now is not None and now.bins.m == 7
    assert "ECE (M 7) ." in shown.verdict(facts, now, 200)
    without = replace(facts, extras=Extras())
    recorded = shown.shown(without, Chosen())
    assert recorded is not None and recorded.bins.m == 7


def test_bins_that_were_recorded_in_another_number_than_the_run_has_are_shown_all_the_same() -> None:
    facts = make_facts()
    record = facts.record(3)
    record["bins"] = score_logits(np.eye(CLASSES), np.arange(CLASSES), 2).bins.to_json()
    now = shown.shown(replace(facts, extras=Extras()), Chosen())
    assert now is not None and now.bins.m == 2


def test_bins_of_equal_mass_are_those_of_the_logits() -> None:
    rng = np.random.default_rng(1)
    logits, labels = rng.normal(size=(5000, 3)), rng.integers(0, 3, 5000)
    confidence, correct = top_label(softmax(logits), labels)
    found, wanted = (
        analyse_last_epoch(Predictions("logits", logits, labels), 15, (15,)),
        equal_mass(confidence, correct, 15),
    )
    made = found.raw.equal_mass[15]
    assert np.array_equal(made.count, wanted.count)
    assert np.allclose(made.edges, wanted.edges)


# Temperature scaling, certainty, classes


def test_a_temperature_of_images_kept_out_of_training_is_the_one_that_counts() -> None:
    rng = np.random.default_rng(1)
    logits, labels = 2 * rng.normal(size=(500, 3)), rng.integers(0, 3, 500)
    kept_out = Predictions("logits", rng.normal(size=(100, 3)), rng.integers(0, 3, 100))
    fit = fit_temperature(kept_out.outputs, kept_out.targets)
    found = analyse_last_epoch(Predictions("logits", logits, labels), 15, (15,), kept_out)
    assert found.temperature == fit
    assert found.scaled.scores == score_logits(logits, labels, 15, fit.temperature).scores


def test_it_is_said_what_the_temperature_was_fitted_to() -> None:
    own, kept_out = make_facts(), make_facts(holdout=500)
    assert "fitted on half the images" in text_of(score_table(own, 3, INK))
    assert "fitted on 500 images kept out of training" in text_of(score_table(kept_out, 3, INK))


def test_other_bins_stand_once_above_the_scores_and_move_no_column() -> None:
    usual, other = (text_of(score_table(make_facts(bins=m), 3, INK)).splitlines() for m in (15, 20))
    assert "M 20" in other[0] and "M 15" not in usual[0]
    assert other[0].index("test") == usual[0].index("test")
    assert [line[:19] for line in other[1:]] == [line[:19] for line in usual[1:]]  # their labels
    assert [line.find(".", 19) for line in other[1:]] == [line.find(".", 19) for line in usual[1:]]


def computed(facts: Facts, chosen: Chosen) -> shown.Shown:
    """What is shown once everything that is wanted for it was computed."""
    now = shown.shown(facts, chosen)
    assert now is not None
    for wanted in shown.wanted_certainties(facts, now):
        facts.certainties.take(compute(wanted))
    again = shown.shown(facts, chosen)
    assert again is not None
    return again


def test_after_temperature_scaling_the_diagram_is_that_of_the_scaled_logits() -> None:
    facts = make_facts()
    now = computed(facts, Chosen(scaled=True))
    before = computed(facts, Chosen())
    scaled = facts.extras.last_epoch.scaled.scores  # type: ignore[union-attr]
    assert bin_scores.ece(now.bins) == pytest.approx(scaled.ece)
    assert scaled.ece < bin_scores.ece(before.bins)
    assert now.side.certainty == Certainty.from_metrics(scaled.to_json())
    assert now.other is not None and np.array_equal(now.other.bins.count, before.bins.count)
    assert shown.verdict(facts, now, 200).startswith("After T ")


def test_before_the_last_epoch_there_is_no_temperature_nor_equal_mass_nor_class() -> None:
    now = computed(make_facts(), Chosen(epoch=2, m=30, equal_mass=True, scaled=True, class_rank=0))
    assert now.kind == Kind(30)
    assert now.other is None


@pytest.mark.parametrize("chosen", [Chosen(), Chosen(m=30), Chosen(equal_mass=True), Chosen(epoch=2, m=100)])
def test_interval_and_floor_are_of_the_bins_that_are_shown(chosen: Chosen) -> None:
    facts = make_facts()
    now = computed(facts, chosen)
    assert now.side.certainty == certainty(now.side.fine, now.bins.m)
    lines = text_of(score_panel.score_lines(facts, now, INK, 45, 14))
    assert INK.fraction(now.side.certainty.floor.mean) in lines


def test_what_was_recorded_is_shown_at_once_and_what_was_not_after_it_was_computed() -> None:
    facts = make_facts()
    first = shown.shown(facts, Chosen())
    assert first is not None and first.way == "over"
    assert "[" in shown.verdict(facts, first, 200)
    other_m = shown.shown(facts, Chosen(m=50))
    assert other_m is not None and other_m.way is None
    assert shown.verdict(facts, other_m, 200).startswith("Says ")
    assert computed(facts, Chosen(m=50)).way == "over"


def test_a_metric_that_is_no_number_is_computed_anew() -> None:
    facts = make_facts()
    facts.record(3)["metrics"].update(ece_low=None, ece_high="x", nll=None)
    now = computed(facts, Chosen())
    assert now.side.certainty == certainty(now.side.fine, 15)
    assert now.side.metrics["nll"] == pytest.approx(facts.extras.last_epoch.raw.scores.nll)  # type: ignore[union-attr]


def test_the_worst_classes_come_one_after_the_other_and_then_all() -> None:
    facts, chosen, seen = make_facts(), Chosen(), []
    for _ in range(CLASSES + 1):
        chosen = shown.next_class(facts, chosen)
        now = computed(facts, chosen)
        seen.append(now.kind.of_class)
    last = facts.extras.last_epoch
    assert last is not None
    assert seen == [*last.worst, None]
    worst = computed(facts, Chosen(class_rank=0))
    assert bin_scores.ece(worst.bins) == pytest.approx(float(last.raw.classwise_ece.max()))
    assert "NLL" not in text_of(score_panel.score_lines(facts, worst, INK, 45, 14))
    assert shown.verdict(facts, worst, 200).startswith(f"Class {last.worst[0]} a, ")


def test_floors_of_every_number_of_bins_stand_below_their_ece() -> None:
    facts = make_facts()
    lines = number_panel.number_lines(facts, computed(facts, Chosen()), INK, 45, 4)
    assert [len(line.plain.split()) for line in lines[:3]] == [8, 9, 8]
    assert lines[2].plain.split()[1:] == sorted(lines[2].plain.split()[1:])
    assert "smECE ." in lines[3].plain


NOW = computed(FACTS, Chosen())


@given(st.integers(1, 120), st.integers(1, 40))
@settings(max_examples=50)
def test_the_scores_keep_to_their_room(columns: int, rows: int) -> None:
    lines = score_panel.score_lines(FACTS, NOW, INK, columns, rows)
    assert 1 <= len(lines) <= rows
    assert rows < 2 or "ECE" in text_of(lines)


def test_scores_that_have_no_room_give_way_the_least_telling_first() -> None:
    facts = make_facts()
    now = computed(facts, Chosen())
    few = text_of(score_panel.score_lines(facts, now, INK, 34, 7))
    for name in ("ECE ", "noise floor", "says−right", "NLL", "ECE after T", "T "):
        assert name in few
    assert "OE" not in few and "MCE" not in few


def test_temperature_below_1_is_called_underconfident() -> None:
    fits = [(2.0, 1.5, 2.5, "> 1: overconfident"), (0.5, 0.4, 0.6, "< 1: underconfident"), (1.0, 0.9, 1.1, "may be 1")]
    for temperature, low, high, words in fits:
        assert score_panel.temperature_words(TemperatureFit(temperature, (low, high)), INK).endswith(words)


def test_where_temperature_and_bins_contradict_each_other_it_is_said() -> None:
    facts = make_facts()
    now = replace(computed(facts, Chosen()), temperature=TemperatureFit(0.5, (0.4, 0.6)))
    assert "by NLL, though not by its bins" in text_of(score_panel.score_lines(facts, now, INK, 45, 14))


# The tab of scores


def test_the_tab_of_scores_has_every_score_the_classes_the_ranking_and_the_shifts() -> None:
    facts = make_facts()
    for columns in (200, 120, 80):
        lines = score_tab.score_tab_lines(facts, 3, INK, columns)
        text = text_of(lines)
        for words in (
            *LABELS.values(),
            "worst classes",
            "AURC",
            "after T",
            "other test sets",
            "noise:1",
            "epoch    loss",
        ):
            assert words in text
    shift = next(line.plain for line in lines if "unknown" in line.plain)
    assert shift.split() == ["unknown", "–", "–", ".500", ".812", ".345"]


def test_epochs_before_the_last_have_what_was_recorded_of_them() -> None:
    facts = make_facts()
    facts.record(2)["metrics"].update(ece_after_t=0.0123, nll_after_t=1.234, temperature=2.0)
    text = text_of(score_tab.score_tab_lines(facts, 2, INK, 120))
    assert ".012" in text and "1.234" in text and "worst classes" not in text


def test_an_epoch_that_another_run_has_not_shows_the_nearest() -> None:
    now = shown.shown(make_facts(epochs=3), Chosen(epoch=9))
    assert now is not None and now.epoch == 3
    assert shown.shown(make_facts(epochs=3), Chosen(epoch=2)).epoch == 2  # type: ignore[union-attr]


def test_the_last_epoch_goes_on_being_the_last() -> None:
    few, more = make_facts(epochs=3), make_facts(epochs=5)
    at_end = shown.move_epoch(few, shown.move_epoch(few, Chosen(), -1), 1)
    assert shown.shown(more, at_end).epoch == 5  # type: ignore[union-attr]


def test_the_cursor_begins_at_the_bin_that_adds_most_to_the_ece() -> None:
    facts = make_facts()
    now = shown.shown(facts, Chosen())
    assert now is not None
    assert now.cursor == np.abs(now.bins.confidence_sum - now.bins.correct).argmax()


@pytest.mark.parametrize("columns", [79, 119])
def test_the_verdict_names_direction_epoch_and_bins(columns: int) -> None:
    facts = make_facts()
    words = shown.verdict(facts, computed(facts, Chosen()), columns)
    assert words.startswith("Overconfident: says ") and "(M" not in words
    assert len(words) <= columns
    early = shown.verdict(facts, computed(facts, Chosen(epoch=2, m=30, equal_mass=True)), columns)
    assert early.startswith("After epoch 2, ")
    assert "ECE (M 30) ." in early


# The scrubber


@given(st.integers(1, 3000), st.integers(20, 200), st.data())
@settings(max_examples=50)
def test_a_click_on_an_epoch_finds_it(count: int, columns: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, count - 1))
    places = diagram_panels.scrubber_columns(count, columns)
    found = diagram_panels.epoch_index_at(places[index], count, columns)
    assert places[found] == places[index]
    line = diagram_panels.scrubber(range(1, count + 1), index + 1, INK, columns)
    assert f"⟨{index + 1}⟩" in line.plain
    assert line.cell_len <= columns


# Curves


def test_zooming_keeps_the_cursor_in_its_place_and_ends_at_the_edges() -> None:
    facts = make_facts()
    window = Window(cursor=60.0)
    near = curves.zoom(facts, window, 0.5)
    low, high = near.steps or (0, 0)
    assert high - low == pytest.approx(99 / 2)
    assert (60 - low) / (high - low) == pytest.approx((60 - 1) / 99)
    assert curves.zoom(facts, near, 2).steps is None
    for _ in range(50):
        near = curves.zoom(facts, near, 0.5)
    low, high = near.steps or (0, 0)
    assert high - low == 8


def test_the_cursor_takes_the_window_along() -> None:
    facts = make_facts()
    window = Window(steps=(10.0, 20.0), cursor=20.0)
    moved = curves.move_cursor(facts, window, 1)
    assert moved.cursor == 21 and moved.steps == (11, 21)
    for _ in range(200):
        moved = curves.move_cursor(facts, moved, 1)
    assert moved.cursor is None
    assert moved.steps == (90, 100)


def test_values_at_the_cursor_are_those_of_its_step_and_epoch() -> None:
    facts = make_facts()
    words = curves.values_at_cursor(facts, Window(cursor=50.0, smoothing=0.0), INK)
    assert words.startswith("step 50  loss 1.505") and "epoch 3:" in words
    assert "EMA" not in words


# Mixup


def test_the_floor_is_told_but_not_with_smoothed_labels() -> None:
    assert f"floor {mixed_loss_floor(0.4, CLASSES):.3f} nats" in text_of(mixup.floor_lines(make_facts(), INK, 60, 12))
    assert "with smoothed labels" in text_of(mixup.floor_lines(make_facts(label_smoothing=0.1), INK, 60, 12))


def test_lam_of_each_image_is_not_compared_with_its_density() -> None:
    assert "line: density" in text_of(mixup.lam_lines(make_facts(), INK, 60, 12))
    assert "the mean λ of each" in text_of(mixup.lam_lines(make_facts(mixup_per="sample"), INK, 60, 12))


# Setup


def test_the_command_says_what_is_not_the_default() -> None:
    command = setup.again_command(make_facts(lr=0.1, augment=True, dataset="folder:x", dataset_requested="folder:/a b"))
    assert command == "mixtui run --alpha 0.4 --dataset 'folder:/a b' --epochs 3 --lr 0.1 --augment --device cpu"


def test_the_command_gives_alpha_and_seed_exactly() -> None:
    facts = make_facts(alpha=0.12345678)
    facts.config["seed"] = 3  # the `seed` of `make_facts` is that of its logits
    command = setup.again_command(facts)
    assert "--alpha 0.12345678 --seed 3" in command


def test_the_command_names_the_default_data_set_so_that_no_other_stands_in_for_it() -> None:
    assert "--dataset cifar10" in setup.again_command(make_facts())


def test_the_command_asks_for_the_path_of_images_that_did_not_come_with_the_run() -> None:
    facts = make_facts(dataset="folder:flowers")
    facts.document["read_only"] = True
    assert "--dataset folder:PATH " in setup.again_command(facts)
    facts.config["dataset_requested"] = "folder:/data/flowers"
    assert "--dataset folder:/data/flowers " in setup.again_command(facts)


def test_the_note_of_a_run_that_came_with_mixtui_cannot_be_written() -> None:
    facts = make_facts()
    assert "None yet; e writes one." in text_of(setup.setup_lines(facts, "", INK, 80))
    facts.document["read_only"] = True
    assert "None." in text_of(setup.setup_lines(facts, "", INK, 80))


# Log


def test_a_search_finds_lines_in_either_case_from_where_one_is() -> None:
    lines = ["an Error", "fine", "another ERROR", "fine"]
    found = search(lines, "error", 1)
    assert (found.matches, found.line) == ((0, 2), 2)
    assert found.moved(1).line == 0
    assert found.moved(-1).line == 0
    assert search(lines, "none", 0).line is None
    assert search(lines, "", 0).matches == ()


@given(st.text(), st.text(max_size=3))
@settings(max_examples=50)
def test_marks_of_a_search_change_no_letter(line: str, wanted: str) -> None:
    assert log_line(line, wanted, INK, at_match=True).plain == Text(line).plain


# Hostile content

numbers = st.one_of(st.none(), st.booleans(), st.floats(), st.sampled_from([1e300, -1e300, 10**400]), st.text())
metrics = st.dictionaries(st.sampled_from([*METRICS, "other"]), numbers)
some_bins = st.one_of(
    st.just({}),
    st.fixed_dictionaries(
        {
            "edges": st.just([0, 0.5, 1]) | st.lists(st.floats()),
            "count": st.lists(st.integers(-2, 2**70), max_size=3),
            "confidence": st.lists(numbers, max_size=3),
            "accuracy": st.lists(numbers, max_size=3),
        }
    ),
    st.builds(lambda good: good.to_json(), st.builds(lambda c: equal_width([c], [1], 15), st.floats(0, 1))),
)
records = st.builds(
    lambda epoch, own, bins, more: epoch_event(epoch, own, bins, **more),
    st.integers(0, 50) | st.sampled_from([-1, 2**80, 10**400]),
    metrics,
    some_bins,
    st.fixed_dictionaries({"train_loss": numbers, "train_accuracy_mixed": numbers, "lr": numbers}),
)
step_values = st.lists(st.floats() | st.sampled_from([1e300, math.nan]), max_size=30)
texts = st.text() | st.sampled_from(["[/]", "[bold]x", "\x1b[2J", "🙂" * 50, "word " * 3000, "\n\n", "é\u0301\u200b"])


@st.composite
def hostile_facts(draw: st.DrawFn) -> Facts:
    good = make_facts(2, 20)
    values = draw(step_values)
    steps = np.cumsum(np.array(draw(st.lists(st.integers(0, 9), min_size=len(values), max_size=len(values)))))
    loss = np.array(values, dtype=np.float64)
    history = History().add(draw(st.lists(records, max_size=4)))
    attempt = {"type": "attempt", "time": "t", "attempt": 1, "step": 0, "pid": 1, "start_time": 1.0, "boot_id": "b"}
    history = history.add(
        [
            {**attempt, "host": draw(texts), "versions": draw(st.none() | st.dictionaries(texts, texts, max_size=2))},
            {"type": "warning", "time": "t", "attempt": 1, "step": 0, "message": draw(texts)},
        ]
    )
    words = {name: draw(texts) for name in ("note", "name", "sentence", "reason", "path", "dataset", "phase")}
    document = {
        **good.document,
        **words,
        "tags": draw(st.lists(texts, max_size=2)),
        "state": draw(st.sampled_from(["running", "starting", "queued", "failed", "crashed", "finished"])),
        "data": draw(st.sampled_from([None, {}, {"n_test": 10, "classes": ["a", "b"]}, good.document["data"]])),
        "stalled_for": draw(st.sampled_from([None, 70.0, 1e300])),
        "fraction": draw(numbers),
        "epochs": draw(st.sampled_from([1, 2, 50])),
        "config": {**good.config, "alpha": draw(st.sampled_from([0, 1e-6, 0.4, 1e9])), "model": draw(texts)},
    }
    extras = good.extras if draw(st.booleans()) else Extras()
    read = Steps(steps.astype(np.float64), loss, draw(st.permutations(values).map(np.array)) if values else loss, 0.0)
    return Facts(document, plausible(history), read, (), draw(st.booleans()), extras)


Drawing = Callable[[Facts, Ink, int, int], object]


def draw_diagram(facts: Facts, ink: Ink, columns: int, rows: int) -> None:
    for chosen in (
        Chosen(),
        Chosen(1, 30, equal_mass=True, confidence=0.5),
        Chosen(2, 5, scaled=True, confidence=1.0),
        Chosen(scaled=True, equal_mass=True),
        Chosen(m=10, scaled=True, class_rank=1),
    ):
        now = shown.shown(facts, chosen)
        if now is None:
            state_words.before_the_first(facts, 3)
            continue
        for change in (shown.move_epoch, shown.move_bin, shown.change_m):
            shown.shown(facts, change(facts, chosen, 1))
        lines = diagram_panels.diagram(facts, now, ink, columns, rows, with_scores=True)
        assert len(lines) >= 1
        for wanted in shown.wanted_certainties(facts, now):
            facts.certainties.take(compute(wanted))
        now = shown.shown(facts, chosen)
        assert now is not None
        score_panel.score_lines(facts, now, ink, columns, rows)
        number_panel.number_lines(facts, now, ink, columns, rows)
        diagram_panels.over_epochs(facts, now, ink, columns, rows)
        shown.verdict(facts, now, columns)
        shown.next_class(facts, chosen)
    state_words.trouble(facts)


def draw_curves(facts: Facts, ink: Ink, columns: int, rows: int) -> None:
    window = Window(log=True)
    for step in range(6):
        for name in curves.PANELS:
            curves.draw(facts, window, name, ink, columns, rows)
        curves.values_at_cursor(facts, window, ink, short=step % 2 == 0)
        window = curves.zoom(facts, curves.move_cursor(facts, window, step - 2), 0.5)
        window = replace(window, log=not window.log, smoothing=0.6)


def draw_mixup(facts: Facts, ink: Ink, columns: int, rows: int) -> None:
    for draw in (mixup.lam_lines, mixup.floor_lines, mixup.accuracy_lines):
        draw(facts, ink, columns, rows)


def draw_scores(facts: Facts, ink: Ink, columns: int, rows: int) -> None:
    for epoch in (*facts.epochs, 99):
        score_tab.score_tab_lines(facts, epoch, ink, columns)
    epoch_table.markdown(facts)


def draw_setup(facts: Facts, ink: Ink, columns: int, rows: int) -> None:
    for width in (columns, 120):
        for line in setup.setup_lines(facts, setup.again_command(facts), ink, width):
            assert line.plain.isprintable()


@pytest.mark.parametrize("draw", [draw_diagram, draw_curves, draw_mixup, draw_scores, draw_setup])
@given(facts=hostile_facts(), size=st.tuples(st.integers(1, 120), st.integers(1, 40)), ascii_only=st.booleans())
@settings(max_examples=25)
def test_nothing_that_was_recorded_crashes_a_tab(
    draw: Drawing, facts: Facts, size: tuple[int, int], ascii_only: bool
) -> None:
    draw(facts, make_ink(ASCII) if ascii_only else INK, *size)
