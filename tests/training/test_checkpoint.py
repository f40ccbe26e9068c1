"""Saving what it takes to go on, and going on from it."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from mixtui.errors import EXIT_FAILED, MixtuiError
from mixtui.training.checkpoint import Position, load_checkpoint, save_checkpoint

POSITION = Position(epoch=2, batch=3, step=11, loss_sum=0.1 + 0.2, accuracy_sum=1 / 3)
Training = tuple[nn.Module, torch.optim.Optimizer]


def make_training(seed: int, width: int = 4) -> Training:
    """A network and its optimiser after a few steps."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Conv2d(3, width, 3), nn.BatchNorm2d(width), nn.Flatten(), nn.Linear(36 * width, 2))
    model = model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, fused=True)
    for _ in range(3):
        step((model, optimizer), seed)
    return model, optimizer


def step(training: Training, seed: int) -> None:
    model, optimizer = training
    optimizer.zero_grad()
    images = torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(seed))
    model.train()(images).square().mean().backward()
    optimizer.step()


def state(training: Training) -> list[Tensor]:
    model, optimizer = training
    momentum = [optimizer.state[p]["momentum_buffer"] for p in model.parameters()]
    return [*(tensor.clone() for tensor in model.state_dict().values()), *(tensor.clone() for tensor in momentum)]


def same(ours: list[Tensor], theirs: list[Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_everything_comes_back_to_the_bit(tmp_path: Path) -> None:
    saved, other = make_training(0), make_training(1)
    save_checkpoint(tmp_path / "checkpoint.pt", *saved, POSITION)
    assert not same(state(saved), state(other))
    assert load_checkpoint(tmp_path / "checkpoint.pt", *other) == POSITION
    assert same(state(saved), state(other))
    step(saved, seed=5)
    step(other, seed=5)
    assert same(state(saved), state(other))


def test_the_last_checkpoint_has_no_optimiser(tmp_path: Path) -> None:
    model, optimizer = make_training(0)
    save_checkpoint(tmp_path / "with.pt", model, optimizer, POSITION)
    save_checkpoint(tmp_path / "without.pt", model, None, POSITION)
    assert (tmp_path / "without.pt").stat().st_size < 0.7 * (tmp_path / "with.pt").stat().st_size
    assert load_checkpoint(tmp_path / "without.pt", *make_training(1)) == POSITION


def test_tensors_and_plain_python_only(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "checkpoint.pt", *make_training(0), POSITION)
    document = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert document.keys() == {"model", "optimizer", "position"}


def test_a_checkpoint_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, full_disk: Callable[[str], None]
) -> None:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, *make_training(0), POSITION)
    before = path.read_bytes()
    full_disk("checkpoint.pt")
    with pytest.raises(OSError, match="No space left on device"):
        save_checkpoint(path, *make_training(1), POSITION)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["checkpoint.pt"]


def cut_short(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


def zeroed(content: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(content))
    return content[:start] + bytes(len(content) - start)


def foreign(content: bytes, chance: random.Random) -> bytes:
    return chance.randbytes(chance.randrange(300))


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("damage", [cut_short, zeroed, foreign])
def test_a_damaged_checkpoint_is_a_clear_error(damage: Callable[[bytes, random.Random], bytes], tmp_path: Path) -> None:
    path, training = tmp_path / "checkpoint.pt", make_training(0)
    save_checkpoint(path, *training, POSITION)
    whole, chance = path.read_bytes(), random.Random(0)
    for _ in range(60):
        path.write_bytes(damage(whole, chance))
        with pytest.raises(MixtuiError, match=r"^checkpoint\.pt is damaged.*\.$") as caught:
            load_checkpoint(path, *training)
        assert caught.value.message.isprintable()
        assert caught.value.exit_code == EXIT_FAILED


@pytest.mark.parametrize("document", [{}, [], {"model": {}, "optimizer": None, "position": {"epoch": 1}}])
def test_another_document_is_a_clear_error(document: object, tmp_path: Path) -> None:
    torch.save(document, tmp_path / "checkpoint.pt")
    with pytest.raises(MixtuiError, match="damaged"):
        load_checkpoint(tmp_path / "checkpoint.pt", *make_training(0))


def test_a_checkpoint_of_another_network_is_a_clear_error(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "checkpoint.pt", *make_training(0, width=5), POSITION)
    with pytest.raises(MixtuiError, match="not of this network"):
        load_checkpoint(tmp_path / "checkpoint.pt", *make_training(0))
