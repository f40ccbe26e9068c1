"""A study in words: its title, its verdict, and its table. A dash is none; fractions go without the leading zero."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mixtui.calibration.direction import Direction
from mixtui.calibration.seeds import Difference, Summary, paired_difference, place_of, prediction_interval
from mixtui.config import RunConfig
from mixtui.figures import NONE, figure
from mixtui.store.deck import deck_ece
from mixtui.store.document import METRICS
from mixtui.store.study import Row, Study, Value

_MARKS: Mapping[Direction | None, str] = {"over": " ▲", "under": " ▼"}
_HEADINGS = {
    **{"alpha": "α", "ece": "ECE", "mce": "MCE", "oe": "OE", "ue": "UE", "nll": "NLL", "brier": "Brier"},
    **{"signed_gap": "says−right", "classwise_ece": "ECE, classwise", "equal_mass_ece": "ECE, equal mass"},
    "against_baseline": "against α 0 [95 %]",
}
_LONGEST_TEXT = 40  # of a value that a person chose
_DEFAULTS = {name: field.default for name, field in RunConfig.__dataclass_fields__.items()}
_ALWAYS_TOLD = ("dataset", "model", "epochs", "lr")
_NO_COMPARISON = ("dataset", "data_key", "bins")  # an ECE of other images, or of other bins, is another quantity


def title(study: Study) -> str:
    """`30 runs: 6 α × 5 seeds · cifar10 · resnet18 · 10 epochs · lr 0.003`, and what else is not as by default."""
    runs, alphas = len(study.runs), len({row.alpha for row in study.rows})
    seeds = sorted({len(row.runs) for row in study.rows})
    size = f"{runs} run{'s' * (runs != 1)}"
    if len(seeds) == 1 and len(study.rows) == alphas:
        size += f": {alphas} α × {seeds[0]} seed{'s' * (seeds[0] != 1)}"
    elif seeds:
        size += f": {alphas} α"
    common = study.recipes.common
    told = [name for name in _ALWAYS_TOLD if name in common]
    told += [name for name in common if name not in told and common[name] != _DEFAULTS.get(name, common[name])]
    return " · ".join([size, *(_setting(name, common[name]) for name in told)])


def row_name(study: Study, row: Row) -> str:
    """`α 0.4`, and where rows are apart by more than alpha, `α 0.4 · 10 epochs`."""
    apart = [_setting(name, row.recipe.get(name)) for name in study.differing]
    return " · ".join([f"α {row.alpha:g}", *apart])


def verdict(study: Study) -> str:
    """Which alpha has the lowest ECE, and whether its difference to the next could be luck."""
    warning = ""
    if study.differing:
        fields = [f"{heading(name)} ({_several(values)})" for name, values in study.differing.items()]
        warning = f"More than α differs, and rows are apart by it: {', '.join(fields)}. "
        if any(name in study.differing for name in _NO_COMPARISON):
            return warning.rstrip()
    rated = [(score.mean, row) for row in study.rows if (score := row.summary("ece")) is not None]
    if not rated:
        return "Nothing to compare yet: no run here has an ECE."
    if len(rated) == 1:
        return "One α only: mark runs of two or more, then c."
    (_, first), (_, second) = sorted(rated, key=lambda pair: pair[0])[:2]
    return warning + _lowest(study, first, second)


def _lowest(study: Study, first: Row, second: Row) -> str:
    one, other = (f"{row_name(study, row)} ({figure(_mean(row))})" for row in (first, second))
    difference = paired_difference(first.scores("ece"), second.scores("ece"))
    if difference is None or difference.interval is None:
        if difference is not None and len(first.runs) == len(second.runs) == 1:
            return f"Lowest ECE: {one}, then {other}. One seed: differences may be luck. n adds seeds."
        shared = "no seed" if difference is None else "one seed"
        return f"Lowest ECE: {one}, then {other}. They share {shared}: their difference may be luck. n adds seeds."
    told = f"their difference, {_difference(difference)}"
    seeds = f"({difference.n} seeds)"
    if difference.is_clear:
        return f"Lowest ECE: {one}, then {other}; {told}, is clear {seeds}."
    return f"Lowest ECE: {one} and {other}; {told}, may be luck {seeds}."


def _mean(row: Row) -> float | None:
    ece = row.summary("ece")
    return None if ece is None else ece.mean


def standard_columns(study: Study) -> tuple[str, ...]:
    """The columns that the table shows: no field that is the same in all rows, and the deck's where it applies."""
    has_deck = any(deck_ece(row.alpha, row.recipe) is not None for row in study.rows)
    scores = ("seeds", "accuracy", "ece", "against_baseline", "signed_gap", "nll")
    return ("alpha", *study.differing, *scores, *(("deck", "deck_fits") if has_deck else ()))


