"""The two tables of a report, as texts: calibration as it is, and after temperature scaling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mixtui.report.captions import caption
from mixtui.report.content import Content
from mixtui.store.deck import deck_ece
from mixtui.store.study_table import cells, heading
from mixtui.store.study_verdict import how_t_was_fitted

_HEADINGS = {
    "deck": "reference study",
    "deck_fits": "fits",
}
_MEANINGS = {
    "ece": "▲ overconfident, ▼ underconfident, · neither for certain, ≈ no higher than a calibrated model would score.",
    "against_baseline": "Against α 0: mean difference of the ECE, paired by seed, with its 95 % interval.",
    "signed_gap": "Says−right: mean confidence minus accuracy.",
    "deck_fits": "Reference study: its ECE, of one run; it fits if it lies where one more run here would, with 95 %.",
    "ece_after_t": "≈: no higher than a calibrated model would score.",
    "auroc": "AUROC: of the confidence, right answers against wrong ones.",
}


@dataclass(frozen=True)
class Table:
    """`name` is of its file; `notes` say what its columns mean."""

    name: str
    title: str
    caption: str
    notes: tuple[str, ...]
    headings: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]


def tables_of(content: Content) -> tuple[Table, Table]:
    study = content.study
    has_deck = any(deck_ece(row.alpha, row.recipe) is not None for row in study.rows)
    names = ("alpha", *study.differing)
    as_it_is = ("seeds", "accuracy", "ece", "against_baseline", "signed_gap")
    after_t = ("temperature", "ece_after_t", "after_t_against_baseline", "nll", "nll_after_t", "brier", "auroc")
    return (
        _table(
            content, "calibration", "Accuracy and calibration", (*names, *as_it_is, *(("deck", "deck_fits") * has_deck))
        ),
        _table(content, "after-temperature", "After temperature scaling, and beyond calibration", (*names, *after_t)),
    )


def _table(content: Content, name: str, title: str, columns: Sequence[str]) -> Table:
    study = content.study
    meanings = _MEANINGS | {
        "temperature": "T: the temperature with the lowest NLL, below 1 for logits that are underconfident; "
        f"{how_t_was_fitted(study.rows)}."
    }
    return Table(
        name=name,
        title=title,
        caption=caption(content.recipes),
        notes=tuple(meanings[column] for column in columns if column in meanings),
        headings=tuple(_HEADINGS.get(column) or heading(column) for column in columns),
        lines=tuple(cells(study, row, columns) for row in study.rows),
    )
