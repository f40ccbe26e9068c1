"""A score against α as lines of text."""

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from mixtui.plots.alpha_columns import alpha_columns
from mixtui.plots.diagram_glyphs import ASCII, UNICODE, Glyphs
from mixtui.plots.palette import CellStyle
from mixtui.plots.response import ResponsePoint, response_plot
from mixtui.plots.score_axis import score_axis

ALPHAS = (0, 0.1, 0.2, 0.3, 0.4, 0.7)
ECE = [
    ResponsePoint(alpha, mean, sd, reference)
    for alpha, mean, sd, reference in zip(
        ALPHAS,
        (0.167, 0.098, 0.066, 0.024, 0.022, 0.061),
        (0.004, 0.023, 0.021, 0.008, 0.007, 0.011),
        (0.196, 0.089, 0.032, 0.031, 0.018, 0.062),
        strict=True,
    )
]
ACCURACY = [ResponsePoint(alpha, 0.687 + alpha / 50) for alpha in ALPHAS]

ECE_PICTURE = """\
● here   ◇ deck   ░ noise floor
0.20┤   ◇
    │ .167
    │  ●
0.15┤
    │      .098
    │       ⡄
0.10┤       ⡇  .066
    │       ●◇  ⡀                      .061
    │       ⠇   ⡇                       ⡀
    │           ●                       ●◇
0.05┤           ⡇   .024 .022           ⠃
    │            ◇   ⡀◇   ⡀
    │                ●    ●◇
0.00┤░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░
    └──┬────┬───┬────┬────┬─────────────┬───
       0   0.1 0.2  0.3 ▸0.4           0.7"""


def plain(lines: list[Text]) -> str:
    return "\n".join(line.plain for line in lines)


def plot(points: list[ResponsePoint], columns: int = 44, rows: int = 17, *, glyphs: Glyphs = UNICODE) -> str:
    return plain(response_plot(points, columns, rows, from_zero=True, glyphs=glyphs))


def test_ece_against_alpha_looks_like_this() -> None:
    assert plain(response_plot(ECE, 44, 17, from_zero=True, cursor=0.4, floor=(0.0, 0.012))) == ECE_PICTURE


def test_ascii_means_ascii() -> None:
    text = plain(response_plot(ECE, 44, 17, from_zero=True, cursor=0.4, floor=(0.0, 0.012), glyphs=ASCII))
    assert text.isascii()
    assert text.startswith("o here   x deck   : noise floor\n")
    assert ">0.4" in text


def test_an_axis_that_does_not_start_at_zero_says_so() -> None:
    note = "axis does not start at 0"
    assert plain(response_plot(ACCURACY, 44, 13, from_zero=False)).startswith(note)
    assert note not in plain(response_plot(ACCURACY, 44, 13, from_zero=True))
    assert note not in plain(response_plot([ResponsePoint(0, -1), ResponsePoint(1, 1)], 44, 13, from_zero=False))


def test_one_seed_has_no_bar() -> None:
    one = plot([ResponsePoint(0.4, 0.5)])
    assert not any("⠀" <= glyph <= "⣿" for glyph in one)
    assert one.count("●") == 1
    several = plot([ResponsePoint(0.4, 0.5, 0.2)])
    assert any("⠀" <= glyph <= "⣿" for glyph in several)


def test_a_legend_needs_two_things_to_tell_apart() -> None:
    assert "here" not in plot([ResponsePoint(0.4, 0.5)])


def test_scores_that_hardly_differ_do_not_look_as_if_they_did() -> None:
    for scores in ([0.6902, 0.6907], [0.5, 0.5], [0.0, 0.0], [0.001, 0.002]):
        for from_zero in (False, True):
            axis = score_axis(scores, 5, from_zero=from_zero)
            assert axis.high - axis.low > 0.0199
            assert axis.low >= 0


@pytest.mark.parametrize("missing", [None, math.nan, math.inf, -math.inf, 1e300])
def test_what_has_no_figure_is_left_out_and_counted(missing: float | None) -> None:
    text = plot([ResponsePoint(0.1, 0.5), ResponsePoint(0.2, missing)])
    assert text.startswith("1 without a figure\n")
    assert text.count("●") == 1
    assert plot([ResponsePoint(0.1, missing)]) == "No figures to draw yet."
    assert plot([ResponsePoint(0.1, 0.5, missing, missing)]) == plot([ResponsePoint(0.1, 0.5)])


