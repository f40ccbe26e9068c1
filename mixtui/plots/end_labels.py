"""The labels at the ends of curves, pushed apart so that none covers another."""

from collections.abc import Sequence


def spread_rows(wanted: Sequence[float], height: int) -> list[int]:
    """A row of its own, 0 to `height` − 1, for each label, in the same order and as near as can be to those wanted.

    Needs no more labels than rows.
    """
    # Labels that touch move as one block, whose place is the mean of what its members want.
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    blocks: list[tuple[float, int]] = []  # mean of (wanted row − position in the order), number of labels
    for position, index in enumerate(order):
        mean, size = wanted[index] - position, 1
        while blocks and blocks[-1][0] > mean:
            before, count = blocks.pop()
            mean, size = (mean * size + before * count) / (size + count), size + count
        blocks.append((mean, size))
    starts = [mean for mean, size in blocks for _ in range(size)]
    rows = [0] * len(wanted)
    for position, (index, start) in enumerate(zip(order, starts, strict=True)):
        rows[index] = position + min(max(round(start), 0), height - len(wanted))
    return rows
