"""A study: any selection of runs put together by alpha, over seeds and never across recipes.

It is made from listed documents (`store.listing`). What they lack, or hold of a wrong kind, is missing from the study.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mixtui.calibration.bins import Bins
from mixtui.calibration.direction import Direction, direction_of, is_at_floor
from mixtui.calibration.interval import Interval
from mixtui.calibration.seeds import Difference, Summary, paired_difference, pool, summary
from mixtui.config import INCIDENTAL
from mixtui.number_text import is_finite
from mixtui.store.documents import Document

Value = str | float | bool | None
"""Of a field of a configuration, so that equal values are equal: nan and lists stand as text."""

_OF_DIRECTION = ("accuracy", "confidence", "ece", "ece_floor_high")
_NOT_RECIPE = (*INCIDENTAL, "alpha", "seed")  # these two tell the runs of one recipe apart


@dataclass(frozen=True)
class SeedRun:
    """The run that counts for its alpha, seed and recipe."""

    id: str
    seed: int
    finished: bool  # else its figures are from an earlier epoch
    metrics: Mapping[str, float]  # of the test split after its last epoch; finite ones only
    n_test: float | None  # images of the test split
    fallback: bool = False  # whether `synthetic` stands in for the data set


@dataclass(frozen=True)
class Row:
    """The seeds of one alpha and one recipe."""

    alpha: float
    recipe: Mapping[str, Value]  # every known field that decides the result, and the `data_key` of the images
    runs: tuple[SeedRun, ...]  # by seed, none twice

    def scores(self, metric: str) -> dict[int, float]:
        """The metric of every run that has it, by seed."""
        return {run.seed: run.metrics[metric] for run in self.runs if metric in run.metrics}

    def summary(self, metric: str) -> Summary | None:
        """The metric over the seeds; None where no run has it."""
        return summary(list(self.scores(metric).values()))

    @property
    def direction(self) -> Direction | None:
        """Which way the mean over the seeds is off; None where it is not known.

        All seeds are scored on the same images, so that more seeds do not count as more images.
        """
        sizes = [run.n_test for run in self.runs if run.n_test]
        if not sizes:
            return None
        means = {name: mean.mean for name in _OF_DIRECTION if (mean := self.summary(name)) is not None}
        return direction_of(means, min(sizes))

    @property
    def is_at_floor_after_t(self) -> bool | None:
        """Whether temperature scaling leaves an ECE that chance alone explains; None where it is not known."""
        ece, floor = self.summary("ece_after_t"), self.summary("ece_floor_high_after_t")
        return None if ece is None or floor is None else is_at_floor(ece.mean, floor.mean)

    def own_interval(self, metric: str) -> Interval | None:
        """The 95 % interval that the run of a single seed recorded with the metric; None for several seeds."""
        ends = [self.runs[0].metrics.get(f"{metric}_{end}") for end in ("low", "high")] if len(self.runs) == 1 else []
        low, high = ends or (None, None)
        return None if low is None or high is None else (low, high)

    def pooled_bins(self, bins_of: Callable[[str], Bins | None]) -> Bins | None:
        """The bins of all seeds as one, `bins_of` giving those of a run by its id; None where that cannot be."""
        found = map(bins_of, (run.id for run in self.runs))
        return pool([bins for bins in found if bins is not None])


@dataclass(frozen=True)
class Fields:
    """What is the same in several things that have fields, and what is not."""

    varying: Mapping[str, tuple[Value, ...]]  # every value of a field, in order; None where one lacks it
    common: Mapping[str, Value]


@dataclass(frozen=True)
class Study:
    """Rows in the order of alpha, then of what else differs; how many runs had no epoch yet, or could not be read."""

    rows: tuple[Row, ...]
    recipes: Fields  # of the runs that count
    without_epoch: int
    broken: int
    after_t: bool = False  # whether all scores are those after temperature scaling

    @property
    def runs(self) -> tuple[SeedRun, ...]:
        """All that count."""
        return tuple(run for row in self.rows for run in row.runs)

    @property
    def differing(self) -> Mapping[str, tuple[Value, ...]]:
        """The fields that differ beyond alpha and seed, each with its values: rows are apart by them.

        The content key of the images is one only where the names of the data sets do not tell them apart.
        """
        data_sets = {(row.recipe.get("dataset"), row.recipe.get("data_key")) for row in self.rows}
        names_tell = len({name for name, _ in data_sets}) == len(data_sets)
        varying = self.recipes.varying
        return {name: varying[name] for name in varying if name != "data_key" or not names_tell}

    def baseline(self, row: Row) -> Row | None:
        """The row of α 0 with the same recipe."""
        return next((other for other in self.rows if other.alpha == 0 and other.recipe == row.recipe), None)

    def against_baseline(self, row: Row, metric: str = "ece") -> Difference | None:
        """How far the row's metric lies above that of its α 0; None for α 0 itself, and where no seed has both."""
        baseline = self.baseline(row)
        if baseline is None or baseline is row:
            return None
        return paired_difference(row.scores(metric), baseline.scores(metric))


