"""The figures: the same bytes every time, and nothing of the process's own settings changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from mixtui.calibration.bins import Bins
from mixtui.report.content import content_of
from mixtui.report.figure_style import LIGHT, drawable, figure_files
from mixtui.report.figures import figure_plans
from mixtui.report.front_figure import FrontPoint, front_plan, on_front
from mixtui.report.reliability_figure import gap_may_be_chance
from mixtui.report.response_figure import response_plan
from mixtui.store.study import Row, study_of
from tests.report.conftest import MakeStudy, no_progress
from tests.store.made_documents import run, seeds


def rows_of(*documents: Any) -> list[Row]:
    return list(study_of(documents).rows)


def test_a_figure_is_the_same_bytes_every_time_and_leaves_settings_alone() -> None:
    before = dict(matplotlib.rcParams)
    rows = rows_of(*seeds(0, 0.2, 0.21), *seeds(0.4, 0.02, 0.03))
    first, second = (figure_files(front_plan("front", rows, "title", "caption")) for _ in range(2))
    assert first == second
    assert list(first) == ["front.svg", "front.pdf", "front.png", "front-dark.svg"]
    assert first["front.png"].startswith(b"\x89PNG")
    assert first["front.pdf"].startswith(b"%PDF")
    assert first["front.svg"] != first["front-dark.svg"]
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize(
    "documents",
    [
        [run(0.4, 0)],
        [run(0, 0, metrics={"accuracy": 0.5})],
        [run(0, 0, metrics={"ece": 1e300, "accuracy": -1e300, "nll": 1e18}), run(1e9, 0), run(1e-6, 0)],
        [run(alpha / 100, 0) for alpha in range(12)],
    ],
    ids=["one run", "no ECE", "huge", "many alphas"],
)
def test_figures_of_little_or_odd_data_are_drawn(documents: list[Any], recwarn: pytest.WarningsRecorder) -> None:
    rows = rows_of(*documents)
    for plan in (response_plan("response", rows, "", ""), front_plan("front", rows, "", "")):
        figure = Figure(figsize=(plan.width, plan.height))
        plan.draw(figure, LIGHT)
        figure.draw_without_rendering()
        assert figure.axes
    assert not [str(warning.message) for warning in recwarn]


def test_without_predictions_there_is_no_figure_after_temperature_scaling(
    tmp_path: Path, make_study: MakeStudy
) -> None:
    names = [
        plan.name for plan in figure_plans(content_of(make_study(tmp_path, seeds=(0,), predictions=False), no_progress))
    ]
    assert names == ["alpha-response", "accuracy-ece", "reliability"]


def test_captions_speak_only_of_what_is_there(tmp_path: Path, make_study: MakeStudy) -> None:
    response, front, *_ = figure_plans(content_of(make_study(tmp_path, alphas=(0.4,), seeds=(0,)), no_progress))
    assert "Diamonds" not in response.caption
    assert "one seed" in response.caption
    assert "Dashed" not in front.caption


def test_what_the_font_lacks_is_a_question_mark() -> None:
    assert drawable("α ± 東\n$x$") == "α ± ??$x$"


def test_the_gap_of_few_images_may_be_chance_and_seeds_are_no_images() -> None:
    bins = Bins(np.array([0, 0.5, 1]), np.array([1, 40]), np.array([0.4, 32.0]), np.array([1, 24]))
    assert gap_may_be_chance(bins, 1).tolist() == [True, False]
    assert gap_may_be_chance(bins, 4).tolist() == [True, True]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=8))
@settings(max_examples=50)
def test_the_front_is_what_no_other_beats(pairs: list[tuple[int, int]]) -> None:
    points = [FrontPoint(i, ece, accuracy, (0, 0), (0, 0)) for i, (ece, accuracy) in enumerate(pairs)]
    front = on_front(points)
    assert front
    for point in front:
        assert not any(other.ece < point.ece and other.accuracy > point.accuracy for other in points)
    for left_out in set(points) - set(front):
        assert any(other.ece <= left_out.ece and other.accuracy >= left_out.accuracy for other in front)
