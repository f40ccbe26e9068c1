"""The commands that a report prints train what it reports on."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from mixtui.cli.main import app
from mixtui.launch.grid import same_work
from mixtui.report.commands import commands, report_command
from mixtui.report.content import content_of
from tests.report.conftest import MakeStudy, no_progress


def dry_run(command: str, runs_dir: Path) -> list[dict[str, Any]]:
    """The configurations that `command`, a sweep, would queue."""
    words = shlex.split(command)
    assert words[0] == "mixtui"
    done = CliRunner().invoke(app, [*words[1:], "--dry-run", "--json", "--runs-dir", str(runs_dir)])
    assert done.exit_code == 0, done.output
    configs: list[dict[str, Any]] = json.loads(done.stdout)["runs"]
    return configs


def test_the_sweeps_make_the_same_runs(tmp_path: Path, make_study: MakeStudy) -> None:
    documents = make_study(tmp_path / "runs", alphas=(0, 0.15), seeds=(0, 1, 3), lr=1e-5, augment=True)
    documents += make_study(tmp_path / "runs", alphas=(0.4,), seeds=(2,), mixup_per="sample", batch_size=7)
    *sweeps, wait, report = commands(content_of(documents, no_progress))
    configs = [config for sweep in sweeps for config in dry_run(sweep, tmp_path / "others")]
    assert {same_work(config) for config in configs} == {same_work(one["config"]) for one in documents}
    assert len(configs) == len(documents)
    assert (wait, report) == ("mixtui wait --filter tag=paper", "mixtui report --filter tag=paper")


def test_a_sweep_says_only_what_is_not_as_by_default(tmp_path: Path, make_study: MakeStudy) -> None:
    content = content_of(make_study(tmp_path, bins=15, epochs=10), no_progress)
    assert commands(content)[0] == (
        "mixtui sweep --alphas 0,0.4 --seeds 2 --dataset synthetic --device cpu --tag paper"
    )


def test_tags_and_paths_cannot_break_out_of_a_command(tmp_path: Path, make_study: MakeStudy) -> None:
    meta = {"tags": ["a; rm -rf $HOME"]}
    documents = make_study(tmp_path, alphas=(0,), dataset="folder:x", dataset_requested="folder:/`x`/$(y) z", meta=meta)
    sweep, wait, _ = commands(content_of(documents, no_progress))
    assert {"folder:/`x`/$(y) z", "a; rm -rf $HOME"} <= set(shlex.split(sweep))
    assert shlex.split(wait) == ["mixtui", "wait", "--filter", 'tag="a; rm -rf $HOME"']


def test_the_report_itself_is_of_the_runs_that_count(tmp_path: Path, make_study: MakeStudy) -> None:
    documents = make_study(tmp_path)
    words = shlex.split(" ".join(line.rstrip("\\") for line in report_command(content_of(documents, no_progress))))
    assert words == ["mixtui", "report", *(document["id"] for document in documents)]
