"""Curves: what they show of any numbers, at any size."""

import time
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from rich.cells import cell_len
from rich.style import Style

from mixtui.plots.alpha_colors import SeriesStyle, alpha_styles
from mixtui.plots.axes import even_ticks, robust_range, tick_labels, whole_ticks
from mixtui.plots.braille import ASCII, BLOCKS, BRAILLE, DotGlyphs
from mixtui.plots.curves import Curve, Drawing, Pane, draw_curves
from mixtui.plots.end_labels import spread_rows

GLYPH_SETS = (BRAILLE, BLOCKS, ASCII)


def curve(y: object, label: str = "", **options: object) -> Curve:
    values = np.asarray(y, dtype=float)
    return Curve(label, np.arange(len(values), dtype=float), values, **options)  # type: ignore[arg-type]


def draw(*curves: Curve, columns: int = 40, rows: int = 12, **options: object) -> Drawing:
    pane_options = {key: options.pop(key) for key in ("y_range", "previous_range", "log") if key in options}
    return draw_curves([Pane(curves, **pane_options)], columns=columns, rows=rows, **options)  # type: ignore[arg-type]


def body(drawing: Drawing) -> list[str]:
    """The rows of plot, without the axes."""
    lines = [line for line in drawing.text.plain.split("\n") if any(edge in line for edge in "│┤")]
    return [line[max(line.find("│"), line.find("┤")) + 1 :] for line in lines]


def rows_by_column(lines: list[str]) -> dict[int, list[int]]:
    rows: dict[int, list[int]] = {}
    for row, line in enumerate(lines):
        for column, char in enumerate(line):
            if char != " ":
                rows.setdefault(column, []).append(row)
    return rows


# Shapes


@pytest.mark.parametrize("glyphs", [BRAILLE, BLOCKS])
def test_what_rises_is_drawn_rising(glyphs: DotGlyphs) -> None:
    rows = rows_by_column(body(draw(curve(np.arange(500.0) ** 2), glyphs=glyphs)))
    means = [float(np.mean(rows[column])) for column in sorted(rows)]
    assert len(means) >= 34
    assert all(before >= after for before, after in pairwise(means))
    assert means[0] > means[-1] + 5


def test_this_is_what_it_looks_like() -> None:
    drawn = draw(curve([0, 1, 2, 3, 4], "α 0.1"), columns=30, rows=7, x_name="epoch")
    assert drawn.text.plain.split("\n") == [
        "4┤                  ⣀⠤⠒⠉ α 0.1",
        " │              ⡠⠤⠒⠉",
        "2┤         ⣀⡠⠤⠊⠉",
        " │    ⣀⠤⠔⠒⠉",
        "0┤⣀⠤⠒⠉",
        " └┬──────────┬─────────┬",
        "  0          2         4",
    ]


def test_a_spike_survives_a_million_points() -> None:
    y = np.zeros(1_000_000)
    y[654_321] = 1.0
    rows = rows_by_column(body(draw(curve(y), y_range=(0.0, 1.0), columns=82)))
    peaks = [column for column, at in rows.items() if 0 in at]
    assert len(peaks) == 1
    assert abs(peaks[0] - 0.654 * 78) <= 2


def test_appending_leaves_the_columns_before_alone() -> None:
    noise = np.random.default_rng(0).normal(size=5000)
    fixed = {"y_range": (-3.0, 3.0), "x_range": (0.0, 8000.0), "columns": 60}
    before = body(draw(curve(noise[:4000]), **fixed))
    after = body(draw(curve(noise), **fixed))
    drawn = max(rows_by_column(before))
    assert drawn >= 27
    assert [line[: drawn - 1].rstrip() for line in before] == [line[: drawn - 1].rstrip() for line in after]


def test_one_point_is_a_dot() -> None:
    lines = body(draw(curve([0.3])))
    assert sum(char != " " for line in lines for char in line) == 1


def test_no_points_are_an_empty_frame() -> None:
    for drawn in (draw(), draw(curve([])), draw(curve([np.nan] * 3))):
        assert not "".join(body(drawn)).strip()
        assert len(drawn.text.plain.split("\n")) == 12


def test_the_emphasised_curve_is_on_top_with_a_bold_label() -> None:
    styles = alpha_styles([0.1, 0.4])
    flat = np.ones(10)
    drawn = draw(curve(flat, "α 0.4", style=styles[0.4], emphasised=True), curve(flat, "α 0.1", style=styles[0.1]))
    shown = {drawn.text.plain[span.start : span.end].strip(): span.style for span in drawn.text.spans}
    line = next(style for glyphs, style in shown.items() if not glyphs.startswith("α"))
    assert line == styles[0.4].rich
    assert shown["α 0.4"] == styles[0.4].rich + Style(bold=True)
    assert shown["α 0.1"] == styles[0.1].rich


