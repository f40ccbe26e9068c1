"""The reliability diagram as cells and as text; none of this needs a terminal."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from rich.console import Console

from mixtui.calibration.bins import Bins, equal_mass, equal_width, equal_width_edges
from mixtui.plots.bin_reading import bin_reading
from mixtui.plots.diagram_glyphs import ASCII, UNICODE, Glyphs
from mixtui.plots.palette import ColorDepth, Role
from mixtui.plots.reliability import reliability_picture, reliability_text
from mixtui.plots.reliability_axis import lettered_axis, marked_axis
from mixtui.plots.reliability_grid import Grid, columns_of_bin, diagram_grid, histogram_grid, place_bins
from mixtui.plots.reliability_size import fit_size


def bins_of(*rows: tuple[int, float, float], edges: list[float] | None = None) -> Bins:
    """Bins of (count, accuracy, mean confidence), of equal width unless `edges` are given."""
    count, accuracy, confidence = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    return Bins(
        edges=equal_width_edges(len(rows)) if edges is None else np.array(edges),
        count=count.astype(np.int64),
        confidence_sum=count * confidence,
        correct=np.rint(count * accuracy).astype(np.int64),
    )


EMPTY = (0, 0.0, 0.0)

# A network trained without mixup: overconfident, as in the picture below.
OVERCONFIDENT = bins_of(
    *[EMPTY] * 3,
    (3, 0.0, 0.24),
    (30, 7 / 30, 0.3),
    (150, 0.265, 0.366),
    (190, 0.27, 0.43),
    (260, 0.41, 0.51),
    (380, 0.425, 0.56),
    (420, 0.42, 0.63),
    (500, 0.465, 0.70),
    (622, 0.492, 0.766),
    (720, 0.555, 0.835),
    (1098, 0.615, 0.905),
    (5627, 0.87, 0.985),
)
OVERCONFIDENT_60_BY_25 = """\
                                                        ░░░·
                                                       ·░░░
                                                    ░░░ ░░░
                                                  ··░░░ ▆▆▆
                                                ░░░ ░░░ ███
                                              ··░░░ ░░░ ███
                                           ·░░░ ░░░ ░░░ ███
                                        ░░░ ░░░ ░░░ ░░░ ███
                                      ··░░░ ░░░ ░░░ ░░░ ███
                                    ░░░ ░░░ ░░░ ░░░ ▃▃▃ ███
                                  ··░░░ ░░░ ░░░ ░░░ ███ ███
                               ·░░░ ░░░ ░░░ ░░░ ▇▇▇ ███ ███
                            ░░░ ░░░ ░░░ ░░░ ▂▂▂ ███ ███ ███
                          ··░░░ ░░░ ░░░ ▅▅▅ ███ ███ ███ ███
                        ░░░ ▂▂▂ ▅▅▅ ▄▄▄ ███ ███ ███ ███ ███
                      ··░░░ ███ ███ ███ ███ ███ ███ ███ ███
                   ·░░░ ░░░ ███ ███ ███ ███ ███ ███ ███ ███
                 ·· ░░░ ░░░ ███ ███ ███ ███ ███ ███ ███ ███
              ···   ▅▅▅ ▆▆▆ ███ ███ ███ ███ ███ ███ ███ ███
            ··  ▔▔▔ ███ ███ ███ ███ ███ ███ ███ ███ ███ ███
          ··        ███ ███ ███ ███ ███ ███ ███ ███ ███ ███
       ···          ███ ███ ███ ███ ███ ███ ███ ███ ███ ███
     ··             ███ ███ ███ ███ ███ ███ ███ ███ ███ ███
  ···               ███ ███ ███ ███ ███ ███ ███ ███ ███ ███
