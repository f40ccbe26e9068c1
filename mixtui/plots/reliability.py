"""The reliability diagram as styled lines: accuracy against confidence, bin by bin."""

from rich.text import Text

from mixtui.calibration import bin_scores
from mixtui.calibration.bins import Bins
from mixtui.number_text import score_text
from mixtui.plots.canvas import place_lines
from mixtui.plots.diagram_glyphs import UNICODE, Glyphs
from mixtui.plots.palette import Cell, ColorDepth, Ground, Palette, diagram_palette
from mixtui.plots.reliability_axis import gap_mark, lettered_axis, marked_axis, tick_column, tick_values
from mixtui.plots.reliability_grid import (
    BLANK,
    HISTOGRAM_HEIGHT,
    clip_fraction,
    columns_of_bin,
    diagram_grid,
    histogram_grid,
    place_bins,
    write_legend,
)
from mixtui.plots.reliability_size import (
    COMPACT_WIDTH,
    FRAME_HEIGHT,
    FRAME_WIDTH,
    LARGE_WIDTH,
    STANDARD_WIDTHS,
    fit_size,
    lowest_height,
)
from mixtui.plots.text_lines import fill_lines, words_instead

_X_LABEL = " conf."
_CURSOR = "^"
_CURSOR_WIDTH = 3
# Text that scrolls is given at least the room of a small diagram.
_SCROLLING_COLUMNS = min(STANDARD_WIDTHS) + FRAME_WIDTH
_SCROLLING_ROWS = lowest_height(min(STANDARD_WIDTHS)) + FRAME_HEIGHT


def reliability_picture(
    bins: Bins,
    columns: int,
    rows: int | None,
    *,
    cursor: int | None = None,
    of_class: bool = False,
    colors: ColorDepth = "none",
    ground: Ground = "dark",
    glyphs: Glyphs = UNICODE,
) -> list[Text]:
    """The largest diagram that fits into `columns` × `rows` (None: no limit), without title or scores.

    `cursor` is the bin to point at, 0 to M − 1: under the histogram of a large diagram, on the axis of a small
    one. `of_class`: the bins are of the probability of one class, and "right" is an image of it. The size does
    not depend on what the bins hold. Where nothing fits, words say so.
    """
    size = fit_size(bins.m, columns, rows)
    if size is None:
        least = f"{COMPACT_WIDTH + FRAME_WIDTH} columns by {lowest_height(COMPACT_WIDTH) + FRAME_HEIGHT} rows"
        return words_instead(f"The diagram needs {least}.", columns, rows)
    width, height = size
    palette = diagram_palette(colors, ground, filled=not glyphs.ascii)
    large = width >= LARGE_WIDTH
    lines = _diagram(bins, width, height, cursor, palette, glyphs, of_class=of_class)
    if columns >= width + FRAME_WIDTH + len(_X_LABEL):
        lines[-1].append(_X_LABEL)
    if large:
        lines += _histogram(bins, width, cursor, palette, glyphs, of_class=of_class)
    for line in lines:
        line.rstrip()
    return lines


def reliability_text(
    bins: Bins,
    *,
    split: str,
    binning: str,
    columns: int,
    rows: int | None = None,
    colors: ColorDepth = "none",
    ground: Ground = "dark",
    glyphs: Glyphs = UNICODE,
) -> Text:
    """The whole diagram for a terminal of `columns` (40 or more) by `rows`: title, picture, summary.

    `split` and `binning` go into the title as they are, such as "test" and "equal width". The mark beside the
    ECE is the sign of what the summary says against what is right, none if its 95 % interval includes 0. In a
    terminal of few rows it is as high as a small diagram needs, and scrolls.
    """
    n = bins.n
    subject = ["Reliability", f"{split}, {n:,} image{'' if n == 1 else 's'}", f"M {bins.m}", binning]
    title = fill_lines(subject, columns, glyphs.separator)
    room = None if rows is None else max(rows - len(title) - 1, _SCROLLING_ROWS)
    picture = reliability_picture(
        bins, max(columns, _SCROLLING_COLUMNS), room, colors=colors, ground=ground, glyphs=glyphs
    )
    lines = [*map(Text, title), *picture, Text(_summary(bins, glyphs))]
    for line in lines:
        line.rstrip()
    return Text("\n", no_wrap=True, overflow="crop").join(lines)


