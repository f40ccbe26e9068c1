"""Where alphas stand on a horizontal axis: to scale, as far as each can have columns of its own."""

from collections.abc import Sequence

_MARGIN = 2  # columns kept free at both ends, where there is room, for labels


def alpha_columns(alphas: Sequence[float], width: int, cells_each: int) -> list[int]:
    """The first column of each of `alphas`, ascending: `cells_each` apart at least, the last one inside `width`.

    Needs `width` ≥ `cells_each` for each α. Alphas that would share a column move aside by as little as it takes.
    """
    needed = cells_each * (len(alphas) - 1)
    last = width - cells_each
    margin = min(_MARGIN, (last - needed) // 2)
    low, high = alphas[0], alphas[-1]
    room = last - 2 * margin
    columns = [margin + (round((alpha - low) / (high - low) * room) if high > low else room // 2) for alpha in alphas]
    for index in range(1, len(columns)):
        columns[index] = max(columns[index], columns[index - 1] + cells_each)
    limit = last
    for index in reversed(range(len(columns))):
        columns[index] = min(columns[index], limit)
        limit = columns[index] - cells_each
    return columns
