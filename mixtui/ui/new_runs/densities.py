"""The picture of how each α mixes: the density of λ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import wrap

from rich.text import Text

from mixtui.plots.alpha_colors import alpha_styles
from mixtui.plots.density import BetaDensity, draw_densities
from mixtui.ui.ink import Ink
from mixtui.ui.number_cells import number

MOST_DENSITIES = 12  # in one plot


def draw_mixing(
    alphas: Sequence[float], told: Sequence[str], known: Iterable[float], ink: Ink, columns: int, rows: int
) -> list[Text]:
    """The densities of `alphas`, and below them what is `told`; the alphas that are `known` keep their colours."""
    if not alphas:
        return [Text(), ink.quiet(" Choose an α to see how it mixes images.")][:rows]
    shown = alphas[:: -(-len(alphas) // MOST_DENSITIES)]
    if len(shown) < len(alphas):
        told = [f"{len(shown)} of {len(alphas):,} alphas are drawn.", *told]
    sentences = map(ink.glyphs.words, told)
    caption = [ink.quiet(f" {line}") for sentence in sentences for line in wrap(sentence, max(columns - 2, 20))]
    styles = alpha_styles({*known, *shown}, ink.colors, ink.ground)
    curves = [BetaDensity(alpha, number(alpha), styles[alpha]) for alpha in shown]
    room = rows - len(caption) if rows > 2 * len(caption) else rows
    picture = draw_densities(curves, columns=columns - 1, rows=room, glyphs=ink.dots)
    return [*(Text(" ") + line for line in picture.split("\n")), *caption]
