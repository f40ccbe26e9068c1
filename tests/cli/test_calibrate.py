"""`mixtui calibrate` on files of one's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.text import Text

from mixtui.calibration.scores import Scores
from tests.cli.conftest import CommandLine, on_a_terminal

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=(2000, 5)) * 2
LABELS = (LOGITS / 2.5 + RNG.gumbel(size=LOGITS.shape)).argmax(axis=1)  # so the temperature is 2.5
TOP_LABELS = "true_label,pred_label,confidence\ncat,cat,0.9\ndog,cat,0.6\n"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of predictions: a network's, the same calibrated, those of other images, and top labels."""
    folder = tmp_path_factory.mktemp("predictions")
    np.savez(folder / "erm.npz", logits=LOGITS, labels=LABELS)
    np.savez(folder / "mixup.npz", logits=LOGITS / 2.5, labels=LABELS)
    np.savez(folder / "held-out.npz", logits=LOGITS[::-2], labels=LABELS[::-2])
    np.savez(folder / "two.npz", logits=LOGITS[:, :2], labels=LABELS % 2)
    (folder / "top.csv").write_text(TOP_LABELS)
    return folder


def document(mixtui: CommandLine, *arguments: object) -> Any:
    done = mixtui("calibrate", *map(str, arguments), "--json")
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_json_has_the_fields_of_the_contract(mixtui: CommandLine, files: Path) -> None:
    scored = document(mixtui, files / "erm.npz", "--bins", 10, "--class", 4)
    assert list(scored) == [
        *("file", "n", "metrics", "bins", "temperature", "after_t", "ece_by_m", "classwise", "risk_coverage")
    ]
    assert scored["n"] == 2000
    assert scored["metrics"].keys() == {*Scores.__dataclass_fields__, "aurc"} == scored["after_t"]["metrics"].keys()
    for bins in (scored["bins"], scored["after_t"]["bins"], *scored["classwise"]["bins"].values()):
        assert bins.keys() == {"edges", "count", "confidence", "accuracy"}
        assert len(bins["count"]) == 10
    assert scored["temperature"].keys() == {"value", "interval", "halves", "fitted_on"}
    assert [one["m"] for one in scored["ece_by_m"]] == [5, 10, 15, 20, 30, 50, 60, 100]
    assert all(one["floor"]["low"] < one["floor"]["mean"] < one["floor"]["high"] for one in scored["ece_by_m"])
    assert len(scored["classwise"]["ece"]) == len(scored["classwise"]["worst"]) == 5
    assert scored["classwise"]["ece"][scored["classwise"]["worst"][0]] == max(scored["classwise"]["ece"])
    assert scored["risk_coverage"]["risk"][-1] == pytest.approx(1 - scored["metrics"]["accuracy"])


def test_temperature_scaling_is_fitted_on_other_samples_than_it_is_scored_on(mixtui: CommandLine, files: Path) -> None:
    scored = document(mixtui, files / "erm.npz")
    low, high = scored["temperature"]["interval"]
    assert low < 2.5 < high
    assert len(scored["temperature"]["halves"]) == 2
    assert scored["after_t"]["metrics"]["ece"] < scored["metrics"]["ece"] / 2
    elsewhere = document(mixtui, files / "erm.npz", "--fit-on", files / "held-out.npz")["temperature"]
    assert elsewhere["fitted_on"] == str(files / "held-out.npz")
    assert elsewhere["halves"] is None
    assert elsewhere["interval"][0] < 2.5 < elsewhere["interval"][1]


def test_a_person_sees_verdict_scores_robustness_and_diagram(mixtui: CommandLine, files: Path) -> None:
    shown = mixtui("calibrate", str(files / "erm.npz")).stdout
    verdict = shown.splitlines()[0]
    assert verdict.startswith("Overconfident: says ")
    assert "the noise floor is" in verdict
    for word in ("after T", "NLL", "AUROC", "AURC", "smECE", "above 1, overconfident", "worst classes", "bins M"):
        assert word in shown
    assert "perfect calibration" in shown


def test_at_the_floor_the_bound_is_one_sided(mixtui: CommandLine, files: Path) -> None:
    shown = mixtui("calibrate", str(files / "mixup.npz")).stdout
    assert shown.startswith("At the noise floor: a perfectly calibrated model would score")
    ece = next(line for line in shown.splitlines() if line.startswith("ECE "))
    assert "≈" in ece
    assert "at most" in ece


