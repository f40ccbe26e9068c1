"""From what stands in the fields to a plan, its command, and what is here already; without a terminal."""

from __future__ import annotations

import dataclasses
import shlex
import time
from typing import Any

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtui.cli import sweep as cli_sweep
from mixtui.config import RunConfig
from mixtui.datasets import resolve
from mixtui.launch.estimate import Pace, Typical
from mixtui.launch.grid import parse_alphas, points
from mixtui.launch.submission import prepare
from mixtui.ui.new_runs import remarks
from mixtui.ui.new_runs.command import lines, one_line, sweep_command
from mixtui.ui.new_runs.form import OWN, REFERENCE, Entries, Plan, check
from mixtui.ui.new_runs.here import Here, tally
from mixtui.ui.new_runs.outlook import Machine, look_ahead, size, tell, tell_briefly

TEXTS = [one.name for one in dataclasses.fields(Entries) if one.type == "str"]
CPU = Machine("cpu", cores=4, gpus=0, threads=2, run_size=Typical(47e6, 3), disk_free=212_000_000_000)


def entries(**changed: Any) -> Entries:
    return dataclasses.replace(REFERENCE, **changed)


def plan_of(**changed: Any) -> Plan:
    checked = check(entries(**changed))
    assert checked.plan is not None, checked.faults
    return checked.plan


def document(config: RunConfig, state: str = "finished", **more: Any) -> dict[str, Any]:
    return {"id": f"{config.alpha}-{config.seed}", "state": state, "config": config.to_json(), **more}


def test_at_first_it_is_the_reference_study() -> None:
    plan = plan_of()
    assert plan.points == [(alpha, 0) for alpha in (0.0, 0.1, 0.2, 0.3, 0.4, 0.7)]
    assert plan.config() == RunConfig(alpha=0.0)
    assert (plan.tag, plan.again, plan.handling["retries"], plan.handling["slots_per_gpu"]) == (None, False, 0, None)
    assert "reference study" in remarks.preset(REFERENCE)
    assert "epochs" in remarks.preset(entries(epochs="3"))


@pytest.mark.parametrize(
    ("changed", "field", "word"),
    [
        ({"more": "-0.1"}, "more", "α is 0 or more; -0.1 is not."),
        ({"more": "0.1:0.2"}, "more", "range"),
        ({"more": "0:1:1e-9"}, "more", "10000"),
        ({"more": "1e-9, 5"}, "more", "out of range"),
        ({"ticked": ()}, "more", "No α"),
        ({"seeds": "0"}, "seeds", "from 1"),
        ({"seeds": "x"}, "seeds", "whole number"),
        ({"seeds": "9999"}, "seeds", "at most 10000"),
        ({"seeds": "9" * 4000}, "seeds", "out of range"),
        ({"epochs": "1.5"}, "epochs", "whole number"),
        ({"epochs": "0"}, "epochs", "epochs 0 is out of range"),
        ({"lr": "nan"}, "lr", "lr nan"),
        ({"batch_size": "1"}, "batch_size", "BatchNorm"),
        ({"model": "resnet81"}, "model", "Did you mean"),
        ({"model": "vgg11", "stem": "cifar"}, "stem", "ResNet family"),
        ({"schedule": "x"}, "schedule", "not known"),
        ({"tag": "a,b"}, "tag", "comma"),
        ({"device": "gpu"}, "device", "not known"),
        ({"precision": "fp8"}, "precision", "not known"),
        ({"retries": "-1"}, "retries", "from 0"),
        ({"slots_per_gpu": "0"}, "slots_per_gpu", "from 1"),
        ({"dataset": "mnist"}, "dataset", "no data set"),
        ({"dataset": OWN}, "own_dataset", "folder:PATH"),
        ({"dataset": OWN, "own_dataset": "cifar"}, "own_dataset", "no data set"),
    ],
)
def test_a_fault_is_told_with_its_field(changed: dict[str, Any], field: str, word: str) -> None:
    checked = check(entries(**changed))
    assert checked.plan is None
    assert list(checked.faults) == [field]
    assert word in checked.faults[field]
    assert "--" not in checked.faults[field]


@settings(max_examples=50)
@given(st.dictionaries(st.sampled_from(TEXTS), st.text() | st.from_regex(r"-?[0-9.e:,]{0,12}"), max_size=4))
def test_any_text_makes_a_plan_or_faults(changed: dict[str, str]) -> None:
    checked = check(entries(**changed))
    assert (checked.plan is None) == bool(checked.faults)
    assert all(checked.faults.values())
    if checked.plan is not None:
        Here([]).states(checked.plan)
        one_line(sweep_command(checked.plan, "x"))
        assert tell(look_ahead(checked.plan, {}, Pace([], "here"), CPU, [], []), time_now())
    remarks.training(entries(**changed))
    remarks.machine(entries(**changed), "cpu", 2)
    remarks.preset(entries(**changed))


