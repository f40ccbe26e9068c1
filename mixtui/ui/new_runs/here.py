"""Which of the runs that a form asks for are here already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from mixtui.config import RunConfig
from mixtui.launch.grid import same_work
from mixtui.launch.sweep import DONE_OR_COMING
from mixtui.store.documents import Document
from mixtui.ui.new_runs.form import Plan

Point = tuple[float, int]
Recipe = tuple[tuple[str, Any], ...]


class Here:
    """The finished, live and queued runs of `documents`, by recipe, so that a key pressed compares no thousand runs."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._states: dict[Recipe, dict[Point, str]] = {}
        for document in documents:
            if document["state"] in DONE_OR_COMING:
                config = document["config"]
                points = self._states.setdefault(_recipe(config), {})
                points[config["alpha"], config["seed"]] = document["state"]

    def states(self, plan: Plan) -> dict[Point, str]:
        """The states of those runs of `plan` that are here, by alpha and seed."""
        here = self._states.get(_recipe(plan.config()), {})
        return {point: here[point] for point in plan.points if point in here}


def _recipe(config: Mapping[str, Any] | RunConfig) -> Recipe:
    document = config if isinstance(config, RunConfig) else dict(config)
    return tuple((name, value) for name, value in same_work(document) if name not in ("alpha", "seed"))


def tally(states: Mapping[Point, str]) -> str:
    """`finished` where all are, else `4 finished, 2 queued`."""
    counts = Counter(states.values())
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{counts[state]} {state}" for state in DONE_OR_COMING if counts[state])
