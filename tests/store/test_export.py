"""The curves of runs as tables: what is in force and nothing else, readable by anything, whatever the logs hold."""

from __future__ import annotations

import csv
import io
import json
import math
import tracemalloc
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixtui.store.export import CURVES, FORMATS
from mixtui.store.files import encode_json
from mixtui.store.metrics import METRICS
from mixtui.store.paths import RunPaths
from mixtui.store.run import BrokenRunError, Run
from tests.conftest import MakeEvent, MakeRun

Rows = list[dict[str, Any]]
RUN = ("id", "alpha", "seed", "dataset", "model")
SCORES = {name: index / 100 for index, name in enumerate(METRICS)}


def text(per: str, kind: str, *runs: RunPaths) -> str:
    file = io.BytesIO()
    table = FORMATS[kind](file, CURVES[per])
    for paths in runs:
        table.add(Run.load(paths.root))
    table.end()
    return file.getvalue().decode()


def from_csv(per: str, *runs: RunPaths) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text(per, "csv", *runs), newline="")))


def from_json(per: str, *runs: RunPaths) -> Rows:
    rows: Rows = json.loads(text(per, "json", *runs))
    return rows


def step(number: int, attempt: int = 1, **more: Any) -> dict[str, Any]:
    usual = {"attempt": attempt, "step": number, "lam": 0.5, "lr": 0.1, "loss": 1.5, "images_per_second": 8.0}
    return {**usual, **more}


def write_steps(paths: RunPaths, *records: dict[str, Any]) -> None:
    paths.steps.write_bytes(b"".join(map(encode_json, records)))


def test_an_epoch_has_a_row_for_each_split(make_run: MakeRun, make_event: MakeEvent) -> None:
    train = {**SCORES, "accuracy": 0.9}
    more = {"train_accuracy_mixed": 0.4, "lr": 0.1, "metrics": SCORES, "train_metrics": train}
    paths = make_run([make_event("data"), make_event("epoch", step=2, **more)], alpha=0.4, seed=3)
    test, clean = from_json("epoch", paths)
    run = {"id": paths.id, "alpha": 0.4, "seed": 3, "dataset": "synthetic", "model": "resnet18"}
    epoch = {"train_loss": 1.5, "train_accuracy_mixed": 0.4, "lr": 0.1, "seconds": 2.0, "images_per_second": 4.0}
    assert test == {**run, "epoch": 1, "step": 2, "split": "test", **SCORES, **epoch}
    assert clean == {**run, "epoch": 1, "step": 2, "split": "train", **train, **epoch}
    assert list(test) == text("epoch", "csv").strip().split(",")


def test_a_step_has_its_epoch_where_that_is_known(make_run: MakeRun, make_event: MakeEvent) -> None:
    paths, unknown = make_run([make_event("data", steps_per_epoch=2)], alpha=0.4), make_run()
    for run in (paths, unknown):
        write_steps(run, *map(step, (1, 2, 3)))
    rows = from_json("step", paths, unknown)
    assert [(row["id"], row["step"], row["epoch"]) for row in rows] == [
        *((paths.id, 1, 1), (paths.id, 2, 1), (paths.id, 3, 2)),
        *((unknown.id, number, None) for number in (1, 2, 3)),
    ]
    run = {"id": paths.id, "alpha": 0.4, "seed": 0, "dataset": "synthetic", "model": "resnet18"}
    assert rows[0] == {**run, "epoch": 1, "step": 1, "loss": 1.5, "lam": 0.5, "lr": 0.1, "images_per_second": 8.0}
    assert from_csv("step", paths, unknown) == [
        {name: "" if value is None else str(value) for name, value in row.items()} for row in rows
    ]


def test_what_a_resume_made_void_is_left_out(make_run: MakeRun, make_event: MakeEvent) -> None:
    events = [
        *(make_event("attempt"), make_event("data"), make_event("epoch", step=2)),
        make_event("epoch", step=4, epoch=2, train_loss=9.0),
        *(make_event("attempt", attempt=2), make_event("resumed", attempt=2, step=3, from_step=3)),
        make_event("epoch", attempt=2, step=4, epoch=2, train_loss=1.0),
    ]
    paths = make_run(events, claims=2)
    write_steps(paths, *map(step, (1, 2, 3, 4)), step(4, 2, loss=0.5), step(5, 2))
    assert [(row["step"], row["loss"]) for row in from_json("step", paths)] == [
        *((number, 1.5) for number in (1, 2, 3)),
        *((4, 0.5), (5, 1.5)),
    ]
    assert [row["train_loss"] for row in from_json("epoch", paths)] == [1.5, 1.5, 1.0, 1.0]


@pytest.mark.parametrize("per", CURVES)
def test_without_rows_there_is_an_empty_table(per: str, make_run: MakeRun) -> None:
    assert text(per, "csv", make_run()) == text(per, "csv") == ",".join([*RUN, *CURVES[per].columns]) + "\n"
    assert text(per, "json", make_run()) == text(per, "json") == "[]\n"


def test_names_of_files_come_through(make_run: MakeRun) -> None:
    paths = make_run(dataset='folder:/a, "b"\n日本 \udcff')
    write_steps(paths, step(1))
    (row,), (same,) = from_json("step", paths), from_csv("step", paths)
    assert row["dataset"] == same["dataset"] == 'folder:/a, "b"\n日本 \\udcff'


def test_steps_that_cannot_be_read(make_run: MakeRun) -> None:
    paths = make_run()
    paths.steps.mkdir()
    with pytest.raises(BrokenRunError, match=r"steps\.jsonl cannot be read"):
        text("step", "csv", paths)


figures = st.none() | st.booleans() | st.integers() | st.just(10**400) | st.floats() | st.text(max_size=5)
figures |= st.lists(st.floats(), max_size=2)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(figures, min_size=1, max_size=5), torn=st.binary(max_size=20))
def test_whatever_the_logs_hold(values: list[Any], torn: bytes, make_run: MakeRun, make_event: MakeEvent) -> None:
    metrics = {"accuracy": values[0], "ece": values[-1]}
    paths = make_run([make_event("epoch", train_loss=values[0], metrics=metrics)])
    lines = [json.dumps(step(number, loss=value)).encode() for number, value in enumerate(values)]
    paths.steps.write_bytes(b"\n".join([*lines, b"", torn]))
    for per, name in (("step", "loss"), ("epoch", "accuracy")):
        rows, same = from_json(per, paths), from_csv(per, paths)
        assert len(rows) == len(same)
        for row, other in zip(rows, same, strict=True):
            assert tuple(row) == tuple(other) == (*RUN, *CURVES[per].columns)
            value = row[name]
            assert value is None or math.isfinite(value)
            assert other[name] == "" if value is None else float(other[name]) == value
    assert len(rows) == 2
    assert [row["step"] for row in from_json("step", paths)][: len(values)] == [*range(len(values))]


def test_many_steps_take_little_memory(make_run: MakeRun) -> None:
    paths = make_run()
    line = encode_json(step(1))
    paths.steps.write_bytes(line * 120_000)
    run = Run.load(paths.root)
    tracemalloc.start()
    assert sum(1 for _ in CURVES["step"].rows(run)) == 120_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8_000_000 < len(line) * 120_000
