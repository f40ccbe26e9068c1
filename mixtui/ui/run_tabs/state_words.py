"""What a run that has no diagram yet, or will get no further, is doing, in words."""

from __future__ import annotations

import math

from mixtui.store.documents import LIVE, RESUMABLE
from mixtui.terminal_text import printable
from mixtui.time_text import duration
from mixtui.ui.run_tabs.facts import Facts, number_of
from mixtui.wording import ordinal


def before_the_first(facts: Facts, place: int | None) -> str:
    """Why there is no diagram, and when there will be one; `place` is the run's in the queue, counted from 1."""
    state = facts.document["state"]
    if state == "queued":
        if isinstance(facts.document.get("waits_for"), str):
            return (
                f"{printable(facts.document.get('sentence') or '')} The first diagram comes after its epoch 1.".strip()
            )
        where = f", {ordinal(place)} in turn" if place else ""
        return f"This run waits in the queue{where}. The first diagram comes after its epoch 1."
    if state == "starting":
        return f"{_phase(facts)} The first diagram comes after epoch 1."
    if state in LIVE:
        left = seconds_to_epoch_1(facts)
        return f"The first diagram comes after epoch 1{f', in about {duration(left)}' if left is not None else ''}."
    if not facts.is_read:
        return "Reading."
    if facts.epochs:
        return "The bins of this epoch are not there, or damaged."
    return "It ended before epoch 1 was over, so there is no diagram. 5 shows its log."


def seconds_to_epoch_1(facts: Facts) -> float | None:
    """From the speed of its last steps; None where that is not known."""
    per_epoch = number_of(facts.data.get("steps_per_epoch"))
    batch, speed = number_of(facts.config.get("batch_size")), facts.steps.images_per_second
    if per_epoch is None or batch is None or not len(facts.steps.step) or not speed > 0:
        return None
    left = (per_epoch - float(facts.steps.step[-1])) * batch / speed
    return left if math.isfinite(left) and left >= 0 else None


def trouble(facts: Facts) -> str:
    """How a run ended that did not finish, or that it is silent, and what to do about it; nothing of others."""
    document = facts.document
    state, silent = document["state"], number_of(document.get("stalled_for"))
    if silent is not None:
        return f"No sign for {duration(silent)}; the process lives. Its log (5) may say why; x stops it."
    if state not in RESUMABLE:
        return ""
    sentence = printable(document.get("sentence") or "")
    if sentence and not sentence.endswith((".", "!", "?", "…")):  # it quotes the last line of the log
        sentence += "."
    if state == "failed":
        return f"{sentence} Its log (5) has the last lines. R tries again from the start.".strip()
    done = facts.epochs[-1] if facts.epochs else 0
    return f"{sentence} r resumes {f'after epoch {done}' if done else 'it'}.".strip()


def _phase(facts: Facts) -> str:
    """`Fetching cifar10, 34 %.`"""
    phase, part = facts.document.get("phase"), number_of(facts.document.get("fraction"))
    if not isinstance(phase, str):
        return "This run is starting."
    what = f"{printable(phase).capitalize()} {printable(facts.document.get('dataset', ''))}".strip()
    return f"{what}{f', {100 * part:.0f} %' if part is not None and 0 <= part <= 1 else ''}."
