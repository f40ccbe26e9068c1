"""Reading runs from the shell: list, show, logs."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest

from mixtui.calibration.scores import Scores
from tests.cli.conftest import Mixtui, on_a_terminal

pytestmark = pytest.mark.usefixtures("finished")
METRICS = {"accuracy", "ece", "mce", "oe", "ue", "nll", "brier", "confidence"}


def test_show_json_has_the_fields_of_the_contract(mixtui: Mixtui) -> None:
    shown = json.loads(mixtui("show", "latest", "--json").stdout)
    keys = {"id", "state", "reason", "config", "epoch", "epochs", "metrics", "train_metrics", "bins", "truth"}
    assert keys | {"dataset", "dataset_requested", "fallback"} <= shown.keys()
    assert (shown["state"], shown["reason"], shown["epoch"], shown["epochs"]) == ("finished", "done", 2, 2)
    assert shown["metrics"].keys() >= METRICS
    assert shown["train_metrics"].keys() >= METRICS
    assert shown["bins"].keys() == {"edges", "count", "confidence", "accuracy"}
    assert len(shown["bins"]["edges"]) == 16
    assert sum(shown["bins"]["count"]) == 2000
    assert (shown["dataset"], shown["dataset_requested"], shown["fallback"]) == ("synthetic", None, True)
    assert shown["tags"] == ["paper"]
    assert 0.7 < shown["truth"]["accuracy"] < 0.85
    assert 0 < shown["truth"]["mean_total_variation"] < 1


def test_the_ece_shown_is_that_of_the_saved_predictions(mixtui: Mixtui, workplace: Path) -> None:
    shown = json.loads(mixtui("show", "latest", "--json").stdout)
    predictions = next(workplace.glob("runs/*/predictions.npz"))
    scored = json.loads(mixtui("calibrate", str(predictions), "--json").stdout)
    names = [field.name for field in fields(Scores)]
    assert {name: scored["metrics"][name] for name in names} == {name: shown["metrics"][name] for name in names}
    assert scored["temperature"]["value"] == shown["metrics"]["temperature"]
    assert scored["after_t"]["metrics"]["ece"] == shown["metrics"]["ece_after_t"]
    assert scored["n"] == 2000


def test_list_json_is_an_array_without_bins(mixtui: Mixtui) -> None:
    (listed,) = json.loads(mixtui("list", "--json").stdout)
    assert listed["state"] == "finished"
    assert "bins" not in listed


def test_show_and_list_tell_the_fallback(mixtui: Mixtui) -> None:
    for command in (["show", "latest"], ["list"]):
        assert "fallback" in mixtui(*command).stdout


def test_where_there_is_room_list_says_how_sure_an_ece_is(mixtui: Mixtui, workplace: Path) -> None:
    sure = re.compile(r" \.\d{3} [±<]\.\d{3} [▲▼·≈] paper$")
    assert sure.search(mixtui("list").stdout.splitlines()[1])
    for columns, shown in (("80", False), ("100", True)):
        line = on_a_terminal(workplace, "list", COLUMNS=columns, NO_COLOR="1").splitlines()[1]
        assert bool(sure.search(line)) == shown
        assert len(line) <= int(columns)


def test_a_listed_id_finds_its_run(mixtui: Mixtui) -> None:
    short = mixtui("list").stdout.splitlines()[1].split()[0]
    full = json.loads(mixtui("show", short, "--json").stdout)["id"]
    assert full.endswith(short)
    assert json.loads(mixtui("show", full[:15], "--json").stdout)["id"] == full


def test_logs_prints_what_the_worker_printed(mixtui: Mixtui) -> None:
    assert "finished" in mixtui("logs", "latest").stdout


def test_an_unknown_run_is_exit_code_2(mixtui: Mixtui) -> None:
    for command in ("show", "logs", "resume"):
        done = mixtui(command, "nonsense")
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 2


def test_an_empty_folder_says_how_to_start(mixtui: Mixtui, tmp_path: Path) -> None:
    assert "mixtui run" in mixtui("list", "--runs-dir", str(tmp_path)).stdout
    assert mixtui("list", "--json", "--runs-dir", str(tmp_path)).stdout.strip() == "[]"
    assert mixtui("show", "latest", "--runs-dir", str(tmp_path)).returncode == 2


@pytest.mark.parametrize("damage", ["config.json", "control.json", "process.json"])
def test_a_damaged_run_is_named_and_left_alone(mixtui: Mixtui, workplace: Path, tmp_path: Path, damage: str) -> None:
    good = next(workplace.glob("runs/2*"))
    subprocess.run(["cp", "-r", good, tmp_path / good.name], check=True)
    broken = tmp_path / f"{good.name[:-4]}zzzz"
    subprocess.run(["cp", "-r", good, broken], check=True)
    (broken / damage).write_text('{"half": ')
    if damage == "process.json":  # only read while there is no end event
        (broken / "events.jsonl").write_text("")
        (broken / "exit.json").unlink()
    done = mixtui("list", "--runs-dir", str(tmp_path))
    assert done.returncode == 0
    assert "finished" in done.stdout
    assert damage in done.stdout
    documents = json.loads(mixtui("list", "--json", "--runs-dir", str(tmp_path)).stdout)
    assert [document["state"] for document in documents] == ["finished", "broken"]
    assert (broken / damage).read_text() == '{"half": '


def test_a_cut_event_log_costs_only_what_was_cut(mixtui: Mixtui, workplace: Path, tmp_path: Path) -> None:
    good = next(workplace.glob("runs/2*"))
    copy = tmp_path / good.name
    subprocess.run(["cp", "-r", good, copy], check=True)
    log = (copy / "events.jsonl").read_bytes()
    (copy / "events.jsonl").write_bytes(log[: log.rindex(b'"epoch":2')])
    shown = json.loads(mixtui("show", "latest", "--json", "--runs-dir", str(tmp_path)).stdout)
    assert shown["epoch"] == 1
    assert shown["state"] == "crashed"