def study_of(documents: Iterable[Document], *, after_t: bool = False) -> Study:
    """The study of a selection of runs; `after_t` says what their scores are.

    Of runs of the same alpha, seed and recipe one counts: one that finished, else the furthest, the latest of such.
    """
    best: dict[tuple[Any, ...], _Candidate] = {}
    without_epoch = broken = 0
    for document in documents:
        candidate = _candidate(document)
        if candidate is None:
            broken += 1
        elif not candidate.run.metrics:
            without_epoch += 1
        else:
            best[candidate.key] = max(candidate, best.get(candidate.key, candidate), key=lambda one: one.rank)
    recipes = what_differs([candidate.recipe for candidate in best.values()])
    groups: dict[tuple[Any, ...], list[_Candidate]] = {}
    for candidate in best.values():
        of_row = (candidate.alpha, *(_order(candidate.recipe.get(name)) for name in recipes.varying))
        groups.setdefault(of_row, []).append(candidate)
    rows = tuple(_row(groups[of_row]) for of_row in sorted(groups))
    return Study(rows, recipes, without_epoch, broken, after_t)


def what_differs(records: Sequence[Mapping[str, Any]]) -> Fields:
    """The fields of `records` that vary, and those that are common to all."""
    names = dict.fromkeys(name for record in records for name in record)
    values = {name: sorted({_value(record.get(name)) for record in records}, key=_order) for name in names}
    return Fields(
        varying={name: tuple(found) for name, found in values.items() if len(found) > 1},
        common={name: found[0] for name, found in values.items() if len(found) == 1},
    )


@dataclass(frozen=True)
class _Candidate:
    """A run that may count."""

    alpha: float
    recipe: dict[str, Value]
    run: SeedRun
    epoch: float  # epochs done
    created: str

    @property
    def key(self) -> tuple[Any, ...]:
        """What is the same in runs of which one counts."""
        return self.alpha, self.run.seed, frozenset(self.recipe.items())

    @property
    def rank(self) -> tuple[Any, ...]:
        """Highest in the run that counts."""
        return self.run.finished, self.epoch, self.created, self.run.id


def _candidate(document: Document) -> _Candidate | None:
    """None where the document does not tell alpha and seed."""
    config, metrics = _mapping(document.get("config")), _mapping(document.get("metrics"))
    alpha, seed = _number(config.get("alpha")), config.get("seed")
    if document.get("state") == "broken" or alpha is None or not isinstance(seed, int):
        return None
    data = _mapping(document.get("data"))
    n_test = _number(data.get("n_test"))
    run = SeedRun(
        id=str(document.get("id")),
        seed=seed,
        finished=document.get("state") == "finished",
        metrics={name: number for name, value in metrics.items() if (number := _number(value)) is not None},
        n_test=n_test if n_test is not None and n_test >= 1 else None,
        fallback=document.get("fallback") is True,
    )
    # Two folders of images may have one name.
    fields = {**{name: value for name, value in config.items() if name not in _NOT_RECIPE}, "data_key": data.get("key")}
    recipe = {name: _value(value) for name, value in fields.items() if value is not None}
    return _Candidate(alpha + 0.0, recipe, run, _number(document.get("epoch")) or 0.0, str(document.get("created")))


def _row(candidates: Sequence[_Candidate]) -> Row:
    runs = sorted((candidate.run for candidate in candidates), key=lambda run: run.seed)
    return Row(candidates[0].alpha, candidates[0].recipe, tuple(runs))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _number(value: object) -> float | None:
    """`value` if it is a finite number."""
    return float(value) if is_finite(value) else None


def _value(value: object) -> Value:
    if value is None or isinstance(value, str | bool):
        return value
    number = _number(value)
    return repr(value) if number is None else number


def _order(value: Value) -> tuple[int, float, str]:
    """Numbers first, then texts, then what is not known."""
    if isinstance(value, str):
        return 1, 0.0, value
    return (2, 0.0, "") if value is None else (0, float(value), "")
