"""Training: what is computed, that it repeats to the last bit, and that an interruption changes nothing."""

from __future__ import annotations

import dataclasses
import math
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from mixtui.calibration.bins import Bins
from mixtui.calibration.scores import score_logits
from mixtui.calibration.temperature import fit_temperature
from mixtui.config import RunConfig
from mixtui.datasets.arrays import ImageData, Split, image_data
from mixtui.errors import MixtuiError
from mixtui.store.analysis import analyse_run
from mixtui.store.control import change_control
from mixtui.store.jsonl import JsonlReader
from mixtui.store.recorder import Recorder
from mixtui.store.run import Run
from mixtui.store.run_predictions import read_predictions
from mixtui.training import evaluate, loop
from mixtui.training.batches import Normaliser, clean_sample, kept_out
from mixtui.training.device_images import DeviceImages
from mixtui.training.evaluate import Network
from mixtui.training.exceptions import NonFiniteError, StopTrainingError
from mixtui.training.loop import Trainer
from mixtui.training.memory import MemoryUse
from mixtui.training.mixup import draw_mix
from mixtui.training.models import build_model
from mixtui.training.streams import Stream, generator

# Whatever torch or NumPy warn of would stand in every run's log.
pytestmark = pytest.mark.filterwarnings("error")

MakeRun = Callable[..., Run]
Train = Callable[..., Trainer]
Outcome = Callable[[Run], dict[str, Any]]

EVERYTHING = {
    "augment": True,
    "mixup_per": "sample",
    "schedule": "cosine",
    "weight_decay": 1e-3,
    "label_smoothing": 0.1,
}


def test_alpha_zero_is_plain_training_to_the_bit(make_run: MakeRun, train: Train, data: ImageData) -> None:
    run = make_run(alpha=0, model="own_code:cnn_without_dropout", epochs=3)
    trained = train(run).model
    plain = plain_training(run.config, data)
    for (name, ours), (_, theirs) in zip(trained.state_dict().items(), plain.state_dict().items(), strict=True):
        assert torch.equal(ours, theirs), name


def plain_training(config: RunConfig, data: ImageData) -> nn.Module:
    """The usual script: nothing of mixup in it."""
    model = build_model(config, 3, 3, (8, 8)).to(memory_format=torch.channels_last)
    # Not fused, the same update is rounded otherwise.
    optimizer = torch.optim.SGD(model.parameters(), lr=config.lr, momentum=config.momentum, fused=True)
    images = Normaliser(data, torch.device("cpu"))(torch.from_numpy(np.array(data.train.images)))
    labels = torch.tensor(data.train.labels)
    model.train()
    for epoch in range(config.epochs):
        order = generator(config.seed, Stream.ORDER, epoch).permutation(25)
        for batch in (order[:8], order[8:16], order[16:]):
            optimizer.zero_grad()
            F.cross_entropy(model(images[batch]), labels[batch]).backward()
            optimizer.step()
    return model


@pytest.mark.parametrize("mixup_per", ["batch", "sample"])
def test_mixup_training_agrees_with_the_reference_way(
    mixup_per: str, make_run: MakeRun, train: Train, data: ImageData
) -> None:
    run = make_run(alpha=1.0, mixup_per=mixup_per, model="own_code:Linear", epochs=3)
    trained = train(run).model
    reference = reference_mixup_training(run.config, data)
    for ours, theirs in zip(trained.parameters(), reference.parameters(), strict=True):
        assert torch.allclose(ours, theirs, atol=1e-5)


