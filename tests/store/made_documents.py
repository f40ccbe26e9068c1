"""Listed documents of runs, as `store.listing` gives them: sound ones and hostile ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from mixtui.config import RunConfig
from mixtui.store.metrics import METRICS


def run(alpha: float, seed: int, ece: float = 0.1, *, metrics: Any = None, config: Any = None, **fields: Any) -> Any:
    recipe = RunConfig(**{"alpha": alpha, "seed": seed, **(config or {})})
    gap = fields.pop("gap", ece)
    scores = {"ece": ece, "accuracy": 0.5, "confidence": 0.5 + gap, "signed_gap": gap, "nll": 1.25}
    return {
        "id": f"a{alpha:g}-s{seed}",
        "state": "finished",
        "epoch": 10,
        "created": "2026-11-22T23:15:02+00:00",
        "config": recipe.to_json(),
        "metrics": scores if metrics is None else metrics,
        "data": {"n_test": 10_000},
        **fields,
    }


def broken() -> Any:
    return {"id": "x", "state": "broken", "reason": None, "sentence": "config.json is missing."}


def seeds(alpha: float, *eces: float, **fields: Any) -> Iterator[Any]:
    return (run(alpha, seed, ece, **fields) for seed, ece in enumerate(eces))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(10**400),
    lambda children: st.lists(children, max_size=2) | st.dictionaries(st.text(max_size=5), children, max_size=2),
    max_leaves=4,
)


@st.composite
def hostile_documents(draw: st.DrawFn) -> Any:
    """A run's document, in a few places of which anything may stand, or nothing."""
    document = run(draw(st.sampled_from([0, -0.0, 0.4])), draw(st.integers(0, 2)), draw(st.floats(0, 1)))
    document["metrics"] |= draw(st.dictionaries(st.sampled_from(METRICS), st.floats() | st.floats(0, 1), max_size=6))
    document["state"] = draw(st.sampled_from(["finished", "running", "broken"]))
    for _ in range(draw(st.integers(0, 3))):
        inside = draw(st.sampled_from([document, *(part for part in document.values() if isinstance(part, dict))]))
        name = draw(st.sampled_from([*sorted(inside), "\x1b[|"]))
        inside[name] = draw(anything)
        if draw(st.booleans()):
            del inside[name]
    return document
