"""What a plan starts: how many runs, how long they take, when they are ready, what room they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mixtui.launch.estimate import Pace, Typical, runs_at_once, until_empty
from mixtui.time_text import about_clock, duration
from mixtui.ui.new_runs.form import Plan
from mixtui.ui.new_runs.here import Point, tally
from mixtui.wording import plural


@dataclass(frozen=True)
class Machine:
    """What the runs may use here, as it was found; sizes in bytes."""

    device: str  # cpu, cuda or cuda:N: what the wish of the form comes to
    cores: int
    gpus: int
    threads: int  # of each run
    run_size: Typical | None  # of a finished run like these
    disk_free: int | None


@dataclass(frozen=True)
class Outlook:
    """What the form says under "This starts"; seconds and bytes, None for what is not known."""

    plan: Plan
    here: Mapping[Point, str]  # states of the runs that are here already
    runs: int  # to be started
    at_once: int | None
    now: int  # of them start now, in the places that the runs before them leave
    each: Typical | None
    ready: float | None
    machine: Machine | None


def look_ahead(
    plan: Plan,
    here: Mapping[Point, str],
    pace: Pace,
    machine: Machine | None,
    live: Sequence[float | None],
    queued: Sequence[float | None],
) -> Outlook:
    """`live` and `queued` are the seconds left to this host's runs, in the queue's order."""
    runs = len(plan.points) - (0 if plan.again else len(here))
    if machine is None:
        return Outlook(plan, here, runs, None, 0, None, None, None)
    places = runs_at_once(
        machine.device,
        machine.threads,
        cores=machine.cores,
        gpus=machine.gpus,
        slots_per_gpu=plan.handling["slots_per_gpu"],
    )
    each = pace.of_run(plan.config(machine.device, machine.threads).to_json())
    ready = None if each is None else until_empty(live, [*queued, *[each.value] * runs], places)
    now = min(runs, max(places - len(live) - len(queued), 0))
    return Outlook(plan, here, runs, min(places, max(runs, 1)), now, each, ready, machine)


def tell(outlook: Outlook, now: datetime) -> list[tuple[str, str]]:
    """The outlook in words: a heading and a sentence a line."""
    plan, told = outlook.plan, []
    less = ""
    if outlook.here and not plan.again:
        less = f", less {len(outlook.here)} {'finished' if tally(outlook.here) == 'finished' else 'that are'} here"
    told.append((plural(outlook.runs, "run"), f"{len(plan.alphas):,} α × {plural(plan.seeds, 'seed')}{less}"))
    if not outlook.runs or outlook.machine is None:
        return told
    if outlook.each is None:
        each = "no estimate before one has trained here"
    else:
        median = f"median of {outlook.each.runs:,} like them" if outlook.each.runs > 1 else "as one like them"
        each = f"{duration(outlook.each.value)} each ({median} here)"
    told.append((f"{outlook.at_once} at once" if outlook.runs > 1 else "each", each))
    if outlook.ready is not None:
        told.append(("ready", f"{about_clock(outlook.ready, now)}, in {duration(outlook.ready)}"))
    told.append(("disk", _disk(outlook.runs, outlook.machine)))
    return [(heading, words) for heading, words in told if words]


def tell_briefly(outlook: Outlook, now: datetime) -> str:
    """The same in one short line, without how many they are."""
    if not outlook.runs or outlook.machine is None or outlook.each is None:
        return "" if not outlook.runs or outlook.machine is None else "no estimate before one has trained"
    parts = [f"{outlook.at_once} at once"] * (outlook.runs > 1) + [f"{duration(outlook.each.value)} each"]
    return ", ".join([*parts, *([] if outlook.ready is None else [f"ready {about_clock(outlook.ready, now)}"])])


def _disk(runs: int, machine: Machine) -> str:
    free = None if machine.disk_free is None else size(machine.disk_free)
    if machine.run_size is None:
        return "" if free is None else f"{free} free"
    need = f"{runs} × {size(machine.run_size.value)} = {size(runs * machine.run_size.value)}"
    return need if free is None else f"{need} of {free} free"


def size(number: float) -> str:
    """Bytes as a person reads them, in powers of a thousand: `47 MB`, `1.1 GB`."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if number < 999.5 or unit == "TB":
            return f"{number:.1f} {unit}" if number < 9.95 and unit != "B" else f"{number:.0f} {unit}"
        number /= 1000
    raise AssertionError
