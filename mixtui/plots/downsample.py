"""A curve of any length as the few points that can be seen of it."""

import math
from dataclasses import dataclass

import numpy as np

from mixtui.calibration.bins import BoolArray, FloatArray, IntArray, RealArray
from mixtui.plots.axes import LARGEST


@dataclass(frozen=True)
class Points:
    """The finite points of a curve by rising x, (n,) each, and what had to be left out.

    `piece` numbers the stretches between non-finite values; None where there is one only.
    """

    x: RealArray  # whole numbers stay as they are, in half the memory
    y: FloatArray
    piece: IntArray | None
    non_finite_x: RealArray  # where y was not finite
    not_positive: int  # values at or below 0 that a log scale cannot show


@dataclass(frozen=True)
class Buckets:
    """First and last point, lowest and highest y of consecutive stretches of x, (b,) each."""

    first_x: FloatArray
    first_y: FloatArray
    last_x: FloatArray
    last_y: FloatArray
    low: FloatArray
    high: FloatArray
    whole: BoolArray  # no gap inside
    joined: BoolArray  # no gap between this and the one before


def finite_points(all_x: RealArray, all_y: RealArray, *, log: bool = False) -> Points:
    """The points that can be drawn; with `log`, y becomes its decimal logarithm."""
    x: RealArray = all_x if np.issubdtype(all_x.dtype, np.integer) else all_x.astype(np.float64, copy=False)
    y = all_y.astype(np.float64, copy=False)
    known_x = np.isfinite(x)
    if not known_x.all():
        x, y = x[known_x], y[known_x]
    if (x[1:] < x[:-1]).any():
        order = np.argsort(x, kind="stable")
        x, y = x[order], y[order]
    if len(x) and max(-x[0], x[-1]) > LARGEST:
        x = np.clip(x, -LARGEST, LARGEST)
    finite = np.isfinite(y)
    non_finite_x = x[:0] if finite.all() else x[~finite]
    not_positive = 0
    if log:
        positive = y > 0
        not_positive = int(np.count_nonzero(finite & ~positive))
        finite &= positive
    piece = None
    if not finite.all():
        piece = np.cumsum(~finite)[finite]
        x, y = x[finite], y[finite]
    if len(y) and max(-y.min(), y.max()) > LARGEST:
        y = np.clip(y, -LARGEST, LARGEST)
    if log:
        y = np.log10(np.maximum(y, 1 / LARGEST))
    return Points(x, y, piece, non_finite_x, not_positive)


def downsample(points: Points, start: float, stop: float, dots: int) -> Buckets:
    """What `dots` columns can show of the points from `start` to `stop`, in buckets of one to two columns.

    Buckets are a power of two wide and counted from 0, so that no point changes its bucket when others come.
    Lines are cut where they leave the window.
    """
    x, y, piece = _cut(points, start, stop)
    if not len(x):
        none = np.empty(0)
        return Buckets(none, none, none, none, none, none, none.astype(np.bool_), none.astype(np.bool_))
    width = 2.0 ** math.ceil(math.log2(max((stop - start) / dots, 1e-300)))
    edges = (math.floor(start / width) + np.arange(math.ceil((stop - start) / width) + 2.0)) * width
    begin = np.unique(np.searchsorted(x, edges, side="left"))
    begin = np.append(0, begin[(begin > 0) & (begin < len(x))])
    end = np.append(begin[1:], len(x)) - 1
    whole = np.ones(len(begin), dtype=np.bool_)
    joined = np.ones(len(begin), dtype=np.bool_)
    joined[0] = False
    if piece is not None:
        whole = piece[begin] == piece[end]
        joined[1:] = piece[begin[1:]] == piece[end[:-1]]
    low, high = np.minimum.reduceat(y, begin), np.maximum.reduceat(y, begin)
    return Buckets(x[begin], y[begin], x[end], y[end], low, high, whole, joined)


def _cut(points: Points, start: float, stop: float) -> tuple[FloatArray, FloatArray, IntArray | None]:
    """The points inside the window, with one on its edge for each line that leaves it."""
    x, y, piece = points.x, points.y, points.piece
    low, high = (int(index) for index in (np.searchsorted(x, start, "left"), np.searchsorted(x, stop, "right")))
    inside = slice(low, high)
    cut_x, cut_y = x[inside].astype(np.float64, copy=False), y[inside]
    cut_piece = None if piece is None else piece[inside]
    for at, edge, position in ((low, start, 0), (high, stop, None)):
        crosses = 0 < at < len(x) and (piece is None or piece[at - 1] == piece[at])
        neighbour_inside = low < high and (x[low] == edge if position == 0 else x[high - 1] == edge)
        if not crosses or neighbour_inside:
            continue
        edge_y = y[at - 1] + (y[at] - y[at - 1]) * ((edge - x[at - 1]) / (x[at] - x[at - 1]))
        index = len(cut_x) if position is None else position
        cut_x, cut_y = np.insert(cut_x, index, edge), np.insert(cut_y, index, edge_y)
        if piece is not None and cut_piece is not None:
            cut_piece = np.insert(cut_piece, index, piece[at])
    return cut_x, cut_y, cut_piece
