"""What the diagram tab draws: the diagram, the scores of its epoch, and what other bins and epochs say."""

from __future__ import annotations

import bisect
from collections.abc import Sequence

import numpy as np
from rich.text import Text

from mixtui.calibration import scores
from mixtui.calibration.bins import EXACT_M, Bins
from mixtui.plots.bin_reading import bin_reading
from mixtui.plots.curves import Curve, Pane, draw_curves
from mixtui.plots.reliability import reliability_picture
from mixtui.ui.drawing import diagram_glyphs, epoch_values
from mixtui.ui.ink import Ink
from mixtui.ui.run_tabs.beside import beside
from mixtui.ui.run_tabs.facts import Facts
from mixtui.ui.run_tabs.shown import Shown
from mixtui.ui.words import plural

_READING_WIDTH = 71  # columns that the two lines on a bin take at most
_THREE_LINES_FROM = 13  # rows of a narrow panel: in a lower one the picture needs the line more
_CELL = 5  # columns of a figure in the table of other bins
_WAYS = {"over": "overconfident", "under": "underconfident", "neither": ""}


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
        colors=ink.colors,
        ground=ink.ground,
        glyphs=diagram_glyphs(ink.glyphs),
    )
    if with_scores:
        picture = beside(picture, score_lines(facts, now, ink, remarks=False)[:room], columns) or picture
    picture += [Text()] * (room - len(picture))
    reading = [ink.text(f" {line}") for line in _reading(now, ink, columns, below - 1)]
    return [*picture, *reading, scrubber(facts.epochs, now.epoch, ink, columns)]


def _reading(now: Shown, ink: Ink, columns: int, lines: int) -> list[str]:
    """What there is to say on the bin under the cursor; in a narrow panel in shorter `lines`, two or three."""
    head, figures = bin_reading(now.bins, now.cursor, diagram_glyphs(ink.glyphs))
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


def score_lines(facts: Facts, now: Shown, ink: Ink, *, remarks: bool = True) -> list[Text]:
    """The scores of the epoch that is shown; those that rest on bins, of the bins that are shown."""
    bins, metrics = now.bins, facts.record(now.epoch).get("metrics", {})
    worst = int(np.nanargmax(np.abs(bins.gap)))
    gap = scores.signed_gap(bins)
    how = ", ".join([f"M {now.m}"] * (now.m != 15) + ["equal mass"] * now.equal_mass)
    figures = (
        ("ECE", ink.ece(scores.ece(bins), now.way), how or _WAYS[now.way]),
        ("says − right", ink.signed(gap), ""),
        ("OE · UE", f"{ink.fraction(scores.oe(bins))} · {ink.fraction(scores.ue(bins))}", ""),
        ("MCE", ink.fraction(scores.mce(bins)), f"bin {worst + 1}, {plural(int(bins.count[worst]), 'image')}"),
        ("NLL", ink.loss(metrics.get("nll")), ""),
        ("Brier", ink.fraction(metrics.get("brier")), ""),
        ("accuracy", ink.fraction(scores.accuracy(bins)), ""),
        ("confidence", ink.fraction(scores.mean_confidence(bins)), ""),
        ("ECE, classwise", ink.fraction(metrics.get("classwise_ece")), f"M {facts.own_m}" * (facts.own_m != 15)),
    )
    lines = []
    for name, figure, remark in figures:
        # Figures stand below each other at their decimal point.
        lead = 6 - (figure + ".").index(".")
        line = ink.text(f"{name:<15}{' ' * max(lead - 3, 0)}{figure}")
        if remark and remarks:
            line.append_text(ink.quiet(f"  {remark}"))
        lines.append(line)
    return lines


def other_bins(facts: Facts, now: Shown, ink: Ink, columns: int) -> list[Text]:
    """ECE against the number of bins: a number that holds does not depend on it."""
    known = [(m, bins) for m in sorted({*EXACT_M, facts.own_m}) if (bins := facts.bins(now.epoch, m)) is not None]
    mark = ink.glyphs.direction(now.way)
    heads = ("M", f"ECE {mark}", "equal mass")
    room = (columns - len(heads[-1])) // _CELL
    for spare in (60, 50, 20, 5, 100, 30, 10):  # what goes where there is no room, the least telling first
        if len(known) > room:
            known = [(m, bins) for m, bins in known if m != spare or m == now.m]
    known = known[: max(room, 0)]
    rows = [_cells(ink, heads[0], [(str(m), m == now.m) for m, _ in known])]
    rows.append(_cells(ink, heads[1], [(ink.fraction(scores.ece(bins)), m == now.m) for m, bins in known]))
    mass = facts.extras.mass_bins
    if now.is_last and mass:
        figures = [(_ece_of(mass.get(m), ink), m == now.m) for m, _ in known]
        rows.append(_cells(ink, heads[2], figures))
    else:
        rows.append(ink.quiet(f"{heads[2]} after the last epoch only"))
    return rows


def _ece_of(bins: Bins | None, ink: Ink) -> str:
    return ink.fraction(None if bins is None else scores.ece(bins))


def _cells(ink: Ink, head: str, figures: Sequence[tuple[str, bool]]) -> Text:
    line = Text.assemble(ink.quiet(f"{head:<10}"), no_wrap=True, overflow="crop")
    for figure, chosen in figures:
        line.append(f"{figure:>{_CELL}}", "bold" if chosen else "")
    return line


def over_epochs(facts: Facts, now: Shown, ink: Ink, columns: int, rows: int) -> list[Text]:
    """Accuracy and ECE of the test split after each epoch, with a line at the one that is shown."""
    metrics = facts.record(now.epoch).get("metrics", {})
    panes = []
    for name in ("accuracy", "ece"):
        epochs, values = epoch_values(facts.history, "metrics", name)
        figure = ink.fraction(metrics.get("accuracy"))
        if name == "ece":
            figure = ink.ece(metrics.get("ece"), now.way) + f" M {facts.own_m}" * (facts.own_m != 15)
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
