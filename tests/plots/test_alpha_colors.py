"""Colours that belong to an α, whatever else is shown."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.color import Color as RichColor
from textual.color import Color

from mixtui.plots.alpha_colors import KNOWN_ALPHAS, alpha_styles
from mixtui.plots.palette import ColorDepth, Ground

DARK = "#eeeeee #0087ff #ff8700 #00d7af #ffd700 #af87af #ff005f".split()
LIGHT = "#262626 #005fd7 #d75f00 #005f5f #87875f #af5faf #af0000".split()
SIXTEEN = "ansi_default ansi_blue ansi_yellow ansi_cyan ansi_green ansi_magenta ansi_red".split()


@pytest.mark.parametrize(
    ("depth", "ground", "names", "other"),
    [
        ("256", "dark", DARK, "#afafff"),
        ("256", "light", LIGHT, "#5f00af"),
        ("16", "dark", SIXTEEN, "ansi_bright_black"),
        ("none", "light", ["ansi_default"] * 7, "ansi_default"),
    ],
)
def test_the_table(depth: ColorDepth, ground: Ground, names: list[str], other: str) -> None:
    styles = alpha_styles([*KNOWN_ALPHAS, 0.5], depth, ground)
    assert [styles[alpha].textual for alpha in KNOWN_ALPHAS] == names
    assert styles[0.5].textual == other


@pytest.mark.parametrize("depth", ["256", "16", "none"])
def test_rich_and_textual_show_the_same_colour(depth: ColorDepth) -> None:
    for style in alpha_styles([*KNOWN_ALPHAS, 0.5], depth).values():
        rich = Color.from_rich_color(style.rich.color or RichColor.default())
        textual = Color.parse(style.textual)
        assert rich.ansi == textual.ansi
        assert rich.rgb == textual.rgb or rich.ansi is not None


@settings(max_examples=50)
@given(st.sets(st.one_of(st.sampled_from(KNOWN_ALPHAS), st.floats(0, 100)), max_size=30))
def test_a_known_alpha_keeps_its_colour_in_any_company(alphas: set[float]) -> None:
    styles = alpha_styles(alphas)
    assert list(styles) == sorted(alphas)
    for alpha in alphas & set(KNOWN_ALPHAS):
        assert (styles[alpha].textual, styles[alpha].line) == (DARK[KNOWN_ALPHAS.index(alpha)], "solid")
    solid = [style.textual for style in styles.values() if style.line == "solid"]
    assert len(set(solid)) == len(solid) == min(len(alphas), 8)
    assert {style.line for style in styles.values()} <= {"solid", "dotted"}


def test_further_alphas_take_other_then_free_slots_then_dots() -> None:
    styles = alpha_styles([0.0, 0.25, 0.5])
    assert [styles[alpha].textual for alpha in (0.25, 0.5)] == ["#afafff", DARK[1]]
    ninth = alpha_styles([*KNOWN_ALPHAS, 0.5, 2.0])[2.0]
    assert (ninth.textual, ninth.line) == (DARK[0], "dotted")


def test_the_end_of_a_range_is_the_alpha_it_means() -> None:
    alpha = 0.1 + 0.2
    assert alpha_styles([alpha])[alpha] == alpha_styles([0.3])[0.3]


def test_what_is_not_a_number_has_no_colour() -> None:
    assert alpha_styles([float("nan"), float("inf"), 0.1]).keys() == {0.1}
