"""`mixtui list`: the runs, one a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mixtui.cli.columns import Column, in_columns
from mixtui.cli.console import shown
from mixtui.cli.options import Filter, Json, RunsDir, ShippedPreset, open_store

if TYPE_CHECKING:
    from mixtui.calibration.direction import Direction

_COLUMNS = (
    Column("id"),
    Column("created, UTC"),
    Column("state"),
    Column("α", right=True),
    Column("seed", right=True),
    Column("data", least=9),
    Column("model", least=9),
    Column("epoch", right=True),
    Column("acc", right=True),
)
_ECE = Column("ECE", right=True)
_ECE_AND_MARGIN = Column(" ECE ±95%")
_ROOMY = 100  # columns of a terminal, from which on an ECE says how sure it is
_LABELS = Column("name, tags", least=4)  # the last one, where a run has any
_STATE = 2  # the column that has a colour


def list_runs(
    filter_: Filter = None, preset: ShippedPreset = None, json: Json = False, runs_dir_option: RunsDir = None
) -> None:
    """List the runs, newest last."""
    from mixtui.cli.console import print_json, words
    from mixtui.launch.queue import pick_up_left_over
    from mixtui.store.listing import listed
    from mixtui.store.query import parse
    from mixtui.store.shipped import shipped_study

    query = parse(filter_ or "")
    store = open_store(runs_dir_option)
    documents = listed(store) if preset is None else shipped_study(preset)
    pick_up_left_over(store, (run["id"] for run in documents if run["state"] == "queued"))
    fitting = [document for document in documents if query.matches(document)]
    if json:
        print_json(fitting)
    elif fitting:
        _print_table(fitting)
    elif documents:
        command = f"mixtui list --preset {preset}" if preset else "mixtui list"
        print(words(f"No run matches {filter_}. {command} shows all {len(documents)}."))
    else:
        print(f"No runs in {store.root} yet. Start one with: mixtui run --alpha 0.1")
        print("Those that came with mixtui: mixtui compare --preset reference")


def _print_table(documents: list[dict[str, Any]]) -> None:
    from rich.segment import Segment, Segments

    from mixtui.cli.console import stdout
    from mixtui.cli.summary import labels
    from mixtui.store.store import short_ids

    runs = [document for document in documents if document["state"] != "broken"]
    broken = [document for document in documents if document["state"] == "broken"]
    ids = short_ids([document["id"] for document in documents])
    states = [_state(run) for run in runs]
    console = stdout()
    how_sure = console.width >= _ROOMY
    columns = [*_COLUMNS, _ECE_AND_MARGIN if how_sure else _ECE]
    rows = [
        [ids[run["id"]], _created(run), text, *_results(run), _ece(run, how_sure)]
        for run, (text, _) in zip(runs, states, strict=True)
    ]
    of_person = [", ".join(labels(run["name"], run["tags"])) for run in runs]
    if any(of_person):
        columns.append(_LABELS)
        rows = [[*row, cell] for row, cell in zip(rows, of_person, strict=True)]

    heading, *lines = in_columns(columns, rows, console.width)
    segments = [Segment(" ".join(heading).rstrip(), console.get_style("bold")), Segment.line()]
    for cells, (_, style) in zip(lines, states, strict=True):
        before, state, after = cells[:_STATE], cells[_STATE], cells[_STATE + 1 :]
        segments += (
            Segment(" ".join([*before, ""])),
            Segment(state, console.get_style(style)),
            Segment(" ".join(["", *after]).rstrip() + "\n"),
        )
    if any(run["fallback"] for run in runs):
        segments.append(Segment("* fallback: cifar10 could not be had\n"))
    for document in broken:
        text = shown(f"broken  {document['sentence']}")
        segments += (Segment(text, console.get_style("red")), Segment.line())
    console.print(Segments(segments), end="", crop=False)


def _created(run: dict[str, Any]) -> str:
    return str(run["created"])[5:16].replace("T", " ")


def _state(run: dict[str, Any]) -> tuple[str, str]:
    """What is shown of the run's state, and its style."""
    from socket import gethostname

    from mixtui.cli.summary import state_text
    from mixtui.store.status import State

    state = State(run["state"])
    elsewhere = (state.is_live or state in (State.QUEUED, State.LOST)) and run["host"] != gethostname()
    host = run["host"] if elsewhere else None
    return state_text(state, run["stalled_for"], host, run["reason"], run["waits_for"])


def _results(run: dict[str, Any]) -> list[str]:
    """The cells from α to the accuracy."""
    from mixtui.cli.score_text import score_text

    config, metrics = run["config"], run["metrics"]
    return [
        f"{config['alpha']:g}",
        str(config["seed"]),
        config["dataset"] + ("*" if run["fallback"] else ""),
        config["model"],
        f"{run['epoch']}/{config['epochs']}",
        score_text(metrics.get("accuracy")),
    ]


def _ece(run: dict[str, Any], how_sure: bool) -> str:
    from mixtui.cli.console import words
    from mixtui.cli.score_text import mark, score_text
    from mixtui.number_text import ece_margin

    ece, margin = score_text(run["metrics"].get("ece")), words(ece_margin(run["metrics"]))
    return f"{ece:>4}{f'{margin:>6}' * how_sure} {mark(_direction(run))}"


def _direction(run: dict[str, Any]) -> Direction | None:
    """As `Run.direction`."""
    from mixtui.calibration.direction import direction_of

    return direction_of(run["metrics"], run["data"].get("n_test"))
