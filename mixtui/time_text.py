"""Lengths of time, and moments, as people read them; a dash for what is not known."""

from __future__ import annotations

from datetime import datetime, timedelta

from mixtui.number_text import is_finite

LONGEST = 10 * 365 * 86400.0  # seconds: what would take longer is not known
ROUND_TO = 5  # minutes, up, so that an end shown by the clock holds still and never lies in the past


def known_seconds(value: object) -> float | None:
    """`value` if a training may take so many seconds, None for all else."""
    return float(value) if is_finite(value) and 0 <= value <= LONGEST else None


def duration(seconds: float | None, *, narrow: bool = False, none: str = "–") -> str:
    """`54 s`, `9 min`, `1 h 50 min`, `3 d 4 h`; narrow: `54s`, `9m`, `1h50`, `14h`, `3d`; `none` for no such figure."""
    known = known_seconds(seconds)
    if known is None:
        return none
    if round(known) < 60:
        return f"{known:.0f}s" if narrow else f"{known:.0f} s"
    minutes = round(known / 60)
    if minutes < 60:
        return f"{minutes}m" if narrow else f"{minutes} min"
    if minutes < 10 * 60 and narrow:
        return f"{minutes // 60}h{minutes % 60:02}"
    if minutes < 24 * 60:
        return f"{minutes / 60:.0f}h" if narrow else _two(minutes, 60, "h", "min")
    return f"{minutes / (24 * 60):.0f}d" if narrow else _two(round(minutes / 60), 24, "d", "h")


def time_taken(seconds: float | None) -> str:
    """`54 s`, `1 min 33 s`, `2 h 5 min`: what was measured, to the second below an hour."""
    known = known_seconds(seconds)
    return duration(known) if known is None or not 60 <= round(known) < 3600 else _two(round(known), 60, "min", "s")


def _two(count: int, base: int, large: str, small: str) -> str:
    """`count` of the unit `small`, `base` of which are one `large`: `1 h 50 min`, `2 h`."""
    whole, rest = divmod(count, base)
    return f"{whole} {large} {rest} {small}" if rest else f"{whole} {large}"


def about(seconds: float | None, *, narrow: bool = False, none: str = "–") -> str:
    """A duration that is an estimate: `~3 min`; narrow: `~3m`."""
    text = duration(seconds, narrow=narrow, none="")
    return f"~{text}" if text else none


def clock(seconds: float | None, now: datetime, *, none: str = "–") -> str:
    """When `seconds` from `now` (an aware local time) are over, in few letters: `~20:50`, `tomorrow`, `Friday`,
    `3 Dec`."""
    match _moment(seconds, now):
        case None:
            return none
        case 0, moment:
            return f"~{moment:%H:%M}"
        case 1, _:
            return "tomorrow"
        case days, moment:
            return f"{moment:%A}" if days < 7 else f"{moment.day} {moment:%b}"


def about_clock(seconds: float | None, now: datetime) -> str:
    """The same in full: `about 20:40 today`, `about 07:10 tomorrow`, `about 07:10 on Friday`, `about 3 December`."""
    match _moment(seconds, now):
        case None:
            return "–"
        case days, moment if days >= 7:
            year = f" {moment.year}" if moment.year != now.year else ""
            return f"about {moment.day} {moment:%B}{year}"
        case days, moment:
            day = ("today", "tomorrow")[days] if days < 2 else f"on {moment:%A}"
            return f"about {moment:%H:%M} {day}"


def _moment(seconds: float | None, now: datetime) -> tuple[int, datetime] | None:
    """The local time when `seconds` are over, rounded up, and how many midnights lie before it."""
    known = known_seconds(seconds)
    if known is None:
        return None
    moment = now + timedelta(seconds=known)
    past = timedelta(minutes=moment.minute % ROUND_TO, seconds=moment.second, microseconds=moment.microsecond)
    if past:
        moment += timedelta(minutes=ROUND_TO) - past
    return (moment.date() - now.date()).days, moment
