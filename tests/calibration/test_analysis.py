"""Scores before and after temperature scaling, as they are recorded."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mixtui.calibration.analysis import SCALED_NAMES, analyse, analyse_logits
from mixtui.calibration.predictions import Predictions
from mixtui.calibration.scores import score_logits
from mixtui.calibration.softmax import softmax
from mixtui.calibration.temperature import TemperatureFit, cross_fit

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 4, 2000)
LOGITS = 2 * (RNG.normal(size=(2000, 4)) + 1.5 * np.eye(4)[LABELS])


def test_logits_are_scored_as_they_are_and_scaled() -> None:
    analysis = analyse_logits(LOGITS, LABELS, 10)
    assert analysis.before.scores == score_logits(LOGITS, LABELS, 10).scores
    assert analysis.scaled is not None
    after = analysis.scaled.evaluation.scores
    assert after.nll is not None
    assert after.nll < analysis.before.scores.nll
    assert after.accuracy == analysis.before.scores.accuracy
    assert analysis.scaled.fit.temperature > 1


def test_without_a_fit_each_half_is_scored_with_the_temperature_of_the_other() -> None:
    scaled, fits = analyse_logits(LOGITS, LABELS, 10).scaled, cross_fit(LOGITS, LABELS)
    assert scaled is not None
    assert (scaled.fit, scaled.halves) == (fits.whole, fits.halves)
    after = score_logits(LOGITS, LABELS, 10, fits.sample_temperature).scores
    assert scaled.evaluation.scores == after
    assert after.nll != score_logits(LOGITS, LABELS, 10, fits.whole.temperature).scores.nll


def test_what_is_recorded_of_scaling_has_its_own_names() -> None:
    analysis = analyse_logits(LOGITS, LABELS, 10)
    assert analysis.scaled is not None
    after, fit, metrics = analysis.scaled.evaluation.scores, analysis.scaled.fit, analysis.metrics()
    expected = (fit.temperature, *fit.interval, after.ece, after.ece_floor_high, after.nll)
    assert tuple(metrics[name] for name in SCALED_NAMES) == expected
    assert metrics["ece"] == analysis.before.scores.ece


def test_a_temperature_fitted_elsewhere_is_used_as_it_is() -> None:
    fit = TemperatureFit(2.0, (1.9, 2.1))
    scaled = analyse_logits(LOGITS, LABELS, 10, fit).scaled
    assert scaled is not None
    assert scaled.evaluation.scores == score_logits(LOGITS / 2, LABELS, 10).scores
    assert (scaled.fit, scaled.halves) == (fit, None)


def test_probabilities_are_scaled_by_their_logarithms() -> None:
    probs = analyse(Predictions("probs", softmax(LOGITS), LABELS)).metrics()
    assert probs == pytest.approx(analyse_logits(LOGITS, LABELS).metrics(), abs=1e-6)


def test_top_labels_alone_have_no_temperature() -> None:
    analysis = analyse(Predictions("top-label", np.array([0.5, 0.9]), np.array([0, 1])))
    assert analysis.scaled is None
    metrics = analysis.metrics()
    assert [metrics[name] for name in SCALED_NAMES] == [None] * len(SCALED_NAMES)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_samples_give_figures_that_json_takes(n: int) -> None:
    metrics = analyse_logits(1e6 * LOGITS[:n], LABELS[:n]).metrics()
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics
    assert metrics["ece"] is not None
    assert metrics["temperature"] is not None
