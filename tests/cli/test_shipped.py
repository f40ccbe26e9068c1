"""The runs that come with mixtui: every command that reads takes them, none changes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mixtui.cli.main import app
from mixtui.errors import MixtuiError
from mixtui.presets import PRESETS
from mixtui.store.files import write_json
from mixtui.store.paths import RunPaths
from mixtui.store.store import Store
from tests.conftest import MakeEvent, MakeRun

Mixtui = Callable[..., Result]
Shipped = list[Path]


@pytest.fixture
def finished(make_run: MakeRun, make_event: MakeEvent) -> Callable[..., RunPaths]:
    def make(alpha: float, **recipe: object) -> RunPaths:
        events = [make_event(kind) for kind in ("attempt", "data", "phase", "epoch", "end")]
        return make_run(events, claims=1, alpha=alpha, **recipe)

    return make


@pytest.fixture
def shipped(finished: Callable[..., RunPaths], shipped_folder: Path) -> Shipped:
    """Two runs of CIFAR-10 and one of synthetic."""
    shipped_folder.mkdir()
    made = [
        (finished(0, dataset="cifar10"), "reference"),
        (finished(0.4, dataset="cifar10"), "reference"),
        (finished(0.4), "reference-synthetic"),
    ]
    for paths, tag in made:
        write_json(paths.meta, {"tags": [tag]})
        paths.root.rename(shipped_folder / paths.id)
    return [shipped_folder / paths.id for paths, _ in made]


@pytest.fixture
def mixtui(store: Store, monkeypatch: pytest.MonkeyPatch) -> Mixtui:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, [*arguments, "--runs-dir", str(store.root)])

    return run


def refusal(result: Result) -> str:
    assert isinstance(result.exception, MixtuiError), result.output
    return f"{result.exception.message} {result.exception.hint}"


def test_a_preset_chooses_its_runs(mixtui: Mixtui, shipped: Shipped) -> None:
    listed = json.loads(mixtui("list", "--preset", "reference", "--json").stdout)
    assert [run["id"] for run in listed] == [folder.name for folder in shipped[:2]]
    assert all(run["read_only"] for run in listed)
    compared = json.loads(mixtui("compare", "--preset", "reference", "--json").stdout)
    assert compared["tag"] == "reference"
    assert [row["deck_ece"] for row in compared["rows"]] == [0.19559, 0.01761]
    exported = mixtui("export", "--preset", "reference", "--filter", "alpha:0").stdout
    assert {line.split(",")[0] for line in exported.splitlines()[1:]} == {shipped[0].name}


def test_a_persons_own_runs_are_listed_without_them(
    mixtui: Mixtui, shipped: Shipped, finished: Callable[..., RunPaths]
) -> None:
    own = finished(0.2)
    assert [run["id"] for run in json.loads(mixtui("list", "--json").stdout)] == [own.id]
    assert mixtui("show", "latest", "--json").stdout.count(own.id) >= 1


@pytest.mark.usefixtures("shipped")
def test_without_runs_of_ones_own_they_are_named(mixtui: Mixtui) -> None:
    assert "mixtui compare --preset reference" in mixtui("list").stdout
    assert "mixtui compare --preset reference" in refusal(mixtui("compare"))
    assert "There are no runs" in refusal(mixtui("show", "latest"))


def test_one_is_shown_by_its_id(mixtui: Mixtui, shipped: Shipped) -> None:
    shown = json.loads(mixtui("show", shipped[0].name, "--json").stdout)
    assert (shown["id"], shown["state"], shown["read_only"]) == (shipped[0].name, "finished", True)
    logs = mixtui("logs", shipped[0].name[-4:])
    assert (logs.exit_code, logs.stdout) == (0, "")
    assert "No output of this run was kept." in logs.stderr


def test_a_beginning_that_fits_several_runs_of_a_person_is_none_of_them(
    mixtui: Mixtui, shipped: Shipped, finished: Callable[..., RunPaths]
) -> None:
    finished(0.2), finished(0.3)
    beginning = shipped[0].name[:9]
    assert "fits 2 runs" in refusal(mixtui("show", beginning))
    assert "fits 2 runs" in refusal(mixtui("remove", beginning))


def test_a_broken_run_is_not_hidden_by_a_reference_run_of_its_name(
    mixtui: Mixtui, shipped: Shipped, store: Store
) -> None:
    own = RunPaths(store.root / shipped[0].name)
    own.root.mkdir(parents=True)
    own.config.write_text("no JSON")
    assert "not JSON" in refusal(mixtui("show", own.id))


def test_a_folder_that_cannot_be_read_is_as_good_as_none(
    mixtui: Mixtui, shipped_folder: Path, finished: Callable[..., RunPaths]
) -> None:
    shipped_folder.write_text("../runs/reference")  # a link, where a file system has none
    own = finished(0.2)
    assert json.loads(mixtui("show", "latest", "--json").stdout)["id"] == own.id
    assert "No runs of reference came" in refusal(mixtui("compare", "--preset", "reference"))
    assert "No run is called" in refusal(mixtui("show", "nothing"))


@pytest.mark.parametrize(
    "change",
    [
        ["stop"],
        ["pause"],
        ["resume"],
        ["retry"],
        ["remove"],
        ["tag", "--add", "paper"],
        ["note", "--text", "mine"],
        ["pin"],
        ["queue", "--first"],
        ["evaluate", "--on", "noise"],
    ],
    ids=lambda change: change[0],
)
def test_none_is_changed(mixtui: Mixtui, shipped: Shipped, change: list[str]) -> None:
    before = {path: path.read_bytes() for path in shipped[0].rglob("*") if path.is_file()}
    for name in (shipped[0].name, str(shipped[0])):
        assert "read-only" in refusal(mixtui(change[0], name, *change[1:]))
    assert {path: path.read_bytes() for path in shipped[0].rglob("*") if path.is_file()} == before


def test_none_is_changed_in_their_own_folder_either(shipped: Shipped) -> None:
    result = CliRunner().invoke(app, ["remove", shipped[0].name, "--runs-dir", str(shipped[0].parent)])
    assert "read-only" in refusal(result)


def test_where_none_came_the_study_can_be_trained(mixtui: Mixtui) -> None:
    assert "mixtui sweep --preset reference-wide" in refusal(mixtui("compare", "--preset", "reference-wide"))
    assert "reference-synthetic" in refusal(mixtui("compare", "--preset", "refrence"))


# sweep --preset


def grid(result: Result) -> list[tuple[float, int, str, str]]:
    runs = json.loads(result.stdout)["runs"]
    return [(run["alpha"], run["seed"], run["dataset"], run["model"]) for run in runs]


def test_a_preset_is_swept(mixtui: Mixtui) -> None:
    alphas = PRESETS["reference-synthetic"].alphas
    swept = mixtui("sweep", "--preset", "reference-synthetic", "--seeds", "2", "--dry-run", "--json")
    assert grid(swept) == [(alpha, seed, "synthetic", "resnet18") for seed in (0, 1) for alpha in alphas]


def test_options_beside_a_preset_take_the_place_of_its_own(mixtui: Mixtui) -> None:
    wide = ["sweep", "--preset", "reference-wide", "--dataset", "synthetic", "--alphas", "0.5", "--dry-run", "--json"]
    assert grid(mixtui(*wide)) == [(0.5, 0, "synthetic", "wide_resnet50_2")]
    assert grid(mixtui(*wide, "--model", "resnet18")) == [(0.5, 0, "synthetic", "resnet18")]


def test_a_preset_never_falls_back_on_another_data_set(
    mixtui: Mixtui, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mixtui.datasets.resolve.is_fetchable", lambda *_: False)
    missing = mixtui("sweep", "--preset", "reference", "--data-dir", str(tmp_path), "--dry-run")
    assert "cifar10 is not in" in refusal(missing)


def test_alphas_have_to_come_from_somewhere(mixtui: Mixtui) -> None:
    assert "--preset reference" in refusal(mixtui("sweep", "--dataset", "synthetic"))