def _diagram(
    bins: Bins, width: int, height: int, cursor: int | None, palette: Palette, glyphs: Glyphs, *, of_class: bool
) -> list[Text]:
    grid = diagram_grid(bins, width, height, glyphs)
    write_legend(grid, glyphs, lines_only=bins.m > width, of_class=of_class)
    small = width < LARGE_WIDTH
    ticks = tick_values(width)
    lines = place_lines(
        grid,
        palette,
        y_ticks={max(round(tick * height) - 1, 0): f"{tick:.1f}" for tick in ticks},
        x_ticks={tick_column(tick, width): f"{tick:g}" for tick in ticks},
        x_axis=marked_axis(bins, width, glyphs, cursor) if small else lettered_axis(bins, width, glyphs),
        ascii_frame=glyphs.ascii,
    )
    if small and cursor is not None:
        at_cursor = columns_of_bin(bins, cursor, width)
        lines[height].stylize("reverse", FRAME_WIDTH + at_cursor.start, FRAME_WIDTH + at_cursor.stop)
    return lines


def _histogram(
    bins: Bins, width: int, cursor: int | None, palette: Palette, glyphs: Glyphs, *, of_class: bool
) -> list[Text]:
    """The histogram, with a row for the caption or the cursor where there is need."""
    grid = histogram_grid(bins, width, glyphs)
    below = [BLANK] * width
    if cursor is not None:
        for column in _middle(columns_of_bin(bins, cursor, width), _CURSOR_WIDTH):
            below[column] = Cell(_CURSOR)
    right, claimed = (_share_text(score(bins), glyphs) for score in (bin_scores.accuracy, bin_scores.mean_confidence))
    caption = f"A {'share' if of_class else 'accuracy'} {right}   C mean confidence {claimed}"
    if not _write_where_blank(grid[0], caption):
        if cursor is None:
            grid.insert(0, [BLANK] * width)
            _write_where_blank(grid[0], caption)
        else:
            short = f"A {right}   C {claimed}"
            _ = _write_where_blank(grid[0], short) or _write_where_blank(below, short)
    y_ticks = {HISTOGRAM_HEIGHT - 1: _largest_share(bins, width), 0: "0"}
    lines = place_lines(grid, palette, y_ticks=y_ticks, ascii_frame=glyphs.ascii)
    if cursor is not None:
        lines.append(Text(" " * FRAME_WIDTH + "".join(cell.glyph for cell in below)))
    return lines


def _middle(columns: range, width: int) -> range:
    spare = max(len(columns) - width, 0)
    return columns[spare // 2 : spare // 2 + width]


def _write_where_blank(row: list[Cell], text: str) -> bool:
    """Write `text` and a blank on either side over the first blanks of `row` that hold it, if any do."""
    cells = [BLANK, *map(Cell, text), BLANK]
    for start in range(len(row) - len(cells) + 1):
        if row[start : start + len(cells)] == [BLANK] * len(cells):
            row[start : start + len(cells)] = cells
            return True
    return False


def _largest_share(bins: Bins, width: int) -> str:
    counts = [bar.count for bar in place_bins(bins, width)]
    if len(counts) < 2:
        return "all"
    percent = min(round(100 * max(counts) / sum(counts)), 99)
    return f"{percent:2}%"  # as wide as the labels of the diagram, so that the axes stand below each other


def _summary(bins: Bins, glyphs: Glyphs) -> str:
    right, claimed = bin_scores.accuracy(bins), bin_scores.mean_confidence(bins)
    mark = gap_mark(clip_fraction(right), claimed, bins.n, glyphs)
    error, says, is_right = (_share_text(value, glyphs) for value in (bin_scores.ece(bins), claimed, right))
    return f"ECE {error} {mark}".rstrip() + f"  says {says}, right {is_right}"


def _share_text(value: float, glyphs: Glyphs) -> str:
    """`.687`; a dash for what is no share, as damaged bins have it."""
    return glyphs.words(score_text(value if 0 <= round(value, 3) <= 1 else None))
