"""With how many bins the runs of a study were scored."""

from __future__ import annotations

from mixtui.store.study import Study

MOST_M = 1000  # that a run may be scored with


def common_m(study: Study) -> int | None:
    """The number of bins that all runs of a study were scored with; None where they differ, or do not tell."""
    saved = saved_m(study)
    return saved[0] if len(saved) == 1 and "bins" in study.recipes.common else None


def saved_m(study: Study) -> tuple[int, ...]:
    """The numbers of bins that the runs of a study were scored with, which every one has saved."""
    values = (study.recipes.common.get("bins"), *study.recipes.varying.get("bins", ()))
    whole = (int(m) for m in values if isinstance(m, float) and m.is_integer())
    return tuple(sorted(m for m in whole if 1 <= m <= MOST_M))
