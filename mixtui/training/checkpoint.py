"""What it takes to go on: weights, BatchNorm's buffers, the optimiser, and the position in training."""

from __future__ import annotations

import dataclasses
import shutil
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from mixtui.errors import EXIT_FAILED, MixtuiError
from mixtui.store.files import write_atomically


@dataclass
class Position:
    """How far training has come, and the running sums of the epoch under way."""

    epoch: int = 0  # epochs done
    batch: int = 0  # batches done in the epoch under way
    step: int = 0  # steps done since the beginning
    loss_sum: float = 0.0  # over the images of the epoch under way
    accuracy_sum: float = 0.0  # likewise, on the mixed batches
    seconds: float = 0.0  # spent on the steps of the epoch under way
    last_loss: float | None = None  # of the last step


def save_checkpoint(path: Path, model: nn.Module, optimizer: torch.optim.Optimizer | None, position: Position) -> None:
    """Write the checkpoint whole or not at all; without the optimiser when there is nothing left to train."""
    document = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict() if optimizer else None,
        "position": dataclasses.asdict(position),
    }
    write_atomically(path, lambda file: torch.save(document, file))


def keep_copy(path: Path, copy: Path) -> None:
    """Keep the checkpoint `path` as `copy`; a link is enough, since `path` is only ever replaced."""
    copy.parent.mkdir(exist_ok=True)
    copy.unlink(missing_ok=True)
    try:
        copy.hardlink_to(path)
    except OSError:  # a file system without links
        with path.open("rb") as source:
            write_atomically(copy, lambda file: shutil.copyfileobj(source, file))


def load_checkpoint(path: Path, model: nn.Module, optimizer: torch.optim.Optimizer | None) -> Position:
    """Put the checkpoint's state into `model`, and `optimizer` if there is one. Raises MixtuiError when that cannot be
    done."""
    try:
        document = torch.load(path, map_location="cpu", weights_only=True)
        model.load_state_dict(document["model"])
        if optimizer is not None and document["optimizer"] is not None:
            optimizer.load_state_dict(document["optimizer"])
        return Position(**document["position"])
    except (MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:  # damaged bytes make torch raise nearly anything, in words that help nobody
        raise MixtuiError(
            f"checkpoint.pt is damaged, or not of this network ({type(error).__name__}).",
            "Start the same run anew with mixtui run, or put the file back from a copy.",
            EXIT_FAILED,
        ) from error
