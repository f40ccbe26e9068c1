"""The command that starts from a shell what the form starts."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from mixtui.recipe_options import exact, options
from mixtui.ui.new_runs.form import REFERENCE, Plan, check

_REFERENCE = check(REFERENCE).plan


def sweep_command(plan: Plan, tag: str, more: Sequence[str] = ()) -> list[list[str]]:
    """`mixtui sweep` for `plan`, in pieces that belong together; only what differs from the defaults is said.

    `tag` is the one that the runs will have, `more` are further options.
    """
    assert _REFERENCE is not None
    pieces = [["mixtui", "sweep", "--alphas", ",".join(map(exact, plan.alphas))]]
    if plan.seeds != 1:
        pieces.append(["--seeds", str(plan.seeds)])
    pieces += options(plan.recipe, _REFERENCE.recipe)
    pieces += options(plan.handling, _REFERENCE.handling)
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
