"""Densities of λ: right, finite for any α, labelled on their lines, and never larger than asked."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from scipy.stats import beta

from mixtui.plots.alpha_colors import alpha_styles
from mixtui.plots.braille import ASCII, BLOCKS, BRAILLE, DotGlyphs
from mixtui.plots.density import BetaDensity, draw_densities, draw_lam_histogram, mean_densities
from mixtui.plots.palette import CellStyle

REFERENCE = (0.0, 0.1, 0.2, 0.3, 0.4, 0.7)
GLYPH_SETS = (BRAILLE, BLOCKS, ASCII)


def densities(*alphas: float) -> list[BetaDensity]:
    styles = alpha_styles(alphas)
    return [BetaDensity(alpha, f"{alpha:g}", styles[alpha]) for alpha in alphas]


def density(alpha: float) -> BetaDensity:
    return BetaDensity(alpha, f"{alpha:g}")


@pytest.mark.parametrize("alpha", [0.1, 0.7, 1.0, 5.0, 100.0])
def test_means_are_those_of_scipys_density(alpha: float) -> None:
    means = mean_densities(alpha, 1000)
    middles = (np.arange(1000) + 0.5) / 1000
    np.testing.assert_allclose(means[50:-50], beta(alpha, alpha).pdf(middles)[50:-50], rtol=0.01, atol=1e-6)


@settings(max_examples=50, deadline=None)
@given(st.floats(0, allow_infinity=True), st.integers(1, 500))
def test_any_alpha_has_a_symmetric_density_of_mass_one(alpha: float, n: int) -> None:
    means = mean_densities(alpha, n)
    assert np.isfinite(means).all()
    assert means.min() >= 0
    assert means.mean() == pytest.approx(1)
    np.testing.assert_allclose(means, means[::-1], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("glyphs", GLYPH_SETS)
def test_alpha_0_is_two_vertical_lines(glyphs: DotGlyphs) -> None:
    lines = draw_densities(densities(0.0), columns=41, rows=12, glyphs=glyphs).plain.splitlines()[:10]
    bodies = [line[4:].ljust(37) for line in lines]
    assert all(body[0] != " " and body[-1] != " " for body in bodies)
    assert {body[3:-1].strip() for body in bodies} == {""}


@pytest.mark.parametrize("alpha", [1e-6, 1e-300])
def test_mass_near_the_ends_looks_like_alpha_0_with_a_floor(alpha: float) -> None:
    lines = draw_densities(densities(alpha), columns=41, rows=12).plain.splitlines()[:10]
    assert all(line[4] != " " and len(line) == 41 for line in lines)
    assert all(not line[6:40].strip() for line in lines[:-1])


def test_a_huge_alpha_is_a_line_in_the_middle() -> None:
    lines = draw_densities([BetaDensity(1e9, "")], columns=44, rows=12).plain.splitlines()[:9]
    assert all(22 <= column <= 25 for line in lines for column in np.flatnonzero(np.array(list(line[4:])) != " ") + 4)
    assert all(line[4:].strip() for line in lines)


def test_every_label_stands_on_its_line_in_its_colour() -> None:
    drawn = draw_densities(densities(*REFERENCE), columns=56, rows=16)
    styles = alpha_styles(REFERENCE)
    for alpha in REFERENCE:
        spans = [drawn.plain[span.start : span.end] for span in drawn.spans if span.style == bold(styles[alpha].rich)]
        assert f"{alpha:g}" in spans


def bold(style: object) -> object:
    from rich.style import Style

    return style + Style(bold=True)  # type: ignore[operator]


def test_a_steeper_alpha_lies_lower_in_the_middle() -> None:
    lines = draw_densities(densities(0.1, 0.7), columns=56, rows=16).plain.splitlines()
    rows = {label: next(row for row, line in enumerate(lines) if f" {label} " in line) for label in ("0.1", "0.7")}
    assert rows["0.7"] < rows["0.1"]


def test_the_axis_is_lambda() -> None:
    axis = draw_densities([], columns=40, rows=10).plain.splitlines()[-1]
    assert axis.split() == ["0", ".25", ".5", ".75", "1"]


def test_the_histogram_follows_its_density() -> None:
    lam = np.random.default_rng(0).beta(1.0, 1.0, size=100_000)
    lines = draw_lam_histogram(lam, density(1.0), columns=44, rows=11).plain.splitlines()
    bars = [line[4:].count("█") for line in lines[:9]]  # nine rows for densities up to 3
    assert bars[:5] == [0] * 5
    assert bars[-2:] == [40, 40]
    assert sum("⠒" in line or "⠤" in line or "⣀" in line or "⠉" in line for line in lines) == 1


def test_any_lambda_shows() -> None:
    lam = np.append(np.full(100_000, 0.25), 0.75)
    bottom = draw_lam_histogram(lam, BetaDensity(float("nan"), ""), columns=44, rows=11).plain.splitlines()[8]
    assert bottom[4 + 30] == "▁"


def test_the_line_has_the_bar_behind_it() -> None:
    drawn = draw_lam_histogram(np.full(9, 0.25), density(1.0), columns=44, rows=11, bar_style=CellStyle(247))
    assert any("on color(247)" in str(span.style) for span in drawn.spans)


@settings(max_examples=50, deadline=None)
@given(
    alphas=st.lists(st.floats(), max_size=8),
    lam=st.lists(st.floats(), max_size=20),
    label=st.text(max_size=12),
    columns=st.integers(0, 200),
    rows=st.integers(0, 60),
    glyphs=st.sampled_from(GLYPH_SETS),
)
def test_nothing_raises_or_exceeds_its_size(
    alphas: list[float], lam: list[float], label: str, columns: int, rows: int, glyphs: DotGlyphs
) -> None:
    drawn = [draw_densities([BetaDensity(a, label) for a in alphas], columns=columns, rows=rows, glyphs=glyphs)]
    for alpha in alphas[:1]:
        values = np.array(lam, dtype=float)
        drawn.append(draw_lam_histogram(values, BetaDensity(alpha, label), columns=columns, rows=rows, glyphs=glyphs))
    for text in drawn:
        assert all(cell_len(line) <= max(columns, 0) for line in text.plain.split("\n"))
        assert len(text.plain.split("\n")) <= max(rows, 1)
