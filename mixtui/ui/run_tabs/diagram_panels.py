"""What the diagram tab draws: the diagram with its bin and its epochs, and accuracy and ECE over the epochs."""

from __future__ import annotations

import bisect
from collections.abc import Sequence

from rich.text import Text

from mixtui.calibration.bins import DEFAULT_M
from mixtui.plots.bin_reading import bin_reading
from mixtui.plots.curves import Curve, Pane, draw_curves
from mixtui.plots.reliability import reliability_picture
from mixtui.ui.drawing import diagram_glyphs, epoch_values
from mixtui.ui.ink import Ink
from mixtui.ui.run_tabs.beside import beside
from mixtui.ui.run_tabs.facts import Facts
from mixtui.ui.run_tabs.score_panel import score_lines
from mixtui.ui.run_tabs.shown import Shown

_READING_WIDTH = 71  # columns that the two lines on a bin take at most
_THREE_LINES_FROM = 13  # rows of a narrow panel: in a lower one the picture needs the line more
_GAP = 1  # columns between the diagram and the scores beside it


def below_picture(columns: int, rows: int) -> int:
    """Lines below the picture: two or three on the bin, one with the epochs."""
    return 3 if columns >= _READING_WIDTH or rows < _THREE_LINES_FROM else 4


def diagram(facts: Facts, now: Shown, ink: Ink, columns: int, rows: int, *, with_scores: bool) -> list[Text]:
    """The diagram with its bin cursor, the figures of that bin, and the epochs; `with_scores` where there is no panel
    for them."""
    below = below_picture(columns, rows)
    room = rows - below
    picture = reliability_picture(
        now.bins,
        columns,
        room,
        cursor=now.cursor,
        of_class=now.kind.of_class is not None,
        colors=ink.colors,
        ground=ink.ground,
        glyphs=diagram_glyphs(ink.glyphs),
    )
    if with_scores:
        width = max((line.cell_len for line in picture), default=0) + _GAP
        scores = score_lines(facts, now, ink, columns - width, room)
        picture = beside(picture, scores, columns, gap=_GAP) or picture
    picture += [Text()] * (room - len(picture))
    reading = [ink.text(f" {line}") for line in _reading(now, ink, columns, below - 1)]
    return [*picture, *reading, scrubber(facts.epochs, now.epoch, ink, columns)]


def _reading(now: Shown, ink: Ink, columns: int, lines: int) -> list[str]:
    """What there is to say on the bin under the cursor; in a narrow panel in shorter `lines`, two or three."""
    head, figures = bin_reading(
        now.bins, now.cursor, diagram_glyphs(ink.glyphs), of_class=now.kind.of_class is not None
    )
    if columns >= _READING_WIDTH:
        return [head, figures]
    if lines == 2:
        return [head.replace("confidence", "conf."), figures.strip()]
    place, found, confidence = head.partition("   confidence")
    accuracy, gap_found, gap = figures.strip().partition("   gap")
    return [place, f"{(found + confidence).strip()}   {accuracy}".rstrip(), (gap_found + gap).strip()]


# The epochs in a line


_SCRUBBER_NAME = " epoch"
_SCRUBBER_START = 9  # columns before the first epoch
_SCRUBBER_STEP = 12  # columns between two epochs, at most


def scrubber(epochs: Sequence[int], shown: int, ink: Ink, columns: int) -> Text:
    """`epoch  1───2───⟨3⟩`: as many numbers as have room, and always that of the epoch shown."""
    places = scrubber_columns(len(epochs), columns)
    line = [" "] * columns
    line[places[0] : places[-1] + 1] = [ink.glyphs.rule] * (places[-1] + 1 - places[0])
    mark = f"<{shown}>" if ink.glyphs.ascii else f"⟨{shown}⟩"
    mark_start = _centred(mark, places[epochs.index(shown)], columns)
    free = 0
    for epoch, place in zip(epochs, places, strict=True):
        start = _centred(str(epoch), place, columns)
        stop = start + len(str(epoch))
        if start >= free and (stop < mark_start or start > mark_start + len(mark)):
            line[start:stop] = str(epoch)
            free = stop + 1
    line[mark_start : mark_start + len(mark)] = mark
    line[: len(_SCRUBBER_NAME)] = _SCRUBBER_NAME
    text = Text("".join(line)[:columns], ink.secondary, no_wrap=True, overflow="crop")
    text.stylize(ink.accent, mark_start, mark_start + len(mark))
    return text


def _centred(label: str, place: int, columns: int) -> int:
    return max(min(place - len(label) // 2, columns - len(label)), 0)


def scrubber_columns(count: int, columns: int) -> list[int]:
    """The column of each of `count` epochs in a scrubber `columns` wide."""
    room = max(columns - _SCRUBBER_START - 4, 1)
    apart = min(room / max(count - 1, 1), _SCRUBBER_STEP)
    return [_SCRUBBER_START + round(index * apart) for index in range(count)]


def epoch_index_at(column: int, count: int, columns: int) -> int:
    """The index of the epoch that a click on the scrubber means."""
    places = scrubber_columns(count, columns)
    index = bisect.bisect_left(places, column)
    return min((i for i in (index - 1, index) if 0 <= i < count), key=lambda i: abs(places[i] - column), default=0)


# Beside the diagram


def over_epochs(facts: Facts, now: Shown, ink: Ink, columns: int, rows: int) -> list[Text]:
    """Accuracy and ECE of the test split after each epoch, with a line at the one that is shown."""
    metrics = facts.record(now.epoch).get("metrics", {})
    panes = []
    for name in ("accuracy", "ece"):
        epochs, values = epoch_values(facts.history, "metrics", name)
        figure = ink.fraction(metrics.get("accuracy"))
        if name == "ece":
            figure = ink.ece(metrics.get("ece"), facts.way_of(metrics))
            figure += f" M {facts.own_m}" * (facts.own_m != DEFAULT_M)
        title = f"{'ECE' if name == 'ece' else name} {figure}".rstrip()
        panes.append(Pane([Curve("", epochs, values, ink.series)], title=ink.glyphs.words(title)))
    drawing = draw_curves(
        panes,
        columns=columns,
        rows=rows,
        glyphs=ink.dots,
        x_range=(min(1.0, float(facts.epochs[0])), float(max(facts.epochs[-1], facts.all_epochs))),
        x_name="epoch",
        cursor=float(now.epoch),
    )
    return list(drawing.text.split("\n"))
