"""What `mixtui calibrate` tells a person: of one file of predictions, or of two beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mixtui.calibration.certainty import Certainty
from mixtui.calibration.verdict import verdict
from mixtui.cli.console import shown, words
from mixtui.cli.plain_table import add_figures, clipped, plain_table
from mixtui.cli.prediction_document import WORST
from mixtui.cli.prediction_file import PredictionFile, metrics_of, way_of
from mixtui.cli.prediction_pair import PredictionPair
from mixtui.cli.score_table import ScoreColumn, score_table, scored_column
from mixtui.cli.score_text import range_text, score_text
from mixtui.cli.temperature_text import CROSS_FITTED, temperature_text

if TYPE_CHECKING:
    from rich.console import Console

    from mixtui.calibration.scores import Evaluation

_WIDTH_WITH_INTERVALS = 130  # of the scores of two files
_COMPARED = {"accuracy": "accuracy", "ece": "ECE", "nll": "NLL"}


def print_scores(console: Console, files: Sequence[PredictionFile]) -> None:
    """For each file the verdict, the scores before and after temperature scaling, and what T is."""
    from rich.text import Text

    names = names_of(files)
    alone = len(files) == 1
    for name, file in zip(names, files, strict=True):
        lead = "" if alone else f"{name} · "
        console.print(Text(words(lead + _verdict(file.before)), style="bold"))
    console.print()
    with_intervals = alone or console.width >= _WIDTH_WITH_INTERVALS
    headings = ["before T"] if alone else names
    columns = [
        column
        for heading, file in zip(headings, files, strict=True)
        for column in _columns(heading, file, with_intervals)
    ]
    console.print(score_table(f"M {files[0].before.bins.m} · equal width", columns))
    for name, file in zip(names, files, strict=True):
        lead = "" if alone else f"{name}: "
        console.print(Text(words(lead + _temperature_line(file)), style="dim"))


def print_robustness(console: Console, files: Sequence[PredictionFile]) -> None:
    """Whether the ECE holds for other numbers of bins, and the classes that are worst calibrated."""
    names = names_of(files)
    table = plain_table("bins M")
    for m in files[0].sweep:
        add_figures(table, str(m))
    for name, file in zip(names, files, strict=True):
        which = "" if len(files) == 1 else f" {name}"
        table.add_row(f"ECE{which}", *(score_text(ece) for ece, _ in file.sweep.values()))
        table.add_row(f"noise floor{which}", *(score_text(floor.mean) for _, floor in file.sweep.values()))
    console.print()
    console.print(table)
    for name, file in zip(names, files, strict=True):
        _print_worst_classes(console, file, "" if len(files) == 1 else f" {name}")


def print_differences(console: Console, pair: PredictionPair) -> None:
    """How far the second file lies above the first, with 95 % intervals."""
    from rich.text import Text

    first, second = names_of([pair.first, pair.second])
    table = plain_table("difference")
    for heading in ("before T", "95 %", *(() if pair.after_t is None else ("after T", "95 %"))):
        add_figures(table, heading)
    for name, label in _COMPARED.items():
        cells = []
        for differences in filter(None, (pair.before, pair.after_t)):
            one = differences[name]
            cells += (
                [score_text(None), ""] if one is None else [score_text(one.value, "+"), range_text(*one.interval, "+")]
            )
        table.add_row(label, *cells)
    how = "the same samples, paired" if pair.paired else "other samples or labels, not paired"
    console.print()
    console.print(table)
    console.print(Text(words(f"{second} − {first}: {how}"), style="dim"))


def names_of(files: Sequence[PredictionFile]) -> list[str]:
    """What the files are called on the screen: their names, or their paths where those are the same."""
    names = [file.path.name for file in files]
    return [
        clipped(name if names.count(name) == 1 else str(file.path)) for name, file in zip(names, files, strict=True)
    ]


def _verdict(evaluation: Evaluation) -> str:
    scores = evaluation.scores
    return verdict(
        scores.accuracy, scores.confidence, scores.ece, way_of(evaluation), Certainty.from_metrics(scores.to_json())
    )


def _columns(heading: str, file: PredictionFile, with_intervals: bool) -> list[ScoreColumn]:
    evaluations = {heading: file.before}
    if file.scaled is not None:
        evaluations["after T"] = file.scaled.evaluation
    columns = []
    for heading, evaluation in evaluations.items():
        metrics: dict[str, Any] = metrics_of(evaluation)
        if with_intervals:
            columns.append(scored_column(heading, metrics, file.n))
        else:
            columns.append(ScoreColumn(heading, metrics, way_of(evaluation)))
    return columns


def _temperature_line(file: PredictionFile) -> str:
    if file.scaled is None:
        return "No T, NLL, Brier and classwise ECE: a .csv has the confidence of the top label alone."
    how = CROSS_FITTED if file.fitted_on is None else f"fitted to {shown(file.fitted_on.name)}"
    return temperature_text(file.scaled.fit, how)


def _print_worst_classes(console: Console, file: PredictionFile, which: str) -> None:
    classwise = file.before.classwise
    if classwise is None:
        return
    worst = [int(k) for k in classwise.worst_first[:WORST]]
    bins = [classwise.of(k) for k in worst]
    table = plain_table(f"worst classes{which}")
    for k in worst:
        add_figures(table, str(k))
    table.add_row("ECE against the rest", *(score_text(classwise.ece[k]) for k in worst))
    gaps = ((one.confidence_sum.sum() - one.correct.sum()) / one.n for one in bins)
    table.add_row(words("says − is"), *(score_text(gap, "+") for gap in gaps))
    table.add_row("samples", *(f"{one.correct.sum():,}" for one in bins))
    console.print()
    console.print(table)
