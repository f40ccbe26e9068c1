"""Small studies with predictions, made without training."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mixtui.calibration.analysis import Analysis, analyse_logits
from mixtui.config import RunConfig
from mixtui.store.documents import Document
from mixtui.store.jsonl import JsonlWriter
from mixtui.store.listing import read_document
from mixtui.store.paths import RunPaths
from mixtui.store.store import Store

N_TEST, CLASSES = 120, 3

MakeStudy = Callable[..., list[Document]]


@pytest.fixture(scope="session")
def make_finished(make_event: Any) -> Callable[..., RunPaths]:
    """Makes a run below `root` that finished, with predictions; keywords are its recipe's."""

    def make(
        root: Path,
        *,
        metrics: Callable[[Analysis], dict[str, Any]] = Analysis.metrics,
        predictions: bool = True,
        meta: dict[str, Any] | None = None,
        data_key: str = "k1",
        **recipe: Any,
    ) -> RunPaths:
        config = RunConfig(**{"alpha": 0.1, "dataset": "synthetic", "epochs": 1, "bins": 5, **recipe})
        paths = Store(root).create(config, data_dir=root, location=None, meta=meta or {"tags": ["paper"]})
        logits, labels = made_predictions(config.alpha, config.seed)
        if predictions:
            np.savez(paths.predictions, logits=logits, labels=labels, ids=np.arange(N_TEST))
        analysis = made_analysis(config.alpha, config.seed, config.bins)
        epoch = {"metrics": metrics(analysis), "bins": analysis.before.bins.to_json()}
        paths.claim(1).touch()
        log = JsonlWriter(paths.events)
        log.append(
            [
                make_event("attempt"),
                make_event("data", name=config.dataset, key=data_key, n_test=N_TEST),
                make_event("epoch", **epoch),
                make_event("end"),
            ]
        )
        log.close()
        return paths

    return make


@pytest.fixture(scope="session")
def make_study(make_finished: Callable[..., RunPaths]) -> MakeStudy:
    """Makes finished runs of some alphas and seeds; their documents."""

    def make(
        root: Path, alphas: Iterable[float] = (0, 0.4), seeds: Iterable[int] = (0, 1), **run: Any
    ) -> list[Document]:
        paths = [make_finished(root, alpha=alpha, seed=seed, **run) for alpha in alphas for seed in seeds]
        return [read_document(one.root) for one in paths]

    return make


def made_predictions(alpha: float, seed: int) -> tuple[Any, Any]:
    """Logits whose scale falls with alpha, (N_TEST, CLASSES), and labels that fit them at a scale of 1."""
    rng = np.random.default_rng([round(10 * alpha), seed])
    logits = 1.5 * rng.standard_normal((N_TEST, CLASSES))
    weights = np.exp(logits)
    labels = [rng.choice(CLASSES, p=row / row.sum()) for row in weights]
    return (logits * 2 / (1 + 2 * alpha)).astype(np.float32), np.array(labels)


@cache
def made_analysis(alpha: float, seed: int, m: int) -> Analysis:
    return analyse_logits(*made_predictions(alpha, seed), m)


def no_progress(phase: str, fraction: float) -> None:
    assert phase
    assert 0 <= fraction <= 1
