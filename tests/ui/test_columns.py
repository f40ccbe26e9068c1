"""The columns of the table of runs: they hold still whatever a run holds, and tell everything without colour."""

from __future__ import annotations

import string
from itertools import pairwise
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from mixtui.ui.columns import Look, fit, gutter, run_columns, run_direction, shown_state, state_style
from mixtui.ui.glyphs import ASCII, BRAILLE, SETS, Glyphs
from mixtui.ui.rows import SORTABLE, RunRow
from mixtui.ui.theme import STATES

Document = dict[str, Any]

WIDTHS = range(20, 201)
DATA = {"n_test": 10_000, "steps_per_epoch": 782}
FINISHED: Document = {
    "id": "20261122-231502-cifar10-resnet18-a0.4-s1-k3f9",
    "state": "finished",
    "stalled_for": None,
    "host": "here",
    "name": None,
    "tags": ["study-1", "paper"],
    "pinned": True,
    "dataset": "cifar10",
    "fallback": False,
    "config": {"alpha": 0.4, "seed": 1, "model": "resnet18"},
    "epoch": 10,
    "epochs": 10,
    "seconds": 552.0,
    "train_loss": 1.021,
    "metrics": {"accuracy": 0.7, "confidence": 0.678, "ece": 0.022, "ece_low": 0.016, "ece_high": 0.0289},
    "data": DATA,
}


def look(glyphs: Glyphs = BRAILLE, seconds_left: float | None = 180.0) -> Look:
    return Look(glyphs, dark=True, host="here", seconds_left=lambda _run: seconds_left, alpha_color=lambda _alpha: "")


def line(row: RunRow, width: int, narrow: bool, look: Look, *, at_cursor: bool = False, marked: bool = False) -> str:
    """The row as the table writes it, without colour."""
    before = gutter(row, look, at_cursor=at_cursor, marked=marked, narrow=narrow)
    columns, gap = run_columns(width, narrow)
    cells = [fit(c.cell(row, look).text, c.width, c.right, look.glyphs.more) for c in columns]
    return "".join(span.text for span in before) + (" " * gap).join(cells)


def cells(row: RunRow, look: Look, width: int = 130, narrow: bool = False) -> dict[str, str]:
    """What is seen in each column, by its key."""
    columns, _ = run_columns(width, narrow)
    return {str(c.key): fit(c.cell(row, look).text, c.width, c.right, look.glyphs.more) for c in columns}


# Widths


@pytest.mark.parametrize("narrow", [False, True])
def test_the_columns_fit_any_width_and_the_flexible_one_takes_the_rest(narrow: bool) -> None:
    for width in WIDTHS:
        columns, gap = run_columns(width, narrow)
        taken = sum(column.width for column in columns) + gap * (len(columns) - 1)
        assert taken <= width
        assert taken == width or not any(column.flexible for column in columns)
        assert all(column.width > 0 for column in columns)
        assert {"state", "alpha", "ece"} <= {column.key for column in columns}


@pytest.mark.parametrize("narrow", [False, True])
def test_a_wider_table_never_shows_less(narrow: bool) -> None:
    shown = [{column.key for column in run_columns(width, narrow)[0]} for width in WIDTHS]
    assert all(before <= after for before, after in pairwise(shown))


def test_every_column_can_be_sorted_by() -> None:
    for narrow in (False, True):
        assert {column.key for column in run_columns(200, narrow)[0]} <= set(SORTABLE)


text = st.text(max_size=40) | st.sampled_from(
    ["[red]x[/]", "\x1b[31m", "a\nb", "é" * 50, "👩‍👩‍👧" * 9, "表" * 30, "e\u0301" * 20]
)
number = st.none() | st.booleans() | st.integers() | st.just(10**400) | st.floats() | st.just(1e300)
anything = number | text | st.lists(text, max_size=3) | st.dictionaries(text, number, max_size=2)
hostile = st.fixed_dictionaries(
    {"id": text, "state": st.sampled_from((*(set(STATES) - {"stalled"}), "unheard of"))},
    optional={
        **dict.fromkeys(("stalled_for", "host", "name", "tags", "pinned", "dataset", "fallback", "epoch"), anything),
        **dict.fromkeys(("epochs", "seconds", "train_loss", "phase", "fraction", "sentence"), anything),
        "config": anything | st.fixed_dictionaries({"alpha": anything, "seed": anything, "model": anything}),
        "metrics": anything
        | st.fixed_dictionaries(
            {
                name: anything | st.floats(0, 1)
                for name in ("accuracy", "confidence", "ece", "ece_low", "ece_high", "ece_floor_high")
            }
        ),
        "data": anything | st.fixed_dictionaries({"n_test": anything}),
    },
)


