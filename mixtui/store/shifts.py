"""`shifts.json`: how a run's network does on other test sets. It can be made again from the checkpoint."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from mixtui.lock import alone_in
from mixtui.number_text import is_finite
from mixtui.store.files import read_json, write_json
from mixtui.store.paths import RunPaths

OWN_TEST = "test"  # the run's own test images, as they are: what all others are compared with


@dataclass(frozen=True)
class ShiftScores:
    """A test set, and how the network does on it; fractions, None where a score has no meaning.

    Of known classes, those that the run was trained on, there is no separation from them; of unknown ones there is
    neither a right nor a wrong.
    """

    corruption: str | None  # noise, blur or contrast
    strength: int | None  # of the corruption, 1 to 5
    classes: Literal["known", "unknown"]
    n: int  # images
    image_shape: tuple[int, ...]  # height, width and channels as they came; the network saw them in its own
    key: str  # SHA-256 of the pixels that the network saw, and of the labels
    confidence: float | None
    accuracy: float | None = None
    ece: float | None = None
    signed_gap: float | None = None
    nll: float | None = None
    brier: float | None = None
    auroc: float | None = None  # of the confidence: the run's own test images against these
    fpr95: float | None = None  # share of these that are as confident as 95 % of the run's own test images

    @classmethod
    def from_json(cls, document: Any) -> ShiftScores:
        """Raises ValueError on anything that `to_json` does not write."""
        names = [field.name for field in fields(cls)]
        if not isinstance(document, dict) or document.keys() != set(names):
            raise ValueError("other fields")
        corruption, strength, classes, n, shape, key, *figures = (document[name] for name in names)
        sound = (
            isinstance(corruption, str | None)
            and (strength is None or _is_count(strength))
            and classes in ("known", "unknown")
            and _is_count(n)
            and isinstance(shape, list)
            and all(map(_is_count, shape))
            and isinstance(key, str)
            and all(figure is None or is_finite(figure) for figure in figures)
        )
        if not sound:
            raise ValueError("a field is of another kind")
        return cls(**{**document, "image_shape": tuple(shape)})

    def to_json(self) -> dict[str, Any]:
        return {**dataclasses.asdict(self), "image_shape": list(self.image_shape)}


@dataclass(frozen=True)
class Shifts:
    """The scores of one state of the network on several test sets."""

    epoch: int  # epochs that it was trained for
    step: int
    m: int  # bins of the ECE
    sets: Mapping[str, ShiftScores]  # by name, OWN_TEST first

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Shifts:
        """Raises ValueError on anything that `to_json` does not write."""
        names = [field.name for field in fields(cls)]
        if document.keys() != set(names):
            raise ValueError("other fields")
        epoch, step, m, sets = (document[name] for name in names)
        if not all(map(_is_count, (epoch, step, m))) or not isinstance(sets, dict):
            raise ValueError("a field is of another kind")
        return cls(epoch, step, m, {name: ShiftScores.from_json(scores) for name, scores in sets.items()})

    def to_json(self) -> dict[str, Any]:
        return {
            "epoch": self.epoch,
            "step": self.step,
            "m": self.m,
            "sets": {name: scores.to_json() for name, scores in self.sets.items()},
        }


def read_shifts(paths: RunPaths) -> Shifts | None:
    """What is recorded of the run; None before, and where it cannot be read, as it can be made again."""
    try:
        document = read_json(paths.shifts)
        return None if document is None else Shifts.from_json(document)
    except (OSError, ValueError):
        return None


def record_shifts(paths: RunPaths, new: Shifts) -> Shifts:
    """Add to what is recorded of this state of the network, or replace what is of another one; what is recorded now.

    Raises OSError as the file system does.
    """
    with alone_in(paths.root):
        before = read_shifts(paths)
        if before is not None and (before.step, before.m) == (new.step, new.m):
            new = dataclasses.replace(new, sets={**before.sets, **new.sets})
        write_json(paths.shifts, new.to_json())
    return new


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