··          ▁▁▁     ███ ███ ███ ███ ███ ███ ███ ███ ███ ███"""


def picture(grid: Grid) -> str:
    return "\n".join("".join(cell.glyph for cell in row).rstrip() for row in grid)


def column(grid: Grid, index: int) -> str:
    """The glyphs of one column from the bottom up."""
    return "".join(row[index].glyph for row in reversed(grid))


def roles(grid: Grid, index: int) -> list[Role]:
    return [row[index].role for row in reversed(grid)]


def text_of(bins: Bins, columns: int = 80, rows: int | None = None, glyphs: Glyphs = UNICODE) -> str:
    text = reliability_text(bins, split="test", binning="equal width", columns=columns, rows=rows, glyphs=glyphs)
    return text.plain


# Cells


def test_an_overconfident_network_looks_like_this() -> None:
    assert picture(diagram_grid(OVERCONFIDENT, 60, 25)) == OVERCONFIDENT_60_BY_25


@pytest.mark.parametrize(("width", "bar", "blank"), [(30, 2, 0), (45, 2, 1), (60, 3, 1)])
def test_the_last_cell_of_a_bin_is_blank_from_three_cells_on(width: int, bar: int, blank: int) -> None:
    bins = bins_of(*[(1000, 0.5, 0.5)] * 15)
    bottom = diagram_grid(bins, width, 20)[-1]
    # The diagonal crosses the first cells of the bottom row.
    assert "".join(cell.glyph for cell in bottom[-5 * width // 15 :]) == ("█" * bar + " " * blank) * 5


@pytest.mark.parametrize("eighths", range(1, 8))
def test_a_bar_ends_in_eighths_of_a_row(eighths: int) -> None:
    accuracy = (5 + eighths / 8) / 10
    grid = diagram_grid(bins_of((8000, accuracy, accuracy)), 20, 10)
    assert column(grid, 1)[1:] == "████" + " ▁▂▃▄▅▆▇█"[eighths] + "    "  # row 0 holds the diagonal


def test_the_gap_of_an_overconfident_bin_ends_at_its_mean_confidence() -> None:
    bins = bins_of(EMPTY, (1000, 0.3, 0.6))  # its middle is .75
    assert column(diagram_grid(bins, 20, 10), 11) == "███░░░    "
    assert column(diagram_grid(bins, 20, 10, ASCII), 11) == "###:::    "


def test_the_gap_of_an_underconfident_bin_lies_above_its_bar() -> None:
    bins = bins_of((1000, 0.9, 0.2), EMPTY)
    assert column(diagram_grid(bins, 20, 10), 8) == "██▒▒·▒▒▒▒ "
    assert column(diagram_grid(bins, 20, 10, ASCII), 8) == "##++.++++ "


def test_the_cell_where_bar_and_gap_meet_says_so() -> None:
    over = diagram_grid(bins_of(EMPTY, (1000, 0.35, 0.8)), 20, 10)
    assert roles(over, 11)[2:5] == [Role.BAR, Role.BAR_BELOW_OVER, Role.OVER]
    under = diagram_grid(bins_of((1000, 0.8, 0.35), EMPTY), 20, 10)
    assert roles(under, 1)[2:5] == [Role.BAR, Role.BAR_BELOW_UNDER, Role.UNDER]


def test_the_diagonal_is_drawn_in_every_column_and_reversed_on_bars() -> None:
    blank = diagram_grid(bins_of(EMPTY, EMPTY), 20, 10)
    assert [sum(cell.glyph == "·" for cell in cells) for cells in zip(*blank, strict=True)] == [1] * 20
    full = diagram_grid(bins_of((1000, 0.9, 0.6), EMPTY), 20, 10)
    assert (column(full, 4)[2], roles(full, 4)[2]) == ("·", Role.DIAGONAL_ON_BAR)
    assert (column(full, 8)[4], roles(full, 8)[4]) == ("·", Role.DIAGONAL_ON_BAR)
    gap = diagram_grid(bins_of((1000, 0.9, 0.2), EMPTY), 20, 10)
    assert roles(gap, 8)[4] == Role.DIAGONAL_ON_UNDER


def test_a_bin_of_few_images_is_a_line_at_its_accuracy() -> None:
    # Around .5, Wilson's interval is ± .10 wide at 93 images.
    few = diagram_grid(bins_of(EMPTY, (92, 0.5, 0.9)), 20, 10)
    assert column(few, 11) == "     ▁    "
    enough = diagram_grid(bins_of(EMPTY, (94, 0.5, 0.9)), 20, 10)
    assert column(enough, 11) == "█████░░░░ "


@pytest.mark.parametrize(("right", "glyph"), [(0, "▁"), (1, "▁"), (6, "─"), (10, "▔")])
def test_a_line_has_three_heights_in_a_cell(right: int, glyph: str) -> None:
    grid = diagram_grid(bins_of((12, right / 12, 0.5)), 20, 1)
    assert column(grid, 5) == glyph


def test_the_lowest_and_the_highest_accuracy_stay_inside() -> None:
    assert column(diagram_grid(bins_of(EMPTY, (3, 0.0, 0.8)), 20, 10), 11) == "▁    ·    "
    assert column(diagram_grid(bins_of(EMPTY, (3, 1.0, 0.8)), 20, 10), 11) == "     ·   ▔"
    assert column(diagram_grid(bins_of(EMPTY, (10**9, 1.0, 1.0)), 20, 10), 12) == "██████·███"


def test_more_bins_than_columns_make_a_line() -> None:
    bins = bins_of(*[(500, (index + 0.5) / 100, 0.2) for index in range(100)])
    glyphs = {cell.glyph for row in diagram_grid(bins, 50, 20) for cell in row}
    assert glyphs <= set(" ·▁─▔")
    assert "right (accuracy)" not in text_of(bins)


def test_bins_of_equal_mass_stand_at_their_true_edges() -> None:
    bins = bins_of(*[(100, 0.5, 0.5)] * 4, edges=[0, 0.5, 0.9, 0.95, 1])
    assert [(bar.start, bar.stop) for bar in place_bins(bins, 20)] == [(0, 10), (10, 18), (18, 19), (19, 20)]


@given(
    edges=st.lists(st.floats(0, 1), min_size=2, max_size=40).map(sorted),
    width=st.integers(40, 60),
)
def test_every_bin_gets_a_cell_of_its_own(edges: list[float], width: int) -> None:
    bars = place_bins(bins_of(*[(5, 0.4, 0.5)] * (len(edges) - 1), edges=edges), width)
    starts = [bar.start for bar in bars]
    assert all(bar.start < bar.stop for bar in bars)
    assert [bar.stop for bar in bars[:-1]] == starts[1:]
    assert starts[0] >= 0
    assert bars[-1].stop <= width


# Axes and histogram


def test_marks_stand_under_bins_whose_interval_excludes_zero() -> None:
    # With 100 images and an accuracy of .5, Wilson's interval is .404 to .596.
    bins = bins_of((100, 0.5, 0.60), (100, 0.5, 0.59), (100, 0.5, 0.40), (100, 0.5, 0.41), EMPTY)
    axis = marked_axis(bins, 10)
    assert "".join(cell.glyph for cell in axis) == "▲───▼─────"
    assert (axis[0].role, axis[4].role) == (Role.OVER_MARK, Role.UNDER_MARK)
    assert "".join(cell.glyph for cell in marked_axis(bins, 10, ASCII)) == "^---v-----"


def test_a_bin_that_is_always_right_and_says_so_has_no_mark() -> None:
    assert {cell.glyph for cell in marked_axis(bins_of((7, 1.0, 1.0), (1, 0.0, 0.0)), 20)} == {"─"}


def test_letters_stand_at_accuracy_and_mean_confidence() -> None:
    axis = "".join(cell.glyph for cell in lettered_axis(bins_of((1000, 0.687, 0.854)), 60))
    assert axis == "┬───────────┬───────────┬───────────┬────A──────┬──C───────┬"


@pytest.mark.parametrize("value", [0.0, 0.42, 1.0])
def test_two_letters_for_one_cell_stand_side_by_side(value: float) -> None:
    axis = "".join(cell.glyph for cell in lettered_axis(bins_of((1000, value, value)), 60))
    assert len(axis) == 60
    assert "AC" in axis or "CA" in axis


def test_the_histogram_is_linear_and_shows_every_bin_with_an_image() -> None:
    grid = histogram_grid(bins_of((1, 1.0, 0.5), EMPTY, (500, 0.5, 0.5), (1000, 0.5, 0.5)), 8)
    assert picture(grid) == "      ██\n    ▄▄██\n▁▁  ████"
    flat = histogram_grid(bins_of((1, 1.0, 0.5), EMPTY, (500, 0.5, 0.5), (1000, 0.5, 0.5)), 8, ASCII)
    assert picture(flat) == "      ##\n    __##\n__  ####"


# Sizes


@pytest.mark.parametrize(
    ("m", "columns", "rows", "size"),
    [
        (15, 200, None, (60, 30)),
        (15, 64, None, (60, 30)),
        (15, 64, 31, (60, 25)),
        (15, 64, 30, (45, 22)),
        (15, 63, None, (45, 22)),
        (15, 48, None, (30, 15)),
        (15, 40, 15, (30, 13)),
        (10, 60, None, (50, 25)),
        (20, 63, None, (40, 20)),
        (100, 80, None, (50, 25)),
        (19, 40, None, (30, 15)),
        (15, 33, 13, (15, 8)),
        (15, 20, 9, (15, 7)),
        (20, 24, 11, (20, 9)),
        (15, 19, 8, None),
        (15, 18, 9, None),
    ],
)
def test_the_size_is_the_largest_that_fits(
    m: int, columns: int, rows: int | None, size: tuple[int, int] | None
) -> None:
    assert fit_size(m, columns, rows) == size


@given(m=st.integers(1, 300), columns=st.integers(19, 200), rows=st.none() | st.integers(9, 100))
def test_the_shape_is_never_stretched(m: int, columns: int, rows: int | None) -> None:
    size = fit_size(m, columns, rows)
    assert size is not None
    width, height = size
    assert math.ceil(width / 2.4) <= height <= width / 1.8
    assert width + 4 <= columns
    assert rows is None or height + 2 <= rows


# The picture alone

COMPACT = """\
1.0┤             ·▁
   │           ·░░█
   │         ·░░░▂█