def time_now() -> Any:
    from datetime import datetime

    return datetime.now().astimezone()


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolve, "_is_available", lambda name, data_dir: True)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")


def configs(plan: Plan, tmp_path: Any) -> tuple[RunConfig, ...]:
    return prepare(points=plan.points, data_dir=tmp_path, **plan.recipe).configs


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"seeds": "3", "more": "0.05, 0.5:0.9:0.1, 1e-6, 123456789.123", "tag": "a b $HOME 'x'"},
        {"dataset": "synthetic", "model": "vgg11_bn", "epochs": "1000000", "augment": True, "again": True},
        {"batch_size": "32", "lr": "0.1234567891234", "momentum": "0", "weight_decay": "5e-4", "schedule": "cosine"},
        {"label_smoothing": "0.1", "mixup_per": "sample", "stem": "cifar", "bins": "20", "precision": "bf16"},
        {"device": "cpu", "retries": "2", "slots_per_gpu": "3", "keep_checkpoints": True},
        {"dataset": OWN, "own_dataset": "json.decoder:JSONDecoder"},
    ],
)
@pytest.mark.usefixtures("offline")
def test_the_command_makes_the_same_runs(changed: dict[str, Any], tmp_path: Any, monkeypatch: Any) -> None:
    """The command's own parser reads it back."""
    plan = plan_of(**changed)
    pieces = sweep_command(plan, plan.tag or "study-1")
    app = typer.Typer()
    app.command()(cli_sweep.sweep)
    command = typer.main.get_command(app)
    words_of = [word for piece in pieces for word in piece]
    assert shlex.split(one_line(pieces)) == words_of
    assert shlex.split("\n".join(lines(pieces, 40)).replace("\\\n", " ")) == words_of
    given = command.make_context("sweep", words_of[2:]).params
    assert points(parse_alphas(given["alphas"]), given["seed"], given["seeds"]) == plan.points
    assert {name: given[name] for name in plan.handling} == plan.handling
    assert (given["again"], given["tag"]) == (plan.again, [plan.tag or "study-1"])
    read = {name: given[name] for name in plan.recipe}
    again = prepare(points=plan.points, data_dir=tmp_path, **read)
    assert again.configs == configs(plan, tmp_path)


def test_what_is_here_is_counted_by_recipe() -> None:
    plan = plan_of(seeds="2")
    there = RunConfig(alpha=0.1, seed=1, device="cuda", threads=8, dataset_requested="cifar10")
    documents = [
        document(there),
        document(RunConfig(alpha=0.2), "queued"),
        document(RunConfig(alpha=0.3), "crashed"),
        document(RunConfig(alpha=0.4, epochs=3)),
        document(RunConfig(alpha=0.5)),
        {"id": "x", "state": "broken", "sentence": "?"},
    ]
    here = Here(documents).states(plan)
    assert here == {(0.1, 1): "finished", (0.2, 0): "queued"}
    assert tally(here) == "1 finished, 1 queued"
    folder = plan_of(dataset=OWN, own_dataset="folder:/a/photos/")
    assert Here([document(RunConfig(alpha=0, dataset="folder:photos"))]).states(folder) == {(0.0, 0): "finished"}


def test_it_tells_what_it_starts() -> None:
    seen = [document(RunConfig(alpha=0.1, threads=2), host="h", epoch=10, seconds=540.0)]
    plan = plan_of(seeds="5")
    here = Here(seen).states(plan)
    outlook = look_ahead(plan, here, Pace(seen, "h"), CPU, [60.0], [])
    assert (outlook.runs, outlook.at_once, outlook.now) == (29, 2, 1)
    told = dict(tell(outlook, time_now()))
    assert told["29 runs"] == "6 α × 5 seeds, less 1 finished here"
    assert told["2 at once"].startswith("9 min each")
    assert told["disk"] == "29 × 47 MB = 1.4 GB of 212 GB free"
    assert "about" in told["ready"]
    assert tell_briefly(outlook, time_now()).startswith("2 at once, 9 min each, ready about")
    assert look_ahead(plan_of(seeds="5", again=True), here, Pace(seen, "h"), CPU, [], []).runs == 30
    assert "no estimate" in str(tell(look_ahead(plan, {}, Pace([], "h"), CPU, [], []), time_now()))


def test_sizes_are_short() -> None:
    assert [size(n) for n in (0, 999, 47e6, 1.06e9, 2.64e15)] == ["0 B", "999 B", "47 MB", "1.1 GB", "2640 TB"]


def test_a_thousand_runs_and_ten_thousand_points_do_not_make_typing_lag() -> None:
    documents = [document(RunConfig(alpha=n / 100, seed=n % 7)) for n in range(1000)]
    here = Here(documents)
    many = entries(more="0:9.99:0.01", seeds="10")
    began = time.perf_counter()
    checked = check(many)
    assert checked.plan is not None
    here.states(checked.plan)
    assert time.perf_counter() - began < 0.25  # seconds; 15 ms on a machine that is not busy
