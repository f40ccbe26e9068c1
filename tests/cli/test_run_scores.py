"""The scores of a run, as `mixtui show` prints them."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from rich.console import Console

from mixtui.calibration.analysis import analyse_logits
from mixtui.cli.run_scores import print_run_scores
from mixtui.store.metrics import METRICS
from mixtui.store.run import Run
from tests.conftest import MakeEvent, MakeRun

RNG = np.random.default_rng(0)
LOGITS = (3 * RNG.normal(size=(400, 4))).astype(np.float32)
LABELS = (LOGITS / 2 + RNG.gumbel(size=LOGITS.shape)).argmax(axis=1)
RECORDED = json.loads(json.dumps(analyse_logits(LOGITS, LABELS).metrics()))
OLD = {name: RECORDED[name] for name in ("accuracy", "confidence", "ece", "nll")}


@pytest.fixture
def shown(make_run: MakeRun, make_event: MakeEvent):
    """Prints the scores of a run with these metrics, and with predictions or without."""

    def show(metrics: dict[str, object], *, predictions: bool = False, width: int = 100, holdout: int = 0) -> str:
        data = make_event("data", name="folder:made", n_test=400, n_train=900)
        epoch = make_event("epoch", metrics=metrics, train_metrics=metrics)
        paths = make_run([make_event("attempt"), data, epoch], claims=1, dataset="folder:made", holdout=holdout)
        if predictions:
            np.savez(paths.predictions, logits=LOGITS, labels=LABELS)
        console = Console(file=io.StringIO(), width=width, markup=False)
        print_run_scores(console, Run.load(paths.root))
        return console.file.getvalue()

    return show


def row(text: str, label: str) -> list[str]:
    line = next(line for line in text.splitlines() if line.startswith(label + " "))
    return line[len(label) :].split()


def test_recorded_scores_have_interval_floor_and_after_t(shown):
    text = shown(RECORDED)
    assert text.startswith("Overconfident: says ")
    assert "the noise floor is" in text
    assert row(text, "ECE")[1] == "▲"
    assert "≈" in row(text, "ECE")
    assert row(text, "noise floor")[1].startswith("[")
    assert "above 1, overconfident" in text
    assert row(text, "NLL")[:2] == [f"{RECORDED[name]:.3f}".removeprefix("0") for name in ("nll", "nll_after_t")]


def test_what_an_older_run_lacks_comes_from_its_predictions(shown):
    old, new = shown(OLD, predictions=True), shown(RECORDED)
    assert old.splitlines()[0] == new.splitlines()[0]
    for label in ("ECE", "noise floor", "NLL", "smECE"):
        assert row(old, label)[0] == row(new, label)[0]


def test_or_is_a_dash(shown):
    text = shown(OLD)
    assert row(text, "noise floor") == ["–"]
    assert "after T" not in text


@pytest.mark.parametrize("odd", [None, "high", [1], 10**400, float("nan"), True])
def test_odd_figures_do_no_harm(shown, odd):
    for name in ("accuracy", "ece", "ece_low", "temperature", "ece_after_t"):
        shown({**RECORDED, name: odd})
    shown(dict.fromkeys(METRICS, odd))


def test_it_is_told_what_the_temperature_was_fitted_to(shown):
    assert "one half of the samples" in shown(RECORDED)
    assert "fitted to 1,000 training images" in shown(RECORDED, holdout=1000)


def test_all_fits_into_eighty_columns(shown):
    assert max(map(len, shown(RECORDED, width=80).splitlines())) <= 80
    assert "…" not in shown(RECORDED, width=80)
