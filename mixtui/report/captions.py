"""What stands under every table and figure, so that each can be understood, and trusted, by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mixtui.config import DEFAULTS
from mixtui.report.content import Recipe
from mixtui.report.escape import LONGEST_VALUE
from mixtui.store.study import Value
from mixtui.store.study_table import value_text
from mixtui.terminal_text import printable

_KEY_LENGTH = 8  # of a content key: enough to tell data sets apart
_TOLD = ("batch_size", "lr", "momentum", "weight_decay", "schedule")
_TOLD_IF_OWN = ("label_smoothing", "stem", "mixup_per", "precision", "holdout")


def caption(recipes: Sequence[Recipe]) -> str:
    """Data set, model, training, seeds, M and test images, as far as the recipes share them, and what ± means."""
    shared = _shared([recipe.rows[0].row.recipe for recipe in recipes])
    seeds = seeds_text({seed for recipe in recipes for seed in recipe.seeds})
    parts = [_dataset(shared), field_text(shared.get("model", "")), _training(shared), seeds]
    if "bins" in shared:
        parts.append(f"M = {field_text(shared['bins'])} bins of equal width")
    sizes = {run.n_test for recipe in recipes for one in recipe.rows for run in one.row.runs}
    if len(sizes) == 1 and (size := sizes.pop()) is not None:
        parts.append(f"{size:,.0f} test images")
    return f"{'; '.join(filter(None, parts))}. {plus_minus(recipes)}"


def _shared(records: Sequence[Mapping[str, Value]]) -> dict[str, Value]:
    """What is the same in all."""
    first, *others = records
    return {name: value for name, value in first.items() if all(other.get(name) == value for other in others)}


def _dataset(shared: Mapping[str, Value]) -> str:
    if "dataset" not in shared:
        return ""
    key = f" (content key {printable(shared['data_key'])[:_KEY_LENGTH]})" if "data_key" in shared else ""
    return f"Data set {field_text(shared['dataset'])}{key}"


def _training(shared: Mapping[str, Value]) -> str:
    """`SGD, 10 epochs, batch size 64, …`"""
    settings = ["SGD"]
    if "epochs" in shared:
        settings.append(f"{field_text(shared['epochs'])} epoch{'s' * (shared['epochs'] != 1)}")
    own = [name for name in _TOLD_IF_OWN if shared.get(name, DEFAULTS[name]) != DEFAULTS[name]]
    settings += [f"{name.replace('_', ' ')} {field_text(shared[name])}" for name in (*_TOLD, *own) if name in shared]
    if shared.get("augment") is True:
        settings.append("random crops and flips")
    return ", ".join(settings)


def plus_minus(recipes: Sequence[Recipe]) -> str:
    """What stands behind a figure: ± over seeds, or the interval of a single run."""
    counts = {len(one.row.runs) for recipe in recipes for one in recipe.rows}
    told = []
    if max(counts) > 1:
        told.append("±: sample standard deviation over seeds.")
    if min(counts) == 1:
        told.append("One seed: [ ] is its own 95 % interval.")
    return " ".join(told)


def seeds_text(seeds: set[int]) -> str:
    """`seeds 0, 1, 2`, or `seeds 0 to 9` where they are consecutive and many."""
    ordered = sorted(seeds)
    if len(ordered) == 1:
        return f"seed {ordered[0]}"
    if len(ordered) > 4 and ordered[-1] - ordered[0] == len(ordered) - 1:
        return f"seeds {ordered[0]} to {ordered[-1]}"
    return f"seeds {', '.join(map(str, ordered))}"


def field_text(value: Value) -> str:
    """A field of a recipe, or of what runs were made with, at greater length than in a terminal."""
    return value_text(value, LONGEST_VALUE)
