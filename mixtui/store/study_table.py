"""A study as a table, and its title. A dash is none; fractions go without the leading zero."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from mixtui.calibration.direction import Direction, direction_mark
from mixtui.calibration.seeds import Difference, Summary, place_of, prediction_interval
from mixtui.config import DEFAULTS
from mixtui.number_text import NONE, score_text
from mixtui.store.deck import deck_ece
from mixtui.store.metrics import LABELS, METRICS
from mixtui.store.study import Row, Study, Value
from mixtui.terminal_text import printable
from mixtui.wording import plural

Mark = Callable[[Direction | None], str]

_HEADINGS = {
    **LABELS,
    **{"alpha": "α", "signed_gap": "says−right", "ece_low": "ECE from", "ece_high": "ECE to"},
    **{"temperature": "T", "temperature_low": "T from", "temperature_high": "T to"},
    **{"ece_floor_low": "floor from", "ece_floor_high": "floor to"},
    **{"ece_after_t": "ECE after T", "ece_floor_high_after_t": "floor to, after T", "nll_after_t": "NLL after T"},
    "against_baseline": "against α 0 [95 %]",
    "after_t_against_baseline": "against α 0 after T [95 %]",
}
_SCORES = (
    *("seeds", "accuracy", "ece", "against_baseline", "signed_gap"),
    *("temperature", "ece_after_t", "nll", "nll_after_t"),
)
_TEMPERATURES = ("temperature", "temperature_low", "temperature_high")
_LONGEST_TEXT = 40  # of a value that a person chose
_ALWAYS_TOLD = ("dataset", "model", "epochs", "lr")


def title(study: Study) -> str:
    """`30 runs: 6 α × 5 seeds · cifar10 · resnet18 · 10 epochs · lr 0.003`, and what else is not as by default."""
    runs, alphas = len(study.runs), len({row.alpha for row in study.rows})
    seeds = sorted({len(row.runs) for row in study.rows})
    size = plural(runs, "run")
    if len(seeds) == 1 and len(study.rows) == alphas:
        size += f": {alphas} α × {plural(seeds[0], 'seed')}"
    elif seeds:
        size += f": {alphas} α"
    common = study.recipes.common
    told = [name for name in _ALWAYS_TOLD if name in common]
    told += [name for name in common if name not in told and common[name] != DEFAULTS.get(name, common[name])]
    return " · ".join([size, *(setting_text(name, common[name]) for name in told)])


def row_name(study: Study, row: Row) -> str:
    """`α 0.4`, and where rows are apart by more than alpha, `α 0.4 · 10 epochs`."""
    apart = [setting_text(name, row.recipe.get(name)) for name in study.differing]
    return " · ".join([f"α {row.alpha:g}", *apart])


def standard_columns(study: Study) -> tuple[str, ...]:
    """The columns that the table shows: no field that is the same in all rows, and the deck's where it applies.

    Where all scores are those after temperature scaling, none stands there twice.
    """
    has_deck = any(deck_ece(row.alpha, row.recipe) is not None for row in study.rows)
    scores = (name for name in _SCORES if not (study.after_t and name.endswith("_after_t")))
    return ("alpha", *study.differing, *scores, *(("deck", "deck_fits") if has_deck else ()))


def all_columns(study: Study) -> tuple[str, ...]:
    """`standard_columns`, every other metric, and the fields that are the same in all rows."""
    return tuple(dict.fromkeys((*standard_columns(study), *METRICS, *study.recipes.common)))


def heading(column: str) -> str:
    return _HEADINGS.get(column) or value_text(column.replace("_", " "))


def cells(study: Study, row: Row, columns: Iterable[str], mark: Mark = direction_mark) -> tuple[str, ...]:
    """The texts of a row. A column is a metric, a field of the recipe, or one that `standard_columns` names.

    `mark` gives what stands beside the ECE.
    """
    return tuple(_cell(study, row, column, mark) for column in columns)


def markdown(study: Study, columns: Sequence[str]) -> str:
    """The table, with what is common to all its rows in a line above it."""
    lines = [tuple(map(heading, columns)), ("---",) * len(columns)]
    lines += [cells(study, row, columns) for row in study.rows]
    table = (" | ".join(cell.replace("\\", "\\\\").replace("|", "\\|") for cell in line) for line in lines)
    return "\n".join([title(study), "", *(f"| {line} |" for line in table)]) + "\n"


def _cell(study: Study, row: Row, column: str, mark: Mark) -> str:
    match column:
        case "alpha":
            return f"{row.alpha:g}"
        case "seeds":
            unfinished = sum(not run.finished for run in row.runs)
            seeds = "one seed" if len(row.runs) == 1 else f"{len(row.runs)}"
            return seeds + (f" ({unfinished} unfinished)" if unfinished else "")
        case "ece":
            return f"{_score(row, 'ece')} {mark(row.direction)}".rstrip()
        case "ece_after_t":
            return f"{_score(row, column)} {mark('floor') if row.is_at_floor_after_t else ''}".rstrip()
        case "signed_gap":
            return mean_and_sd(row.summary("signed_gap"), sign="+")
        case "against_baseline":
            return _against_baseline(study, row, "ece")
        case "after_t_against_baseline":
            return _against_baseline(study, row, "ece_after_t")
        case "deck":
            return score_text(_deck(study, row))
        case "deck_fits":
            return _deck_fits(study, row)
        case _ if column in METRICS:
            return _score(row, column)
        case _:
            return value_text(row.recipe.get(column))


def _against_baseline(study: Study, row: Row, metric: str) -> str:
    if row.alpha == 0:
        return "baseline"
    difference = study.against_baseline(row, metric)
    return NONE if difference is None else difference_text(difference)


def _score(row: Row, metric: str) -> str:
    """`.168 ± .003`; of one seed `.168 [.160, .176]`, as far as its run recorded how sure that is."""
    score, interval = row.summary(metric), row.own_interval(metric)
    told = _temperature if metric in _TEMPERATURES else score_text
    if score is None:
        return NONE
    if interval is not None:
        return f"{told(score.mean)} [{', '.join(map(told, interval))}]"
    return told(score.mean) if score.sd is None else f"{told(score.mean)} ± {told(score.sd).removeprefix('0')}"


def _temperature(value: float) -> str:
    """`2.24`: unlike most scores no fraction of 1, and seldom sure to three decimals."""
    return f"{value:.2f}" if abs(value) < 1000 else score_text(value)


def _deck(study: Study, row: Row) -> float | None:
    """The deck's ECE, which has nothing to do with temperature scaling."""
    return None if study.after_t else deck_ece(row.alpha, row.recipe)


