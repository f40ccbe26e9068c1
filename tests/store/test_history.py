"""What a run's events tell, and which records a resumed attempt makes void."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtui.store.history import History

Event = dict[str, Any]
MakeEvent = Callable[..., Event]


def test_no_events_tell_nothing() -> None:
    history = History()
    assert history.last_epoch is history.end is history.phase is history.data is None
    assert history.last_attempt == 0
    assert history.in_force([{"step": 1}]) == [{"step": 1}]


def test_a_whole_run(make_event: MakeEvent) -> None:
    events = [
        make_event("attempt"),
        make_event("data", n_test=4),
        make_event("warning", message="Take care."),
        make_event("phase", phase="training"),
        make_event("epoch", step=2, epoch=1),
        make_event("epoch", step=4, epoch=2),
        make_event("end", step=4, state="finished"),
    ]
    history = History().add(events)
    assert history.attempts == (events[0],)
    assert history.data == events[1]
    assert history.warnings == ("Take care.",)
    assert history.phase == events[3]
    assert history.epochs == (events[4], events[5])
    assert history.last_epoch == events[5]
    assert history.end == events[6]
    assert history == History().add(events[:3]).add([]).add(events[3:])


def test_a_new_attempt_has_not_ended_and_is_in_no_phase(make_event: MakeEvent) -> None:
    history = History().add([make_event("attempt"), make_event("phase"), make_event("end")])
    history = history.add([make_event("attempt", attempt=2)])
    assert history.end is history.phase is None
    assert history.last_attempt == 2


def test_a_rewind_voids_what_earlier_attempts_recorded_beyond_it(make_event: MakeEvent) -> None:
    first, second, third = (make_event("epoch", step=10 * n, epoch=n) for n in (1, 2, 3))
    history = History().add([make_event("attempt"), first, second, third])
    history = history.add([make_event("attempt", attempt=2), make_event("resumed", attempt=2, from_step=15)])
    assert history.epochs == (first,)
    again = make_event("epoch", attempt=2, step=20, epoch=2)
    assert history.add([again]).epochs == (first, again)

    steps = [{"attempt": attempt, "step": step} for attempt, step in ((1, 14), (1, 15), (1, 16), (2, 16), (2, 30))]
    assert history.in_force(steps) == [steps[0], steps[1], steps[3], steps[4]]
    bins = [{"attempt": attempt, "step": step, "count": [4]} for attempt, step in ((1, 10), (1, 20), (2, 20))]
    assert history.in_force(bins) == [bins[0], bins[2]]


def test_an_attempt_that_never_resumed_voids_nothing(make_event: MakeEvent) -> None:
    epoch = make_event("epoch", step=10)
    history = History().add([make_event("attempt"), epoch, make_event("attempt", attempt=2)])
    assert history.epochs == (epoch,)
    history = history.add([make_event("attempt", attempt=3), make_event("resumed", attempt=3, from_step=0)])
    assert history.epochs == ()
    assert history.in_force([{"attempt": 1, "step": 1}, {"attempt": 2, "step": 1}, {"attempt": 3, "step": 1}]) == [
        {"attempt": 3, "step": 1}
    ]


def test_what_makes_a_run_inexact_is_told_once(make_event: MakeEvent) -> None:
    reason = "torch was 2.4, is 2.5"
    resumed = [make_event("resumed", attempt=n, inexact=[reason]) for n in (2, 3)]
    assert History().add(resumed).inexact == (reason,)


EPOCHS, STEPS_PER_EPOCH = 3, 4
# What a training records, in order: the steps of an epoch, then the epoch, in the events and in the bins.
PLAN: list[tuple[str, int]] = [
    entry
    for epoch in range(1, EPOCHS + 1)
    for entry in (
        *(("step", step) for step in range((epoch - 1) * STEPS_PER_EPOCH + 1, epoch * STEPS_PER_EPOCH + 1)),
        ("epoch", epoch),
    )
]


@given(st.lists(st.tuples(st.integers(0, len(PLAN)), st.integers(0, len(PLAN))), max_size=6))
def test_whatever_crashes_come_between_every_step_and_epoch_counts_once(
    make_event: MakeEvent, crashes: list[tuple[int, int]]
) -> None:
    """Each attempt begins at the last checkpoint, writes another somewhere, and dies there or later."""
    history, steps = History(), []
    checkpoint = 0
    ends = [(len(PLAN), len(PLAN))]
    for attempt, (saved, died) in enumerate([*crashes, *ends], start=1):
        done = [number for kind, number in PLAN[:checkpoint] if kind == "step"]
        history = history.add([make_event("attempt", attempt)])
        if attempt > 1:
            history = history.add([make_event("resumed", attempt, from_step=len(done))])
        for kind, number in PLAN[checkpoint : max(checkpoint, died)]:
            if kind == "step":
                steps.append({"attempt": attempt, "step": number})
            else:
                history = history.add([make_event("epoch", attempt, number * STEPS_PER_EPOCH, epoch=number)])
        checkpoint = max(checkpoint, min(saved, died))
    assert [epoch["epoch"] for epoch in history.epochs] == [number for kind, number in PLAN if kind == "epoch"]
    assert [step["step"] for step in history.in_force(steps)] == [number for kind, number in PLAN if kind == "step"]


def test_a_later_versions_events_are_left_alone(make_event: MakeEvent) -> None:
    assert History().add([make_event("thought", text="hm"), {}, {"type": None}, {"type": ["end"]}]) == History()


def test_more_than_is_known_may_stand_in_an_event(make_event: MakeEvent) -> None:
    assert History().add([make_event("end", weather="fair")]).end is not None


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("attempt", "pid"),
        ("attempt", "host"),
        ("data", "n_test"),
        ("phase", "phase"),
        ("epoch", "epoch"),
        ("epoch", "metrics"),
        ("epoch", "bins"),
        ("epoch", "seconds"),
        ("warning", "message"),
        ("resumed", "from_step"),
        ("end", "state"),
        *((kind, common) for kind in ("attempt", "epoch", "end") for common in ("time", "attempt", "step")),
    ],
)
@pytest.mark.parametrize("value", [None, "text", []])
def test_an_event_that_lacks_what_its_type_has_is_refused(
    kind: str, field: str, value: Any, make_event: MakeEvent
) -> None:
    if isinstance(make_event(kind)[field], str) and isinstance(value, str):
        value = 1
    with pytest.raises(ValueError, match=rf"events\.jsonl .*{kind}.*{field}"):
        History().add([make_event(kind, **{field: value})])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats() | st.sampled_from(["training", "finished", ""]),
    lambda values: st.lists(values, max_size=2) | st.dictionaries(st.sampled_from(["ece", "x"]), values, max_size=2),
    max_leaves=3,
)
KINDS = ["attempt", "data", "phase", "epoch", "warning", "resumed", "end", "other"]


@given(
    st.lists(
        st.tuples(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(["attempt", "step", "epoch"]), json_values)),
        max_size=4,
    )
)
def test_events_of_any_shape_are_taken_or_a_value_error(
    make_event: MakeEvent, changed: list[tuple[str, dict[str, Any]]]
) -> None:
    try:
        history = History().add(make_event(kind, **fields) for kind, fields in changed)
    except ValueError:
        return
    assert all(isinstance(epoch["metrics"], dict) for epoch in history.epochs)
