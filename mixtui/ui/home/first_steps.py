"""What a person can do who has no runs yet."""

from __future__ import annotations

from mixtui.ui.rows import FoldRow
from mixtui.ui.run_names import shipped_name
from mixtui.wording import plural


def first_steps(folder: str, fold: FoldRow | None, *, upright: bool) -> str:
    """The keys to begin with; in fewer lines where a terminal is `upright`. `fold` are the runs that enter shows."""
    steps = ["n  choose alphas and start", "D  check this machine", "?  all keys"]
    if fold is not None:
        steps.insert(1, f"⏎  see the {shipped_name(fold.tag)}, {plural(len(fold.documents), 'run')}")
    none = f"No runs in {folder} yet."
    if not upright:
        return "".join(f"\n  {line}" for line in (none, "", *steps))
    width = max(map(len, steps)) + 4
    pairs = ["".join(f"{step:<{width}}" for step in steps[at : at + 2]).rstrip() for at in range(0, len(steps), 2)]
    return "\n".join(f"  {line}" for line in (none, *pairs))
