"""Agreement with torchmetrics and netcal where conventions agree, and their known differences.

A difference asserted here is theirs: when one of these tests fails after an upgrade, they changed.
"""

import runpy
from pathlib import Path

import numpy as np
import pytest
import torch
from netcal.metrics import ECE, MCE
from netcal.scaling import TemperatureScaling
from torchmetrics.functional.classification import multiclass_calibration_error

from mixtui.calibration.scores import score_logits, score_probs, score_top_label
from mixtui.calibration.softmax import softmax
from mixtui.calibration.temperature import fit_temperature
from mixtui.errors import MixtuiError


def torchmetrics_error(probs, labels, m, norm="l1"):
    probs, labels = torch.as_tensor(probs), torch.as_tensor(labels)
    return float(multiclass_calibration_error(probs, labels, probs.shape[1], n_bins=m, norm=norm))


def torchmetrics_top_label(confidence, correct, m):
    """Class 0 is predicted with `confidence`, the remainder is spread over 19 other classes."""
    confidence = np.array(confidence)[:, None]
    probs = np.hstack([confidence, np.repeat((1 - confidence) / 19, 19, axis=1)])
    return torchmetrics_error(probs, np.where(correct, 0, 1), m)


def netcal_top_label(confidence, correct, m):
    return ECE(m).measure(np.array(confidence), np.array(correct))


@pytest.fixture(params=[0, 1, 2], ids=lambda seed: f"seed{seed}")
def logits_and_labels(request):
    """Random, so away from the edges of bins. The labels follow the logits in part."""
    rng = np.random.default_rng(request.param)
    logits = 2 * rng.standard_normal((2000, 5))
    labels = np.where(rng.random(2000) < 0.6, logits.argmax(axis=1), rng.integers(0, 5, 2000))
    return logits, labels


@pytest.mark.parametrize("m", [1, 7, 15, 100])
def test_torchmetrics_agrees(logits_and_labels, m):
    logits, labels = logits_and_labels
    ours = score_logits(logits, labels, m).scores
    # It rounds confidences to float32.
    assert torchmetrics_error(logits, labels, m) == pytest.approx(ours.ece, abs=1e-6)
    assert torchmetrics_error(logits, labels, m, "max") == pytest.approx(ours.mce, abs=1e-6)
    assert torchmetrics_error(softmax(logits), labels, m) == pytest.approx(ours.ece, abs=1e-6)


@pytest.mark.parametrize("m", [1, 7, 15, 100])
def test_netcal_agrees(logits_and_labels, m):
    logits, labels = logits_and_labels
    ours, probs = score_logits(logits, labels, m).scores, softmax(logits)
    assert ECE(m).measure(probs, labels) == pytest.approx(ours.ece, abs=1e-12)
    assert MCE(m).measure(probs, labels) == pytest.approx(ours.mce, abs=1e-12)


def test_netcal_equal_mass_agrees_where_shares_are_whole(logits_and_labels):
    logits, labels = logits_and_labels
    theirs = ECE(20, equal_intervals=False).measure(softmax(logits), labels)
    assert theirs == pytest.approx(score_logits(logits, labels, 20).scores.equal_mass_ece, abs=1e-12)


@pytest.mark.filterwarnings("ignore:independent is deprecated:DeprecationWarning")
@pytest.mark.parametrize("scale", [0.2, 0.5, 3])
def test_netcal_fits_the_same_temperature_and_calls_its_inverse_so(logits_and_labels, scale):
    logits, labels = logits_and_labels
    theirs = TemperatureScaling()
    theirs.fit(softmax(scale * logits), labels)
    ours = fit_temperature(scale * logits, labels).temperature
    assert 1 / theirs.temperature[0] == pytest.approx(ours, rel=1e-3)


@pytest.mark.parametrize("theirs", [torchmetrics_top_label, netcal_top_label])
@pytest.mark.parametrize(
    ("confidence", "ours", "left_closed"), [([0.5, 0.45], 0.025, 0.475), ([0.5, 0.55], 0.525, 0.025)]
)
def test_their_bins_are_closed_on_the_left(theirs, confidence, ours, left_closed):
    assert score_top_label(confidence, [1, 0], 10).scores.ece == pytest.approx(ours)
    assert theirs(confidence, [1, 0], 10) == pytest.approx(left_closed, abs=1e-6)


def test_torchmetrics_gives_confidence_one_a_bin_of_its_own():
    confidence, correct = [1.0] * 50 + [0.95] * 50, [1] * 48 + [0] * 2 + [1] * 50
    assert score_top_label(confidence, correct, 10).scores.ece == pytest.approx(0.005)
    assert netcal_top_label(confidence, correct, 10) == pytest.approx(0.005)
    assert torchmetrics_top_label(confidence, correct, 10) == pytest.approx(0.045, abs=1e-6)


def test_torchmetrics_takes_logits_for_probabilities_where_all_are_from_0_to_1():
    logits, labels = np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([0, 1])
    assert torchmetrics_error(logits, labels, 15) == pytest.approx(0.15, abs=1e-6)
    assert torchmetrics_error(logits, labels, 15) == pytest.approx(score_probs(logits, labels).scores.ece)
    # Both are right, in bins of their own.
    assert score_logits(logits, labels).scores.ece == pytest.approx(1 - softmax(logits).max(axis=1).mean())


def test_they_score_nan_silently():
    with pytest.raises(MixtuiError, match="row 0 "):
        score_logits([[np.nan, 1.0], [0.0, 2.0]], [0, 1])
    assert np.isfinite(torchmetrics_error([[np.nan, 1.0], [0.0, 2.0]], [0, 1], 15))
    with pytest.raises(MixtuiError, match="row 0 "):
        score_top_label([np.nan, 0.3], [0, 1])
    assert np.isfinite(netcal_top_label([np.nan, 0.3], [0, 1], 15))


@pytest.mark.parametrize("labels", [[1, 1, 1], [0, 1, 0]])
def test_netcal_refuses_one_or_two_distinct_labels_of_more_classes(labels):
    probs = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8], [0.3, 0.5, 0.2]])
    score_probs(probs, labels)
    with pytest.raises(RuntimeError, match="binary"):
        ECE(15).measure(probs, np.array(labels))


def test_the_page_of_other_conventions_is_up_to_date():
    script = Path(__file__).parents[2] / "docs" / "other_conventions.py"
    page = runpy.run_path(str(script))["page"]()
    assert page == script.with_name("other-conventions.md").read_text(encoding="utf-8"), f"Run python {script}."
