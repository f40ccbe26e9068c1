"""What the form says beside and below its fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mixtui.calibration.mixup_floor import mean_stronger_weight, mixed_loss_floor
from mixtui.config import RunConfig
from mixtui.datasets.catalog import CATALOG, SYNTHETIC, DatasetInfo
from mixtui.launch.slurm.allocation import slurm_note
from mixtui.launch.sweep import Sweep
from mixtui.store.documents import Document, part
from mixtui.terminal_text import printable
from mixtui.ui.new_runs.form import Entries, changed
from mixtui.ui.new_runs.here import Point, tally
from mixtui.ui.new_runs.outlook import size
from mixtui.ui.number_cells import number
from mixtui.wording import plural

_MOST_PARAMETERS = 10**12


def preset(entries: Entries) -> str:
    """What the recipe is, for the first line of the screen."""
    names = [called(name) for name in changed(entries)]
    return f"reference study but for {', '.join(names)}" if names else "preset: reference study"


def called(field: str) -> str:
    """A field as a sentence names it."""
    return {"more": "α", "dataset": "data set", "own_dataset": "data set", "lr": "learning rate"}.get(
        field, field.replace("_", " ")
    )


def data_note(info: DatasetInfo, present: bool) -> str:
    """Whether a data set is at hand, or what it costs to have."""
    if info.name == SYNTHETIC:
        return "made here; a demo"
    return "on this machine" if present else f"to fetch, {size(info.download_mb * 1e6)}"


def seeds_note(seeds: int) -> tuple[str, str]:
    """Which seeds they are, and what that many are good for."""
    if seeds == 1:
        return "seed 0", "One seed: differences may be luck."
    return f"0 to {seeds - 1}", f"{seeds:,} seeds: differences get an interval"


def here_already(states: Mapping[Point, str], wanted: int) -> str:
    """How many of the `wanted` runs are here, and in which states; empty where none is."""
    if not states:
        return ""
    are = "is" if len(states) == 1 else "are"
    they = "It is" if wanted == 1 else f"{len(states):,} of these {wanted:,} {are}"
    return f"! {they} here already, {tally(states)}."


def model_note(config: RunConfig, documents: Sequence[Document]) -> str:
    """How large the model is, as the latest run of it tells; empty where none does."""
    names = ("model", "dataset", "stem")
    for document in reversed(documents):
        there, parameters = part(document, "config"), part(document, "data").get("parameters")
        if any(there.get(name) != getattr(config, name) for name in names):
            continue
        if isinstance(parameters, int) and not isinstance(parameters, bool) and parameters < _MOST_PARAMETERS:
            return f"{parameters / 1e6:.1f} M parameters"
    return ""


def why_not(faults: Mapping[str, str], runs: int | None) -> str:
    """Why nothing can be started, given the faults by field and how many runs there are to start; empty if it can."""
    if faults:
        name, fault = next(iter(faults.items()))
        named = "" if fault.startswith((called(name), "α")) else f"{called(name)}: "
        others = f" And {plural(len(faults) - 1, 'field')} more." if len(faults) > 1 else ""
        return printable(f"Cannot start yet. {named}{fault}{others}")
    return "All of them are here already: add seeds or alphas, or run them again." if runs == 0 else ""


def queued(made: Sweep, now: int) -> str:
    """What was queued, and how many of it start now."""
    if not made.runs:
        return "Nothing to queue: all of them are here already."
    now = min(now, len(made.runs))
    starts = f" {now} start{'s' * (now == 1)} now." if now else ""
    if len(made.runs) == 1 and now:
        starts = " It starts now."
    return f"{plural(len(made.runs), 'run')} queued as {printable(', '.join(made.tags))}.{starts}"


def goes_on() -> str:
    """What becomes of runs when the interface ends."""
    return printable(slurm_note()) or "Runs go on when mixtui is closed and when the connection drops."


def training(entries: Entries) -> str:
    """The folded group in a line or two: the usual always, the rest where it is not as usual."""
    parts = [f"batch {entries.batch_size}", f"SGD lr {entries.lr}", f"momentum {entries.momentum}"]
    parts.append("crops and flips" if entries.augment else "no augmentation")
    parts.append("no weight decay" if entries.weight_decay == "0" else f"weight decay {entries.weight_decay}")
    usual = Entries()
    if entries.schedule != usual.schedule:
        parts.append(f"{entries.schedule} schedule")
    if entries.label_smoothing != usual.label_smoothing:
        parts.append(f"label smoothing {entries.label_smoothing}")
    if entries.mixup_per != usual.mixup_per:
        parts.append(f"a λ for each {entries.mixup_per}")
    if entries.stem != usual.stem:
        parts.append(f"{entries.stem} stem")
    return printable(" · ".join(parts))


def evaluation(entries: Entries) -> str:
    fitted = "" if entries.holdout == Entries().holdout else f" · T from {entries.holdout} images kept out"
    return printable(f"{entries.bins} bins, equal width · every epoch{fitted}")


def machine(entries: Entries, device: str, cores: int) -> str:
    """`device` is what the wish comes to here, empty while that is not known."""
    found = f": {device}" if device and device != entries.device else ""
    parts = [f"device {entries.device}{found}", f"{cores} cores" if cores != 1 else "1 core"]
    parts.append("no retries" if entries.retries == "0" else f"{entries.retries} retries")
    if entries.slots_per_gpu:
        parts.append(f"{entries.slots_per_gpu} a GPU")
    if entries.precision != Entries().precision:
        parts.append(entries.precision)
    if entries.keep_checkpoints:
        parts.append("every epoch's checkpoint kept")
    return printable(" · ".join(parts))


def mixing(alphas: Sequence[float], at_cursor: float | None, dataset: str) -> list[str]:
    """What an α does to images and loss, in sentences: of the one under the cursor, else of the largest."""
    mixed = [alpha for alpha in alphas if alpha > 0]
    told = []
    if mixed:
        alpha = at_cursor if at_cursor in mixed else mixed[-1]
        weight = f"{mean_stronger_weight(alpha):.2f}".removeprefix("0")
        sentence = f"α {number(alpha)}: the stronger image weighs {weight} on average"
        if dataset in CATALOG:
            floor = f"{mixed_loss_floor(alpha, CATALOG[dataset].classes):.3f}".removeprefix("0")
            sentence += f"; loss cannot fall below {floor} nats (balanced classes)"
        told.append(f"{sentence}.")
    if 0 in alphas:
        told.append("α 0 is plain training, bit for bit.")
    return told