def reference_mixup_training(config: RunConfig, data: ImageData) -> nn.Module:
    """As in the paper's own code: mixed images, and the same mix of two losses."""
    model = build_model(config, 3, 3, (8, 8))
    optimizer = torch.optim.SGD(model.parameters(), lr=config.lr, momentum=config.momentum)
    images = (data.train.images - np.array(data.mean)) / np.array(data.std)
    images = torch.tensor(images, dtype=torch.float32).permute(0, 3, 1, 2)
    labels = torch.tensor(data.train.labels)
    for epoch in range(config.epochs):
        order = generator(config.seed, Stream.ORDER, epoch).permutation(25)
        for number, batch in enumerate((order[:8], order[8:16], order[16:])):
            mix = draw_mix(config.alpha, config.mixup_per, len(batch), config.seed, epoch, number)
            lam, x, y = mix.lam[:, None], images[batch].flatten(1), labels[batch]
            logits = model((lam * x + (1 - lam) * x[mix.permutation]).view(-1, 3, 8, 8))
            first, second = (F.cross_entropy(logits, t, reduction="none") for t in (y, y[mix.permutation]))
            optimizer.zero_grad()
            (mix.lam * first + (1 - mix.lam) * second).mean().backward()
            optimizer.step()
    return model


def test_what_is_recorded_agrees_with_itself(
    make_run: MakeRun, train: Train, outcome: Outcome, data: ImageData
) -> None:
    run = make_run(bins=10, schedule="step")
    trainer = train(run)
    recorded = outcome(run)
    steps, epochs = recorded["steps"], recorded["epochs"]
    assert [step["step"] for step in steps] == [1, 2, 3, 4, 5, 6]
    assert [(epoch["epoch"], epoch["step"]) for epoch in epochs] == [(1, 3), (2, 6)]
    for epoch, own in zip(epochs, (steps[:3], steps[3:]), strict=True):
        losses = [step["loss"] for step in own]
        assert epoch["train_loss"] == pytest.approx(np.average(losses, weights=[8, 8, 9]))
        assert epoch["lr"] == own[-1]["lr"]
        assert 0 <= epoch["train_accuracy_mixed"] <= 1
    for step in steps:
        mix = draw_mix(0.4, "batch", 8, 0, (step["step"] - 1) // 3, (step["step"] - 1) % 3)
        assert step["lam"] == float(mix.lam)

    with np.load(run.paths.predictions) as saved:
        logits, labels, ids = saved["logits"], saved["labels"], saved["ids"]
    assert logits.dtype == np.float32
    assert logits.shape == (12, 3)
    assert labels.tolist() == data.test.labels.tolist()
    assert ids.tolist() == list(range(12))
    trainer.model.eval()
    with torch.no_grad():
        ours = trainer.model(trainer.network.normalise(torch.from_numpy(np.array(data.test.images))))
        sample = clean_sample(25, 12)
        clean = trainer.model(trainer.network.normalise(torch.from_numpy(data.train.images[sample]))).argmax(1).numpy()
    assert np.allclose(ours.numpy(), logits, atol=1e-5)
    last = epochs[-1]
    assert last["metrics"]["accuracy"] == (logits.argmax(1) == labels).mean()
    assert last["train_metrics"]["accuracy"] == (clean == data.train.labels[sample]).mean()
    assert Bins.from_json(last["bins"]).m == 10
    assert Bins.from_compact_json(recorded["bins"][-1]).coarsen(10).count.tolist() == last["bins"]["count"]
    assert sum(last["bins"]["count"]) == 12
    assert [record["epoch"] for record in recorded["bins"]] == [1, 2]


def test_draws_do_not_disturb_each_other(make_run: MakeRun, train: Train, outcome: Outcome) -> None:
    """The same lam at every step, whatever else is drawn."""
    lams = []
    for changes in ({}, {"augment": True}, {"model": "own_code:Linear"}, {"lr": 0.3, "label_smoothing": 0.2}):
        run = make_run(**changes)
        train(run)
        lams.append([step["lam"] for step in outcome(run)["steps"]])
    assert all(lam == lams[0] for lam in lams)
    assert len(set(lams[0])) == len(lams[0])


@pytest.mark.parametrize("changes", [{}, EVERYTHING, {"alpha": 0}, {"precision": "bf16"}])
def test_the_same_configuration_repeats_to_the_bit(
    changes: dict[str, Any], make_run: MakeRun, train: Train, outcome: Outcome
) -> None:
    first, again, other = make_run(**changes), make_run(**changes), make_run(**changes, seed=1)
    for run in (first, again, other):
        torch.rand(5)
        train(run)
    assert outcome(first) == outcome(again)
    assert outcome(first)["weights"] != outcome(other)["weights"]


@pytest.mark.parametrize("alpha", [0, 1.0])
def test_every_option_takes_part(alpha: float, make_run: MakeRun, train: Train, outcome: Outcome) -> None:
    """None is forgotten on the way to the training: each changes the result."""
    changes = [{}, *({name: value} for name, value in EVERYTHING.items()), {"lr": 0.01}, {"momentum": 0.5}]
    results = []
    for change in changes:
        run = make_run(alpha=alpha, **change)
        train(run)
        results.append(str(outcome(run)["weights"]))
    assert len(set(results)) == len(results) - (alpha == 0)  # per sample or not: nothing is mixed


class Stop:
    """Wants an end at the call number `at` (from 0), and from then on."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.calls = 0

    def __call__(self) -> bool:
        self.calls += 1
        return self.calls > self.at


@pytest.mark.parametrize("changes", [EVERYTHING, {"alpha": 0, "momentum": 0.0, "precision": "bf16"}])
def test_stopping_anywhere_changes_nothing(
    changes: dict[str, Any], make_run: MakeRun, train: Train, outcome: Outcome
) -> None:
    whole, count = make_run(**changes), Stop(at=10**9)
    train(whole, count)
    expected = outcome(whole)
    assert count.calls == 2 * (3 + 2)  # before every step, and in the evaluation of both splits
    for at in range(count.calls):
        run = make_run(**changes)
        with pytest.raises(StopTrainingError):
            train(run, Stop(at))
        train(run)
        assert outcome(run) == expected, f"stopped at {at}"


def test_stopping_again_and_again_changes_nothing(make_run: MakeRun, train: Train, outcome: Outcome) -> None:
    whole, run = make_run(**EVERYTHING), make_run(**EVERYTHING)
    train(whole)
    attempts = 1
    while True:
        try:
            train(run, Stop(at=3))
            break
        except StopTrainingError:
            attempts += 1
    assert attempts > 3
    assert outcome(run) == outcome(whole)


class KilledError(BaseException):
    """Stands for SIGKILL: nothing of the training's own is done after it."""


def dying_recorder(after: int) -> type[Recorder]:
    """A recorder that gets killed right after it has written something for the time number `after`."""

    class Dying(Recorder):
        writes = 0

        def _written(self) -> None:
            self.writes += 1
            if self.writes == after:
                raise KilledError

        def event(self, kind: str, step: int, **fields: Any) -> None:
            super().event(kind, step, **fields)
            if kind == "epoch":
                self._written()

        def steps(self, records: Any) -> None:
            super().steps(records)
            self._written()

        def bins(self, record: dict[str, Any]) -> None:
            super().bins(record)
            self._written()

        def sync(self) -> None:
            super().sync()
            self._written()

    return Dying


@pytest.mark.parametrize(("checkpoint_every", "epochs"), [(0.0, 1), (1e9, 2)])
def test_being_killed_between_any_two_writes_changes_nothing(
    checkpoint_every: float,
    epochs: int,
    make_run: MakeRun,
    train: Train,
    outcome: Outcome,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loop, "FLUSH_EVERY", 0.0)
    monkeypatch.setattr(loop, "CHECKPOINT_EVERY", checkpoint_every)
    whole = make_run(epochs=epochs)
    train(whole)
    expected = outcome(whole)
    killed = 0
    while True:
        run = make_run(epochs=epochs)
        try:
            train(run, recorder_class=dying_recorder(after=killed + 1))
            break
        except KilledError:
            killed += 1
        train(run)
        assert outcome(run) == expected, f"killed after write {killed}"
    assert killed > 5


def test_an_epoch_evaluated_twice_counts_once(make_run: MakeRun, train: Train, outcome: Outcome) -> None:
    """Stopped in its evaluation, resumed, and killed between its record and the checkpoint after that."""
    whole, run = make_run(epochs=1), make_run(epochs=1)
    train(whole)
    with pytest.raises(StopTrainingError):
        train(run, Stop(at=3))
    with pytest.raises(KilledError):
        train(run, recorder_class=dying_recorder(after=2))
    train(run)
    assert outcome(run)["epochs"] == outcome(whole)["epochs"]


def test_a_finished_run_has_nothing_left_to_do(make_run: MakeRun, train: Train, outcome: Outcome) -> None:
    run = make_run()
    train(run)
    before = outcome(run)
    train(run)
    assert outcome(run) == before


def test_a_batch_larger_than_the_data_set(make_run: MakeRun, train: Train, outcome: Outcome) -> None:
    run = make_run(batch_size=1000)
    train(run)
    assert [step["step"] for step in outcome(run)["steps"]] == [1, 2]


def test_single_images_train_a_network_without_batchnorm(make_run: MakeRun, train: Train, outcome: Outcome) -> None:
    run = make_run(batch_size=1, model="own_code:Linear", epochs=1)
    train(run)
    assert len(outcome(run)["steps"]) == 25


@pytest.mark.parametrize("changes", [{}, EVERYTHING])
def test_read_only_memory_mapped_images(
    changes: dict[str, Any], make_run: MakeRun, train: Train, outcome: Outcome, data: ImageData, tmp_path: Path
) -> None:
    """Warnings are errors in this file."""

    def mapped(name: str, split: Split) -> Split:
        np.save(tmp_path / f"{name}-images.npy", split.images)
        np.save(tmp_path / f"{name}-labels.npy", split.labels)
        return Split(*(np.load(tmp_path / f"{name}-{part}.npy", mmap_mode="r") for part in ("images", "labels")))

    on_disk = dataclasses.replace(data, train=mapped("train", data.train), test=mapped("test", data.test))
    first, again = make_run(**changes), make_run(**changes)
    train(first)
    train(again, data=on_disk)
    assert outcome(first) == outcome(again)


def test_one_channel_and_images_that_are_not_square(make_run: MakeRun, train: Train, outcome: Outcome) -> None:
    random = np.random.default_rng(0)
    splits = [Split(random.integers(256, size=(n, 9, 14, 1)).astype(np.uint8), np.arange(n) % 3) for n in (20, 8)]
    run = make_run(model="resnet18", epochs=1, augment=True)
    train(run, data=image_data("grey", ("a", "b", "c"), *splits))
    assert len(outcome(run)["epochs"]) == 1


def test_bf16_trains_and_evaluates_near_fp32(make_run: MakeRun, train: Train, outcome: Outcome) -> None:
    runs = {precision: make_run(precision=precision, epochs=4) for precision in ("fp32", "bf16")}
    for run in runs.values():
        train(run)
    fp32, bf16 = ([step["loss"] for step in outcome(run)["steps"]] for run in runs.values())
    assert all(math.isfinite(loss) for loss in bf16)
    assert bf16 != fp32
    assert np.allclose(bf16, fp32, atol=0.15)
    assert read_predictions(runs["bf16"].paths) is not None  # which refuses what is not finite


def test_a_loss_that_is_not_finite_ends_the_training(make_run: MakeRun, train: Train, outcome: Outcome) -> None:
    run = make_run(lr=1e30, epochs=1000)
    with pytest.raises(NonFiniteError, match=r"^the loss is (nan|inf) at step \d+ \([\d.e+]+ before it\)$") as caught:
        train(run)
    steps = JsonlReader(run.paths.steps).read()
    assert f"at step {steps[-1]['step']} " in str(caught.value)
    assert steps[-1]["loss"] is None
    assert all(step["loss"] is not None for step in steps[:-1])
    assert f"({steps[-2]['loss']:.4g} before it)" in str(caught.value)


def test_no_checkpoint_is_written_after_a_loss_that_is_not_finite(make_run: MakeRun, train: Train) -> None:
    """Not even by a stop that is wanted at the very moment: resuming would hide what happened."""
    run = make_run(lr=1e30, epochs=1000)
    with pytest.raises(NonFiniteError):
        train(run, Stop(at=6))
    assert not run.paths.checkpoint.exists() or torch.load(run.paths.checkpoint)["position"]["step"] < 3


def test_an_output_that_is_not_finite_ends_the_training(make_run: MakeRun, train: Train) -> None:
    run = make_run(model="own_code:NanWhenEvaluated")
    with pytest.raises(NonFiniteError, match=r"^the network's output is not finite after step 3 \(loss [\d.]+\)$"):
        train(run)
    assert not run.paths.predictions.exists()
    assert Run.load(run.paths.root).epoch == 0


@pytest.mark.parametrize("file", ["checkpoint.pt", "predictions.npz"])
def test_a_full_disk_leaves_a_run_that_can_be_resumed(
    file: str,
    make_run: MakeRun,
    train: Train,
    outcome: Outcome,
    full_disk: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole, run = make_run(), make_run()
    train(whole)
    full_disk(file)
    with pytest.raises(OSError, match="No space left on device"):
        train(run)
    monkeypatch.undo()
    train(run)
    assert outcome(run) == outcome(whole)


# Checkpoints that stay


@pytest.fixture
def keeping(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every training keeps its checkpoints."""
    monkeypatch.setitem(Trainer.__init__.__kwdefaults__, "keep_checkpoints", True)


def kept(run: Run) -> dict[str, dict[str, Any]]:
    """The checkpoints that stayed, by name."""
    return {path.name: torch.load(path, weights_only=True) for path in (run.paths.root / "checkpoints").glob("*")}


def same_weights(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(torch.equal(tensor, other["model"][name]) for name, tensor in one["model"].items())


def test_no_checkpoint_but_the_last_stays(make_run: MakeRun, train: Train) -> None:
    run = make_run()
    train(run)
    assert not (run.paths.root / "checkpoints").exists()
    assert len(list(run.paths.root.rglob("*.pt"))) == 1


def test_one_of_every_epoch_stays_where_that_is_wanted(make_run: MakeRun, train: Train, keeping: None) -> None:
    run = make_run(epochs=3)
    train(run)
    checkpoints = kept(run)
    assert sorted(checkpoints) == ["epoch-0001.pt", "epoch-0002.pt", "epoch-0003.pt"]
    for epoch in (1, 2, 3):
        shorter = make_run(epochs=epoch)
        train(shorter)
        checkpoint = checkpoints[f"epoch-000{epoch}.pt"]
        assert same_weights(checkpoint, torch.load(shorter.paths.checkpoint, weights_only=True))
        assert (checkpoint["position"]["epoch"], checkpoint["position"]["batch"]) == (epoch, 0)


def test_whoever_wants_them_says_so_in_control_json(
    make_run: MakeRun, work: Callable[[Run], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # this process keeps its own handlers
    run = make_run()
    change_control(run.paths, keep_checkpoints=True)
    assert work(run) == 0
    assert sorted(kept(run)) == ["epoch-0001.pt", "epoch-0002.pt"]


def test_training_goes_on_from_any_of_them(make_run: MakeRun, train: Train, outcome: Outcome, keeping: None) -> None:
    run = make_run(**EVERYTHING, epochs=3)
    train(run)
    expected = outcome(run)
    for epoch in (1, 2, 3):
        run.paths.checkpoint.write_bytes(run.paths.kept_checkpoint(epoch).read_bytes())
        train(run)
        assert outcome(run) == expected


def test_an_interrupted_training_keeps_the_same(make_run: MakeRun, train: Train, keeping: None) -> None:
    whole, run = make_run(), make_run()
    train(whole)
    while True:
        try:
            train(run, Stop(at=2))
            break
        except StopTrainingError:
            pass
    expected, found = kept(whole), kept(run)
    assert found.keys() == expected.keys()
    assert all(same_weights(found[name], expected[name]) for name in expected)


def test_one_that_was_killed_just_before_is_kept_by_the_next_attempt(
    make_run: MakeRun, train: Train, keeping: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KilledError

    run = make_run()
    with monkeypatch.context() as patch:
        patch.setattr(loop, "keep_copy", die)
        with pytest.raises(KilledError):
            train(run)
    assert kept(run) == {}
    train(run)
    assert [found["position"]["epoch"] for _, found in sorted(kept(run).items())] == [1, 2]


@pytest.fixture
def no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system without hard links."""

    def refuse(path: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)


def test_a_file_system_without_links_keeps_copies(
    make_run: MakeRun, train: Train, keeping: None, no_links: None
) -> None:
    run = make_run()
    train(run)
    assert [found["position"]["epoch"] for _, found in sorted(kept(run).items())] == [1, 2]


def test_a_full_disk_leaves_no_half_copy(
    make_run: MakeRun,
    train: Train,
    keeping: None,
    no_links: None,
    full_disk: Callable[[str], None],
) -> None:
    run = make_run()
    full_disk("epoch-0001.pt")
    with pytest.raises(OSError, match="No space left on device"):
        train(run)
    assert kept(run) == {}


# Memory


@pytest.fixture
def memory_uses(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[MemoryUse]]:
    """What the training takes at one look after another, a look after each of its six steps."""
    uses: list[MemoryUse] = []
    monkeypatch.setattr(loop, "FLUSH_EVERY", 0.0)
    monkeypatch.setattr(loop, "memory_in_use", lambda device: uses.pop(0))
    yield uses
    assert uses == []


def memory_events(run: Run) -> list[dict[str, Any]]:
    return [event for event in JsonlReader(run.paths.events).read() if event["type"] == "memory"]


def test_the_memory_it_takes_is_recorded_once_it_trains(make_run: MakeRun, train: Train) -> None:
    run = make_run()
    train(run)
    first = memory_events(run)[0]
    assert first["step"] > 0
    assert first["ram"] > 0
    assert first["gpu"] == 0
    assert Run.load(run.paths.root).history.memory == memory_events(run)[-1]


def test_and_again_only_when_it_has_grown_by_more_than_a_tenth(
    make_run: MakeRun, train: Train, memory_uses: list[MemoryUse]
) -> None:
    # The fourth is more than a tenth above what was recorded last, though not above the one before it.
    memory_uses[:] = [
        MemoryUse(ram, gpu) for ram, gpu in ((100, 50), (105, 50), (110, 55), (111, 55), (90, 40), (90, 61))
    ]
    run = make_run()
    train(run)
    recorded = [(event["step"], event["ram"], event["gpu"]) for event in memory_events(run)]
    assert recorded == [(1, 100, 50), (4, 111, 55), (6, 90, 61)]


def test_every_attempt_records_its_own(make_run: MakeRun, train: Train) -> None:
    """Whoever hands out memory must know of each whether it has taken its part."""
    run = make_run()
    with pytest.raises(StopTrainingError):
        train(run, Stop(at=2))
    train(run)
    assert {event["attempt"] for event in memory_events(run)} == {1, 2}


# Images kept out of training


def test_without_a_holdout_every_image_is_trained_on(make_run: MakeRun, train: Train) -> None:
    run = make_run(alpha=0.4, model="own_code:Linear", epochs=1)
    trainer = train(run)
    assert len(trainer.trained_on) == 25
    assert not run.paths.holdout.exists()


def test_images_kept_out_are_not_trained_on_and_fit_the_temperature(
    make_run: MakeRun, train: Train, data: ImageData
) -> None:
    run = make_run(alpha=0.4, model="own_code:Linear", epochs=2, holdout=7)
    trainer = train(run)
    assert sorted([*trainer.kept_out, *trainer.trained_on]) == list(range(25))
    assert set(trainer.sample) <= set(trainer.trained_on)
    kept = np.load(run.paths.holdout)
    assert kept["labels"].tolist() == np.asarray(data.train.labels)[kept["ids"]].tolist()
    last = [event for event in JsonlReader(run.paths.events).read() if event["type"] == "epoch"][-1]
    metrics = last["metrics"]
    fit = fit_temperature(kept["logits"], kept["labels"])
    assert metrics["temperature"] == last["train_metrics"]["temperature"] == fit.temperature
    predicted = np.load(run.paths.predictions)
    after = score_logits(predicted["logits"], predicted["labels"], run.config.bins, fit.temperature).scores
    assert metrics["ece_after_t"] == after.ece
    again = analyse_run(run.paths, run.config.bins)
    assert again is not None
    assert again.metrics() == metrics


def test_every_epoch_takes_every_image_that_is_not_kept_out(
    make_run: MakeRun, train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, take = [], DeviceImages.take

    def noted(images: DeviceImages, chosen: np.ndarray, *change: Any) -> Any:
        taken.extend(chosen.tolist())
        return take(images, chosen, *change)

    monkeypatch.setattr(DeviceImages, "take", noted)
    trainer = train(make_run(model="own_code:Linear", epochs=2, holdout=7))
    assert sorted(taken[:18]) == sorted(taken[18:]) == trainer.trained_on.tolist()


def test_holdout_and_clean_sample_are_the_same_whatever_the_seed_and_alpha(make_run: MakeRun, train: Train) -> None:
    recipes: list[dict[str, Any]] = [{"alpha": 0}, {"alpha": 1.0, "seed": 3}]
    one, other = (train(make_run(model="own_code:Linear", epochs=1, holdout=7, **recipe)) for recipe in recipes)
    assert one.kept_out.tolist() == other.kept_out.tolist()
    assert one.sample.tolist() == other.sample.tolist()


def test_the_loss_of_an_epoch_is_of_the_images_that_are_trained_on(
    make_run: MakeRun, train: Train, outcome: Outcome
) -> None:
    run = make_run(model="own_code:Linear", epochs=1, holdout=7)
    train(run)
    recorded = outcome(run)
    losses = [step["loss"] for step in recorded["steps"]]
    assert recorded["epochs"][0]["train_loss"] == pytest.approx(np.average(losses, weights=[8, 8, 2]))


def test_the_mixed_accuracy_of_an_epoch_counts_every_image_once(
    make_run: MakeRun, train: Train, outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mixtui.training.step.mixed_accuracy", lambda logits, labels, mix: torch.tensor(0.5))
    run = make_run(model="own_code:Linear", epochs=1, holdout=7)
    train(run)
    assert outcome(run)["epochs"][0]["train_accuracy_mixed"] == 0.5


def test_a_holdout_leaves_at_least_two_images_to_train_on() -> None:
    assert len(set(kept_out(25, 23))) == 23
    with pytest.raises(MixtuiError, match="--holdout 24 leaves too few of the 25"):
        kept_out(25, 24)


# Evaluation


@pytest.mark.parametrize("size", [1, 5, 12])
def test_logits_do_not_depend_on_the_batches_of_an_evaluation(
    size: int, make_run: MakeRun, data: ImageData, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = Network.build(make_run().config, data, torch.device("cpu"))
    chosen, sizes = np.array([11, 3, 4, 0, 7, 9, 2, 1, 10, 5, 8, 6]), []
    whole = network.predict(data.test.images, chosen, lambda n: None)
    monkeypatch.setattr(evaluate, "EVALUATION_BATCH", size)
    assert np.allclose(network.predict(data.test.images, chosen, sizes.append), whole, atol=1e-5)
    assert sum(sizes) == 12
    assert max(sizes) == size
    assert np.allclose(network.predict(data.test.images, chosen[:1], sizes.append), whole[:1], atol=1e-5)
