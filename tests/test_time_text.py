"""Lengths of time and moments, in words."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtui.time_text import about, about_clock, clock, duration, time_taken

NOW = datetime(2026, 11, 23, 18, 42, 30, tzinfo=timezone(timedelta(hours=1)))  # a Monday


@pytest.mark.parametrize(
    ("seconds", "wide", "narrow"),
    [
        (0, "0 s", "0s"),
        (54.4, "54 s", "54s"),
        (59.6, "1 min", "1m"),
        (9 * 60 + 12, "9 min", "9m"),
        (3599, "1 h", "1h00"),
        (110 * 60, "1 h 50 min", "1h50"),
        (14 * 3600 + 600, "14 h 10 min", "14h"),
        (86399, "1 d", "1d"),
        (76 * 3600, "3 d 4 h", "3d"),
        (None, "–", "–"),
        (-1, "–", "–"),
        (math.nan, "–", "–"),
        (math.inf, "–", "–"),
        (1e300, "–", "–"),
        (10**400, "–", "–"),
    ],
)
def test_durations(seconds: float | None, wide: str, narrow: str) -> None:
    assert duration(seconds) == wide
    assert duration(seconds, narrow=True) == narrow
    assert about(seconds) == (wide if wide == "–" else f"~{wide}")


def test_where_there_is_no_dash_another_word_stands_for_none() -> None:
    assert duration(None, none="-") == about(None, none="-") == clock(None, NOW, none="-") == "-"
    assert about(180.0, narrow=True) == "~3m"


@pytest.mark.parametrize(
    ("ahead", "short", "full"),
    [
        (timedelta(minutes=2), "~18:45", "about 18:45 today"),
        (timedelta(minutes=2, seconds=30), "~18:45", "about 18:45 today"),
        (timedelta(minutes=3), "~18:50", "about 18:50 today"),
        (timedelta(hours=1, minutes=55), "~20:40", "about 20:40 today"),
        (timedelta(hours=5, minutes=16), "tomorrow", "about 00:00 tomorrow"),
        (timedelta(hours=12, minutes=26), "tomorrow", "about 07:10 tomorrow"),
        (timedelta(days=4, hours=-1), "Friday", "about 17:45 on Friday"),
        (timedelta(days=7), "30 Nov", "about 30 November"),
        (timedelta(days=60), "22 Jan", "about 22 January 2027"),
        (timedelta(days=40_000), "–", "–"),
    ],
)
def test_moments(ahead: timedelta, short: str, full: str) -> None:
    assert clock(ahead.total_seconds(), NOW) == short
    assert about_clock(ahead.total_seconds(), NOW) == full


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(54.4, "54 s"), (59.6, "1 min"), (93, "1 min 33 s"), (180, "3 min"), (2 * 3600 + 290, "2 h 5 min"), (None, "–")],
)
def test_what_was_measured_is_told_to_the_second_below_an_hour(seconds: float | None, told: str) -> None:
    assert time_taken(seconds) == told


@settings(max_examples=50)
@given(seconds=st.one_of(st.none(), st.integers(), st.floats()))
def test_whatever_a_figure_is_it_has_words(seconds: float | None) -> None:
    for text in (duration(seconds), about(seconds), clock(seconds, NOW), about_clock(seconds, NOW)):
        assert text.isprintable()
        assert 0 < len(text) <= 24
