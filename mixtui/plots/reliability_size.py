"""How large a reliability diagram is drawn in the room there is."""

import math

from mixtui.plots.reliability_grid import HISTOGRAM_HEIGHT

# In cells. A cell is about twice as high as wide, so a height of half the width makes a square.
MAX_WIDTH = 60
STANDARD_WIDTHS = (60, 45, 30)
COMPACT_WIDTH = 15  # the least, with a height of 7
_MIN_EVEN_WIDTH = 20
# From here on a diagram has A and C on its axis and a histogram; below, ▲ and ▼ under its bins, because so
# few rows cannot show a gap of .02.
LARGE_WIDTH = 50
FRAME_WIDTH = 4  # three columns of labels, one of axis
FRAME_HEIGHT = 2  # the axis and its labels


def fit_size(m: int, columns: int, rows: int | None = None) -> tuple[int, int] | None:
    """Width and height, in cells, of the largest diagram of `m` bins for `columns` × `rows` of terminal.

    The frame, and the histogram of a large diagram, come off that room; `rows` of None is no limit. Bins of
    equal width get equally many cells each, or cells equally many bins, wherever such a width fits; the
    height lies between width/2.4 and width/1.8. None where not even 15 × 7 fits.
    """
    candidates = (
        *_even_widths(m, _MIN_EVEN_WIDTH, MAX_WIDTH),
        *STANDARD_WIDTHS,
        *_even_widths(m, COMPACT_WIDTH, _MIN_EVEN_WIDTH - 1),
        COMPACT_WIDTH,
    )
    for width in candidates:
        room = math.inf if rows is None else rows - FRAME_HEIGHT - _histogram_height(width)
        if width + FRAME_WIDTH <= columns and room >= lowest_height(width):
            return width, int(min(room, round(width / 2)))
    return None


def lowest_height(width: int) -> int:
    """The least height of a diagram of `width` cells."""
    return math.ceil(width / 2.4)


def _even_widths(m: int, low: int, high: int) -> list[int]:
    return [width for width in range(high, low - 1, -1) if width % m == 0 or m % width == 0]


def _histogram_height(width: int) -> int:
    """With a row for its caption or for the cursor; both have room in it."""
    return HISTOGRAM_HEIGHT + 1 if width >= LARGE_WIDTH else 0
