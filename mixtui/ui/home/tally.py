"""How many runs there are of each kind, how long they will keep this host busy, and which ended meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path

from mixtui.launch.estimate import runs_at_once, until_empty
from mixtui.store.documents import LIVE, TROUBLED, Document, has_scheduler, needs_attention, queue
from mixtui.ui.notices import counts

SecondsLeft = Callable[[Document], float | None]


def short_path(path: Path) -> str:
    """A path as a person writes it."""
    whole, home = path.absolute(), Path.home()
    return f"~/{whole.relative_to(home)}" if whole.is_relative_to(home) and whole != home else str(whole)


def tally(documents: Iterable[Document]) -> dict[str, int]:
    """How many runs there are of each kind that the first line shows."""
    states = [document["state"] for document in documents]
    return {
        "running": sum(state in LIVE for state in states),
        "queued": states.count("queued"),
        "finished": states.count("finished"),
        **{state: states.count(state) for state in sorted(TROUBLED)},
    }


def seconds_until_empty(documents: Iterable[Document], host: str, gpus: int, left: SecondsLeft) -> float | None:
    """Until this host's queue is empty; None where that cannot be told. `left` are the seconds that a run needs yet."""
    from mixtui.launch.devices import cores  # what that imports takes longer than the rest of this screen

    here = [one for one in documents if one.get("host") in (None, host) and not has_scheduler(one)]
    live, waiting = [document for document in here if document["state"] in LIVE], queue(here)
    first = next(iter(live or waiting), None)
    if first is None:
        return None
    places = runs_at_once(first["config"]["device"], first["config"]["threads"], cores=cores(), gpus=gpus)
    return until_empty([*map(left, live)], [*map(left, waiting)], places)


def ended_since(documents: Iterable[Document], seen: datetime | None) -> list[Document]:
    """The runs that ended after a person last looked."""
    if seen is None:
        return []
    return [document for document in documents if (ended := _time(document.get("ended"))) and ended > seen]


def news(ended: Sequence[Document], seen: datetime | None, today: datetime) -> str:
    """`since 18:42: 12 finished, 1 crashed   ! shows it`."""
    if not ended or seen is None:
        return ""
    local = seen.astimezone()
    when = f"{local:%H:%M}" if local.date() == today.date() else f"{local:%d %b}"
    return f"since {when}: {counts(ended)}" + "   ! shows it" * any(map(needs_attention, ended))


def _time(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        return None
