"""Evaluating trained networks on other test sets."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from mixtui.datasets.arrays import ImageData, LabelledImages, Split
from mixtui.datasets.shifts import OtherSet, Shift, parse_shifts
from mixtui.store.files import read_json, write_json
from mixtui.store.run import Run
from mixtui.store.shifts import Shifts, read_shifts
from mixtui.store.status import State
from mixtui.training.checkpoint import Position
from mixtui.training.data import load_test
from mixtui.training.evaluate import Network
from mixtui.training.evaluate_run import evaluate_run
from mixtui.training.exceptions import StopTrainingError
from mixtui.training.loop import Trainer
from mixtui.training.shift import evaluate_shifts
from tests.conftest import Refused

MakeRun = Callable[..., Run]
Train = Callable[..., Trainer]
OTHER = OtherSet("folder:other")


def images(*classes: str, n: int = 20, shape: tuple[int, ...] = (8, 8, 3)) -> LabelledImages:
    """Random images of classes that take turns."""
    pixels = np.random.default_rng(5).integers(256, size=(n, *shape), dtype=np.uint8)
    return LabelledImages(classes, Split(pixels, np.arange(n) % len(classes)))


def evaluate(run: Run, *shifts: Shift, other: LabelledImages | None = None) -> Shifts:
    others = {} if other is None else {OTHER: other}
    return evaluate_run(
        Run.load(run.paths.root),
        [*shifts, *others],
        others,
        device="cpu",
        threads=1,
        data_dir=None,
        progress=lambda what, fraction: None,
    )


@pytest.fixture
def finished(make_run: MakeRun, train: Train, data: ImageData) -> Run:
    run = make_run(epochs=1)
    train(run)
    _record_data(run, data.key)
    return Run.load(run.paths.root)


def _record_data(run: Run, key: str) -> None:
    """What the worker leaves of the data set."""
    event = {"type": "data", "time": "", "attempt": 1, "step": 0, "key": key, "n_test": 12, "steps_per_epoch": 3}
    with run.paths.events.open("a") as log:
        log.write(json.dumps(event) + "\n")


def test_on_its_own_test_images_a_run_has_the_scores_of_its_training(finished: Run) -> None:
    own = evaluate(finished).sets["test"].to_json()
    assert finished.metrics is not None
    for name in ("accuracy", "ece", "confidence", "signed_gap", "nll", "brier"):
        assert own[name] == pytest.approx(finished.metrics[name], abs=1e-5), name
    assert (own["n"], own["auroc"], own["fpr95"]) == (12, None, None)


def test_corruptions_are_scored_and_recorded(finished: Run) -> None:
    evaluate(finished, *parse_shifts(["noise"]))
    evaluate(finished, *parse_shifts(["contrast"]))
    found = read_shifts(finished.paths)
    assert found is not None
    assert (found.epoch, found.step, found.m) == (1, 3, 15)
    assert len(found.sets) == 11
    assert len({scores.key for scores in found.sets.values()}) == 11
    faint = found.sets["contrast-5"]
    assert (faint.corruption, faint.strength, faint.classes, faint.n) == ("contrast", 5, "known", 12)
    assert faint.accuracy is not None


def test_evaluating_twice_gives_the_same(finished: Run) -> None:
    shifts = parse_shifts(["blur"])
    assert evaluate(finished, *shifts) == evaluate(finished, *shifts)


def test_of_unknown_classes_confidence_and_separation_are_told(finished: Run) -> None:
    scores = evaluate(finished, other=images("cat", "dog")).sets["folder:other"]
    assert (scores.classes, scores.n, scores.accuracy, scores.ece) == ("unknown", 20, None, None)
    assert scores.confidence is not None
    assert scores.auroc is not None
    assert scores.fpr95 is not None
    assert 1 / 3 <= scores.confidence <= 1
    assert 0 <= scores.auroc <= 1
    assert 0 <= scores.fpr95 <= 1


def test_unknown_images_with_less_confidence_are_told_apart(data: ImageData) -> None:
    def predict(images: np.ndarray, chosen: np.ndarray, on_batch: Callable[[int], None]) -> np.ndarray:
        return np.tile([9.0 if len(images) == len(data.test.images) else 1.0, 0.0, 0.0], (len(chosen), 1))

    network, others = SimpleNamespace(predict=predict), {OTHER: images("cat", "dog")}
    found = evaluate_shifts(network, Position(), data, [OTHER], others, 15, lambda what, fraction: None)
    assert (found.sets["folder:other"].auroc, found.sets["folder:other"].fpr95) == (1, 0)


def test_the_same_images_cannot_be_told_apart(finished: Run, data: ImageData) -> None:
    scores = evaluate(finished, other=LabelledImages(("cat", "dog", "eel"), data.test)).sets["folder:other"]
    assert scores.auroc == pytest.approx(0.5)


def test_classes_are_known_by_their_names_in_any_order(finished: Run, data: ImageData) -> None:
    turned = LabelledImages(("2", "1", "0"), Split(data.test.images, 2 - data.test.labels))
    sets = evaluate(finished, other=turned).sets
    assert sets["folder:other"].accuracy == sets["test"].accuracy
    assert sets["folder:other"].nll == sets["test"].nll


def test_a_set_of_known_and_unknown_classes_becomes_two(finished: Run) -> None:
    sets = evaluate(finished, other=images("1", "cat", "2", "dog")).sets
    assert [*sets] == ["test", "folder:other", "folder:other-unknown"]
    known, unknown = sets["folder:other"], sets["folder:other-unknown"]
    assert (known.classes, known.n, unknown.classes, unknown.n) == ("known", 10, "unknown", 10)


def test_images_of_another_size_in_grey_are_made_to_fit(finished: Run) -> None:
    scores = evaluate(finished, other=images("1", "2", shape=(28, 20, 1))).sets["folder:other"]
    assert scores.image_shape == (28, 20, 1)
    assert scores.accuracy is not None


def test_other_data_sets_are_loaded_as_for_training(own_code: Path, tmp_path: Path, data: ImageData) -> None:
    loaded = load_test(OtherSet("own_code:images"), tmp_path, lambda what, fraction: None)
    assert loaded.classes == data.classes
    assert (loaded.split.images == data.test.images).all()


def test_a_stopped_run_is_evaluated_as_far_as_it_came(make_run: MakeRun, train: Train) -> None:
    run = make_run(epochs=3)
    steps = iter(range(5))
    with pytest.raises(StopTrainingError):
        train(run, wanted_end=lambda: next(steps, None) is None)
    found = evaluate(run)
    assert found.step > 0
    assert found.epoch < 3


def test_a_run_without_a_checkpoint_cannot_be_evaluated(make_run: MakeRun, finished: Run, refused: Refused) -> None:
    with refused("is queued"):
        evaluate(make_run())
    finished.paths.checkpoint.unlink()
    with refused("has no checkpoint"):
        evaluate(finished)


def test_a_damaged_checkpoint_is_told(finished: Run, refused: Refused) -> None:
    torch.save({"position": {}}, finished.paths.checkpoint)
    with refused("checkpoint.pt is damaged"):
        evaluate(finished)


def test_other_images_than_in_training_are_refused(finished: Run, refused: Refused) -> None:
    _record_data(finished, "another")
    with refused("holds other images"):
        evaluate(finished)


def test_a_full_gpu_is_told(finished: Run, monkeypatch: pytest.MonkeyPatch, refused: Refused) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError

    monkeypatch.setattr("mixtui.training.evaluate_run.evaluate_shifts", full)
    with refused("too little free memory"):
        evaluate(finished)


def test_an_output_that_is_not_finite_has_no_scores(make_run: MakeRun, data: ImageData, refused: Refused) -> None:
    config = make_run(model="own_code:NanWhenEvaluated").config
    network = Network.build(config, data, torch.device("cpu"))
    with refused("not finite on test"):
        evaluate_shifts(network, Position(), data, [], {}, 15, lambda what, fraction: None)


def test_a_progress_that_raises_ends_the_work(finished: Run, data: ImageData) -> None:
    def stop(_what: str, _fraction: float) -> None:
        raise KeyboardInterrupt

    network = Network.build(finished.config, data, torch.device("cpu"))
    with pytest.raises(KeyboardInterrupt):
        evaluate_shifts(network, Position(), data, [], {}, 15, stop)


def eval_on(run: Run, *requests: Any) -> None:
    write_json(run.paths.control, {**(read_json(run.paths.control) or {}), "eval_on": list(requests)})


def test_a_worker_evaluates_what_it_has_trained(make_run: MakeRun, work: Callable[[Run], int]) -> None:
    run = make_run(epochs=1)
    eval_on(run, "contrast", "own_code:images")
    assert work(run) == 0
    found = read_shifts(run.paths)
    assert found is not None
    again = evaluate(run, *parse_shifts(["contrast"])).sets
    assert [*found.sets] == [*again, "own_code:images"]
    assert {name: found.sets[name] for name in again} == dict(again)


def test_a_worker_that_is_ended_while_it_evaluates_does_it_when_it_goes_on(
    make_run: MakeRun, work: Callable[[Run], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise StopTrainingError

    run = make_run(epochs=1)
    eval_on(run, "blur")
    with monkeypatch.context() as patch:
        patch.setattr("mixtui.training.shift.evaluate_shifts", stopped)
        assert work(run) == 130
    assert Run.load(run.paths.root).status.state is State.STOPPED
    assert work(run) == 0
    assert Run.load(run.paths.root).status.state is State.FINISHED
    assert read_shifts(run.paths) is not None


def test_a_set_that_cannot_be_had_is_a_warning_not_a_failed_training(
    make_run: MakeRun, work: Callable[[Run], int], tmp_path: Path
) -> None:
    run = make_run(epochs=1)
    eval_on(run, f"folder:{tmp_path}/gone", 7)
    assert work(run) == 0
    (warning,) = Run.load(run.paths.root).history.warnings
    assert "There is no folder" in warning
    assert read_shifts(run.paths) is None