def test_raw_values_lie_dim_under_their_average() -> None:
    style = alpha_styles([0.1])[0.1]
    raw = np.tile([0.0, 1.0], 50)
    drawn = draw(curve(np.full(100, 0.5), raw=raw, style=style))
    styles = [span.style for span in drawn.text.spans]
    assert style.rich + Style(dim=True) in styles
    assert sum("⣿" in line for line in body(drawn)) == 9  # of ten: the average's cells hold its own dots alone
    assert style.rich in styles


def test_dashed_curves_have_gaps() -> None:
    flat = np.ones(10)
    solid, dashed = (draw(curve(flat, line=line), glyphs=ASCII, y_range=(0.0, 2.0)) for line in ("solid", "dashed"))
    assert any("*" * 30 in line for line in solid.text.plain.split("\n"))
    assert any("****  ****  ****" in line for line in dashed.text.plain.split("\n"))


def test_a_ninth_alpha_is_dotted() -> None:
    ninth = SeriesStyle(33, "dotted")
    drawn = draw(curve(np.ones(10), style=ninth), glyphs=ASCII, y_range=(0.0, 2.0))
    assert any("*  *  *" in line for line in drawn.text.plain.split("\n"))


# What cannot be drawn


def test_a_gap_breaks_the_line_is_marked_and_counted() -> None:
    y = np.ones(9000)
    y[4120:5000:400] = np.nan
    y[4520] = np.inf
    drawn = draw(curve(y, "α 0.1"), columns=60)
    assert drawn.notes == ("3 non-finite steps, first 4,120",)
    assert drawn.text.plain.split("\n")[-2].count("×") == 3
    line = next(line for line in body(drawn) if line.strip()).removesuffix(" α 0.1").strip()
    assert sum(char != line[0] for char in line) == 3


def test_a_late_gap_is_named_in_full() -> None:
    late = Curve("", np.array([1.0, 1_234_567.0]), np.array([1.0, np.nan]))
    assert draw(late).notes == ("1 non-finite step, first 1,234,567",)


def test_notes_name_the_curve_where_there_are_several() -> None:
    drawn = draw(curve([1, np.nan], "α 0.1"), curve([1, 2], "α 0.2"), x_name="epoch")
    assert drawn.notes == ("α 0.1: 1 non-finite epoch, first 1",)


def test_without_an_axis_the_gap_is_marked_on_the_lowest_row() -> None:
    drawn = draw(curve([1, 2, np.nan, 3, 4]), rows=3)
    assert "×" in drawn.text.plain.split("\n")[-1]


def test_a_log_scale_leaves_out_and_counts_what_is_not_positive() -> None:
    drawn = draw(curve([1, 0.1, 0, -5, 0.01, 0.001]), log=True, rows=14)
    assert drawn.notes == ("2 steps at or below 0 not on the log scale",)
    assert drawn.y_ranges[0] == pytest.approx((0.001, 1.0))
    labels = [line.split("┤")[0].strip() for line in drawn.text.plain.split("\n") if "┤" in line]
    assert labels == ["1", "0.1", "0.01", "0.001"]


def test_equal_ratios_are_equal_heights_on_a_log_scale() -> None:
    rows = rows_by_column(body(draw(curve(np.logspace(3, -3, 200)), log=True, rows=22, columns=46)))
    middles = [float(np.mean(rows[column])) for column in sorted(rows)]
    assert np.ptp(np.diff(middles)) <= 1


# Ranges


