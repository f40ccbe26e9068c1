"""`mixtui compare` on runs of which no network was trained."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner, Result

from mixtui.cli.main import app
from mixtui.errors import MixtuiError
from mixtui.store.files import write_json
from mixtui.store.paths import RunPaths
from mixtui.store.store import Store
from tests.conftest import MakeEvent, MakeRun

Compare = Callable[..., Result]
Made = Callable[..., RunPaths]


@pytest.fixture
def made(make_run: MakeRun, make_event: MakeEvent) -> Made:
    """Makes a finished run whose ECE, also after temperature scaling, falls with its α."""

    def make(alpha: float, seed: int, tag: str = "study-1") -> RunPaths:
        ece = 0.2 - 0.3 * alpha + 0.01 * seed
        metrics = {"accuracy": 0.7, "confidence": 0.7 + ece, "ece": ece, "ece_low": ece - 0.01, "ece_high": ece + 0.01}
        metrics |= {"signed_gap": ece, "nll": 1.5, "auroc": 0.8, "temperature": 2.0}
        metrics |= {"ece_after_t": ece / 10, "ece_floor_high_after_t": 0.02, "nll_after_t": 1.0 - alpha / 10}
        epoch = make_event("epoch", 2, metrics=metrics)
        events = [make_event("attempt"), make_event("data", n_test=10_000), epoch, make_event("end", 2)]
        paths = make_run(events, claims=1, alpha=alpha, seed=seed, epochs=1)
        write_json(paths.meta, {"tags": [tag]})
        return paths

    return make


@pytest.fixture
def study(made: Made) -> list[RunPaths]:
    return [made(alpha, seed) for alpha in (0, 0.4) for seed in (0, 1, 2)]


@pytest.fixture
def compare(store: Store, monkeypatch: pytest.MonkeyPatch) -> Compare:
    """Runs the command where there are `columns`."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def run(*arguments: str, columns: int = 160) -> Result:
        monkeypatch.setattr("mixtui.cli.console.PIPE_WIDTH", columns)
        return CliRunner().invoke(app, ["compare", *arguments, "--runs-dir", str(store.root)])

    return run


@pytest.mark.usefixtures("study")
def test_a_wide_terminal_has_the_table_in_one_piece(compare: Compare) -> None:
    shown = compare().stdout
    lines = shown.splitlines()
    assert lines[0].startswith("tag:study-1 · 6 runs: 2 α × 3 seeds · synthetic")
    assert "After T, mixup at its best (α 0.4) against α 0: ECE −.012 [−.012, −.012], clear" in " ".join(shown.split())
    [head] = [line for line in lines if line.startswith("α ")]
    for heading in ("accuracy", "ECE", "against α 0 [95 %]", "T", "ECE after T", "NLL", "NLL after T", "AUROC"):
        assert heading in head
    assert ".009 ± .001 ≈" in next(line for line in lines if line.startswith("0.4"))


@pytest.mark.usefixtures("study")
@pytest.mark.parametrize("columns", [60, 80])
def test_a_narrow_terminal_has_it_in_parts(compare: Compare, columns: int) -> None:
    lines = compare(columns=columns).stdout.splitlines()
    assert max(map(cell_len, lines)) <= columns
    heads = [line for line in lines if line.startswith("α ")]
    assert len(heads) > 1
    assert sum("AUROC" in head for head in heads) == 1


def test_without_a_choice_it_is_the_study_of_the_latest_run(made: Made, compare: Compare) -> None:
    made(0, 0)
    made(0, 1, "study-2")
    assert compare().stdout.startswith("tag:study-2 · 1 run: 1 α × 1 seed")


def test_runs_can_be_named_and_filtered(study: list[RunPaths], compare: Compare) -> None:
    assert compare(study[0].id, study[3].id).stdout.startswith("2 runs: 2 α × 1 seed")
    shown = compare("--filter", "seed:1").stdout
    assert shown.startswith("2 runs: 2 α × 1 seed")
    assert "one seed" in shown
    assert ".210 [.200, .220] ▲" in shown


@pytest.mark.usefixtures("study")
def test_json(compare: Compare) -> None:
    document: dict[str, Any] = json.loads(compare("--json").stdout)
    assert document["tag"] == "study-1"
    assert [row["alpha"] for row in document["rows"]] == [0, 0.4]
    assert document["rows"][1]["at_floor_after_t"] is True
    assert document["rows"][1]["metrics"]["nll_after_t"]["n"] == 3


@pytest.mark.usefixtures("study")
def test_markdown(compare: Compare) -> None:
    lines = compare("--markdown").stdout.splitlines()
    assert lines[2].startswith("| α | seeds | accuracy | ECE | against α 0 [95 %] |")
    assert lines[-1].startswith("Lowest ECE: α 0.4")


@pytest.mark.usefixtures("study")
def test_however_much_there_is_to_say_of_a_study_all_is_said(compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "mixtui.store.study_verdict.findings", lambda study, keys: ["much " * 180, "more " * 180, "last"]
    )
    assert compare().stdout.split().count("last") == 1


def test_what_cannot_be_compared_is_an_error(compare: Compare, made: Made, store: Store) -> None:
    store.root.mkdir()
    none = compare().exception
    assert isinstance(none, MixtuiError)
    assert "No runs" in none.message
    made(0, 0)
    unknown = compare("--filter", "tag:nothing").exception
    assert isinstance(unknown, MixtuiError)
    assert "No run matches" in unknown.message


@pytest.mark.usefixtures("study")
def test_ascii_terminals_are_told_the_same(compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    shown = compare().stdout
    assert shown.isascii()
    assert "After T, mixup at its best (alpha 0.4) against alpha 0: ECE -.012" in " ".join(shown.split())
