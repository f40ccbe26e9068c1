"""From what stands in the fields of the form to a plan that can be queued, or to what is wrong with which field."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from mixtui.config import DEFAULT_DATASET, DEFAULTS, IMPORT_PATH, RunConfig
from mixtui.datasets.catalog import find
from mixtui.datasets.resolve import FOLDER_PREFIX
from mixtui.errors import MixtuiError
from mixtui.launch.grid import MOST_RUNS, parse_alphas, points
from mixtui.presets import REFERENCE_ALPHAS
from mixtui.store.meta import valid_tag

T = TypeVar("T")

OWN = "folder:"  # the choice that stands for a data set that is typed
_MOST_RETRIES = 1000
_MOST_SLOTS = 100
_LONGEST_WORD, _LONGEST_FAULT = 80, 250  # characters

_RECIPE = (
    *("model", "epochs", "batch_size", "lr", "momentum", "weight_decay", "schedule", "label_smoothing"),
    *("augment", "mixup_per", "stem", "bins", "holdout"),
)
_WHOLE = "Write a whole number, such as 10."
_NUMBER = "Write a number, such as 0.003."
_ANY_MODEL = "any.model:function"  # to check a field by itself, whatever model goes with it


@dataclass(frozen=True)
class Entries:
    """What stands in the fields, as typed and ticked. As it is at first: the reference study."""

    ticked: tuple[float, ...] = REFERENCE_ALPHAS
    more: str = ""
    seeds: str = "1"
    dataset: str = DEFAULT_DATASET
    own_dataset: str = ""  # counts where `dataset` is OWN
    model: str = DEFAULTS["model"]
    epochs: str = f"{DEFAULTS['epochs']}"
    tag: str = ""
    batch_size: str = f"{DEFAULTS['batch_size']}"
    lr: str = f"{DEFAULTS['lr']:g}"
    momentum: str = f"{DEFAULTS['momentum']:g}"
    weight_decay: str = f"{DEFAULTS['weight_decay']:g}"
    schedule: str = DEFAULTS["schedule"]
    label_smoothing: str = f"{DEFAULTS['label_smoothing']:g}"
    augment: bool = DEFAULTS["augment"]
    mixup_per: str = DEFAULTS["mixup_per"]
    stem: str = DEFAULTS["stem"]
    bins: str = f"{DEFAULTS['bins']}"
    holdout: str = f"{DEFAULTS['holdout']}"
    device: str = "auto"
    precision: str = "auto"
    retries: str = "0"
    slots_per_gpu: str = ""
    keep_checkpoints: bool = False
    again: bool = False


REFERENCE = Entries()


@dataclass(frozen=True)
class Plan:
    """Runs that can be asked for: of every alpha with every seed from 0 on."""

    alphas: tuple[float, ...]
    seeds: int
    recipe: dict[str, Any]  # keyword arguments of `launch.submission.prepare`, the data folder and the points left out
    handling: dict[str, Any]  # as `control.json` has it
    tag: str | None  # None: the next study-N
    again: bool  # also what is here already

    @property
    def points(self) -> list[tuple[float, int]]:
        """Alpha and seed of every run, in the order they are queued in."""
        return points(self.alphas, 0, self.seeds)

    def config(self, device: str = "cpu", threads: int = 1) -> RunConfig:
        """The configuration of the first run; those of the others have another alpha and seed."""
        settings = {name: self.recipe[name] for name in _RECIPE}
        if self.recipe["precision"] != "auto":
            settings["precision"] = self.recipe["precision"]
        dataset = recorded_name(self.recipe["dataset"])
        return RunConfig(alpha=self.alphas[0], dataset=dataset, device=device, threads=threads, **settings)


@dataclass(frozen=True)
class Checked:
    """A plan, or what is wrong: a sentence for each field that is. `alphas` and `seeds` are what could be read."""

    plan: Plan | None
    faults: dict[str, str] = field(default_factory=dict)
    alphas: tuple[float, ...] = ()
    seeds: int | None = None


def check(entries: Entries) -> Checked:
    """The plan that `entries` make. It never raises, whatever was typed."""
    faults: dict[str, str] = {}

    def checked(name: str, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except MixtuiError as error:
            faults[name] = fault_of(error)
            return None

    alphas = checked("more", lambda: _alphas(entries))
    seeds = checked("seeds", lambda: _whole(entries.seeds, 1, MOST_RUNS))
    if alphas is not None and seeds is not None:
        checked("seeds", lambda: points(alphas, 0, seeds))
    recipe = {name: checked(name, lambda name=name: _setting(name, entries)) for name in _RECIPE}  # type: ignore[misc]
    dataset = checked("dataset" if entries.dataset != OWN else "own_dataset", lambda: _dataset(entries))
    tag = checked("tag", lambda: valid_tag(entries.tag) if entries.tag.strip() else None)
    device = checked("device", lambda: _device(entries.device.strip()))
    precision = checked("precision", lambda: _precision(entries.precision))
    handling = {
        "retries": checked("retries", lambda: _whole(entries.retries, 0, _MOST_RETRIES)),
        "slots_per_gpu": checked("slots_per_gpu", lambda: _slots(entries.slots_per_gpu)),
        "keep_checkpoints": entries.keep_checkpoints,
    }
    if not faults:
        _check_together(recipe, faults)
    if faults or alphas is None or seeds is None:
        return Checked(None, faults, alphas or tuple(sorted(entries.ticked)), seeds)
    recipe = {"dataset": dataset, **recipe, "device": device, "precision": precision}
    return Checked(Plan(alphas, seeds, recipe, handling, tag, entries.again), {}, alphas, seeds)


def changed(entries: Entries) -> list[str]:
    """The fields of the recipe that are not as in the reference study."""
    recipe = {*_RECIPE, "dataset", "precision"}
    names = (one.name for one in fields(Entries) if one.name in recipe)
    return [name for name in names if getattr(entries, name) != getattr(REFERENCE, name)]


def recorded_name(dataset: str) -> str:
    """The data set as a run records it: of a folder, its name."""
    if not dataset.startswith(FOLDER_PREFIX):
        return dataset
    return FOLDER_PREFIX + dataset.removeprefix(FOLDER_PREFIX).rstrip("/").rpartition("/")[2]


def fault_of(error: MixtuiError) -> str:
    """What is wrong, in the words of the form: options are fields here."""
    words = re.sub(
        r"--([a-z][a-z-]*)", lambda option: option[1].replace("-", " "), f"{error.message} {error.hint}".strip()
    )
    return _shortened(re.sub(r"\S+", lambda word: _shortened(word[0], _LONGEST_WORD), words), _LONGEST_FAULT)


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _alphas(entries: Entries) -> tuple[float, ...]:
    more = parse_alphas(entries.more) if entries.more.strip() else ()
    alphas = sorted({alpha + 0.0 for alpha in (*entries.ticked, *more)})  # -0 is 0
    if not alphas:
        raise MixtuiError("No α is chosen.", "Tick one, or type one.")
    if len(alphas) > MOST_RUNS:
        raise MixtuiError(f"That makes {len(alphas)} alphas.", f"A sweep has at most {MOST_RUNS}.")
    for alpha in _extremes(alphas):
        RunConfig(alpha=alpha)
    return tuple(alphas)


def _extremes(alphas: list[float]) -> Iterator[float]:
    """Of sorted alphas those that tell whether all can be trained with, so that thousands cost nothing."""
    yield alphas[0]
    yield alphas[-1]
    yield next((alpha for alpha in alphas if alpha > 0), 0.0)


def _setting(name: str, entries: Entries) -> Any:
    """A field of the recipe, checked by itself."""
    entry = getattr(entries, name)
    kind = type(DEFAULTS[name])
    value = _read_whole(entry) if kind is int else _read_number(entry) if kind is float else entry
    if isinstance(value, str):
        value = value.strip()
    settings: dict[str, Any] = {"alpha": 0, "model": _ANY_MODEL, name: value}
    RunConfig(**settings)
    return value


def _check_together(recipe: dict[str, Any], faults: dict[str, str]) -> None:
    """Settings that cannot go together; the message begins with the option that is at fault."""
    try:
        RunConfig(alpha=0, **recipe)
    except MixtuiError as error:
        option = re.match(r"--([a-z-]+)", error.message)
        faults[option[1].replace("-", "_") if option else "model"] = fault_of(error)


def _dataset(entries: Entries) -> str:
    if entries.dataset != OWN:
        return find(entries.dataset).name
    text = entries.own_dataset.strip()
    if not text or text == FOLDER_PREFIX:
        raise MixtuiError("Write folder:PATH,", "with images in train/CLASS/ and test/CLASS/ inside it.")
    if not text.isprintable():
        raise MixtuiError("A path here has no control characters.", "Rename the folder.")
    if text.startswith(FOLDER_PREFIX) or IMPORT_PATH.fullmatch(text):
        return text
    return find(text).name


def _device(text: str) -> str:
    if text != "auto":
        RunConfig(alpha=0, device=text)
    return text


def _precision(text: str) -> str:
    if text != "auto":
        RunConfig(alpha=0, precision=text)  # type: ignore[arg-type]
    return text


def _slots(text: str) -> int | None:
    return _whole(text, 1, _MOST_SLOTS) if text.strip() else None


def _whole(text: str, low: int, high: int) -> int:
    value = _read_whole(text)
    if not low <= value <= high:
        raise MixtuiError(f"{text.strip()} is out of range.", f"Use a whole number from {low} to {high}.")
    return value


def _read_whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise MixtuiError(f"{text.strip()!r} is not a whole number." if text.strip() else "Empty.", _WHOLE) from None


def _read_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise MixtuiError(f"{text.strip()!r} is not a number." if text.strip() else "Empty.", _NUMBER) from None