def all_columns(study: Study) -> tuple[str, ...]:
    """`standard_columns`, every other metric, and the fields that are the same in all rows."""
    return tuple(dict.fromkeys((*standard_columns(study), *METRICS, *study.recipes.common)))


def heading(column: str) -> str:
    return _HEADINGS.get(column) or _text(column.replace("_", " "))


def cells(study: Study, row: Row, columns: Iterable[str]) -> tuple[str, ...]:
    """The texts of a row. A column is a metric, a field of the recipe, or one that `standard_columns` names."""
    return tuple(_cell(study, row, column) for column in columns)


def markdown(study: Study, columns: Sequence[str]) -> str:
    """The table, with what is common to all its rows in a line above it."""
    lines = [tuple(map(heading, columns)), ("---",) * len(columns)]
    lines += [cells(study, row, columns) for row in study.rows]
    table = (" | ".join(cell.replace("\\", "\\\\").replace("|", "\\|") for cell in line) for line in lines)
    return "\n".join([title(study), "", *(f"| {line} |" for line in table)]) + "\n"


def _cell(study: Study, row: Row, column: str) -> str:
    match column:
        case "alpha":
            return f"{row.alpha:g}"
        case "seeds":
            unfinished = sum(not run.finished for run in row.runs)
            return f"{len(row.runs)}" + (f" ({unfinished} unfinished)" if unfinished else "")
        case "ece":
            return _mean_and_sd(row.summary("ece")) + _MARKS.get(row.direction, "")
        case "signed_gap":
            return _mean_and_sd(row.summary("signed_gap"), sign="+")
        case "against_baseline":
            if row.alpha == 0:
                return "baseline"
            difference = study.against_baseline(row)
            return NONE if difference is None else _difference(difference)
        case "deck":
            return figure(deck_ece(row.alpha, row.recipe))
        case "deck_fits":
            return _deck_fits(row)
        case _ if column in METRICS:
            return _mean_and_sd(row.summary(column))
        case _:
            return _text(row.recipe.get(column))


def _deck_fits(row: Row) -> str:
    """Whether the deck's ECE, of a single run, lies where one more run here would."""
    deck, ece = deck_ece(row.alpha, row.recipe), row.summary("ece")
    interval = None if ece is None else prediction_interval(ece)
    if deck is None or interval is None:
        return NONE
    place = place_of(deck, interval)
    return "yes" if place == "inside" else f"no, {place}"


def _mean_and_sd(score: Summary | None, sign: str = "") -> str:
    if score is None or score.sd is None:
        return figure(score.mean if score else None, sign)
    return f"{figure(score.mean, sign)} ± {figure(score.sd)}"


def _difference(difference: Difference) -> str:
    mean = figure(difference.mean, "+")
    if difference.interval is None:
        return mean
    low, high = (figure(end, "+") for end in difference.interval)
    return f"{mean} [{low}, {high}]"


def _setting(name: str, value: Value) -> str:
    """`cifar10`, `10 epochs`, `lr 0.003`."""
    match name:
        case "dataset" | "model":
            return _text(value)
        case "epochs":
            return f"{_text(value)} epoch{'s' * (value != 1)}"
        case _:
            return f"{heading(name)} {_text(value)}"


def _several(values: Sequence[Value]) -> str:
    texts = [_text(value) for value in values[:4]]
    return ", ".join([*texts, "…"] if len(values) > 4 else texts)


def _text(value: Value) -> str:
    """On one line and not too long, whatever a file holds."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        line = "".join(character if character.isprintable() else "?" for character in value[: _LONGEST_TEXT + 1])
        return line if len(line) <= _LONGEST_TEXT else f"{line[: _LONGEST_TEXT - 1]}…"
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e9 else f"{value:g}"
