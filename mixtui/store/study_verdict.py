"""What a study says, in sentences, and which runs have no part in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mixtui.calibration.seeds import paired_difference
from mixtui.number_text import score_text
from mixtui.store.study import Row, Study, Value
from mixtui.store.study_table import difference_text, heading, row_name, value_text
from mixtui.wording import plural

_AFTER_T = {"ECE": "ece_after_t", "NLL": "nll_after_t"}
_NO_COMPARISON = ("dataset", "data_key", "bins")  # an ECE of other images, or of other bins, is another quantity


def verdict(study: Study, *, keys: bool = True) -> str:
    """Which alpha has the lowest ECE, and whether its difference to the next could be luck; then what temperature
    scaling makes of the study.

    With `keys` it names those of the interface that lead on.
    """
    return " ".join(findings(study, keys=keys))


def findings(study: Study, *, keys: bool = True) -> list[str]:
    """The sentences of the verdict, what is to be known first coming first: of scores after temperature scaling that
    is mixup with it against plain training with it."""
    warning = ""
    if study.differing:
        fields = [f"{heading(name)} ({_several(values)})" for name, values in study.differing.items()]
        warning = f"More than α differs, and rows are apart by it: {', '.join(fields)}."
        if any(name in study.differing for name in _NO_COMPARISON):
            return [warning]
    rated = [(score.mean, row) for row in study.rows if (score := row.summary("ece")) is not None]
    if not rated:
        return ["Nothing to compare yet: no run here has an ECE."]
    if len(rated) == 1:
        return ["One α only: mark runs of two or more, then c." if keys else "One α only: nothing to compare it with."]
    (_, first), (_, second) = sorted(rated, key=lambda pair: pair[0])[:2]
    found = [_lowest(study, first, second, " n adds seeds." if keys else ""), _at_floor_after_t(study)]
    found.append(_against_plain_after_t(study))
    return list(filter(None, [warning, *(reversed(found) if study.after_t else found)]))


def _lowest(study: Study, first: Row, second: Row, advice: str) -> str:
    one, other = (f"{row_name(study, row)} ({score_text(_mean(row))})" for row in (first, second))
    one = f"Lowest ECE{' after T' * study.after_t}: {one}"
    difference = paired_difference(first.scores("ece"), second.scores("ece"))
    if difference is None or difference.interval is None:
        if difference is not None and len(first.runs) == len(second.runs) == 1:
            return f"{one}, then {other}. One seed: differences may be luck.{advice}"
        shared = "no seed" if difference is None else "one seed"
        return f"{one}, then {other}. They share {shared}: their difference may be luck.{advice}"
    told = f"their difference, {difference_text(difference)}"
    seeds = f"({difference.n} seeds)"
    if difference.is_clear:
        return f"{one}, then {other}; {told}, is clear {seeds}."
    return f"{one} and {other}; {told}, may be luck {seeds}."


def _at_floor_after_t(study: Study) -> str:
    """`After temperature scaling 2 of 6 lie at the floor.`"""
    floors = [at_floor for row in study.rows if (at_floor := row.is_at_floor_after_t) is not None]
    if len(floors) < 2:
        return ""
    if not any(floors):
        lie = "none lies"
    elif all(floors):
        lie = "both lie" if len(floors) == 2 else f"all {len(floors)} lie"
    else:
        lie = f"{sum(floors)} of {len(floors)} {'lies' if sum(floors) == 1 else 'lie'}"
    return f"After temperature scaling {lie} at the floor."


def _against_plain_after_t(study: Study) -> str:
    """`After T, mixup at its best (α 0.7) against α 0: ECE −.006 [−.031, +.019], may be luck; NLL …, clear (3 seeds).`

    The best is the alpha above 0 with the lowest ECE.
    """
    mixup = [row for row in study.rows if study.against_baseline(row, "ece_after_t") is not None]
    if not mixup:
        return ""
    best = min(mixup, key=lambda row: _mean(row, "ece_after_t"))
    found = {name: study.against_baseline(best, metric) for name, metric in _AFTER_T.items()}
    told = [
        f"{name} {difference_text(difference)}, {'clear' if difference.is_clear else 'may be luck'}"
        for name, difference in found.items()
        if difference is not None
    ]
    seeds = min(difference.n for difference in found.values() if difference is not None)
    shared = f"{seeds} seeds" if seeds > 1 else "one seed"
    return f"After T, mixup at its best ({row_name(study, best)}) against α 0: {'; '.join(told)} ({shared})."


def _mean(row: Row, metric: str = "ece") -> float:
    """Of a row that has the metric."""
    score = row.summary(metric)
    assert score is not None
    return score.mean


def how_t_was_fitted(rows: Iterable[Row]) -> str:
    """The images that the temperatures of these rows were fitted to, as the end of a sentence."""
    crossed = "each half of the test images is scored with the T fitted to the other half"
    kept_out = "it is fitted to training images that were kept out of training"
    ways = {bool(row.recipe.get("holdout")) for row in rows}
    if ways == {True, False}:
        return f"with a holdout {kept_out}, without {crossed}"
    return kept_out if True in ways else crossed


def left_out(study: Study, runs: int) -> list[str]:
    """In sentences, which of the `runs` that were put together do not count, or not for all figures, and in how many
    `synthetic` took the place of the data set."""
    fallbacks = sum(run.fallback for run in study.runs)
    where = "" if fallbacks == len(study.runs) else f" in {fallbacks} of {len(study.runs)} runs"
    without_t = sum("ece_after_t" not in run.metrics for run in study.runs)
    without_t = 0 if without_t == len(study.runs) else without_t  # which the dashes tell
    repeats = runs - len(study.runs) - study.without_epoch - study.broken
    told = [
        (study.without_epoch, f"{plural(study.without_epoch, 'run')} without an epoch yet."),
        (study.broken, f"{plural(study.broken, 'run')} cannot be read."),
        (max(repeats, 0), f"Of runs done twice one counts: {repeats} left out."),
        (without_t, f"{plural(without_t, 'run')} without figures after temperature scaling."),
        (fallbacks, f"Fallback{where}: synthetic in place of cifar10, which could not be had."),
    ]
    return [sentence for count, sentence in told if count]


def _several(values: Sequence[Value]) -> str:
    texts = [value_text(value) for value in values[:4]]
    return ", ".join([*texts, "…"] if len(values) > 4 else texts)
