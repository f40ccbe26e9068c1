"""Copies of finished runs that come with mixtui: what they keep, and what of a machine and a person they do not."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docs import ship_runs
from docs.ship_runs import PATH, STEPS, compact, rounded, ship, thinned
from mixtui.calibration.bins import FINE_BINS, equal_width
from mixtui.store.epoch_bins import read_epoch_bins
from mixtui.store.jsonl import JsonlWriter
from mixtui.store.paths import RunPaths
from mixtui.store.run import Run
from mixtui.store.run_document import run_document
from mixtui.store.run_predictions import read_predictions
from mixtui.store.status import State
from mixtui.store.steps import step_records
from mixtui.store.store import Store
from tests.conftest import MakeEvent, MakeRun, Refused

SAMPLES = 200
RANDOM = np.random.default_rng(0)
FINE = equal_width(RANDOM.random(SAMPLES), RANDOM.random(SAMPLES) < 0.5, FINE_BINS)

MakeFinished = Callable[..., RunPaths]


@pytest.fixture
def make_finished(make_run: MakeRun, make_event: MakeEvent) -> MakeFinished:
    """Makes a run of a single epoch and 1,000 steps that has finished, with a trace of this machine wherever there can
    be one."""

    def make(*more_events: dict[str, Any], **recipe: Any) -> RunPaths:
        recipe = {"dataset": "folder:pets", "dataset_requested": f"folder:{Path.home()}/pets", **recipe}
        began = [make_event(kind) for kind in ("attempt", "data", "phase")]
        ended = [make_event(kind, step=1000) for kind in ("epoch", "end")]
        paths = make_run([*began, *more_events, *ended], claims=1, **recipe)
        log(paths.steps, [{"attempt": 1, "step": n, "loss": 1 / n, "lam": 0.5} for n in range(1, 1001)])
        log(paths.bins, [{"attempt": 1, "step": 1000, "epoch": 1, **FINE.to_compact_json()}])
        logits = RANDOM.normal(size=(SAMPLES, 3)).astype(np.float32)
        np.savez(paths.predictions, logits=logits, labels=np.arange(SAMPLES) % 3, ids=np.arange(SAMPLES))
        for leftover in (paths.heartbeat, paths.process, paths.exit, paths.checkpoint, paths.output):
            leftover.write_text("{}")
        return paths

    return make


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "shipped"


def log(path: Path, records: list[dict[str, Any]]) -> None:
    writer = JsonlWriter(path)
    writer.append(records)
    writer.close()


def only_copy(out: Path) -> Run:
    (folder,) = out.iterdir()
    return Run.load(folder)


def test_a_copy_reads_as_the_run_does(make_finished: MakeFinished, store: Store, out: Path) -> None:
    paths = make_finished()
    ship(store, "state:finished", "reference", out)
    run, copy = Run.load(paths.root), only_copy(out)
    assert copy.status.state is State.FINISHED
    assert copy.tags == ("reference",)
    before, after = run_document(run), run_document(copy)
    for name in ("id", "state", "sentence", "started", "ended", "epoch", "metrics", "train_metrics", "bins"):
        assert after[name] == before[name]
    predictions, copied = read_predictions(run.paths), read_predictions(copy.paths)
    assert predictions is not None
    assert copied is not None
    np.testing.assert_array_equal(copied.outputs, predictions.outputs)
    np.testing.assert_array_equal(copied.targets, predictions.targets)
    bins = read_epoch_bins(copy.paths, copy.history)[1]
    np.testing.assert_array_equal(bins.count, FINE.count)
    np.testing.assert_allclose(bins.confidence_sum, FINE.confidence_sum, atol=1e-6)
    (steps,) = step_records(copy.paths, copy.history)
    assert [steps[0]["step"], steps[-1]["step"]] == [1, 1000]
    assert len(steps) <= STEPS + 2


def test_a_copy_holds_nothing_of_the_machine(make_finished: MakeFinished, store: Store, out: Path) -> None:
    make_finished()
    ship(store, "state:finished", "reference", out)
    copy = only_copy(out)
    names = {path.name for path in copy.paths.root.iterdir()}
    assert names == {"config.json", "meta.json", "events.jsonl", "steps.jsonl", "bins.jsonl", "predictions.npz"}
    assert copy.config.dataset_requested == "folder:pets"
    text = "".join(path.read_text() for path in copy.paths.root.glob("*.json*"))
    for trace in (str(Path.home()), "/data", f'"{socket.gethostname()}"'):
        assert trace not in text


@pytest.mark.parametrize(
    ("message", "what"),
    [
        ("No space in /scratch/me.", "a path"),
        ("Read from ~/pets.", "a path"),
        ("Read from ../pets.", "a path"),
        (f"{socket.gethostname()} was slow.", "the name of a host"),
        (f"file://{Path.home()} is slow.", "your home folder"),
    ],
)
def test_what_tells_of_the_machine_is_refused(
    message: str,
    what: str,
    make_finished: MakeFinished,
    make_event: MakeEvent,
    store: Store,
    out: Path,
    refused: Refused,
) -> None:
    make_finished(make_event("warning", message=message))
    with refused(f"holds {what}"):
        ship(store, "state:finished", "reference", out)
    assert not list(out.iterdir())


def test_steps_and_epochs_that_were_trained_again_count_once(
    make_finished: MakeFinished, make_event: MakeEvent, store: Store, out: Path
) -> None:
    paths = make_finished()
    again = [make_event(kind, 2, 500) for kind in ("attempt", "data")] + [make_event("resumed", 2, 500, from_step=500)]
    log(paths.events, [*again, *(make_event(kind, 2, 1000) for kind in ("epoch", "end"))])
    log(paths.steps, [{"attempt": 2, "step": n, "loss": 3.0} for n in range(501, 1001)])
    log(paths.bins, [{"attempt": 2, "step": 1000, "epoch": 1, **FINE.to_compact_json()}])
    ship(store, "state:finished", "reference", out)
    copy = only_copy(out)
    (steps,) = step_records(copy.paths, copy.history)
    numbers = [step["step"] for step in steps]
    assert numbers == sorted(set(numbers))
    assert {step["attempt"] for step in steps if step["step"] > 500} == {2}
    assert list(read_epoch_bins(copy.paths, copy.history)) == [1]


def test_an_unfinished_run_is_refused(
    make_finished: MakeFinished, make_run: MakeRun, store: Store, out: Path, refused: Refused
) -> None:
    make_finished()
    make_run()
    with refused("is queued"):
        ship(store, "data:pets OR data:synthetic", "reference", out)
    assert not out.exists()


def test_no_run_of_that_filter(store: Store, out: Path, refused: Refused) -> None:
    with refused("No run matches"):
        ship(store, "tag:paper", "reference", out)


def test_the_same_recipe_is_left_out(
    make_finished: MakeFinished, store: Store, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = make_finished(seed=1)
    ship(store, "state:finished", "reference", out)
    make_finished(seed=1, threads=2)  # which does not decide what is trained
    make_finished(seed=2)
    ship(store, "state:finished", "reference", out)
    assert sorted(run.config.seed for run in Store(out).runs() if isinstance(run, Run)) == [1, 2]
    assert f"left out, as {first.id} has the same recipe" in capsys.readouterr().out


def test_too_large_a_folder_is_refused(
    make_finished: MakeFinished, store: Store, out: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_finished(seed=1)
    make_finished(seed=2)
    ship(store, "seed:1", "reference", out)
    monkeypatch.setattr(ship_runs, "LIMIT_BYTES", ship_runs.size_of(out) + 1000)
    with refused("would take more than"):
        ship(store, "seed:2", "reference", out)
    assert only_copy(out).config.seed == 1


def test_a_copy_that_differs_is_refused(
    make_finished: MakeFinished, store: Store, out: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_finished()
    monkeypatch.setattr(ship_runs, "rounded", lambda bins: {**bins, "correct": bins["count"]})
    monkeypatch.setattr(ship_runs, "compact", np.zeros_like)
    with refused("differs in: bins of an epoch, predictions.npz"):
        ship(store, "state:finished", "reference", out)
    assert not list(out.iterdir())


def test_an_error_is_told_without_a_traceback(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="No run matches"):
        ship_runs.main([str(tmp_path), "--filter", "tag:paper", "--preset", "reference"])


@given(st.integers(0, 5000))
@settings(max_examples=50)
def test_thinned_steps_keep_both_ends(count: int) -> None:
    steps = [{"step": n + 1} for n in range(count)]
    kept = thinned(steps)
    assert kept[:1] == steps[:1]
    assert kept[-1:] == steps[-1:]
    assert min(count, STEPS / 2) <= len(kept) <= STEPS + 2
    assert sorted({step["step"] for step in kept}) == [step["step"] for step in kept]


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=5))
@settings(max_examples=50)
def test_whole_numbers_stay_what_they_are(values: list[int]) -> None:
    assert compact(np.array(values, np.int64)).tolist() == values


def test_small_labels_take_a_byte() -> None:
    assert compact(np.arange(10)).dtype == np.uint8


def test_bins_of_few_samples_are_not_rounded() -> None:
    few = {"count": [1] * 3, "confidence_sum": [0.1234567] * 3}
    many = {"count": [1000] * 3, "confidence_sum": [0.1234567] * 3}
    assert rounded({**few, "count": [0, 0, 0]})["confidence_sum"] == [0.1234567] * 3
    assert rounded(many)["confidence_sum"] == [0.123457] * 3


@pytest.mark.parametrize("text", ["171 images/s", "w/ Radeon graphics", "https:// is fine", "a/b", "1 / 2"])
def test_a_slash_alone_is_no_path(text: str) -> None:
    assert PATH.search(text) is None
