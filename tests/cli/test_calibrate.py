"""`mixtui calibrate` on files of one's own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Mixtui


@pytest.fixture
def predictions(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "p.npz", logits=rng.normal(size=(500, 5)), labels=rng.integers(5, size=500))
    return tmp_path / "p.npz"


def test_json_has_the_fields_of_the_contract(mixtui: Mixtui, predictions: Path) -> None:
    scored = json.loads(mixtui("calibrate", str(predictions), "--json", "--bins", "10").stdout)
    assert scored["n"] == 500
    assert scored["metrics"].keys() >= {"accuracy", "ece", "mce", "oe", "ue", "nll", "brier", "confidence"}
    assert scored["bins"].keys() == {"edges", "count", "confidence", "accuracy"}
    assert len(scored["bins"]["count"]) == 10


def test_a_person_sees_verdict_scores_and_diagram(mixtui: Mixtui, predictions: Path) -> None:
    shown = mixtui("calibrate", str(predictions)).stdout
    assert "Overconfident" in shown
    assert "ECE" in shown
    assert "perfect calibration" in shown


def test_csv_leaves_what_it_cannot_give_null(mixtui: Mixtui, tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    file.write_text("true_label,pred_label,confidence\ncat,cat,0.9\ndog,cat,0.6\n")
    metrics = json.loads(mixtui("calibrate", str(file), "--json").stdout)["metrics"]
    assert metrics["accuracy"] == 0.5
    assert metrics["nll"] is None


@pytest.mark.parametrize(
    ("content", "word"), [("confidence\n0.5\n", "true_label"), ("true_label,pred_label,confidence\na,a,1.5\n", "2")]
)
def test_bad_files_are_named_with_the_place(mixtui: Mixtui, tmp_path: Path, content: str, word: str) -> None:
    file = tmp_path / "p.csv"
    file.write_text(content)
    done = mixtui("calibrate", str(file))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 2
    assert word in done.stderr
