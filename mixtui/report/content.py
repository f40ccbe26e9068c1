"""What a report is about: the finished runs of a selection, put together by α, with all that figures are drawn from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mixtui.calibration.bins import Bins
from mixtui.datasets.arrays import Progress
from mixtui.errors import MixtuiError
from mixtui.report.run_reading import RunReading, read_run
from mixtui.store.documents import Document
from mixtui.store.study import Fields, Row, Study, study_of, what_differs
from mixtui.store.study_table import setting_text, title
from mixtui.store.study_verdict import left_out, verdict


@dataclass(frozen=True, eq=False)  # see Bins
class AlphaRow:
    """A row of the study, and the bins of all its seeds as one, before and after temperature scaling; None: unknown."""

    row: Row
    bins: Bins | None
    bins_after_t: Bins | None


@dataclass(frozen=True, eq=False)  # see Bins
class Recipe:
    """The rows that differ in α alone: a figure shows one recipe."""

    name: str  # what tells it from the others; empty where there are none
    number: int  # from 1
    rows: tuple[AlphaRow, ...]
    documents: tuple[Document, ...]  # of the runs that count

    @property
    def apart_by(self) -> str:
        """` · cifar10`, to stand behind a title; empty where there is one recipe."""
        return f" · {self.name}" if self.name else ""

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(sorted({run.seed for one in self.rows for run in one.row.runs}))

    @property
    def file_suffix(self) -> str:
        """What tells the files of its figures from those of the others."""
        return "" if self.number == 1 else f"-{self.number}"


@dataclass(frozen=True, eq=False)  # see Bins
class Content:
    """All that is reported. `notes` are sentences that a reader should see before he trusts the figures."""

    study: Study
    title: str
    verdict: str
    notes: tuple[str, ...]
    recipes: tuple[Recipe, ...]
    made_with: Fields  # package versions, machine and commit of the runs
    tag: str | None  # the one that all runs have


def content_of(documents: Sequence[Document], progress: Progress) -> Content:
    """Read what a report on the runs needs; those that have not finished are left out.

    Raises MixtuiError where none has.
    """
    finished = [document for document in documents if document.get("state") == "finished"]
    if not finished:
        raise MixtuiError(
            f"None of {len(documents)} runs has finished." if len(documents) > 1 else "The run has not finished.",
            "A report is of finished runs; mixtui wait waits for them.",
        )
    readings: dict[str, RunReading] = {}
    for done, document in enumerate(finished):
        progress("reading predictions", done / len(finished))
        readings[document["id"]] = read_run(document)
    study = study_of({**document, "metrics": readings[document["id"]].metrics} for document in finished)
    counting = [document for document in finished if document["id"] in {run.id for run in study.runs}]
    return Content(
        study=study,
        title=title(study),
        verdict=verdict(study, keys=False),
        notes=tuple(_notes(documents, study)),
        recipes=tuple(_recipes(study, counting, readings)),
        made_with=what_differs([readings[document["id"]].made_with for document in counting]),
        tag=common_tag(counting),
    )


def _recipes(study: Study, counting: Sequence[Document], readings: Mapping[str, RunReading]) -> Iterator[Recipe]:
    before = {run_id: reading.bins for run_id, reading in readings.items()}
    after = {run_id: reading.bins_after_t for run_id, reading in readings.items()}
    rows_of: dict[frozenset[object], list[AlphaRow]] = {}
    for row in study.rows:
        pooled = AlphaRow(row, row.pooled_bins(before.get), row.pooled_bins(after.get))
        rows_of.setdefault(frozenset(row.recipe.items()), []).append(pooled)
    for number, rows in enumerate(rows_of.values(), start=1):
        ids = {run.id for one in rows for run in one.row.runs}
        recipe = rows[0].row.recipe
        name = " · ".join(setting_text(field, recipe.get(field)) for field in study.differing)
        yield Recipe(name, number, tuple(rows), tuple(one for one in counting if one["id"] in ids))


def _notes(documents: Sequence[Document], study: Study) -> Iterator[str]:
    unfinished = [document for document in documents if document.get("state") != "finished"]
    if any(row.recipe.get("dataset") == "synthetic" for row in study.rows):
        yield (
            "synthetic is a made data set with noisy labels, and label noise flatters mixup: "
            "this is a demonstration, not evidence about mixup."
        )
    if unfinished:
        told = ", ".join(map(_unfinished, unfinished[:6])) + ", …" * (len(unfinished) > 6)
        yield f"Left out, since not finished: {told}."
    yield from left_out(study, len(documents) - len(unfinished))


def _unfinished(document: Document) -> str:
    """`α 0.4 seed 2 (running)`, or the id of a run that cannot be read."""
    config = document.get("config")
    name = f"α {config['alpha']:g} seed {config['seed']}" if config else str(document.get("id"))
    return f"{name} ({document.get('state')})"


def common_tag(documents: Sequence[Document]) -> str | None:
    """The first tag that all have."""
    first, *others = (document.get("tags", ()) for document in documents)
    return next((tag for tag in first if all(tag in tags for tags in others)), None)