def test_alphas_that_fall_into_one_column_both_show() -> None:
    near = [ResponsePoint(alpha, 0.5, 0.1, 0.4) for alpha in (0.1, 0.1001, 0.1002, 100)]
    text = plot(near)
    assert text.count("●") == 4 + 1  # with the one in the legend
    assert text.count("◇") == 4 + 1


def test_the_alpha_under_the_cursor_is_marked_and_bold_and_points_have_the_colour_of_their_alpha() -> None:
    points = [ResponsePoint(0.1, 0.3, style=CellStyle(197)), ResponsePoint(0.4, 0.6, style=CellStyle(43))]
    lines = response_plot(points, 44, 13, from_zero=True, cursor=0.4)
    styles = {
        line.plain[offset]: line.get_style_at_offset(Console(), offset)
        for line in lines
        for offset in range(len(line))
        if line.plain[offset] in "●▸"
    }
    assert styles["▸"].bold
    point_styles = [line.get_style_at_offset(Console(), line.plain.index("●")) for line in lines if "●" in line.plain]
    assert [(style.color.number, style.bold) for style in point_styles if style.color] == [
        (43, True),
        (197, None),
    ]


def test_the_label_of_the_alpha_under_the_cursor_always_shows() -> None:
    crowded = [ResponsePoint(0.1 + index / 10_000, 0.5) for index in range(20)]
    text = plain(response_plot(crowded, 30, 10, from_zero=True, cursor=crowded[10].alpha))
    assert "▸0.101" in text


def test_where_no_plot_fits_words_say_so() -> None:
    assert plot(ECE, 10, 4) == "The plot\nneeds 16\ncolumns by\n7 rows."
    assert plot(ECE, 9, 1) == "too small"


@given(
    alphas=st.lists(st.floats(0, 1e6), min_size=1, max_size=20).map(sorted),
    cells_each=st.integers(1, 2),
    spare=st.integers(0, 60),
)
def test_every_alpha_gets_columns_of_its_own(alphas: list[float], cells_each: int, spare: int) -> None:
    width = cells_each * len(alphas) + spare
    columns = alpha_columns(alphas, width, cells_each)
    starts = [*columns, width]
    assert columns[0] >= 0
    assert all(after - before >= cells_each for before, after in pairwise(starts))


def test_alphas_stand_to_scale() -> None:
    assert alpha_columns([0, 0.1, 0.3, 1.0], 45, 1) == [2, 6, 14, 42]


@settings(max_examples=50)
@given(values=st.lists(st.floats(-1e100, 1e100), min_size=1, max_size=5), height=st.integers(3, 60))
def test_a_score_axis_holds_its_values_and_has_few_ticks(values: list[float], height: int) -> None:
    for from_zero in (False, True):
        axis = score_axis(values, max(height // 3, 1), from_zero=from_zero)
        slack = 1e-6 * (axis.high - axis.low)
        assert axis.low - slack <= min(values)
        assert axis.high + slack >= max(values)
        assert not from_zero or axis.low <= 0 <= axis.high
        assert 2 <= len(axis.ticks(height)) <= height


numbers = st.none() | st.floats() | st.floats(0, 1) | st.sampled_from([0.0, 1e300, 1e100, -1e100, 5e-324])
points = st.builds(
    ResponsePoint,
    alpha=st.floats() | st.sampled_from(ALPHAS),
    mean=numbers,
    sd=numbers,
    reference=numbers,
    style=st.sampled_from([CellStyle(), CellStyle(197)]),
)


@settings(max_examples=100, deadline=None)
@given(
    drawn=st.lists(points, max_size=12),
    columns=st.integers(1, 200),
    rows=st.integers(1, 60),
    from_zero=st.booleans(),
    cursor=st.none() | st.sampled_from(ALPHAS) | st.floats(),
    floor=st.none() | st.tuples(numbers, numbers),
    glyphs=st.sampled_from([UNICODE, ASCII]),
)
def test_any_figures_give_a_plot_that_fits(
    drawn: list[ResponsePoint],
    columns: int,
    rows: int,
    from_zero: bool,
    cursor: float | None,
    floor: Any,
    glyphs: Glyphs,
) -> None:
    lines = response_plot(drawn, columns, rows, from_zero=from_zero, cursor=cursor, floor=floor, glyphs=glyphs)
    assert 1 <= len(lines) <= rows
    assert max(len(line.plain) for line in lines) <= columns
    assert glyphs is UNICODE or plain(lines).isascii()
