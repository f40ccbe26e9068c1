"""How a network that was trained on one data set does on others, and on its own under corruptions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mixtui.calibration.ranking import separation
from mixtui.calibration.scores import score_logits
from mixtui.calibration.softmax import softmax
from mixtui.datasets.adapt import adapt_images
from mixtui.datasets.arrays import ImageData, LabelledImages, Progress
from mixtui.datasets.corruptions import corrupt
from mixtui.datasets.shifts import Corruption, OtherSet, Shift
from mixtui.errors import EXIT_FAILED, MixtuiError
from mixtui.store.shifts import OWN_TEST, Shifts, ShiftScores
from mixtui.training.checkpoint import Position
from mixtui.training.evaluate import Network


@dataclass(frozen=True, eq=False)
class _TestSet:
    """Images of known classes, or of unknown ones, as the network sees them."""

    name: str
    images: np.ndarray  # uint8 (n, H, W, C)
    labels: np.ndarray | None  # int64 (n,), of the run's classes; None of unknown ones
    image_shape: tuple[int, ...]  # as they came
    corruption: str | None = None
    strength: int | None = None


def evaluate_shifts(
    network: Network,
    position: Position,
    data: ImageData,
    shifts: Sequence[Shift],
    others: Mapping[OtherSet, LabelledImages],
    m: int,
    progress: Progress,
) -> Shifts:
    """Score the network, trained to `position` on `data`, on `shifts` and on its own test images; the ECE has `m` bins.

    `others` holds the images of those that are other data sets. The images of such a set whose class is one of the
    run's, by its name, are scored; the others are told apart from the run's own test images by their confidence. A set
    that has both becomes two, NAME and NAME-unknown. Raises MixtuiError for images that cannot be shown to the network,
    and for an output that is not finite. `progress` is called with the name of a set and how much of all is done.
    """
    splits = [others[shift].split if isinstance(shift, OtherSet) else data.test for shift in shifts]
    total, done = sum(len(split.labels) for split in (data.test, *splits)), 0

    def logits_of(test: _TestSet) -> np.ndarray:
        def on_batch(n: int) -> None:
            nonlocal done
            done += n
            progress(test.name, done / total)

        logits = network.predict(test.images, np.arange(len(test.images)), on_batch)
        if not np.isfinite(logits).all():
            raise MixtuiError(
                f"The network's output is not finite on {test.name}.", "Such a network has no scores.", EXIT_FAILED
            )
        return logits

    own = _TestSet(OWN_TEST, data.test.images, data.test.labels, data.test.images.shape[1:])
    own_logits = logits_of(own)
    own_confidence = softmax(own_logits).max(axis=1)
    sets = {OWN_TEST: _scores(own, own_logits, own_confidence, m)}
    for shift in shifts:
        for test in _test_sets(shift, data, others):
            sets[test.name] = _scores(test, logits_of(test), own_confidence, m)
    return Shifts(position.epoch, position.step, m, sets)


def _test_sets(shift: Shift, data: ImageData, others: Mapping[OtherSet, LabelledImages]) -> Iterator[_TestSet]:
    shape = data.test.images.shape[1:]
    if isinstance(shift, Corruption):
        images = corrupt(data.test.images, shift.corruption, shift.strength)
        yield _TestSet(shift.name, images, data.test.labels, shape, shift.corruption, shift.strength)
        return
    other = others[shift]
    images, own_shape = adapt_images(shift.name, other.split.images, shape), other.split.images.shape[1:]
    numbers = {name: number for number, name in enumerate(data.classes)}
    labels = np.array([numbers.get(name, -1) for name in other.classes])[other.split.labels]
    known = labels >= 0
    if known.any():
        yield _TestSet(shift.name, images[known], labels[known], own_shape)
    if not known.all():
        name = f"{shift.name}-unknown" if known.any() else shift.name
        yield _TestSet(name, images[~known], None, own_shape)


def _scores(test: _TestSet, logits: np.ndarray, own_confidence: np.ndarray, m: int) -> ShiftScores:
    classes: Literal["known", "unknown"]
    if test.labels is not None:
        classes, scores = "known", score_logits(logits, test.labels, m).scores.to_json()
        figures = {name: scores[name] for name in ("accuracy", "ece", "confidence", "signed_gap", "nll", "brier")}
    else:
        confidence = softmax(logits).max(axis=1)
        found = separation(own_confidence, confidence)
        figures = {"confidence": float(confidence.mean()), "auroc": found.auroc, "fpr95": found.fpr_at_95_tpr}
        classes = "unknown"
    n, shape = len(test.images), test.image_shape
    return ShiftScores(test.corruption, test.strength, classes, n, shape, _key(test), **figures)


def _key(test: _TestSet) -> str:
    labels = test.labels if test.labels is not None else np.empty(0, np.int64)
    digest = hashlib.sha256(json.dumps([test.images.shape, len(labels)]).encode())
    digest.update(np.ascontiguousarray(test.images).data)
    digest.update(np.ascontiguousarray(labels, dtype="<i8").data)
    return digest.hexdigest()