def test_an_outlier_is_marked_at_the_edge() -> None:
    y = np.random.default_rng(0).uniform(0, 1, size=2000)
    y[1000], y[500] = 1e6, -1e6
    drawn = draw(curve(y))
    assert drawn.y_ranges[0][1] <= 1
    lines = body(drawn)
    assert "▴" in lines[0]
    assert "▾" in lines[-1]
    assert abs(lines[0].index("▴") - len(lines[0]) // 2) <= 2


def test_the_last_value_is_always_inside() -> None:
    y = np.zeros(1000)
    y[-1] = 7.0
    assert draw(curve(y)).y_ranges[0] == (0.0, 7.0)


def test_the_range_grows_at_once_and_shrinks_late() -> None:
    def used(low: float, high: float) -> tuple[float, float]:
        return robust_range([np.array([low, high])], (0.0, 1.0))

    assert used(0.0, 1.5) == (0.0, 1.5)
    assert used(0.3, 1.0) == (0.0, 1.0)
    assert used(0.5, 1.0) == (0.5, 1.0)
    assert used(5.0, 5.5) == (5.0, 5.5)


def test_a_given_range_is_used_and_a_senseless_one_is_not() -> None:
    y = curve([1.0, 2.0])
    assert draw(y, y_range=(0.0, 10.0)).y_ranges == ((0.0, 10.0),)
    for senseless in ((3.0, 3.0), (2.0, 1.0), (np.nan, 1.0), (0.0, np.inf)):
        assert draw(y, y_range=senseless).y_ranges == ((1.0, 2.0),)
    assert draw(y, y_range=(0.0, 10.0), log=True).y_ranges[0] == pytest.approx((1.0, 2.0))


def test_zoom_shows_a_part_to_its_edges() -> None:
    y = curve(np.arange(1000.0))
    drawn = draw(y, x_range=(200.0, 300.0))
    assert drawn.y_ranges == ((200.0, 300.0),)
    between = body(draw(y, x_range=(200.25, 200.75), y_range=(200.0, 201.0)))
    assert len(rows_by_column(between)) == max(map(len, between)) >= 33  # to both edges, without a point inside


def test_the_cursor_is_a_line_behind_the_curve() -> None:
    lines = body(draw(curve(np.arange(11.0)), cursor=5.0, columns=44))
    columns = {line.index("▏") for line in lines if "▏" in line}
    assert len(columns) == 1
    assert sum("▏" in line for line in lines) >= len(lines) - 2
    assert not any("▏" in line for line in body(draw(curve([1, 2]), cursor=float("nan"))))


# Labels and ticks


def test_labels_of_curves_that_end_together_do_not_cover_each_other() -> None:
    labels = [f"α 0.{digit}" for digit in range(6)]
    lines = draw(*(curve([0, 1 + n / 1000], label) for n, label in enumerate(labels)), rows=14).text.plain.split("\n")
    rows = [next(row for row, line in enumerate(lines) if label in line) for label in labels]
    assert len(set(rows)) == 6
    assert rows == sorted(rows, reverse=True)


def test_a_curve_that_ends_early_has_its_label_beside_its_end() -> None:
    whole = curve(np.zeros(100), "α 0")
    short = curve(np.linspace(5, 10, 30), "α 0.7")
    line = next(line for line in draw(whole, short, columns=60).text.plain.split("\n") if "α 0.7" in line)
    assert line.index("α 0.7") < 30


def test_seeds_share_a_label() -> None:
    drawn = draw(*(curve([0, seed], "α 0.1") for seed in range(5)))
    assert drawn.text.plain.count("α 0.1") == 1


def test_labels_are_whole_or_absent() -> None:
    for columns in range(1, 40):
        text = draw(curve([0, 1], "α 0.3"), columns=columns).text.plain
        assert text.count("α") == text.count("α 0.3")


@given(st.integers(1, 40).flatmap(lambda h: st.tuples(st.just(h), st.lists(st.floats(-5, 50), max_size=h))))
def test_spread_rows_are_distinct_inside_and_in_order(case: tuple[int, list[float]]) -> None:
    height, wanted = case
    rows = spread_rows(wanted, height)
    assert len(set(rows)) == len(rows)
    assert all(0 <= row < height for row in rows)
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    assert [rows[index] for index in order] == sorted(rows)


def test_labels_with_room_stay_where_they_are() -> None:
    assert spread_rows([3, 9, 6], 12) == [3, 9, 6]
    assert spread_rows([5, 5, 5], 12) == [4, 5, 6]


@pytest.mark.parametrize(
    ("last", "columns", "labels"),
    [(7810, 30, "0 3.9k 7.8k"), (100_000, 34, "0 50k 100k"), (2_000_000, 34, "0 1M 2M"), (7810, 80, "0 1k 2k")],
)
def test_steps_have_short_numbers(last: int, columns: int, labels: str) -> None:
    drawn = draw(Curve("", np.array([0.0, last]), np.array([0.0, 1.0])), columns=columns)
    assert " ".join(drawn.text.plain.split("\n")[-1].split()).startswith(labels)


def test_epochs_are_whole_numbers() -> None:
    drawn = draw(Curve("", np.arange(1.0, 11.0), np.arange(10.0)), columns=34)
    assert drawn.text.plain.split("\n")[-1].split() == ["1", "4", "7", "10"]


@pytest.mark.parametrize(
    ("ticks", "labels"),
    [
        ([0.5, 1.0, 1.5], "0.5 1.0 1.5"),
        ([0.25, 0.5], "0.25 0.50"),
        ([0, 500, 1000], "0 500 1k"),
        ([12_300, 12_350, 12_400], "12.30k 12.35k 12.40k"),
        ([1e-5, 2e-5], "1e-5 2e-5"),
        ([1e300], "1e300"),
        ([], ""),
    ],
)
def test_tick_labels_have_as_many_digits_as_they_need(ticks: list[float], labels: str) -> None:
    assert " ".join(tick_labels(ticks)) == labels


@given(st.floats(-1e300, 1e300), st.floats(1e-6, 1e6), st.integers(1, 20))
def test_ticks_lie_in_their_range(low: float, share: float, most: int) -> None:
    high = low + share * max(abs(low), 1.0)
    if high > low and np.isfinite(high):
        ticks = even_ticks(low, high, most)
        assert 1 <= len(ticks) <= most
        slack = 1e-6 * (high - low)
        assert all(low - slack <= tick <= high + slack for tick in ticks)
        assert all(low <= tick <= high and tick == round(tick) for tick in whole_ticks(low, high, most) if share > 1)


# Several panes


def test_panes_stand_over_one_axis() -> None:
    accuracy = Pane([curve([0.4, 0.6, 0.7], "all")], title="accuracy")
    ece = Pane([curve([10_000, 20_000, 30_000], "α 0")], title="ECE")
    lines = draw_curves([accuracy, ece], columns=38, rows=18).text.plain.split("\n")
    assert len(lines) == 18
    assert [row for row, line in enumerate(lines) if line in ("accuracy", "ECE")] == [0, 8]
    edges = {min(line.find(edge) for edge in "│┤└" if edge in line) for line in lines if set(line) & set("│┤└")}
    assert len(edges) == 1
    assert sum("└" in line for line in lines) == 1


def test_a_title_is_text_and_never_too_long() -> None:
    pane = Pane([curve([0, 1])], title="[red]\x1b[31m界" * 20)
    first = draw_curves([pane], columns=30, rows=10).text.plain.split("\n")[0]
    assert first.startswith("[red]?[31m?")
    assert cell_len(first) == 30


# Anything at all

FLOATS = st.one_of(st.floats(), st.sampled_from([1e300, -1e300, 5e-324, 0.0, np.nan, np.inf, 1.7e308]), st.floats(0, 1))


@st.composite
def any_curve(draw_from: st.DrawFn) -> Curve:
    n = draw_from(st.integers(0, 30))
    numbers = arrays(np.float64, n, elements=FLOATS)
    return Curve(
        label=draw_from(st.text(max_size=8)),
        x=draw_from(st.one_of(numbers, st.just(np.arange(float(n))))),
        y=draw_from(numbers),
        raw=draw_from(st.none() | numbers),
        line=draw_from(st.sampled_from([None, "dashed", "dotted"])),
        emphasised=draw_from(st.booleans()),
    )


RANGES = st.none() | st.tuples(FLOATS, FLOATS)
PANES = st.builds(
    Pane,
    st.lists(any_curve(), max_size=4),
    title=st.text(max_size=20),
    y_range=RANGES,
    previous_range=RANGES,
    log=st.booleans(),
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    panes=st.lists(PANES, max_size=3),
    columns=st.integers(0, 200),
    rows=st.integers(0, 60),
    glyphs=st.sampled_from(GLYPH_SETS),
    x_range=RANGES,
    cursor=st.none() | FLOATS,
)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_nothing_raises_or_exceeds_its_size(panes: list[Pane], columns: int, rows: int, **options: object) -> None:
    drawn = draw_curves(panes, columns=columns, rows=rows, **options)  # type: ignore[arg-type]
    lines = drawn.text.plain.split("\n")
    assert len(lines) <= max(rows, 1)
    assert all(cell_len(line) <= columns for line in lines)
    assert len(drawn.y_ranges) == len(panes)
    assert all(np.isfinite(ends).all() and ends[0] < ends[1] for ends in drawn.y_ranges)


@pytest.mark.parametrize("glyphs", GLYPH_SETS)
@pytest.mark.parametrize(("columns", "rows"), [(1, 1), (2, 1), (1, 9), (3, 3), (5, 2), (200, 60)])
def test_the_smallest_and_largest_sizes(columns: int, rows: int, glyphs: DotGlyphs) -> None:
    panes = [Pane([curve([1, 2, 3], "α 0.1")], title="accuracy"), Pane([curve([1e300, 2], "α 0")])]
    lines = draw_curves(panes, columns=columns, rows=rows, glyphs=glyphs, cursor=1.0).text.plain.split("\n")
    assert len(lines) <= rows
    assert all(cell_len(line) <= columns for line in lines)


def test_ascii_is_ascii() -> None:
    drawn = draw(curve([1, np.nan, 3, 1e9], "a 0.1"), glyphs=ASCII, cursor=2.0, y_range=(0.0, 5.0))
    assert drawn.text.plain.isascii()


def test_arrays_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="length"):
        Curve("", np.arange(3.0), np.arange(2.0))


@pytest.mark.parametrize(("n", "seconds"), [(100_000, 0.1), (1_000_000, 0.3)])
def test_long_curves_are_drawn_quickly(n: int, seconds: float) -> None:
    long = curve(np.random.default_rng(0).normal(size=n), "α 0")
    draw(long, columns=100, rows=30)
    started = time.perf_counter()
    draw(long, columns=100, rows=30)
    assert time.perf_counter() - started < seconds  # 0.015 and 0.02 s on an idle core