def _deck_fits(study: Study, row: Row) -> str:
    """Whether the deck's ECE, of a single run, lies where one more run here would."""
    deck, ece = _deck(study, row), row.summary("ece")
    interval = None if ece is None else prediction_interval(ece)
    if deck is None or interval is None:
        return NONE
    place = place_of(deck, interval)
    return "yes" if place == "inside" else f"no, {place}"


def mean_and_sd(score: Summary | None, sign: str = "") -> str:
    """`.168 ± .003`; the score alone where there is one seed."""
    if score is None or score.sd is None:
        return score_text(score.mean if score else None, sign)
    return f"{score_text(score.mean, sign)} ± {score_text(score.sd)}"


def difference_text(difference: Difference) -> str:
    """`−.144 [−.149, −.139]`; without the interval where there is one seed."""
    mean = score_text(difference.mean, "+")
    if difference.interval is None:
        return mean
    low, high = (score_text(end, "+") for end in difference.interval)
    return f"{mean} [{low}, {high}]"


def setting_text(name: str, value: Value) -> str:
    """`cifar10`, `10 epochs`, `lr 0.003`."""
    match name:
        case "dataset" | "model":
            return value_text(value)
        case "epochs":
            return f"{value_text(value)} epoch{'s' * (value != 1)}"
        case _:
            return f"{heading(name)} {value_text(value)}"


def value_text(value: Value, longest: int = _LONGEST_TEXT) -> str:
    """`value` of a field on one line of at most `longest` characters, whatever a file holds."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return printable(value, longest)
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e9 else f"{value:g}"