@settings(max_examples=50)
@given(
    document=hostile,
    width=st.sampled_from(WIDTHS),
    narrow=st.booleans(),
    glyphs=st.sampled_from([*SETS.values()]),
    place=st.none() | st.integers(1, 10**6),
    left=st.none() | st.floats(),
)
def test_nothing_that_a_run_holds_moves_a_column(
    document: Document, width: int, narrow: bool, glyphs: Glyphs, place: int | None, left: float | None
) -> None:
    usual = line(RunRow(FINISHED), width, narrow, look(glyphs))
    row = RunRow(document, place)
    shown = line(row, width, narrow, look(glyphs, left))
    assert cell_len(shown) == cell_len(usual)
    assert shown.isprintable()
    columns, _ = run_columns(width, narrow)
    for column in columns:
        assert cell_len(fit(column.cell(row, look(glyphs, left)).text, column.width, column.right)) == column.width


@settings(max_examples=50)
@given(text=text, width=st.integers(0, 60), right=st.booleans())
def test_a_text_is_fitted_to_the_cell(text: str, width: int, right: bool) -> None:
    printable = "".join(character for character in text if character.isprintable())
    fitted = fit(printable, width, right)
    assert cell_len(fitted) == width
    if cell_len(printable) <= width:
        assert fitted.strip() == printable.strip()


def test_what_is_cut_says_so() -> None:
    assert fit("resnet18", 5) == "resn…"
    assert fit("resnet18", 5, more="~") == "resn~"
    assert fit("表表表", 4) == "表 …"
    assert fit("acc", 5, right=True) == "  acc"


def test_a_name_of_megabytes_costs_no_time() -> None:
    row = RunRow({**FINISHED, "tags": ["\x00x" * 5_000_000], "dataset": "y" * 10_000_000})
    begin = perf_counter()
    line(row, 160, False, look())
    assert perf_counter() - begin < 0.5  # to look at all of it takes seconds


# What the cells say


def test_a_finished_run_reads_as_in_the_specification() -> None:
    shown = line(RunRow(FINISHED), 115, False, look(), at_cursor=True, marked=True)
    assert shown.split() == [
        *("▸■★✓", "finished", "0.4", "1", "cifar10", "resnet18", "▰▰▰▰▰▰▰▰▰▰", "10/10"),
        *("1.021", ".700", ".022", "±.007", "▼", "9", "min", "study-1", "paper"),
    ]
    narrow = line(RunRow(FINISHED), 39, True, look(), at_cursor=True, marked=True)
    assert narrow == "▸■✓  0.4  1 ▰▰▰▰▰ 10/10 .700 .022 ▼    9m"


@pytest.mark.parametrize(
    ("epoch", "epochs", "wide", "narrow"),
    [
        (0, 10, "▱▱▱▱▱▱▱▱▱▱  0/10", "▱▱▱▱▱  0/10"),
        (7, 10, "▰▰▰▰▰▰▰▱▱▱  7/10", "▰▰▰▱▱  7/10"),
        (99, 200, "▰▰▰▰▱▱▱▱▱ 99/200", "▰▱▱▱ 99/200"),
        (200, 200, "▰▰▰▰▰▰▰▰▰200/200", "▰▰▰▰200/200"),
        (12, 100_000, "▱▱▱    12/100000", "  12/100000"),
    ],
)
def test_the_figures_of_the_epoch_are_never_cut(epoch: int, epochs: int, wide: str, narrow: str) -> None:
    row = RunRow({**FINISHED, "epoch": epoch, "epochs": epochs})
    assert cells(row, look())["epoch"] == wide
    assert cells(row, look(), 39, narrow=True)["epoch"] == narrow


