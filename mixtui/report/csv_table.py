"""`table.csv`: a line for each row of the study, its figures in full precision."""

from __future__ import annotations

import csv
import io
import math

from mixtui.report.captions import field_text
from mixtui.report.content import Content
from mixtui.report.escape import spreadsheet_text
from mixtui.store.deck import deck_ece
from mixtui.store.metrics import METRICS
from mixtui.store.study import Row, Study

_COMPARED = ("accuracy", "ece", "ece_after_t", "nll", "nll_after_t")

Cell = str | float | int | None


def csv_table(content: Content) -> str:
    """Mean and sd of every metric, and differences from α 0 with their 95 % interval; what is not known is empty."""
    lines = [_line(content.study, row) for row in content.study.rows]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(lines[0])
    for line in lines:
        writer.writerow([_cell(value) for value in line.values()])
    return text.getvalue()


def _line(study: Study, row: Row) -> dict[str, Cell]:
    cells: dict[str, Cell] = {"alpha": row.alpha}
    cells |= {spreadsheet_text(name): spreadsheet_text(field_text(row.recipe.get(name))) for name in study.differing}
    cells |= {"seeds": len(row.runs), "n_test": min((int(run.n_test) for run in row.runs if run.n_test), default=None)}
    for name in METRICS:
        score = row.summary(name)
        cells |= {name: score.mean if score else None, f"{name}_sd": score.sd if score else None}
    for name in _COMPARED:
        difference = study.against_baseline(row, name)
        low, high = (difference.interval if difference else None) or (None, None)
        label = f"{name}_against_alpha_0"
        cells |= {label: difference.mean if difference else None, f"{label}_low": low}
        cells |= {f"{label}_high": high}
    return {**cells, "deck_ece": deck_ece(row.alpha, row.recipe), "runs": " ".join(run.id for run in row.runs)}


def _cell(value: Cell) -> str:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    return repr(value) if isinstance(value, float | int) else spreadsheet_text(value) if value else ""
