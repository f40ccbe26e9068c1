"""One score against another, a point for each α, as lines of text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.text import Text

from mixtui.plots.diagram_glyphs import ASCII, UNICODE, Glyphs
from mixtui.plots.front import FrontPoint, Spread, front_plot
from mixtui.plots.palette import CellStyle

POINTS = [
    FrontPoint(alpha, Spread(accuracy, 0.004), Spread(ece, sd))
    for alpha, accuracy, ece, sd in ((0, 0.687, 0.167, 0.004), (0.1, 0.693, 0.098, 0.023), (0.4, 0.70, 0.022, 0.007))
]

PICTURE = """\
below and right of α 0 is better
0.20┤        ·
    │        ⡀
    │···─────●─────······················
0.15┤        · 0
    │        ·        0.1
    │        ·      ⡇
0.10┤        · ─────●─────
    │        ·      ⡇
    │        ·      ⠁
0.05┤        ·
    │        ·                 ▸0.4
    │        ·          ─────●────
0.00┤        ·               ⠁
    └┬───────────┬───────────┬──────────┬
   0.68        0.69        0.70      0.71"""


def plain(lines: list[Text]) -> str:
    return "\n".join(line.plain for line in lines)


def test_ece_against_accuracy_looks_like_this() -> None:
    assert plain(front_plot(POINTS, 41, 16, cursor=0.4)) == PICTURE


def test_ascii_means_ascii() -> None:
    text = plain(front_plot(POINTS, 41, 16, cursor=0.4, glyphs=ASCII))
    assert text.isascii()
    assert ">0.4" in text


def test_without_plain_training_there_is_no_baseline() -> None:
    text = plain(front_plot(POINTS[1:], 41, 16))
    assert "better" not in text
    assert "·" not in text


@pytest.mark.parametrize("missing", [None, Spread(float("nan")), Spread(float("inf")), Spread(1e300)])
def test_what_has_no_figure_is_left_out_and_counted(missing: Spread | None) -> None:
    text = plain(front_plot([*POINTS[1:], FrontPoint(0.7, Spread(0.5), missing)], 41, 16))
    assert text.startswith("1 without a figure\n")
    assert text.count("●") == 2
    assert plain(front_plot([FrontPoint(0.7, missing, Spread(0.5))], 41, 16)) == "No figures to draw yet."


numbers = st.floats() | st.floats(0, 1) | st.sampled_from([0.0, 1e300, 1e100, -1e100, 5e-324])
spreads = st.none() | st.builds(Spread, mean=numbers, sd=st.none() | numbers)
points = st.builds(
    FrontPoint,
    alpha=st.floats() | st.sampled_from([0, 0.1, 0.4]),
    across=spreads,
    up=spreads,
    style=st.sampled_from([CellStyle(), CellStyle(197)]),
)


@settings(max_examples=100, deadline=None)
@given(
    drawn=st.lists(points, max_size=12),
    columns=st.integers(1, 200),
    rows=st.integers(1, 60),
    cursor=st.sampled_from([None, 0, 0.4]),
    glyphs=st.sampled_from([UNICODE, ASCII]),
)
def test_any_figures_give_a_plot_that_fits(
    drawn: list[FrontPoint], columns: int, rows: int, cursor: float | None, glyphs: Glyphs
) -> None:
    lines = front_plot(drawn, columns, rows, cursor=cursor, glyphs=glyphs)
    assert 1 <= len(lines) <= rows
    assert max(len(line.plain) for line in lines) <= columns
    assert glyphs is UNICODE or plain(lines).isascii()
