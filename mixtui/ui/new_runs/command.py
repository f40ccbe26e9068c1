"""The command that starts from a shell what the form starts."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from mixtui.ui.new_runs.form import REFERENCE, Plan, check

_REFERENCE = check(REFERENCE).plan


def sweep_command(plan: Plan, tag: str, more: Sequence[str] = ()) -> list[list[str]]:
    """`mixtui sweep` for `plan`, in pieces that belong together; only what differs from the defaults is said.

    `tag` is the one that the runs will have, `more` are further options.
    """
    assert _REFERENCE is not None
    pieces = [["mixtui", "sweep", "--alphas", ",".join(map(_exact, plan.alphas))]]
    if plan.seeds != 1:
        pieces.append(["--seeds", str(plan.seeds)])
    for group, usual in ((plan.recipe, _REFERENCE.recipe), (plan.handling, _REFERENCE.handling)):
        for name, value in group.items():
            # A data set that was chosen is named always: only then no other stands in for it.
            if value == usual[name] and name != "dataset":
                continue
            option = f"--{name.replace('_', '-')}"
            pieces.append([option] if value is True else [option, value if isinstance(value, str) else _exact(value)])
    pieces.append(["--tag", tag])
    if plan.again:
        pieces.append(["--again"])
    return [*pieces, list(more)] if more else pieces


def one_line(pieces: Sequence[Sequence[str]]) -> str:
    return " ".join(map(shlex.join, pieces))


def lines(pieces: Sequence[Sequence[str]], width: int) -> list[str]:
    """The command on lines of at most `width` cells where its pieces allow it; each but the last goes on with a \\."""
    told: list[str] = []
    line = ""
    for piece in map(shlex.join, pieces):
        if line and len(line) + len(piece) + 3 > width:
            told.append(f"{line} \\")
            line = f"  {piece}"
        else:
            line = f"{line} {piece}" if line else piece
    return [*told, line]


def _exact(number: float) -> str:
    """A number in as few characters as give it back."""
    if isinstance(number, int):
        return str(number)
    short = f"{number:g}"
    return short if float(short) == number else repr(number)