def test_csv_leaves_what_it_cannot_give_null(mixtui: CommandLine, files: Path) -> None:
    scored = document(mixtui, files / "top.csv")
    assert scored["metrics"]["accuracy"] == 0.5
    for name in ("nll", "brier", "classwise_ece"):
        assert scored["metrics"][name] is None
    assert scored["temperature"] is scored["after_t"] is scored["classwise"] is None
    assert len(scored["ece_by_m"]) == 8
    shown = mixtui("calibrate", str(files / "top.csv")).stdout
    assert "No T, NLL" in shown
    assert "after T" not in shown


def test_two_files_are_compared_sample_by_sample(mixtui: CommandLine, files: Path) -> None:
    compared = document(mixtui, files / "erm.npz", files / "mixup.npz")
    first, second = compared["files"]
    assert compared["difference"]["paired"] is True
    for name, one in compared["difference"]["metrics"].items():
        assert one["value"] == pytest.approx(second["metrics"][name] - first["metrics"][name])
        assert one["interval"][0] <= one["value"] <= one["interval"][1]
    assert compared["difference"]["metrics"]["ece"]["interval"][1] < 0
    assert compared["difference"]["after_t"]["metrics"]["nll"]["value"] == pytest.approx(0, abs=1e-6)
    shown = mixtui("calibrate", str(files / "erm.npz"), str(files / "mixup.npz")).stdout
    assert "mixup.npz − erm.npz: the same samples, paired" in shown
    assert shown.count("perfect calibration") == 2


def test_other_samples_are_compared_without_pairing(mixtui: CommandLine, files: Path) -> None:
    compared = document(mixtui, files / "erm.npz", files / "top.csv")
    assert compared["difference"]["paired"] is False
    assert compared["difference"]["metrics"]["nll"] is None
    assert compared["difference"]["after_t"] is None


def test_diagrams_stand_beside_each_other_only_where_both_fit(tmp_path: Path, files: Path) -> None:
    def titles(columns: int) -> list[int]:
        pair = str(files / "erm.npz"), str(files / "mixup.npz")
        shown = on_a_terminal(tmp_path, "calibrate", *pair, COLUMNS=str(columns))
        lines = Text.from_ansi(shown.replace("\r\n", "\n")).plain.splitlines()
        assert max(map(len, lines)) <= columns
        return [line.count("Reliability") for line in lines if "Reliability" in line]

    assert titles(100) == [2]
    assert titles(80) == [1, 1]


def test_the_diagram_of_a_class_after_temperature_scaling(mixtui: CommandLine, files: Path) -> None:
    shown = mixtui("calibrate", str(files / "erm.npz"), "--class", "3", "--after-t").stdout
    assert "class 3 against the rest, after T" in shown


@pytest.mark.parametrize(
    ("content", "word"), [("confidence\n0.5\n", "true_label"), ("true_label,pred_label,confidence\na,a,1.5\n", "2")]
)
def test_bad_files_are_named_with_the_place(mixtui: CommandLine, tmp_path: Path, content: str, word: str) -> None:
    file = tmp_path / "p.csv"
    file.write_text(content)
    done = mixtui("calibrate", str(file))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 2
    assert word in done.stderr


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["erm.npz", "--class", "5"], "0 to 4"),
        (["top.csv", "--class", "0"], "--class needs every class"),
        (["top.csv", "--after-t"], "--after-t needs every class"),
        (["erm.npz", "--fit-on", "erm.npz"], "fitted on itself"),
        (["erm.npz", "--fit-on", "two.npz"], "two.npz has 2 classes"),
        (["erm.npz", "--fit-on", "top.csv"], "top.csv has the confidence of the top label alone"),
        (["erm.npz", "mixup.npz", "--fit-on", "held-out.npz"], "once for each file"),
    ],
)
def test_what_cannot_be_done_is_said_in_two_lines(
    mixtui: CommandLine, files: Path, arguments: list[str], word: str
) -> None:
    done = mixtui("calibrate", *(str(files / one) if one[-4:] in (".npz", ".csv") else one for one in arguments))
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 2
    assert word in done.stderr


def test_names_are_no_markup(mixtui: CommandLine, files: Path, tmp_path: Path) -> None:
    hostile = tmp_path / "[red]\x1b[31mα\n.csv"
    hostile.write_text(TOP_LABELS)
    shown = mixtui("calibrate", str(files / "erm.npz"), str(hostile)).stdout
    assert "[red]?[31mα?.csv" in shown
    assert "\x1b" not in shown