0.5┤      ·░░░▂▄▇██
   │    ·░░▇█▇█████
   │  ··─▇▇████████
0.0┤·· ▁ ██████████
   └─────▲▲▲▲▲▲▲▲▲▲
    0     0.5     1"""


def lines_of(bins: Bins, columns: int, rows: int, cursor: int | None = None, glyphs: Glyphs = UNICODE) -> list[str]:
    return [line.plain for line in reliability_picture(bins, columns, rows, cursor=cursor, glyphs=glyphs)]


def test_a_picture_can_be_as_small_as_this() -> None:
    assert "\n".join(lines_of(OVERCONFIDENT, 20, 9)) == COMPACT


def test_a_panel_of_the_run_screen_holds_a_large_diagram_with_its_cursor() -> None:
    lines = lines_of(OVERCONFIDENT, 73, 31, cursor=11)
    assert len(lines) == 31
    assert lines[-1] == " " * 48 + "^^^"
    assert lines[-2][48:51] == "▃▃▃"
    assert "A accuracy .705   C mean confidence .872" in lines[27]


def test_the_cursor_does_not_change_the_size_whatever_the_bins_hold() -> None:
    full = bins_of(*[(100, 0.5, 0.5)] * 15)
    with_cursor = lines_of(full, 73, 31, cursor=14)
    assert with_cursor[:25] == lines_of(full, 73, 31)[:25]
    assert len(with_cursor) == 31
    assert with_cursor[-1] == "     A .500   C .500".ljust(60) + "^^^"  # the histogram has no room for it


def test_a_small_diagram_has_its_cursor_on_the_axis() -> None:
    unicode = reliability_picture(OVERCONFIDENT, 34, 15, cursor=11)[13]
    assert unicode.plain == "   └──────────▲─▲─▲─▲─▲─▲─▲━▲─▲─▲─"
    assert [(span.start, span.end, span.style) for span in unicode.spans] == [(26, 28, "reverse")]
    assert lines_of(OVERCONFIDENT, 34, 15, cursor=1, glyphs=ASCII)[13].startswith("   +--==---")


@pytest.mark.parametrize(("m", "index", "columns"), [(15, 0, range(0, 3)), (100, 99, range(59, 60)), (1, 0, range(59))])
def test_a_bin_is_pointed_at_whether_it_holds_images_or_not(m: int, index: int, columns: range) -> None:
    bins = bins_of(*[EMPTY] * (m - 1), EMPTY if m > 1 else (1, 1.0, 1.0))
    assert columns_of_bin(bins, index, 60) == columns


def test_where_no_diagram_fits_words_say_so() -> None:
    assert lines_of(OVERCONFIDENT, 18, 9) == ["The diagram needs", "19 columns by 9", "rows."]
    assert lines_of(OVERCONFIDENT, 9, 2) == ["too small"]
    assert lines_of(OVERCONFIDENT, 2, 1) == [".."]
    assert lines_of(OVERCONFIDENT, 0, 5) == []


# The bin under the cursor


def test_a_bin_is_read_out_in_two_lines() -> None:
    assert bin_reading(OVERCONFIDENT, 11) == (
        "bin 12 of 15   .733–.800   622 images   confidence .766",
        "               accuracy .492 [.453, .531]   gap +.274 [+.235, +.313]",
    )
    under = bins_of((1, 1.0, 0.1))
    assert bin_reading(under, 0, ASCII) == (
        "bin 1 of 1   .000-1.000   1 image   confidence .100",
        "             accuracy 1.000 [.207, 1.000]   gap -.900 [-.900, -.107]",
    )


def test_a_bin_without_figures_says_so() -> None:
    assert bin_reading(OVERCONFIDENT, 0) == ("bin 1 of 15   .000–.067   no images", "")
    damaged = Bins(equal_width_edges(1), np.array([3]), np.array([math.nan]), np.array([1]))
    assert bin_reading(damaged, 0) == ("bin 1 of 1   .000–1.000   its record is damaged", "")


# The finished text


def test_the_title_says_what_was_measured() -> None:
    assert text_of(OVERCONFIDENT).startswith("Reliability · test, 10,000 images · M 15 · equal width\n1.0┤")
    assert text_of(bins_of((1, 1.0, 0.9)), 60).startswith("Reliability · test, 1 image · M 1 · equal width\n")


def test_the_title_breaks_between_its_parts() -> None:
    assert text_of(OVERCONFIDENT, 40).splitlines()[:2] == [
        "Reliability · test, 10,000 images · M 15",
        "equal width",
    ]


@pytest.mark.parametrize(
    ("bins", "unicode", "ascii_text"),
    [
        (
            bins_of((10_000, 0.687, 0.854)),
            "ECE .167 ▲  says .854, right .687",
            "ECE .167 ^  says .854, right .687",
        ),
        (
            bins_of((10_000, 0.7, 0.65)),
            "ECE .050 ▼  says .650, right .700",
            "ECE .050 v  says .650, right .700",
        ),
        (
            bins_of((10_000, 0.7, 0.7)),
            "ECE .000  says .700, right .700",
            "ECE .000  says .700, right .700",
        ),
        (bins_of((9, 1.0, 1.0)), "ECE .000  says 1.000, right 1.000", "ECE .000  says 1.000, right 1.000"),
    ],
)
def test_the_last_line_sums_up(bins: Bins, unicode: str, ascii_text: str) -> None:
    assert text_of(bins).splitlines()[-1] == unicode
    assert text_of(bins, glyphs=ASCII).splitlines()[-1] == ascii_text


def test_the_legend_shows_only_where_there_is_room() -> None:
    legend = ["█ right (accuracy)", "─ accuracy, few images", "· perfect calibration"]
    assert all(entry in text_of(OVERCONFIDENT, 64) for entry in legend)
    assert all(entry in text_of(OVERCONFIDENT, 50) for entry in legend)
    assert not any(entry in text_of(OVERCONFIDENT, 40) for entry in legend)
    right_when_unsure = bins_of((1000, 0.95, 0.1), *[(1000, 0.9, 0.5)] * 14)
    assert not any(entry in text_of(right_when_unsure, 64) for entry in legend)


def test_a_large_diagram_names_its_letters_and_the_largest_share() -> None:
    lines = text_of(OVERCONFIDENT).splitlines()
    accuracy = OVERCONFIDENT.correct.sum() / OVERCONFIDENT.n
    named = next(line for line in lines if line.startswith("56%┤"))
    assert f"A accuracy {accuracy:.3f}".replace("0.", ".") in named
    equal = text_of(bins_of(*[(100, 0.5, 0.5)] * 15))
    assert "   │ A accuracy .500   C mean confidence .500\n 7%┤" in equal
    assert "\nall┤" in text_of(bins_of((100, 0.5, 0.5)))


def test_the_frame_lines_up() -> None:
    lines = text_of(OVERCONFIDENT, 64).splitlines()
    assert {line[3] for line in lines[1:31]} <= set("┤│")
    assert lines[31][3] == "└"
    assert [line[:3] for line in lines[1:31] if line[3] == "┤"] == ["1.0", "0.8", "0.6", "0.4", "0.2", "0.0"]
    assert lines[32] == "    0          0.2         0.4         0.6         0.8         1"


def test_the_axis_is_named_beside_its_labels_where_there_is_room() -> None:
    assert "1 conf.\n" in text_of(OVERCONFIDENT, 70)
    assert "conf." not in text_of(OVERCONFIDENT, 69).replace("mean confidence", "")


@pytest.mark.parametrize("columns", [40, 50, 80])
def test_ascii_means_ascii(columns: int) -> None:
    for bins in (OVERCONFIDENT, bins_of((1000, 0.9, 0.2), EMPTY), bins_of(*[(5, 0.4, 0.5)] * 100)):
        assert text_of(bins, columns, glyphs=ASCII).isascii()


def test_without_colours_there_is_no_style_at_all() -> None:
    text = reliability_text(OVERCONFIDENT, split="test", binning="equal width", columns=80)
    assert text.spans == []
    console = Console(force_terminal=True, color_system="truecolor", width=80)
    with console.capture() as capture:
        console.print(text)
    assert "\x1b" not in capture.get()


def colors_of(colors: ColorDepth, glyphs: Glyphs = UNICODE) -> set[int | None]:
    text = reliability_text(
        bins_of(*[(1000, 0.5, (index + 0.5) / 15) for index in range(15)]),
        split="test",
        binning="equal width",
        columns=80,
        colors=colors,
        glyphs=glyphs,
    )
    styles = [text.get_style_at_offset(Console(), offset) for offset in range(len(text))]
    return {color.number for style in styles for color in (style.color, style.bgcolor) if color}


def test_sixteen_colours_are_enough_for_a_terminal_of_sixteen() -> None:
    assert {number for number in colors_of("16") if number is not None} == {7, 3, 11, 6, 14}
    assert {number for number in colors_of("256") if number is not None} == {247, 173, 130, 68, 25}
    assert {number for number in colors_of("256", ASCII) if number is not None} == {247, 173, 68}


def test_glyphs_do_not_depend_on_colour() -> None:
    colored = reliability_text(
        OVERCONFIDENT, split="test", binning="equal width", columns=80, colors="256", ground="light"
    )
    assert colored.plain == text_of(OVERCONFIDENT)


# Anything at all

numbers = st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([0.0, 1.0, 1e9])


@st.composite
def any_bins(draw: st.DrawFn) -> Bins:
    """Bins of any size and content, broken sums and edges included; at least one sample in all."""
    m = draw(st.sampled_from([1, 2, 15, 30, 61, 100]))
    count = draw(arrays(np.int64, m, elements=st.sampled_from([0, 1, 7, 10_000, 10**9])))
    count[0] = max(count[0], 1)
    broken = draw(st.booleans())
    sums = arrays(np.float64, m, elements=numbers if broken else st.floats(0, 1))
    scale = 1 if broken else count
    return Bins(
        edges=draw(arrays(np.float64, m + 1, elements=numbers)) if broken else equal_width_edges(m),
        count=count,
        confidence_sum=draw(sums) * scale,
        correct=draw(sums) * scale,
    )


@settings(max_examples=60, deadline=None)
@given(
    bins=any_bins(),
    columns=st.integers(40, 120),
    rows=st.none() | st.integers(18, 60),
    colors=st.sampled_from(["none", "16", "256"]),
    glyphs=st.sampled_from([UNICODE, ASCII]),
)
def test_any_bins_give_a_diagram_that_fits(
    bins: Bins, columns: int, rows: int | None, colors: ColorDepth, glyphs: Glyphs
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # sums of infinities
        text = reliability_text(
            bins, split="test", binning="any", columns=columns, rows=rows, colors=colors, glyphs=glyphs
        )
    lines = text.plain.splitlines()
    assert max(map(len, lines)) <= columns
    assert rows is None or len(lines) <= rows
    assert lines[-1].startswith("ECE ")


@settings(max_examples=50, deadline=None)
@given(
    bins=any_bins(),
    columns=st.integers(1, 200),
    rows=st.integers(1, 60),
    cursor=st.none() | st.floats(0, 1, exclude_max=True),
    glyphs=st.sampled_from([UNICODE, ASCII]),
)
def test_a_picture_never_exceeds_its_room(
    bins: Bins, columns: int, rows: int, cursor: float | None, glyphs: Glyphs
) -> None:
    index = None if cursor is None else int(cursor * bins.m)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # sums of infinities
        lines = lines_of(bins, columns, rows, index, glyphs)
    assert 1 <= len(lines) <= rows
    assert max(map(len, lines)) <= columns
    assert glyphs is UNICODE or all(map(str.isascii, lines))
    first, second = bin_reading(bins, index or 0, glyphs)
    assert first.startswith("bin ")
    assert glyphs is UNICODE or (first + second).isascii()


@pytest.mark.parametrize("binning", [equal_width, equal_mass])
@pytest.mark.parametrize("m", [1, 15, 100])
@pytest.mark.parametrize("n", [1, 2000])
def test_real_predictions_give_a_diagram(binning, m: int, n: int) -> None:  # type: ignore[no-untyped-def]
    generator = np.random.default_rng(0)
    confidence = generator.uniform(0.1, 1, n)
    bins = binning(confidence, generator.random(n) < confidence, m)
    assert f"{n:,} image" in text_of(bins)
