"""The compare screen, driven by keys and clicks: diagrams, scores against α and the table of made studies."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.geometry import Offset

from mixtui.calibration import bin_scores
from mixtui.calibration.analysis import analyse_logits
from mixtui.calibration.bins import FINE_BINS, Bins, equal_mass, equal_width
from mixtui.calibration.top_labels import TopLabels
from mixtui.plots.table_pages import table_pages
from mixtui.store.files import encode_json
from mixtui.store.paths import RunPaths
from mixtui.store.query import parse
from mixtui.store.store import Store
from mixtui.store.study_bins import saved_m
from mixtui.store.study_table import all_columns
from mixtui.ui.app import MixtuiApp
from mixtui.ui.compare.comparison import Sample, Scoring, compare
from mixtui.ui.compare.diagram_grid import DiagramGrid, grid_layout
from mixtui.ui.compare.remarks import left_out, waiting
from mixtui.ui.compare.response import SCORES, response_titles
from mixtui.ui.compare.row_query import query_for
from mixtui.ui.compare.study_table import StudyTable
from mixtui.ui.folder_state import FolderState
from mixtui.ui.glyphs import SETS
from mixtui.ui.preferences import Preferences
from mixtui.ui.screens.compare import CompareScreen
from tests.store.made_documents import hostile_documents, run
from tests.ui.conftest import MadeRuns, OpenApp, Opened, screen_text

ECES = {0.0: 0.2, 0.1: 0.1, 0.4: 0.02}
SIZES = [(200, 50), (160, 45), (120, 40), (80, 24)]
N = 400  # images


def labels_of(seed: int) -> tuple[Any, Any, Any]:
    """Logits of two classes, (n, 2), labels, (n,), and the confidence of the top label, (n,)."""
    random = np.random.default_rng(seed)
    confidence = random.uniform(0.5, 0.99, N)
    first = np.log(confidence / (1 - confidence))
    right = random.random(N) < confidence - 0.1
    return np.stack([first, np.zeros(N)], axis=1).astype(np.float32), (~right).astype(np.int64), confidence


def write_bins(paths: RunPaths, seed: int, epoch: int = 2) -> Bins:
    """The 300 bins of an epoch, where a worker writes them."""
    _, labels, confidence = labels_of(seed)
    bins = equal_width(confidence, labels == 0, FINE_BINS)
    record = {"attempt": 1, "step": 2 * epoch, "epoch": epoch, **bins.to_compact_json()}
    paths.bins.write_bytes(encode_json(record))
    return bins


def write_predictions(paths: RunPaths, seed: int) -> None:
    logits, labels, _ = labels_of(seed)
    np.savez(paths.predictions, logits=logits, labels=labels, ids=np.arange(N))


def make_study(runs: MadeRuns, alphas: Sequence[float] = tuple(ECES), seeds: int = 2, **recipe: Any) -> list[RunPaths]:
    made = []
    for alpha in alphas:
        for seed in range(seeds):
            ece = ECES.get(alpha, 0.05) + 0.01 * seed
            made.append(runs.finished(alpha, ece=ece, seed=seed, tags=["study-1"], **recipe))
            write_bins(made[-1], seed)
    return made


async def open_compare(opened: Opened, tag: str = "study-1") -> CompareScreen:
    """Compare all runs of the folder; the filter that the screen is left with stands in `app.title`."""
    screen = CompareScreen([document["id"] for document in opened.app.documents], tag)

    def left(query: str | None) -> None:
        opened.app.title = query or "left without a filter"

    opened.app.push_screen(screen, left)
    await opened.until(lambda: opened.app.screen is screen and screen.is_mounted)
    await opened.until(lambda: screen._verdict is not None)  # the runs are read
    await opened.pilot.pause()
    return screen


def ece_of(opened: Opened, alpha: str) -> str:
    """The ECE in the title of a diagram."""
    found = re.search(rf"α {re.escape(alpha)} (?:· .*?)?  ECE (\S+)", opened.text)
    assert found, opened.text
    return found[1]


def table_row(opened: Opened, alpha: str) -> str:
    return next(line for line in opened.lines if re.match(rf"│ [▸ ]■ {re.escape(alpha)} ", line))


# What is seen


@pytest.mark.parametrize("size", SIZES[:2])
async def test_a_wide_terminal_shows_all_at_once(open_app: OpenApp, runs: MadeRuns, size: tuple[int, int]) -> None:
    make_study(runs)
    async with open_app(size) as opened:
        await open_compare(opened)
        assert "mixtui › compare · tag:study-1 · 6 runs: 3 α × 2 seeds · synthetic · resnet18" in opened.lines[0]
        assert opened.lines[0].rstrip().endswith("M 15 · equal width · T off")
        assert opened.lines[1].startswith(" Lowest ECE: α 0.4 (.025), then α 0.1 (.105); their difference, ")
        for title in ("▸■ α 0   ECE .205 ± .007", "■ α 0.1   ECE .105 ± .007", "■ α 0.4   ECE .025 ± .007"):
            assert title in opened.text
        assert "mean ± sd, 2 seeds" in opened.line_of("ECE against α")
        assert "Accuracy against α" in opened.text
        assert "baseline" in table_row(opened, "0")
        assert "−.100" in table_row(opened, "0.1")
        assert "ECE: mean over seeds." in opened.lines[-2]


@pytest.mark.parametrize("size", SIZES[2:])
async def test_a_narrower_terminal_shows_one_view_at_a_time(
    open_app: OpenApp, runs: MadeRuns, size: tuple[int, int]
) -> None:
    make_study(runs)
    async with open_app(size) as opened:
        await open_compare(opened)
        assert "[1 Diagrams]  2 Against α   3 Table" in opened.text
        assert "α 0   ECE .205" in opened.text
        assert "against α 0 [95 %]" not in opened.text
        await opened.press("2")
        await opened.until_shown("[2 Against α]", "ECE against α", "Accuracy against α")
        await opened.press("3")
        await opened.until_shown("[3 Table]", "What differs: α", "baseline")
        assert "ECE against α" not in opened.text
        await opened.press("1")
        await opened.until_shown("α 0   ECE .205")


async def test_a_small_terminal_is_no_crash(open_app: OpenApp, runs: MadeRuns) -> None:
    make_study(runs)
    async with open_app((60, 18)) as opened:
        await open_compare(opened)
        for size in ((50, 12), (20, 5)):
            await opened.pilot.resize_terminal(*size)
            await opened.press("2", "3", "o", "1", "right", "z", "z")
            assert opened.app.screen.is_current


async def test_focus_cursor_and_page_survive_a_small_window(open_app: OpenApp, runs: MadeRuns) -> None:
    make_study(runs)
    async with open_app((200, 50)) as opened:
        screen = await open_compare(opened)
        await opened.press("right", "3")
        for size in ((50, 12), (200, 50)):
            await opened.pilot.resize_terminal(*size)
            await opened.pilot.pause()
            assert screen.focused is screen.query_one(StudyTable)
        await opened.until_shown("▸■ α 0.1   ECE")
        assert table_row(opened, "0.1").startswith("│ ▸■ 0.1")


async def test_ascii_terminals_are_told_the_same(open_app: OpenApp, runs: MadeRuns) -> None:
    make_study(runs)
    async with open_app((160, 45), preferences=Preferences(glyphs="ascii")) as opened:
        await open_compare(opened)
        await opened.until_shown("># alpha 0   ECE .205 +- .007", "Lowest ECE: alpha 0.4", "ECE against alpha")
        inside = "\n".join(line[2:-2] for line in opened.lines)
        assert set(re.sub("[─│╭╮╰╯]", "", inside)) <= set(map(chr, range(128)))


async def test_words_take_the_colours_of_another_theme(open_app: OpenApp, runs: MadeRuns) -> None:
    make_study(runs, [0, 0.4], seeds=1)
    async with open_app((160, 45)) as opened:
        await open_compare(opened)
        opened.app.theme = "mixtui-light"
        await opened.pilot.pause()
        secondary = opened.app.theme_variables["text-secondary"]
        note = opened.app.screen._compositor.render_strips()[-2]
        colors = {segment.style.color.name for segment in note if "ECE:" in segment.text and segment.style}
        assert colors == {secondary}


# The cursor


async def test_one_cursor_moves_diagram_point_and_row(open_app: OpenApp, runs: MadeRuns) -> None:
    make_study(runs)
    async with open_app((160, 45)) as opened:
        await open_compare(opened)
        for key, alpha in (("right", "0.1"), ("l", "0.4"), ("right", "0.4"), ("h", "0.1"), ("left", "0")):
            await opened.press(key)
            await opened.until_shown(f"▸■ α {alpha} ", f"│ ▸■ {alpha} ", f"▸{alpha} ")
            assert opened.text.count("▸■") == 2


async def test_the_table_takes_the_keys_of_tables(open_app: OpenApp, runs: MadeRuns) -> None:
    make_study(runs)
    async with open_app((120, 40)) as opened:
        await open_compare(opened)
        await opened.press("3")
        for key, alpha in (
            ("down", "0.1"),
            ("G", "0.4"),
            ("k", "0.1"),
            ("g", "0"),
            ("pagedown", "0.4"),
            ("ctrl+u", "0"),
        ):
            await opened.press(key)
            await opened.until_shown(f"▸■ {alpha} ")


async def test_clicks_choose_as_keys_do(open_app: OpenApp, runs: MadeRuns) -> None:
    make_study(runs)
    async with open_app((160, 45)) as opened:
        screen = await open_compare(opened)
        line = opened.row_of("■ α 0.4   ECE")
        await opened.pilot.click(offset=Offset(opened.lines[line].index("■ α 0.4") + 3, line + 2))
        await opened.until_shown("▸■ α 0.4 ")
        await opened.pilot.click(offset=Offset(20, opened.lines.index(table_row(opened, "0.1"))))
        await opened.until_shown("▸■ α 0.1 ")
        await opened.pilot.resize_terminal(120, 40)
        await opened.until_shown("2 Against α")
        line = opened.row_of("2 Against α")
        await opened.pilot.click(offset=Offset(opened.lines[line].index("2 Against"), line))
        await opened.until_shown("[2 Against α]")
        await opened.press("3")
        await opened.until_shown("baseline")
        row = Offset(20, opened.lines.index(table_row(opened, "0")))
        await opened.pilot.click(offset=row, times=2)
        await opened.until(lambda: opened.app.screen is not screen)


async def test_more_alphas_than_fit_scroll_with_the_cursor(open_app: OpenApp, runs: MadeRuns) -> None:
    make_study(runs, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7], seeds=1)
    async with open_app((80, 24)) as opened:
        await open_compare(opened)
        assert "▾5" in opened.text
        await opened.press(*["right"] * 6)
        await opened.until_shown("▸■ α 0.7 ", "▴6")
        assert "▾" not in opened.text


# Commands


async def test_its_runs_leaves_with_a_filter_that_fits_just_them(open_app: OpenApp, runs: MadeRuns) -> None:
    make_study(runs)
    async with open_app((120, 40)) as opened:
        await open_compare(opened)
        await opened.press("right", "enter")
        await opened.until(lambda: opened.app.title == "tag:study-1 alpha:0.1")


async def test_without_a_tag_the_filter_names_what_it_must(open_app: OpenApp, runs: MadeRuns) -> None:
    made = make_study(runs, [0, 0.1], seeds=1)
    async with open_app((120, 40)) as opened:
        screen = await open_compare(opened, tag="")
        documents, row = opened.app.documents, screen._rows[1]
        assert query_for(row, "", [paths.id for paths in made], documents) == "alpha:0.1"
        assert query_for(row, 'no "tag', [paths.id for paths in made], documents) == "alpha:0.1"
        other = {**documents[1], "id": "20261122-120000-x-a0.1-s0-zzzz"}
        query = query_for(row, "", [paths.id for paths in made], [*documents, other])
        assert [d["id"] for d in [*documents, other] if parse(query).matches(d)] == [made[1].id]
        await opened.press("q")
        await opened.until(lambda: opened.app.title == "left without a filter")


async def test_other_bins_are_scored_anew(open_app: OpenApp, runs: MadeRuns) -> None:
    make_study(runs, [0, 0.4])
    async with open_app((160, 45)) as opened:
        await open_compare(opened)
        for keys, m in (("b", 10), ("b", 5), ("bBB", 15), ("B", 20), ("plus", 30)):
            await opened.press(*([keys] if keys == "plus" else keys))
            await opened.until_shown(f"M {m} · equal width")
            each = [bin_scores.ece(equal_width(labels_of(seed)[2], labels_of(seed)[1] == 0, m)) for seed in (0, 1)]
            expected = ".205" if m == 15 else f"{np.mean(each):.3f}"[1:]
            await opened.until(lambda expected=expected: ece_of(opened, "0") == expected)
            assert expected in table_row(opened, "0")


async def test_equal_mass_pools_the_predictions(open_app: OpenApp, runs: MadeRuns) -> None:
    for number, paths in enumerate(make_study(runs, [0, 0.4])):
        write_predictions(paths, number % 2)
    async with open_app((160, 45)) as opened:
        screen = await open_compare(opened)
        await opened.press("w")
        await opened.until_shown("M 15 · equal mass", "w equal width")
        each = [bin_scores.ece(equal_mass(labels_of(seed)[2], labels_of(seed)[1] == 0, 15)) for seed in (0, 1)]
        await opened.until(lambda: ece_of(opened, "0") == f"{np.mean(each):.3f}"[1:])
        pooled = screen._comparison.bins[0]
        assert pooled is not None
        assert (pooled.m, pooled.n) == (15, 2 * N)
        await opened.press("b")
        await opened.until_shown("M 10 · equal mass")
        await opened.press("w")
        await opened.until_shown("M 10 · equal width")


async def test_equal_mass_needs_the_predictions_of_all(open_app: OpenApp, runs: MadeRuns) -> None:
    first, *_ = make_study(runs, [0, 0.4])
    write_predictions(first, 0)
    async with open_app((160, 45)) as opened:
        await open_compare(opened)
        await opened.press("w")
        await opened.until_shown("Equal mass needs the predictions")
        await opened.until_shown("M 15 · equal width", "α 0   ECE .205")


async def test_runs_without_bins_at_that_number_are_said(open_app: OpenApp, runs: MadeRuns) -> None:
    first, *_ = make_study(runs, [0, 0.4])
    first.bins.unlink()
    async with open_app((160, 45)) as opened:
        await open_compare(opened)
        assert "without bins" not in opened.text
        await opened.press("b")
        await opened.until_shown("1 run without bins at M 10 (saved: M 15).")


async def test_other_bins_come_from_predictions_where_none_were_saved(open_app: OpenApp, runs: MadeRuns) -> None:
    for number, paths in enumerate(make_study(runs, [0, 0.4])):
        write_predictions(paths, number % 2)
        paths.bins.unlink()
    async with open_app((160, 45)) as opened:
        await open_compare(opened)
        await opened.press("B")
        await opened.until_shown("M 20 · equal width")
        each = [bin_scores.ece(equal_width(labels_of(seed)[2], labels_of(seed)[1] == 0, 20)) for seed in (0, 1)]
        await opened.until(lambda: ece_of(opened, "0") == f"{np.mean(each):.3f}"[1:])
        assert "without bins" not in opened.text


@pytest.mark.parametrize("own", [15, 12])
async def test_where_no_such_bins_were_saved_it_names_those_that_were(
    open_app: OpenApp, runs: MadeRuns, own: int
) -> None:
    for paths in make_study(runs, [0, 0.4], bins=own):
        paths.bins.unlink()
    async with open_app((100, 30)) as opened:
        await open_compare(opened)
        while "M 20" not in opened.lines[0]:
            await opened.press("B")
            await opened.pilot.pause()
        await opened.until_shown("No run here has an ECE at M 20", f"M {own}; b and B lead there.")
        assert "no run here has" not in opened.text
        while f"M {own}" not in opened.lines[0]:
            await opened.press("b")
            await opened.pilot.pause()
        await opened.until_shown("α 0   ECE .205", "Lowest ECE")


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 40), (200, 50)])
@pytest.mark.parametrize("glyphs", ["braille", "ascii"])
async def test_an_ece_has_the_mark_that_it_has_on_the_first_screen(
    open_app: OpenApp, runs: MadeRuns, size: tuple[int, int], glyphs: str
) -> None:
    runs.finished(0.4, ece=0.001)
    async with open_app(size, preferences=Preferences(glyphs=glyphs)) as opened:
        mark = SETS[glyphs].neither
        await opened.until_shown(f".001 {mark}")
        await open_compare(opened)
        await opened.until_shown(f"ECE .001 {mark}", f"{mark} neither")
        assert opened.lines[-2].rstrip().endswith(".")  # nothing of the legend is cut


async def test_the_next_score(open_app: OpenApp, runs: MadeRuns) -> None:
    make_study(runs)
    async with open_app((160, 45)) as opened:
        await open_compare(opened)
        for title in (
            "NLL against α",
            "Brier against α",
            "AUROC against α",
            "ECE against accuracy",
            "Accuracy against α",
        ):
            await opened.press("v")
            await opened.until_shown(title)


async def test_all_columns_and_back(open_app: OpenApp, runs: MadeRuns) -> None:
    make_study(runs)
    async with open_app((160, 45)) as opened:
        await open_compare(opened)
        assert "o all columns" in opened.text
        assert "Brier" not in opened.text
        await opened.press("o")
        await opened.until_shown("All columns", "Brier", "MCE")
        seen = opened.text
        for _ in range(20):
            if "o what differs" in opened.text:
                break
            await opened.press("o")
            await opened.pilot.pause()
            seen += opened.text
        assert "weight decay" in seen
        await opened.press("o")
        await opened.until_shown("What differs: α", "o all columns")


async def test_copying_gives_the_table_in_markdown(open_app: OpenApp, runs: MadeRuns) -> None:
    make_study(runs)
    async with open_app((160, 45)) as opened:
        await open_compare(opened)
        await opened.press("y")
        await opened.until(lambda: "| α | seeds | accuracy | ECE |" in opened.app.clipboard)
        assert "| 0.4 | 2 | .725 ± .007 | .025 ± .007" in opened.app.clipboard
        assert "M 15 · equal width" in opened.app.clipboard
        await opened.press("o", "y")
        await opened.until(lambda: "Brier" in opened.app.clipboard)


async def test_zoomed_the_diagram_of_the_cursor_fills_the_screen(open_app: OpenApp, runs: MadeRuns) -> None:
    make_study(runs)
    async with open_app((120, 40)) as opened:
        screen = await open_compare(opened)
        await opened.press("z")
        await opened.until_shown("A accuracy", "C mean confidence")
        assert opened.text.count("ECE .") == 1
        await opened.press("right")
        await opened.until_shown("▸■ α 0.1 ")
        await opened.press("escape")
        await opened.until_shown("■ α 0   ECE")
        await opened.press("escape")
        await opened.until(lambda: opened.app.screen is not screen)


async def test_what_cannot_be_done_is_not_offered(open_app: OpenApp, runs: MadeRuns) -> None:
    runs.queued(0.1)
    async with open_app((160, 45)) as opened:
        await open_compare(opened)
        for key in ("left", "right", "enter", "b", "B", "w", "v", "o", "y", "z", "1", "2", "3"):
            await opened.press(key)
        assert opened.app.clipboard == ""
        for words in ("its runs", "bins", "equal mass", "next score", "all columns"):
            assert words not in opened.lines[-1]


# Words


async def test_one_alpha_and_one_seed(open_app: OpenApp, runs: MadeRuns) -> None:
    make_study(runs, [0.4], seeds=1)
    async with open_app((160, 45)) as opened:
        await open_compare(opened)
        assert "One α only: mark runs of two or more, then c." in opened.text
        assert "1 seed ─" in opened.line_of("ECE against α")


async def test_recipes_are_apart_and_never_one_curve(open_app: OpenApp, runs: MadeRuns) -> None:
    make_study(runs, [0, 0.4])
    make_study(runs, [0, 0.4], lr=0.01)
    async with open_app((160, 45)) as opened:
        screen = await open_compare(opened)
        assert opened.lines[1].startswith(" More than α differs, and rows are apart by it: lr (0.003, 0.01).")
        assert "α 0.4 · lr 0.01   ECE .025" in opened.text
        assert "ECE against α · lr 0.003" in opened.text
        await opened.press("right")
        await opened.until_shown("ECE against α · lr 0.01")
        assert [bins and bins.n for bins in screen._comparison.bins] == [8] * 4


async def test_runs_that_do_not_count_fully_are_named(open_app: OpenApp, runs: MadeRuns) -> None:
    make_study(runs, [0, 0.4])
    runs.running(0.1, seed=0)
    runs.queued(0.1, seed=1)
    runs.finished(0.4, seed=0)
    runs.broken()
    async with open_app((160, 45)) as opened:
        await open_compare(opened)
        await opened.until_shown("Not finished: α 0.1 · seed 0 (running, 1 of 2).")
        for words in (
            "1 run without an epoch yet.",
            "1 run cannot be read.",
            "Of runs done twice one counts: 1 left out.",
        ):
            assert words in opened.text


async def test_no_results_yet(open_app: OpenApp, runs: MadeRuns) -> None:
    runs.running(0.1, epochs_done=0)
    runs.queued(0.4)
    async with open_app((120, 40)) as opened:
        await open_compare(opened)
        await opened.until_shown("Nothing to compare yet", "No results yet: 1 running, 1 queued.")


async def test_nothing_that_can_be_read(open_app: OpenApp, runs: MadeRuns) -> None:
    runs.broken()
    async with open_app((120, 40)) as opened:
        await open_compare(opened)
        await opened.until_shown("1 run cannot be read. mixtui leaves them alone.")


async def test_runs_that_are_gone(open_app: OpenApp, runs: MadeRuns) -> None:
    make_study(runs, [0.1])
    async with open_app((120, 40)) as opened:
        opened.app.push_screen(CompareScreen(["gone"], ""))
        await opened.until_shown("These runs are not here any more.")


# Live


async def test_figures_follow_a_run_that_trains(open_app: OpenApp, runs: MadeRuns) -> None:
    make_study(runs, [0, 0.4], seeds=1, epochs=5)
    running = runs.running(0.1, seed=0, epochs=5)
    async with open_app((160, 45)) as opened:
        screen = await open_compare(opened)
        await opened.press("right", "right")
        await opened.until_shown("▸■ α 0.4 ", "(running, 1 of 5)")
        metrics = {"accuracy": 0.5, "confidence": 0.8, "ece": 0.321}
        bins = {"edges": [0.0, 0.5, 1.0], "count": [0, 40], "confidence": [None, 0.8], "accuracy": [None, 0.5]}
        runs.end_epoch(running, 2, metrics=metrics, bins=bins)
        await opened.until_shown("α 0.1   ECE .321", "(running, 2 of 5)", "▸■ α 0.4 ")
        await opened.until(lambda: [bins and bins.n for bins in screen._comparison.bins] == [4, 40, 4])


# Whatever files hold

odd = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
odd_bins = st.fixed_dictionaries(
    {name: odd | st.lists(odd, max_size=4) for name in ("edges", "count", "confidence", "accuracy")}
)


def with_config(config: Any) -> list[list[Any]]:
    return [[run(0.4, 0), {**run(0.4, 1), "config": config}]]


@settings(max_examples=2)
@example(with_config([1])).via("no settings at all")
@example(with_config({**run(0, 0)["config"], "alpha": 10**400})).via("an α that no float holds")
@example(with_config({**run(0, 0)["config"], "alpha": []})).via("an α that is no number")
@given(st.lists(st.lists(hostile_documents(), max_size=6), min_size=6, max_size=6))
def test_any_documents_can_be_shown(tmp_path_factory: pytest.TempPathFactory, studies: list[list[Any]]) -> None:
    async def show_all() -> None:
        app = MixtuiApp(Store(tmp_path_factory.mktemp("runs")), Preferences(), FolderState())
        async with app.run_test(size=(160, 45)) as pilot:
            for documents in studies:
                app.by_id = {f"run-{n}": {**document, "id": f"run-{n}"} for n, document in enumerate(documents)}
                screen = CompareScreen(list(app.by_id), "\x1b[31m[/]")
                app.push_screen(screen)
                await pilot.press("right", "o", "b")
                assert screen_text(app).replace("\n", "").isprintable()
                screen.dismiss()
                await pilot.pause()

    asyncio.run(show_all())


@settings(max_examples=50)
@given(
    st.lists(hostile_documents(), max_size=6),
    st.sampled_from([Scoring(), Scoring(10), Scoring(15, True), Scoring(after_t=True)]),
)
def test_any_documents_are_told_of(listed: list[Any], scoring: Scoring) -> None:
    documents = [{**document, "id": f"run-{n}"} for n, document in enumerate(listed)]
    _, labels, confidence = labels_of(0)
    bins, top_labels = equal_width(confidence, labels, 10), TopLabels(confidence, labels == 1)
    sample = Sample(bins, top_labels, {"ece": 0.1}, {"ece": 0.2, "temperature": 1e300})
    comparison = compare(documents, scoring, lambda document: sample if document["id"] != "run-1" else None)
    study = comparison.study
    for sentence in (*left_out(documents, comparison, saved_m(study)), *waiting(documents)):
        assert sentence.isprintable()
    for width in (10, 78, 158):
        pages = table_pages(study, all_columns(study), width, SETS["ascii"].words, SETS["ascii"].direction)
        assert all(len({cell_len(text) for text in column.texts}) == 1 for page in pages for column in page.columns)
    for row in study.rows:
        assert parse(query_for(row, "a (tag)", [], [])) is not None
        assert all("\n" not in title for score in SCORES for title in response_titles(study, row, score))


@settings(max_examples=20, deadline=None)
@given(odd_bins, st.binary(max_size=40), st.binary(max_size=40))
def test_any_bins_on_disk_are_no_crash(
    tmp_path_factory: pytest.TempPathFactory, recorded: dict[str, Any], fine: bytes, predictions: bytes
) -> None:
    from mixtui.config import RunConfig
    from mixtui.ui.compare.bins_reader import BinsReader

    store = Store(tmp_path_factory.mktemp("runs"))
    paths = store.create(RunConfig(alpha=0.1), data_dir=Path("data"), location=None, meta={})
    place = {"time": "2026-11-22T23:15:02.000+00:00", "attempt": 1, "step": 2}
    event = {**place, "type": "epoch", "epoch": 1, "seconds": 1.0, "metrics": {}, "train_metrics": {}, "bins": recorded}
    paths.events.write_bytes(encode_json(event))
    paths.bins.write_bytes(fine + b"\n" + encode_json({**place, "epoch": 1, **recorded}))
    paths.predictions.write_bytes(predictions)
    reader = BinsReader()
    for scoring in (Scoring(), Scoring(10), Scoring(15, True), Scoring(after_t=True), Scoring(10, after_t=True)):
        document = {"id": paths.id, "path": str(paths.root), "epoch": 1, "config": {"bins": 15}}
        sample = reader.sample(document, scoring)
        assert sample is None or (sample.bins.n > 0 and np.isfinite(bin_scores.ece(sample.bins)))


# The grid


@settings(max_examples=50)
@given(st.integers(1, 200), st.sampled_from([5, 15, 30, 100]), st.integers(1, 250), st.integers(1, 80))
def test_a_grid_stays_inside_and_shows_one_at_least(count: int, m: int, columns: int, rows: int) -> None:
    layout = grid_layout(count, m, columns, rows)
    assert layout.across >= 1
    assert layout.down >= 1
    assert layout.across * layout.columns <= columns
    assert layout.down * layout.rows <= rows


@pytest.mark.parametrize(("room", "seen"), [((114, 32), (3, 2)), ((142, 37), (3, 2)), ((120, 34), (3, 2))])
def test_six_diagrams_are_seen_at_once(room: tuple[int, int], seen: tuple[int, int]) -> None:
    layout = grid_layout(6, 15, *room)
    assert (layout.across, layout.down) == seen


async def test_diagrams_are_drawn_once(open_app: OpenApp, runs: MadeRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    make_study(runs)
    async with open_app((160, 45)) as opened:
        screen = await open_compare(opened)
        drawn = []
        monkeypatch.setattr(
            "mixtui.ui.compare.diagram_grid.reliability_picture", lambda *_args, **_more: drawn.append(1) or []
        )
        await opened.press("right", "left", "v")
        await opened.until_shown("NLL against α")
        assert screen.query_one(DiagramGrid).size.height > 10
        assert drawn == []


# After temperature scaling


def scaled_scores(seed: int, m: int = 15) -> dict[str, float | None]:
    logits, labels, _ = labels_of(seed)
    scaled = analyse_logits(logits, labels, m).scaled
    assert scaled is not None
    return scaled.evaluation.scores.to_json()


async def test_temperature_scales_diagrams_scores_and_points(open_app: OpenApp, runs: MadeRuns) -> None:
    for number, paths in enumerate(make_study(runs, [0, 0.4])):
        write_predictions(paths, number % 2)
    async with open_app((160, 45)) as opened:
        screen = await open_compare(opened)
        assert opened.lines[0].rstrip().endswith("T off")
        await opened.press("T")
        expected = f"{np.mean([scaled_scores(seed)['ece'] for seed in (0, 1)]):.3f}"[1:]
        await opened.until(lambda: ece_of(opened, "0") == expected)
        await opened.until_shown(
            "T on ", "ECE after T against α", "After T, mixup at its best (α 0.4) against α 0: ECE +.000"
        )
        assert expected in table_row(opened, "0")
        assert f"{np.mean([scaled_scores(seed)['nll'] for seed in (0, 1)]):.3f}"[1:] in table_row(opened, "0")
        pooled = screen._comparison.bins[0]
        assert pooled is not None
        assert pooled.n == 2 * N
        await opened.press("b")
        await opened.until_shown("M 10 · equal width · T on")
        at_ten = f"{np.mean([scaled_scores(seed, 10)['ece'] for seed in (0, 1)]):.3f}"[1:]
        await opened.until(lambda: ece_of(opened, "0") == at_ten)
        await opened.press("B", "T")
        await opened.until(lambda: ece_of(opened, "0") == ".205")


async def test_runs_without_predictions_say_so(open_app: OpenApp, runs: MadeRuns) -> None:
    for paths in make_study(runs, [0, 0.4])[:2]:
        write_predictions(paths, 0)
    async with open_app((160, 45)) as opened:
        await open_compare(opened)
        await opened.press("T")
        await opened.until_shown("T on ", "2 runs without predictions", "No predictions of its runs to scale.")


async def test_without_any_predictions_nothing_can_be_scaled(open_app: OpenApp, runs: MadeRuns) -> None:
    make_study(runs, [0, 0.4])
    async with open_app((160, 45)) as opened:
        await open_compare(opened)
        await opened.press("T")
        await opened.until_shown("No run here has predictions at these bins to scale")
        await opened.until_shown("T off ", "α 0   ECE .205")


def test_what_a_run_recorded_after_temperature_scaling_stands_in_for_its_predictions() -> None:
    recorded = {"accuracy": 0.7, "ece": 0.2, "nll": 2.0, "brier": 0.5, "temperature": 2.5}
    recorded |= {"ece_after_t": 0.01, "ece_floor_high_after_t": 0.02, "nll_after_t": 1.0}
    study = compare([run(0.4, 0, metrics=recorded)], Scoring(after_t=True), lambda _document: None).study
    [row] = study.rows
    assert row.scores("ece") == {0: 0.01}
    assert row.scores("nll") == {0: 1.0}
    assert row.scores("brier") == {}  # which was recorded before it alone
    assert row.is_at_floor_after_t
    assert study.after_t


def test_scores_of_other_bins_leave_out_what_follows_from_the_own_ones() -> None:
    document = run(0.4, 0, metrics={"ece": 0.2, "ece_floor_high": 0.5, "ece_after_t": 0.1, "accuracy": 0.5, "nll": 1.0})
    _, labels, confidence = labels_of(0)
    sample = Sample(equal_width(confidence, labels == 0, 10), of_bins={"ece": 0.3})
    [row] = compare([document], Scoring(10), lambda _document: sample).study.rows
    assert row.runs[0].metrics == {"ece": 0.3, "accuracy": 0.5, "nll": 1.0}


async def test_the_front_is_ece_against_accuracy(open_app: OpenApp, runs: MadeRuns) -> None:
    make_study(runs)
    async with open_app((160, 45)) as opened:
        await open_compare(opened)
        await opened.press("v", "v", "v", "v")
        await opened.until_shown("ECE against accuracy", "below and right of α 0 is better")


# The report


async def test_a_report_is_written_into_the_folder_asked_for(
    open_app: OpenApp, runs: MadeRuns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, Path]] = []

    def write_report(documents: Sequence[Any], folder: Path, _progress: Any) -> list[Path]:
        asked.append((len(documents), folder))
        return [folder / "index.html", folder / "table.csv", folder / "figures/a.svg", folder / "figures/a-dark.svg"]

    monkeypatch.setattr("mixtui.report.write.write_report", write_report)
    make_study(runs, [0, 0.4], seeds=1)
    async with open_app((160, 45)) as opened:
        await open_compare(opened)
        await opened.press("E")
        await opened.until_shown("folder of the report report/study-1")
        await opened.press("ctrl+u", *str(tmp_path / "out"), "enter")
        await opened.until_shown("Report written:", "1 table, 1 figure")
        assert asked == [(2, tmp_path / "out")]
        assert opened.app.last_command.startswith("mixtui report 2")
        assert f"--out {tmp_path / 'out'}" in opened.app.last_command


async def test_what_stands_in_the_way_of_a_report_is_said(open_app: OpenApp, runs: MadeRuns, tmp_path: Path) -> None:
    make_study(runs, [0, 0.4], seeds=1)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").touch()
    async with open_app((160, 45)) as opened:
        await open_compare(opened)
        await opened.press("E", "ctrl+u")
        await opened.until_shown("A folder is needed")
        await opened.press(*str(tmp_path / "mine"), "enter")
        await opened.until_shown("is there already", "E asks again: name another folder.")
        assert "--out" not in opened.text