@pytest.mark.parametrize(
    ("state", "place", "left", "expected"),
    [
        ("queued", 2, None, "2nd"),
        ("running", None, 180.0, "~3 min"),
        ("running", None, 2 * 3600, "~2 h"),
        ("running", None, 11.9 * 3600, "~12h"),  # where the column has no room for more
        ("running", None, None, "–"),
        ("finished", None, None, "9 min"),
    ],
)
def test_the_time_is_that_left_or_taken_or_the_place_in_the_queue(
    state: str, place: int | None, left: float | None, expected: str
) -> None:
    row = RunRow({**FINISHED, "state": state}, place)
    assert cells(row, look(seconds_left=left))["time"].strip() == expected


def test_a_starting_run_says_what_it_does_and_how_far_that_is() -> None:
    starting = {**FINISHED, "state": "starting", "phase": "fetching"}
    assert cells(RunRow({**starting, "fraction": 0.34}), look())["state"].startswith("◔ 34 %")
    assert cells(RunRow(starting), look())["state"] == "◔ fetching"
    assert cells(RunRow({**starting, "phase": None}), look())["state"] == "◔ starting"


def test_a_run_on_another_host_names_it() -> None:
    running = {**FINISHED, "state": "running", "host": "there"}
    (state, *_), _ = run_columns(130, narrow=False)
    assert state.cell(RunRow(running), look()).text == "● running @there"
    assert state.cell(RunRow({**running, "host": "here"}), look()).text == "● running"
    assert state.cell(RunRow({**running, "state": "finished"}), look()).text == "✓ finished"  # where does not matter


def test_a_broken_run_says_what_is_wrong_with_it() -> None:
    broken = {"id": "x", "state": "broken", "reason": None, "sentence": "x: config.json is\nno JSON."}
    shown = cells(RunRow(broken), look(), 160)
    assert shown["state"].strip() == "! broken"
    assert shown["tags"].strip() == "config.json is?no JSON."
    assert {shown[key].strip() for key in ("alpha", "seed", "data", "model", "epoch", "loss", "accuracy")} == {"–"}


@pytest.mark.parametrize(
    ("name", "shown"), [("synthetic", "synthet…*"), ("a-longer-name", "a-longe…*"), ("表" * 9, "表表表 …*")]
)
def test_the_star_of_a_fallback_is_never_cut(name: str, shown: str) -> None:
    row = RunRow({**FINISHED, "dataset": name, "fallback": True})
    assert cells(row, look())["data"].rstrip() == shown


def test_a_seed_is_a_whole_number_however_large() -> None:
    columns = {column.key: column for column in run_columns(130, narrow=False)[0]}
    assert columns["seed"].cell(RunRow({**FINISHED, "config": {"seed": 20261123}}), look()).text == "20261123"


def test_what_is_no_number_is_in_the_colour_of_a_warning() -> None:
    columns = {column.key: column for column in run_columns(130, narrow=False)[0]}
    row = RunRow({**FINISHED, "train_loss": float("nan"), "metrics": {"ece": float("inf")}})
    warning = state_style({"id": "x", "state": "running", "stalled_for": 90.0}, dark=True)
    assert (columns["loss"].cell(row, look()).text, columns["loss"].cell(row, look()).style) == ("nan", warning)
    assert (columns["ece"].cell(row, look()).text.strip(), columns["ece"].cell(row, look()).style) == ("inf", warning)
    assert columns["accuracy"].cell(row, look()).text == "–"


# Without colour, and in ASCII (detail 7 of the specification)


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("glyphs", SETS.values(), ids=SETS)
def test_every_state_can_be_told_from_the_text_alone(glyphs: Glyphs, narrow: bool) -> None:
    documents = [{**FINISHED, "state": state} for state in STATES if state != "stalled"]
    documents.append({**FINISHED, "state": "running", "stalled_for": 90.0})
    shown = [cells(RunRow(document), look(glyphs), 38 if narrow else 95, narrow)["state"] for document in documents]
    assert len(set(shown)) == len(STATES)
    assert [shown_state(document) for document in documents] == [*(s for s in STATES if s != "stalled"), "stalled"]


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("glyphs", SETS.values(), ids=SETS)
def test_every_gap_sign_can_be_told_from_the_text_alone(glyphs: Glyphs, narrow: bool) -> None:
    metrics = [{"accuracy": 0.7, "confidence": confidence, "ece": 0.05} for confidence in (0.6, 0.7, 0.8)]
    shown = [
        cells(RunRow({**FINISHED, "metrics": one}), look(glyphs), 38 if narrow else 95, narrow)["ece"]
        for one in metrics
    ]
    assert len({text[-1] for text in shown}) == 3
    assert all(text[-1] != " " for text in shown)


@pytest.mark.parametrize("narrow", [False, True])
def test_every_alpha_can_be_told_from_the_text_alone(narrow: bool) -> None:
    alphas = (0, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.7, 1.0, 10, 1e-3)
    rows = [RunRow({**FINISHED, "config": {"alpha": alpha}}) for alpha in alphas]
    shown = [cells(row, look(), 38 if narrow else 95, narrow)["alpha"] for row in rows]
    assert len(set(shown)) == len(alphas)


@pytest.mark.parametrize("narrow", [False, True])
def test_a_terminal_with_ascii_alone_gets_nothing_else(narrow: bool) -> None:
    for state in STATES:
        document = {**FINISHED, "state": state} if state != "stalled" else {**FINISHED, "stalled_for": 90.0}
        for metrics in ({}, FINISHED["metrics"]):
            row = RunRow({**document, "metrics": metrics, "epoch": 3, "config": {"alpha": 0.1}})
            shown = line(row, 30, narrow, look(ASCII, None), at_cursor=True, marked=True)
            assert set(shown) <= set(string.printable), shown
            shown = line(row, 120, narrow, look(ASCII, None), at_cursor=True, marked=True)
            assert set(shown) <= set(string.printable), shown


# No ECE stands bare (detail 10)


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize(("confidence", "mark"), [(0.6, "▼"), (0.7, "·"), (0.8, "▲")])
def test_wherever_an_ece_is_shown_its_mark_is(confidence: float, mark: str, narrow: bool) -> None:
    metrics = {"accuracy": 0.7, "confidence": confidence, "ece": 0.1}
    for width in WIDTHS:
        shown = line(RunRow({**FINISHED, "metrics": metrics}), width, narrow, look())
        assert shown.partition(".100")[2].split()[0] == mark


@pytest.mark.parametrize(
    ("interval", "glyphs", "expected"),
    [
        ({"ece_low": 0.092, "ece_high": 0.109}, BRAILLE, ".100 ±.009 ▲"),
        ({"ece_low": 0.092, "ece_high": 0.109}, ASCII, ".100+-.009 ^"),
        ({"ece_low": 0.0, "ece_high": 0.12, "ece_floor_high": 0.11}, BRAILLE, ".100 <.120 ≈"),
        ({"ece_low": "wide", "ece_high": 0.12}, BRAILLE, ".100       ▲"),
    ],
)
def test_in_a_wide_terminal_every_ece_says_how_sure_it_is(interval: Any, glyphs: Glyphs, expected: str) -> None:
    metrics = {"accuracy": 0.7, "confidence": 0.8, "ece": 0.1, **interval}
    row = RunRow({**FINISHED, "metrics": metrics})
    for width in range(30, 201):  # of the table: of a narrower one in a wide terminal the margin is the last to go
        assert expected in line(row, width, False, look(glyphs))
    assert "009" not in line(row, 90, True, look(glyphs))


def test_without_an_ece_there_is_no_mark() -> None:
    assert cells(RunRow({**FINISHED, "metrics": {"ece": None}}), look())["ece"].split() == ["–"]


@pytest.mark.parametrize(
    ("metrics", "data", "expected"),
    [
        ({"accuracy": 0.7, "confidence": 0.8, "ece": 0.1}, DATA, "over"),
        ({"accuracy": 0.7, "confidence": 0.6, "ece": 0.1}, DATA, "under"),
        ({"accuracy": 0.7, "confidence": 0.702, "ece": 0.1}, DATA, "neither"),
        ({"accuracy": 0.7, "confidence": None, "ece": 0.1}, DATA, None),
        ({"accuracy": 0.7, "confidence": 0.8, "ece": 0.1}, {}, None),
        ({"accuracy": 0.7, "confidence": 0.8, "ece": 0.1}, {"n_test": 0}, None),
        ({"accuracy": 1e300, "confidence": 0.8, "ece": 0.1}, DATA, None),
        ([], None, None),
    ],
)
def test_the_direction_is_that_of_the_test_split_or_not_known(metrics: Any, data: Any, expected: str | None) -> None:
    assert run_direction({**FINISHED, "metrics": metrics, "data": data}) == expected
